// Images of a Batch as they travel: uint8, base64, one image after the other, rows from the top, channels of a pixel together. Pure.

/** The bytes of base64 text. */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** One image as a canvas wants it: red, green, blue and full opacity for each pixel; grey where there is one channel. */
export function rgba(bytes, { width, height, channels }, index = 0) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const first = index * width * height * channels;
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const from = first + pixel * channels;
    for (let colour = 0; colour < 3; colour += 1) pixels[pixel * 4 + colour] = bytes[from + (channels === 3 ? colour : 0)];
    pixels[pixel * 4 + 3] = 255;
  }
  return pixels;
}
