// Numbers of a network, as typed and as shown; what it costs, and how well it did. Pure.
import { language } from "./texts.js";

const LARGE = 10_000; // from here on numbers are rounded
const SIZES = [[1e12, "T", "Bio."], [1e9, "B", "Mrd."], [1e6, "M", "Mio."], [1e3, "K", "Tsd."]];

/** What was typed: {value}, or {problem: "number" | "range"}. An empty field is null where that is allowed. */
export function judged(field, typed) {
  const said = typed.trim();
  if (said === "") return field.optional ? { value: null } : { problem: "number" };
  const value = Number(said);
  if (!Number.isFinite(value) || (field.type === "int" && !Number.isInteger(value))) return { problem: "number" };
  return value < (field.minimum ?? -Infinity) || value > (field.maximum ?? Infinity) ? { problem: "range" } : { value };
}

/** The value of a choice as the server wants it: JSON keys are always text. */
export function chosenValue(field, said) {
  return typeof field.default === "number" ? Number(said) : said;
}

export function sides(form) {
  return form ? form.join("×") : "";
}

/** 9216, 1.23M: whole up to a place where digits no longer matter. */
export function amount(value, lang = language()) {
  if (!Number.isFinite(value)) return "–";
  if (value < LARGE) return new Intl.NumberFormat(lang, { maximumFractionDigits: 0 }).format(value);
  const [size, ...units] = SIZES.find(([least]) => value >= least);
  const digits = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 }).format(value / size);
  return lang === "de" ? `${digits} ${units[1]}` : `${digits}${units[0]}`;
}

/** Bytes: 512 B, 3.4 kB, 1.2 MB. */
export function bytes(value, lang = language()) {
  if (!Number.isFinite(value)) return "–";
  const [unit, size] = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, least]) => value >= least) ?? ["B", 1];
  return `${new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 }).format(value / size)} ${unit}`;
}

/** What training costs with batches of this size, and whether the installation allows it: wrong is null, "memory" or "work". */
export function costs(report, batch, limits) {
  const memory = report.memory.fixed + report.memory.example * batch;
  const work = limits.step_passes * report.macs * batch;
  const over = (value, limit) => Boolean(limit) && value > limit;
  const wrong = over(memory, limits.memory) ? "memory" : over(work, limits.step_macs) ? "work" : null;
  return { memory, work, wrong };
}

/** The best test of a Blueprint in this room: {accuracy, epoch, run}, or null. */
export function best(state, blueprint) {
  const wanted = canonical(blueprint);
  const runs = Object.keys(state.runs).filter((run) => canonical(state.runs[run].blueprint) === wanted);
  return bestOf(state, runs);
}

/** The best test of these Runs. */
export function bestOf(state, runs) {
  const points = (branch) => state.series[branch]?.test_accuracy ?? [];
  const tests = Object.entries(state.branches).filter(([, { run }]) => runs.includes(run))
    .flatMap(([branch, { run }]) => points(branch).map(([epoch, accuracy]) => ({ accuracy, epoch, run })));
  return tests.reduce((top, one) => (top && top.accuracy >= one.accuracy ? top : one), null);
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${key}:${canonical(value[key])}`).join()}}`;
}
