import { language, text } from "./texts.js";

export const NONE = "–";

function format(value, options, lang = language()) {
  return Number.isFinite(value) ? new Intl.NumberFormat(lang, options).format(value) : NONE;
}

/** 0.9812 → 98.1 % (one digit, always). */
export function percent(value, lang) {
  return format(value, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }, lang);
}

const HUGE = 1e5; // from here on a loss has exploded: its size matters, not its digits

/** A loss with four digits after the point, fewer where it is large: 0.1235, 12.35, 6.28E14. */
export function loss(value, lang) {
  if (Math.abs(value) >= HUGE) return format(value, { notation: "scientific", maximumFractionDigits: 2 }, lang);
  const digits = Math.abs(value) < 10 ? 4 : Math.abs(value) < 1000 ? 2 : 0;
  return format(value, { minimumFractionDigits: digits, maximumFractionDigits: digits }, lang);
}

/** A loss on an axis: three significant digits. */
export function tick(value, lang) {
  const notation = Math.abs(value) >= HUGE ? "scientific" : "standard";
  return format(value, { notation, maximumSignificantDigits: 3 }, lang);
}

export function count(value, lang) {
  return format(value, { maximumFractionDigits: 0 }, lang);
}

/** An epoch as a fraction: 3.25. */
export function epoch(value, lang) {
  return format(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, lang);
}

/** The value of a setting, as exact as it was set, without grouping. */
export function setting(value, lang) {
  if (typeof value !== "number") return String(value ?? NONE);
  return format(value, { maximumSignificantDigits: 6, useGrouping: false }, lang);
}

/** Seconds → "40 s", "3 min 20 s", "1 h 5 min"; coarser the longer, so that it does not flicker. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds < 1) return text("under_a_second");
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 600) return minutes(Math.round(seconds / 10) * 10);
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

function minutes(seconds) {
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ""}`;
}

export function megabytes(bytes, lang) {
  return `${format(bytes / 1e6, { minimumFractionDigits: 1, maximumFractionDigits: 1 }, lang)} MB`;
}

/** Unix seconds → time of day. */
export function clock(seconds, lang = language()) {
  return new Intl.DateTimeFormat(lang, { timeStyle: "medium" }).format(new Date(seconds * 1000));
}

/** A person as shown; whoever gave no name is told apart by the id. */
export function who(person) {
  if (!person) return text("the_lab");
  return person.name || text("guest", { id: person.id.slice(0, 4) });
}
