// The ledger of changes: what a row says, which rows are shown, when they must be fetched anew. Pure.
import { loss, who } from "./format.js";
import { text } from "./texts.js";
import { changesIn } from "./tree.js";

const AROUND = 50; // batches averaged after a change; a row is complete then
const OTHER_SCALE = ["loss", "label_smoothing"]; // after these the loss is another measure

/** What was changed, in words: [{label, from, to}]. */
export function changesOf(row, table) {
  return row.changes.flatMap(({ name, from, to }) => (name === "title"
    ? [{ label: text("ledger_title"), from: from ?? "–", to: to ?? "–" }]
    : changesIn({ [name]: { from, to } }, table)));
}

/** What happened, in words; a change of settings needs none beside its changes. */
export function happening(row) {
  const { name, kind, parent, note, of } = row;
  if (name === "settings_changed") return of ? text("ledger_replayed", { seq: of }) : "";
  const key = kind && name !== "branch_started" ? `ledger_${name}_${kind}` : `ledger_${name}`;
  return text(key, { parent, note: note ?? "", seq: of });
}

/** Where: "b2 · epoch 3 · batch 12"; empty before any Run. */
export function placeOf({ branch, epoch, batch }) {
  if (!branch) return "";
  const at = epoch === null || epoch === undefined ? [] : [text("at_epoch", { epoch })];
  return [branch, ...at, ...(batch ? [text("ledger_batch", { batch })] : [])].join(" · ");
}

/** Which way the loss went: down, up, same, or null where the two numbers do not compare. */
export function trendOf({ before, after, changes }) {
  if (!before || !after || changes.some(({ name }) => OTHER_SCALE.includes(name))) return null;
  if (loss(before.loss) === loss(after.loss)) return "same";
  return after.loss < before.loss ? "down" : "up";
}

/** Everybody who has a row, once each, in the order of their names. */
export function peopleIn(rows) {
  const people = new Map(rows.map(({ by }) => [by?.id ?? "", by]));
  return [...people].map(([id, by]) => ({ id, name: who(by) })).sort((a, b) => a.name.localeCompare(b.name));
}

/** What can be chosen as a kind: settings that were changed and other Events, once each. */
export function kindsIn(rows) {
  const kinds = rows.flatMap((row) => kindsOf(row));
  return [...new Set(kinds)].sort();
}

export function branchesOf(rows) {
  return [...new Set(rows.map(({ branch }) => branch).filter(Boolean))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** The rows that fit every filter that is set: {person, kind, branch, query}; `say(row)` is what a row shows as text. */
export function filtered(rows, { person = null, kind = "", branch = "", query = "" }, say) {
  const wanted = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => (person === null || (row.by?.id ?? "") === person)
    && (!kind || kindsOf(row).includes(kind)) && (!branch || row.branch === branch || row.parent === branch)
    && (!wanted.length || includesAll(say(row).toLocaleLowerCase(), wanted)));
}

/** The `seq` of the row nearest to x on these Branches, or null. */
export function nearestTo(rows, x, branches) {
  let found = null;
  for (const row of rows) {
    if (x === null || row.x === null || !branches.includes(row.branch)) continue;
    if (!found || Math.abs(row.x - x) < Math.abs(found.x - x)) found = row;
  }
  return found?.seq ?? null;
}

/** A text that is another whenever the ledger has another row; it does not change with mere measurements. */
export function mark(state) {
  if (!state) return "";
  const { session, branches, markers, pinned, plan, runs } = state;
  const names = Object.values(branches).map(({ name }) => name ?? "");
  return JSON.stringify([markers.length, session.held, session.status, session.reason, session.status === "training" ? null
    : session.position, Object.keys(runs).length, names, pinned ?? [], (plan ?? []).length]);
}

/** Whether the loss after some change is still being averaged. */
export function growing(rows, state) {
  const { status, position } = state?.session ?? {};
  return status === "training" && rows.some((row) => row.standing === "done" && row.x !== null && row.branch === position?.branch
    && row.name === "settings_changed" && (row.after?.steps ?? 0) < AROUND);
}

function kindsOf(row) {
  const settings = row.name === "settings_changed" || row.name === "branch_started" ? row.changes : [];
  return [`event:${row.name}`, ...settings.map(({ name }) => `setting:${name}`)];
}

function includesAll(whole, parts) {
  return parts.every((part) => whole.includes(part));
}
