import { bytesOf, rgba } from "./pixels.js";

/** Draw an image as it travels, `{width, height, channels, pixels}`, unless the canvas shows it already. */
export function paint(canvas, image) {
  if (!image || canvas.painted === image.pixels) return;
  Object.assign(canvas, { width: image.width, height: image.height, painted: image.pixels });
  canvas.getContext("2d").putImageData(new ImageData(rgba(bytesOf(image.pixels), image), image.width, image.height), 0, 0);
}

/** Draw every canvas below an element whose property `picture` is an image. */
export function paintAll(root) {
  for (const canvas of root.querySelectorAll("canvas")) paint(canvas, canvas.picture);
}
