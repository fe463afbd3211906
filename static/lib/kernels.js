// Well-known kernels, and which settings of the playground leave at least one output pixel. Pure.
import { outputSide } from "./convolution.js";

export const RANGES = { kernel: [1, 7], stride: [1, 4], padding: [0, 6], dilation: [1, 4] };

const FIXED = { // 3×3
  sobel_x: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  sobel_y: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  laplace: [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  emboss: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
};
const MADE = { // of any size
  identity: (side) => filled(side, (row, column) => Number(row === middleOf(side) && column === middleOf(side))),
  box: (side) => filled(side, () => 1 / side ** 2),
  gauss: (side) => filled(side, (row, column) => (chosen(side - 1, row) * chosen(side - 1, column)) / 4 ** (side - 1)),
};

export const KERNELS = ["identity", "sobel_x", "sobel_y", "laplace", "box", "gauss", "sharpen", "emboss"];

function filled(side, valueOf) {
  return Array.from({ length: side }, (_, row) => Array.from({ length: side }, (__, column) => valueOf(row, column)));
}

function middleOf(side) {
  return (side - 1) >> 1;
}

/** How many ways there are to choose k of n. */
function chosen(n, k) {
  return k === 0 ? 1 : (chosen(n, k - 1) * (n - k + 1)) / k;
}

/** A well-known kernel with `side` rows; the 3×3 ones stand in the middle of zeros; null: it needs more room. */
export function kernelOf(name, side) {
  if (MADE[name]) return MADE[name](side);
  return side < 3 ? null : resized(FIXED[name], side);
}

/** The kernel with another number of rows: zeros around it, or its middle only. */
export function resized(kernel, side) {
  const shift = middleOf(side) - middleOf(kernel.length);
  return filled(side, (row, column) => kernel[row - shift]?.[column - shift] ?? 0);
}

/** Whether these settings leave an output pixel of an image with sides `width` and `height`. */
export function fits({ width, height }, { kernel, ...window }) {
  return outputSide(Math.min(width, height), kernel, window) >= 1;
}

/** What one setting may be while the others stay: [least, most]. */
export function boundsOf(image, settings, name) {
  const [low, high] = RANGES[name];
  const good = Array.from({ length: high - low + 1 }, (_, step) => low + step).filter((value) => fits(image, { ...settings, [name]: value }));
  return good.length ? [good[0], good.at(-1)] : [settings[name], settings[name]];
}

/** The nearest settings that leave an output pixel: of another, smaller image the same ones may be impossible. */
export function mended(image, settings) {
  const found = { ...settings };
  while (!fits(image, found) && found.dilation > 1) found.dilation -= 1;
  while (!fits(image, found) && found.kernel > 1) found.kernel -= 1;
  return found;
}
