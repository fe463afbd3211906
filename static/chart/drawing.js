import { render } from "lit";
import { nearestRow } from "../lib/axes.js";
import { markersOf } from "../lib/curves.js";
import { language } from "../lib/texts.js";
import { legendTemplate } from "./legend.js";
import { marksTemplate } from "./marks.js";
import { colour, makePlot, sizeOf } from "./plot.js";
import { rangeOf } from "./scales.js";
import { reach } from "./trace.js";
import { whole } from "./zoom.js";

const NEAR = 7; // px between cursor and marker
const TOGETHER = 16; // px; markers nearer than that share a flag

/** The drawn side of a chart: the plot in `host`, its layer of markers and its legend. */
export class Drawing {
  #plot = null;
  #built = ""; // what the plot was built for
  #drawn = []; // what is on the canvas
  #view = null;
  #placed = ""; // where the layer of markers is

  constructor({ host, layer, legend, tell }) {
    Object.assign(this, { host, layer, legend, tell });
    this.sizes = new ResizeObserver(() => this.#plot?.setSize(sizeOf(host)));
    this.sizes.observe(host);
  }

  stop() {
    this.sizes.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** Draw `view`: {lines, what, log, signed, axis, axisFor(branch), window (in epochs, or null), state, rows, legend}. */
  show(view) {
    this.#view = view;
    const built = this.#build();
    const { lines, window, axis } = view;
    const x = window?.map(axis.to) ?? this.whole;
    const drawn = [...lines, ...x, view.state?.markers.length];
    const same = drawn.length === this.#drawn.length && drawn.every((one, index) => one === this.#drawn[index]);
    this.#drawn = drawn;
    if (built || !same) this.#draw(x);
    else this.#beside();
  }

  /** uPlot needs columns to believe that there is something; what is drawn comes from the lines. */
  #draw([min, max]) {
    const { lines, what, log, signed } = this.#view;
    const [bottom, top] = rangeOf(what, ...reach(lines, [min, max], log), { log, signed });
    this.#plot.batch(() => {
      this.#plot.setData([[min, max], [null, null]], false);
      this.#plot.setScale("x", { min, max });
      this.#plot.setScale("y", { min: bottom, max: top });
    });
  }

  /** The window that is shown, on the axis. */
  get window() {
    const { min, max } = this.#plot.scales.x;
    return [min, max];
  }

  get whole() {
    const { lines, axis, signed } = this.#view;
    const [, end] = whole(Math.max(0, ...lines.map(({ xs }) => xs.at(-1) ?? 0)), axis.kind);
    const begin = signed ? Math.min(...lines.map(({ xs }) => xs[0] ?? 0)) : 0; // twins differ from their fork on
    return [begin, end];
  }

  /** Where the cursor stands, on the axis; null when it is away. */
  get x() {
    const left = this.#plot?.cursor.left ?? -1;
    return left >= 0 ? this.#plot.posToVal(left, "x") : null;
  }

  /** Put the cursor at an epoch. */
  moveTo(epoch) {
    if (!this.#plot || !this.#view) return;
    this.#plot.setCursor({ left: epoch === null ? -10 : this.#plot.valToPos(this.#view.axis.to(epoch), "x"), top: 10 });
  }

  step(pixels) {
    const { cursor, over } = this.#plot;
    const from = cursor.left >= 0 ? cursor.left : over.clientWidth;
    this.#plot.setCursor({ left: Math.min(over.clientWidth, Math.max(0, from + pixels)), top: 10 });
  }

  /** Redraw what lies over and beside the canvas. */
  decorate() {
    if (!this.#plot || !this.#view) return;
    const { width } = this.#box();
    const { state, rows, axis, axisFor } = this.#view;
    const toPixel = (x, branch) => this.#plot.valToPos(axisFor(branch).to(x), "x");
    const groups = markersOf(state, this.#marked(), toPixel, TOGETHER);
    const cursor = this.x === null ? null : { left: this.#plot.cursor.left, x: this.x, axis };
    const dots = cursor ? this.#dots() : [];
    render(marksTemplate(groups, { width, near: this.#flagged(groups), rows, cursor, dots }), this.layer);
    this.#beside();
  }

  /** The plotting area in px of the page, without asking the page, which would have to be laid out for that. */
  #box() {
    const sides = ["left", "top", "width", "height"];
    const [left, top, width, height] = sides.map((side) => this.#plot.bbox[side] / devicePixelRatio);
    const place = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
    if (place !== this.#placed) this.layer.style.cssText = place;
    this.#placed = place;
    return { width };
  }

  #beside() {
    const { x } = this;
    render(legendTemplate(this.#view.legend, (curve) => this.#value(curve, x)), this.legend);
  }

  /** Up to which epoch each Branch is drawn. */
  #marked() {
    const drawn = new Map();
    for (const { branch, to = Infinity } of this.#view.lines) drawn.set(branch, Math.max(to, drawn.get(branch) ?? 0));
    return drawn;
  }

  /** A plot is built anew only when its scales or its look change; says whether it was. */
  #build() {
    const { lines, what, log, signed, axis } = this.#view;
    const wanted = [log, signed, axis.kind, language(), document.documentElement.dataset.bsTheme].join();
    if (this.#plot && wanted === this.#built) return false;
    this.#plot?.destroy();
    this.#built = wanted;
    const options = { what, log, signed, tell: this.tell, axis: axis.kind, lines: () => this.#view.lines };
    this.#plot = makePlot(this.host, lines, options);
    return true;
  }

  #flagged(groups) {
    const at = this.#plot.cursor.left;
    return at < 0 ? null : groups.find((group) => Math.abs(group.left - at) < NEAR);
  }

  /** Where the cursor meets the lines. */
  #dots() {
    const look = getComputedStyle(this.host);
    return this.#view.lines.filter((line) => line.role !== "raw" && this.#near(line)).flatMap((line) => {
      const row = nearestRow(line.xs, this.x);
      const y = line.ys[row];
      if (!Number.isFinite(y) || (this.#view.log && y <= 0)) return [];
      const [left, top] = [this.#plot.valToPos(line.xs[row], "x"), this.#plot.valToPos(y, "y")];
      return [{ left, top, colour: colour(line, look) }];
    });
  }

  /** Whether a line is known where the cursor stands, or within an epoch of there. */
  #near({ xs }) {
    const { axis } = this.#view;
    const slack = axis.to(axis.from(this.x) + 1) - this.x;
    return xs.length > 0 && this.x >= xs[0] - slack && this.x <= xs.at(-1) + slack;
  }

  /** The value of a curve at the cursor, else its newest. */
  #value(curve, x) {
    if (x === null) return curve.points.at(-1)?.[1];
    const same = ({ branch, part, to, role }) => (
      branch === curve.branch && part === curve.part && to === undefined && role !== "smooth");
    const line = this.#view.lines.find(same);
    return line && this.#near(line) ? line.ys[nearestRow(line.xs, x)] : undefined;
  }
}
