// Numbers as colours on a canvas: blue above zero, orange below it; told apart by every kind of colour vision. Pure.

const NIGHT = { zero: [0, 0, 0], above: [88, 174, 245], below: [255, 146, 43] }; // over an image
const PAPER = { zero: [247, 248, 250], above: [20, 92, 168], below: [200, 84, 0] }; // alone

function mixed(from, to, share) {
  return from.map((value, colour) => value + (to[colour] - value) * share);
}

/** The colour of a value on a scale with full colour at ±most: black at 0 (`night`), or nearly white. */
export function heatOf(value, most, night = false) {
  const { zero, above, below } = night ? NIGHT : PAPER;
  if (!Number.isFinite(value) || !most) return zero;
  return mixed(zero, value < 0 ? below : above, Math.min(1, Math.abs(value) / most));
}

/** A plane for a canvas, in heat colours. */
export function heatRgba(values, most, night = false) {
  return filled(values.length, (at) => heatOf(values[at], most, night));
}

/** A plane for a canvas, in greys: `low` is black, `high` white. */
export function greyRgba(values, low, high) {
  return filled(values.length, (at) => {
    const grey = high > low ? (255 * (values[at] - low)) / (high - low) : 0;
    return [grey, grey, grey];
  });
}

/** Heat over an image: at a share of 0 the image alone, at 0.5 all of the heat on a darkened image, at 1 the heat alone. */
export function overlayRgba(base, values, most, share) {
  return filled(values.length, (at) => heatOf(values[at], most, true).map((heat, colour) => {
    const below = 255 - base[at * 4 + colour] * (1 - share);
    return 255 - (below * (255 - heat * Math.min(1, share * 2))) / 255;
  }));
}

function filled(pixels, colourOf) {
  const rgba = new Uint8ClampedArray(pixels * 4);
  for (let at = 0; at < pixels; at += 1) {
    rgba.set(colourOf(at), at * 4);
    rgba[at * 4 + 3] = 255;
  }
  return rgba;
}

/** How a plane is shown by itself: in heat colours where numbers are below zero, else in greys. */
export function planeRgba({ values }, { low, high, most }, grey = low >= 0) {
  return grey ? greyRgba(values, low, high) : heatRgba(values, most);
}
