// A small image on a canvas, and the pixel of it that somebody points at.

/** Put pixels on a canvas, one for one; its style makes them large. */
export function paint(canvas, rgba, width, height) {
  if (!canvas) return;
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** The pixel below the pointer, of a box that shows width × height of them. */
export function pixelUnder({ clientX, clientY, currentTarget }, { width, height }) {
  const box = currentTarget.getBoundingClientRect();
  const along = (at, from, length, most) => Math.min(most - 1, Math.max(0, Math.floor(((at - from) / length) * most)));
  return { x: along(clientX, box.left, box.width, width), y: along(clientY, box.top, box.height, height) };
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The pixel after an arrow key, Home or End; null: another key. */
export function pixelAfter(key, { x, y }, { width, height }) {
  if (key === "Home") return { x: 0, y: 0 };
  if (key === "End") return { x: width - 1, y: height - 1 };
  if (!ARROWS[key]) return null;
  const [right, down] = ARROWS[key];
  return { x: Math.min(Math.max(x + right, 0), width - 1), y: Math.min(Math.max(y + down, 0), height - 1) };
}

/** The pixel that is read after this one: the next in its row, then the next row, then the first again. */
export function pixelNext({ x, y }, { width, height }, step = 1) {
  const at = (y * width + x + step + width * height) % (width * height);
  return { x: at % width, y: Math.floor(at / width) };
}
