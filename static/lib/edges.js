// How two layers of the diagram are joined. Pure.
import { shapeText } from "./glyphs.js";

const GAPS = { chip: 7, fan: 66, classes: 9, usual: 46 };

/** The space between two neighbours. */
export function gapOf(from, to) {
  if (to.form === "chip") return GAPS.chip;
  if (to.form === "classes") return GAPS.classes;
  return kindOf(from, to) === "fan" ? GAPS.fan : GAPS.usual;
}

/** {kind, shape, origin}: shape is what flows, said where the next one begins; origin is the key of the maps a window looks at. */
export function edgeOf(from, to, placed) {
  const kind = kindOf(from, to);
  const passes = kind === "pass";
  const origin = placed.findLast(({ form }) => form !== "chip");
  const windowed = kind === "flow" && to.form === "maps" && windowOf(to.layer) && (origin?.form === "maps" || origin?.form === "input");
  const shape = passes || !from.out ? null : shapeText(from.out);
  return { kind: windowed ? "beam" : kind, shape, origin: windowed ? origin.key : null, muted: Boolean(to.muted || to.wrong) };
}

/** The side of the window a layer slides over images, in pixels of the image before it; 0: it has none. */
export function windowOf(layer) {
  return layer?.kernel ?? (["pool", "avgpool"].includes(layer?.kind) ? layer.size : 0);
}

/** pass: through a chip · fan: every neuron to every neuron · spread: laid out into neurons · flow: something else. */
function kindOf(from, to) {
  if (to.form === "chip" || to.form === "classes") return "pass";
  if (from.dots && to.takes) return to.layer?.kind === "linear" ? "fan" : "pass";
  return to.takes ? "spread" : "flow";
}

/** The lines of a fan as paths: from each dot of the one to each of the other; {tint: path}, the weak ones first. */
export function fanPaths({ from, to }, sample, tintOf) {
  const [x1, x2] = [from.x + from.w - inset(from), to.x + inset(to)];
  const paths = new Map();
  to.takes.forEach((down, output) => {
    from.dots.forEach((up, input) => {
      const tint = sample ? tintOf(sample.values[output]?.[input]) : "plain";
      const step = `M${round(x1)} ${round(from.y + up)}L${round(x2)} ${round(to.y + down)}`;
      paths.set(tint, (paths.get(tint) ?? "") + step);
    });
  });
  return [...paths].sort(([one], [other]) => strength(one) - strength(other));
}

function strength(tint) {
  return Number(tint.slice(1)) || 0;
}

/** Neurons are narrower than their column. */
export function inset({ form }) {
  return form === "neurons" ? 1 : 0;
}

export function round(value) {
  return Math.round(value * 10) / 10;
}
