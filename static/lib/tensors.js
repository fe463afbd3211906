// Tensors as they travel: float32 or uint8 in base64, rows from the top. A plane is `{width, height, values}`. Pure.
import { bytesOf } from "./pixels.js";

/** The numbers of base64 text of little-endian float32. */
export function floatsOf(base64) {
  return new Float32Array(bytesOf(base64).buffer);
}

/** A plane of an answer, its numbers decoded. */
export function planeOf({ width, height, values }) {
  return { width, height, values: floatsOf(values) };
}

/** The smallest, the largest and the size of the largest of all numbers; of none: zeros. */
export function extentOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? { low, high, most: Math.max(Math.abs(low), Math.abs(high)) } : { low: 0, high: 0, most: 0 };
}

const USUAL = 0.98; // of the numbers

/** The size that nearly all numbers stay below; of the largest where nearly all are 0. */
export function usualMost(values) {
  const sizes = Float32Array.from(values, Math.abs).sort();
  return sizes[Math.ceil(USUAL * sizes.length) - 1] || sizes.at(-1) || 0;
}

/** The numbers that the network gets of one pixel of a shown image, a row per channel: `{byte, number}`. */
export function pixelOf({ width, channels, mean, scale, bytes }, x, y) {
  return Array.from({ length: channels }, (_, channel) => {
    const byte = bytes[(y * width + x) * channels + channel];
    return { byte, number: (byte - mean[channel]) * scale[channel] };
  });
}

const LUMINANCE = [0.2126, 0.7152, 0.0722]; // of red, green and blue, as screens have it (BT.709)

/** One channel of an image as a plane from 0 (black) to 1 (white); `channel` null: how bright it is. */
export function greyOf({ width, height, channels, bytes }, channel = null) {
  const values = new Float32Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel += 1) {
    const colour = bytes.subarray(pixel * channels, (pixel + 1) * channels);
    const bright = channel === null && channels === 3 ? colour.reduce((sum, byte, one) => sum + byte * LUMINANCE[one], 0) : colour[channel ?? 0];
    values[pixel] = bright / 255;
  }
  return { width, height, values };
}

/** An image of an answer, its bytes decoded. */
export function imageOf(shown) {
  return { ...shown, bytes: bytesOf(shown.pixels) };
}
