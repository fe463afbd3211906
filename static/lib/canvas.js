import { bytesOf, rgba } from "./pixels.js";
import { paint as put } from "./plane.js";

/** Draw an image as it travels, `{width, height, channels, pixels}`, unless the canvas shows it already. */
export function paint(canvas, image) {
  if (!image || canvas.painted === image.pixels) return;
  canvas.painted = image.pixels;
  put(canvas, rgba(bytesOf(image.pixels), image), image.width, image.height);
}

/** Draw every canvas below an element whose property `picture` is an image. */
export function paintAll(root) {
  for (const canvas of root.querySelectorAll("canvas")) paint(canvas, canvas.picture);
}
