// The drawing pad: strokes become a map of ink, 255 where there is most. Pure, but for packing.
export const SIDE = 112; // pixels

/** Ink of a line from one point to another, `width` pixels wide with soft edges, laid over what is there. */
export function draw(ink, from, to, width) {
  const reach = width / 2 + 1;
  const [left, right] = within(Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach);
  const [top, bottom] = within(Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach);
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const value = 255 * Math.min(1, Math.max(0, width / 2 + 0.5 - distance(x + 0.5, y + 0.5, from, to)));
      if (value > ink[y * SIDE + x]) ink[y * SIDE + x] = value;
    }
  }
}

function within(low, high) {
  return [Math.max(0, Math.floor(low)), Math.min(SIDE - 1, Math.ceil(high))];
}

/** From a point to a line between two others. */
function distance(x, y, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = dx || dy ? ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy) : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from.x - share * dx, y - from.y - share * dy);
}

/** What was drawn, stroke by stroke; each can be taken back, and so can clearing. */
export class Drawn {
  #acts = []; // strokes, lists of {x, y, width}; null: all was cleared
  #stroke = null;

  ink = new Uint8ClampedArray(SIDE * SIDE);
  version = 0; // counts changes

  get empty() {
    return !this.#acts.length || this.#acts.at(-1) === null;
  }

  get canUndo() {
    return this.#acts.length > 0;
  }

  get drawing() {
    return this.#stroke !== null;
  }

  begin(point) {
    this.#stroke = [point];
    this.#acts.push(this.#stroke);
    this.#lay(point, point);
  }

  move(point) {
    if (!this.#stroke) return;
    const last = this.#stroke.at(-1);
    if (last.x === point.x && last.y === point.y) return;
    this.#stroke.push(point);
    this.#lay(last, point);
  }

  end() {
    this.#stroke = null;
  }

  clear() {
    if (this.empty) return;
    this.#acts.push(null);
    this.#again();
  }

  undo() {
    this.#stroke = null;
    this.#acts.pop();
    this.#again();
  }

  #again() {
    this.ink.fill(0);
    this.version += 1;
    for (const stroke of this.#acts.slice(this.#acts.lastIndexOf(null) + 1)) {
      stroke.forEach((point, at) => this.#lay(stroke[at - 1] ?? point, point));
    }
  }

  #lay(from, to) {
    draw(this.ink, from, to, to.width);
    this.version += 1;
  }
}

/** Ink as a canvas wants it: white on black as most datasets have it, or the other way round. */
export function inkRgba(ink, inverted = false) {
  const rgba = new Uint8ClampedArray(ink.length * 4).fill(255);
  for (let at = 0; at < ink.length; at += 1) rgba.fill(inverted ? 255 - ink[at] : ink[at], at * 4, at * 4 + 3);
  return rgba;
}

/** How wide a pen draws: one that feels pressure from half to one and a half of the brush. */
export function widthOf(brush, { pointerType, pressure }) {
  return pointerType === "pen" && pressure > 0 ? brush * (0.5 + pressure) : brush;
}

/** The place on the pad below a pointer; `box` is what the pad covers on the page. */
export function placeOf({ clientX, clientY }, box) {
  return { x: ((clientX - box.left) / box.width) * SIDE, y: ((clientY - box.top) / box.height) * SIDE };
}

/** Ink as it travels: packed by zlib where the browser can, in base64. */
export async function packed(ink) {
  const bytes = globalThis.CompressionStream ? await deflated(ink) : ink;
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
