// The tree of Branches: the way to a Branch, what holds on it, and its words. Pure.
import { setting } from "./format.js";
import { language, text, words } from "./texts.js";

const HUES = 7;
export const PLANS = new Set(["epochs", "pace", "patience", "watch"]); // they say how long and how fast, not what is learned

/** Branches of a Run, in the order in which they began. */
export function branchesIn(state, run) {
  const { branches } = state ?? { branches: {} };
  const began = (id) => branches[id].seq ?? 0;
  return Object.keys(branches).filter((id) => branches[id].run === run).sort((a, b) => began(a) - began(b));
}

/** The number of a Branch within its Run; it never changes, so its colour does not. */
export function rankOf(state, branch) {
  return branchesIn(state, state.branches[branch]?.run).indexOf(branch);
}

/** The colour of a Branch, a custom property of the stylesheet; told apart by every kind of colour vision. */
export function hueOf(rank) {
  return `--branch-${rank % HUES}`;
}

/** The way to a Branch, the first one of the Run first: [{branch, from, to}], `to` where the next one leaves it. */
export function wayOf(state, branch) {
  const way = [];
  for (let to = Infinity; state?.branches[branch]; branch = state.branches[branch].parent) {
    const from = state.branches[branch].epoch ?? 0;
    way.unshift({ branch, from, to });
    to = from;
  }
  return way;
}

/** Points of a series along the way to a Branch: those of its ancestors up to each fork, then its own. */
export function pointsAlong(state, branch, series) {
  const parts = wayOf(state, branch).map((part) => upTo(state.series[part.branch]?.[series] ?? [], part.to));
  const filled = parts.filter((points) => points.length);
  return filled.length > 1 ? filled.flat() : (filled[0] ?? []);
}

/** The points up to and including x; the same array where that is all of them. */
export function upTo(points, x) {
  if (!points.length || points.at(-1)[0] <= x) return points;
  return points.slice(0, points.findLastIndex((point) => point[0] <= x) + 1);
}

/** The Branch on whose line the end of an epoch is drawn: `branch`, or the ancestor it came from. */
export function home(state, branch, epoch) {
  while (state.branches[branch].parent && epoch <= state.branches[branch].epoch) branch = state.branches[branch].parent;
  return branch;
}

/** All Settings with which a Branch went on from the end of an epoch. */
export function settingsAt(state, branch, epoch) {
  const settings = { ...state.runs[state.branches[branch].run]?.settings };
  const way = wayOf(state, branch);
  for (const [place, { branch: id, to }] of way.entries()) {
    const left = state.branches[way[place + 1]?.branch]; // what came after the next one had left does not count
    const known = left?.before || left?.seq || Infinity;
    for (const marker of state.markers) {
      if (marker.branch !== id || marker.x > Math.min(to, epoch) || marker.seq >= known) continue;
      for (const [name, change] of Object.entries(marker.changes)) settings[name] = change.to;
    }
  }
  return settings;
}

/** {name: {from, to}} of what differs and has an effect on what is learned. */
export function differences(from, to) {
  const names = Object.keys(to).filter((name) => !PLANS.has(name) && JSON.stringify(from[name]) !== JSON.stringify(to[name]));
  return Object.fromEntries(names.map((name) => [name, { from: from[name], to: to[name] }]));
}

/** Changes of Settings in words: [{label, from, to}]. */
export function changesIn(changes, rows) {
  return Object.entries(changes ?? {}).map(([name, { from, to }]) => {
    const row = rows.find((one) => one.name === name);
    return { label: row ? words(row.label) : text(`setting_${name}`), from: say(row, from), to: say(row, to) };
  });
}

/** The value of a setting, whatever its kind. */
export function say(row, value) {
  if (row?.choices) return words(row.choices[value]);
  if (typeof value === "boolean") return text(value ? "value_on" : "value_off");
  if (value === null || typeof value !== "object") return setting(value);
  const items = Array.isArray(value) ? value : Object.entries(value).map(([name, part]) => `${name} ${setting(part)}`);
  return items.join(", ") || text("value_none");
}

/** "b2 · from epoch 3 · learning rate 0.1 → 0.01": the number of a Branch with its name or what makes it what it is. */
export function branchTitle(state, id, rows = []) {
  return state?.branches[id] ? `${id} · ${aboutBranch(state, id, rows)}` : id;
}

/** The same without the number. */
export function aboutBranch(state, id, rows = []) {
  const row = state.branches[id];
  if (row.name) return row.name;
  if (!row.parent) return text("branch_first");
  const from = text("branch_from", { epoch: row.epoch });
  return row.kind === "undo" ? changeOf(state, id, rows) : `${from} · ${changeOf(state, id, rows)}`;
}

/** What makes a Branch another than its parent, without where it left it. */
export function changeOf(state, id, rows = []) {
  const row = state.branches[id];
  if (row.kind === "undo") return text("branch_without", { changes: undone(state, row, rows) });
  if (row.kind === "twin") return text("branch_twin", { changes: twinned(state, row, rows) });
  return sentence(row.changes, rows) || text("branch_same");
}

/** "learning rate 0.1 → 0.01, dropout 0 → 0.5" */
export function sentence(changes, rows) {
  return changesIn(changes, rows).map(({ label, from, to }) => `${lower(label)} ${from} → ${to}`).join(", ");
}

function lower(label) {
  return language() === "en" && /^[A-Z][a-z]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label;
}

function undone(state, row, rows) {
  const marker = state.markers.find(({ seq }) => seq === row.of);
  return marker ? sentence(marker.changes, rows) : text("branch_change", { seq: row.of });
}

/** A twin says its own value, be it the one that was there before. */
function twinned(state, row, rows) {
  const group = Object.values(state.branches).filter((one) => row.group && one.group === row.group);
  const from = Object.assign({}, ...[...group, row].map(({ changes }) => changes));
  const value = (name) => row.changes[name]?.to ?? from[name].from;
  const own = Object.fromEntries(Object.keys(from).map((name) => [name, { to: value(name) }]));
  return changesIn(own, rows).map(({ label, to }) => `${lower(label)} ${to}`).join(", ") || text("branch_same");
}
