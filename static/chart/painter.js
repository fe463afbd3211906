import { dotsOf, frameOf, isCrowded, trace } from "./trace.js";

const DOT = 3; // px

/** Paints lines on a plot's canvas. What does not grow is kept as a picture: a frame costs one line, not all of them. */
export class Painter {
  #styleOf;
  #still = document.createElement("canvas");
  #drawn = []; // what the picture was made from

  /** `styleOf(line)` gives {colour, width, alpha, dash}; widths in px of the page. */
  constructor(styleOf) {
    this.#styleOf = styleOf;
  }

  paint(plot, lines) {
    const { ctx, bbox, scales: { x, y } } = plot;
    const frame = frameOf(bbox, [x.min, x.max], [y.min, y.max], y.distr === 3);
    const still = lines.filter(({ present }) => present === false);
    this.#keep(ctx.canvas, still, frame, bbox);
    ctx.save();
    if (still.length) ctx.drawImage(this.#still, 0, 0);
    clip(ctx, bbox);
    lines.filter(({ present }) => present !== false).forEach((line) => this.#stroke(ctx, line, frame));
    ctx.restore();
  }

  #keep({ width, height }, lines, frame, bbox) {
    const from = [width, height, frame.key, ...lines];
    if (from.length === this.#drawn.length && from.every((one, index) => one === this.#drawn[index])) return;
    this.#drawn = from;
    Object.assign(this.#still, { width, height });
    const ctx = this.#still.getContext("2d");
    clip(ctx, bbox);
    lines.forEach((line) => this.#stroke(ctx, line, frame));
  }

  #stroke(ctx, line, frame) {
    const { colour, width, alpha, dash } = this.#styleOf(line);
    const path = new Path2D();
    trace(line, frame, path);
    const pixels = isCrowded(line, frame) ? 1 : width * devicePixelRatio; // wide strokes of crowded points take long
    const pen = { globalAlpha: alpha, strokeStyle: colour, fillStyle: colour, lineWidth: pixels, lineJoin: "round" };
    Object.assign(ctx, pen);
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.stroke(path);
    dots(ctx, dotsOf(line, frame));
  }
}

function clip(ctx, { left, top, width, height }) {
  const more = DOT * devicePixelRatio;
  ctx.beginPath();
  ctx.rect(left - more, top - more, width + 2 * more, height + 2 * more);
  ctx.clip();
}

function dots(ctx, places) {
  const radius = DOT * devicePixelRatio;
  ctx.beginPath();
  for (const [x, y] of places) {
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
  ctx.fill();
}
