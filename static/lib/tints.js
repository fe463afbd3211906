// Numbers as one of a few colours: p1 … p5 for positive ones, n1 … n5 for negative ones, z near zero, x where there is none. Pure.

export const STEPS = 5;

/** The tint of a value on a scale where `largest` has the full colour. */
export function tintOf(value, largest) {
  if (!Number.isFinite(value)) return "x";
  if (!largest) return "z";
  const step = Math.min(STEPS, Math.round((STEPS * Math.abs(value)) / largest));
  return step ? `${value < 0 ? "n" : "p"}${step}` : "z";
}

/** The tints of the first units of a layer; full colour: the largest mean of its units, or the spread of its outputs if larger. */
export function unitTints(look, shown) {
  const units = look?.units ?? [];
  const largest = Math.max(look?.spread ?? 0, ...units.map((unit) => Math.abs(unit ?? 0)));
  return Array.from({ length: shown }, (_, index) => tintOf(units[index] ?? Number.NaN, largest));
}

/** The largest size of all numbers in rows. */
export function largestOf(rows) {
  return Math.max(0, ...rows.flat().map(Math.abs));
}
