import { roundEnd } from "../lib/axes.js";

const SMALLEST = 1e-4; // of an axis; a window is never narrower
const KEYS = { "+": 0.5, "=": 0.5, "-": 2, 0: Infinity, Escape: Infinity };

/** All there is up to `last`: to the end of the epoch that is being trained, so that the axis moves once an epoch. */
export function whole(last, kind = "epochs") {
  return [0, kind === "epochs" ? Math.max(1, Math.ceil(last ?? 0)) : roundEnd(last)];
}

/** The window `factor` as wide around `x`; null where that would be everything. */
export function scaled([from, to], factor, x, [low, high]) {
  const width = Math.max(SMALLEST, (to - from) * factor);
  if (width >= high - low) return null;
  const start = Math.min(Math.max(low, x - ((x - from) / (to - from)) * width), high - width);
  return [start, start + width];
}

/** Wheel with Ctrl (and a pinch on a touchpad, which browsers report so), or on a plot that has the focus. */
export function wheelFactor(event, focused) {
  if (!event.ctrlKey && !event.metaKey && !focused) return null;
  return Math.exp(Math.max(-100, Math.min(100, event.deltaY)) / 250);
}

export function keyFactor(event) {
  return event.ctrlKey || event.metaKey || event.altKey ? null : (KEYS[event.key] ?? null);
}
