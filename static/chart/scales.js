// The range of y and how values are written. Pure.
import { duration, loss, percent, setting, tick } from "../lib/format.js";

const MINUTE = 60; // s

/** The value of a curve of `what`, exactly. */
export function show(what, value) {
  if (what === "rate") return setting(value ?? NaN);
  return what === "accuracy" ? percent(value) : loss(value ?? NaN);
}

/** Seconds of training: "1.2 s", "3 min 20 s". */
export function time(seconds) {
  return seconds < MINUTE ? `${setting(Number(Math.max(0, seconds).toFixed(1)))} s` : duration(seconds);
}

/** A value on the axis. */
export function short(what, value) {
  return what === "accuracy" ? percent(value).replace(/[.,]0/, "") : tick(value);
}

/** [low, high] of the y axis for values from `low` to `high`. */
export function rangeOf(what, low, high, { log = false, signed = false } = {}) {
  const none = !(low <= high);
  if (signed) return around(none ? 0 : Math.max(Math.abs(low), Math.abs(high)), what);
  if (log) return none ? [0.01, 10] : [digit(low, Math.floor), digit(high, Math.ceil)];
  if (what === "accuracy") return [none ? 0 : Math.floor(Math.max(0, low - 0.005) * 20) / 20, 1];
  return [0, high > 0 ? high * 1.05 : 1];
}

/** A difference stands around zero. */
function around(most, what) {
  const end = most > 0 ? most * 1.1 : what === "accuracy" ? 0.1 : 1;
  return [-end, end];
}

/** Rounded to one significant digit: a log axis starts its ticks at its minimum. */
function digit(value, round) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return round((value / decade) * (round === Math.ceil ? 1.01 : 0.99)) * decade || decade;
}
