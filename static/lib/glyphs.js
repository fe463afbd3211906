// What stands for a layer in the diagram, and how large it is. Pure. Lengths are pixels of the drawing at its natural size.

export const MOST = { maps: 8, neurons: 12, cells: 8, inside: 4, classes: 10 }; // drawn at most
export const SHIFT = 5; // from one feature map to the one behind it
export const PITCH = 15; // from one neuron to the next
export const CELL = 9; // side of a cell of a sequence, gap included
export const RADIUS = 5.5; // of a neuron
const DOTS = 13; // room for the sign that there are more
const CHIP = { w: 22, h: 98 }; // h: at least
const UNKNOWN = { w: 40, h: 104 };
const BOX = { w: 46, h: 112, gap: 14 }; // of a layer that works on sequences, before what it gives
const BACKBONE = { w: 132, h: 132, gap: 22 };
const FRAME = { side: 18, top: 26, foot: 26 }; // around what a block gives

const CHIPS = new Set(["relu", "leakyrelu", "gelu", "silu", "tanh", "sigmoid", "softplus", "batchnorm", "layernorm", "groupnorm",
  "dropout", "spatialdropout", "position"]);
const BOXES = new Set(["lstm", "gru", "transformer"]);

/** Channels × height × width, as people write it. */
export function shapeText(sides) {
  return sides.join("×");
}

/** {form, w, h, …} for a row of a report; `before` is what the layer before it looks like. `dots` are the heights of its neurons. */
export function glyphOf(row, before) {
  if (!row.out) return { form: "unknown", ...UNKNOWN };
  if (CHIPS.has(row.kind)) return chip(before);
  const given = givenBy(row);
  if (row.layers) return block(row);
  if (row.kind === "backbone") return boxed("backbone", BACKBONE, given);
  return BOXES.has(row.kind) ? boxed("box", BOX, given) : given;
}

/** What a layer gives: maps, neurons, a strip of steps, or words. */
function givenBy({ out, words }, most = MOST.maps) {
  if (words) return strip([out[0], 1], "words");
  if (out.length === 3) return maps(out, most);
  return out.length === 2 ? strip(out, "strip") : neurons(out[0]);
}

/** Narrow, and as high as what passes through. */
function chip(before) {
  const around = before?.form === "chip" ? 0 : 6;
  return { form: "chip", w: CHIP.w, h: Math.max(CHIP.h, (before?.h ?? 0) + around), dots: before?.dots ?? null, takes: before?.dots ?? null };
}

/** The side of a map grows with the logarithm of its pixels: 1 → 16, 8 → 42, 28 → 62, 224 → 98. */
export function sideOf(pixels) {
  return Math.round(4 + 12 * Math.log2(pixels + 1));
}

export function maps([channels, height, width], most = MOST.maps) {
  const shown = Math.min(channels, most);
  const sheet = { w: sideOf(width), h: sideOf(height) };
  const back = (shown - 1) * SHIFT;
  return { form: "maps", w: sheet.w + back, h: sheet.h + back, sheet, shown, of: channels, count: countOf(shown, channels) };
}

function neurons(size) {
  const shown = Math.min(size, MOST.neurons);
  const high = shown * PITCH;
  const dots = Array.from({ length: shown }, (_, index) => (index + 0.5) * PITCH - high / 2);
  return { form: "neurons", w: 2 * RADIUS + 2, h: high, shown, of: size, dots, takes: dots, more: size > shown ? DOTS : 0,
    count: countOf(shown, size) };
}

function strip([steps, features], form) {
  const columns = Math.min(steps, MOST.cells);
  const rows = Math.min(features, MOST.cells);
  const high = form === "words" ? 18 : rows * CELL;
  const count = form === "words" ? countOf(columns, steps) : countOf(`${columns}×${rows}`, `${steps}×${features}`);
  return { form, w: columns * (form === "words" ? 11 : CELL), h: high, columns, rows, shown: rows, of: features, count };
}

/** {shown, of}, or null: all are shown. */
function countOf(shown, of) {
  return shown === of ? null : { shown, of };
}

/** Something with a name on it, and beside it what it gives. */
function boxed(form, { w, h, gap }, given) {
  const high = Math.max(h, given.h);
  return { form, w: w + gap + given.w, h: high, box: w, gap, given, dots: given.dots ?? null, more: given.more, count: given.count };
}

/** A closed block: a frame around what it gives. */
function block(row) {
  const given = givenBy(row, MOST.inside);
  const w = Math.max(given.w + 2 * FRAME.side, 92);
  return { form: "block", w, h: given.h + FRAME.top + FRAME.foot, given, top: FRAME.top, dots: null, layers: countLayers(row.layers), count: given.count };
}

/** How many layers there are, those inside of blocks included, the blocks themselves not. */
export function countLayers(rows) {
  return rows.reduce((sum, { layers }) => sum + (layers ? countLayers(layers) : 1), 0);
}
