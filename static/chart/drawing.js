import { render } from "lit";
import { align, markersOf } from "../lib/curves.js";
import { language } from "../lib/texts.js";
import { legendTemplate } from "./legend.js";
import { marksTemplate } from "./marks.js";
import { colour, makePlot, sizeOf } from "./plot.js";
import { whole } from "./zoom.js";

const NEAR = 7; // px between cursor and marker
const TOGETHER = 16; // px; markers nearer than that share a flag

/** The drawn side of a chart: the plot in `host`, its layer of markers and its legend. */
export class Drawing {
  #plot = null;
  #built = ""; // what the plot was built for
  #hidden = new Set();
  #view = null;
  #colours = [];

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

  /** Draw `view`: {curves, what, log, window, state, rows}. */
  show(view) {
    this.#view = view;
    this.#build();
    const data = align(view.curves, view.log ? (y) => y > 0 : Number.isFinite);
    const [min, max] = view.window ?? whole(data[0]);
    this.#plot.batch(() => {
      this.#plot.setData(data, false);
      this.#plot.setScale("x", { min, max });
    });
  }

  get window() {
    const { min, max } = this.#plot.scales.x;
    return [min, max];
  }

  get whole() {
    return whole(this.#plot.data[0]);
  }

  /** Where the cursor stands, in epochs; null when it is away. */
  get x() {
    const left = this.#plot?.cursor.left ?? -1;
    return left >= 0 ? this.#plot.posToVal(left, "x") : null;
  }

  moveTo(x) {
    this.#plot?.setCursor({ left: x === null ? -10 : this.#plot.valToPos(x, "x"), top: 10 });
  }

  step(pixels) {
    const { cursor, over } = this.#plot;
    const from = cursor.left >= 0 ? cursor.left : over.clientWidth;
    this.#plot.setCursor({ left: Math.min(over.clientWidth, Math.max(0, from + pixels)), top: 10 });
  }

  /** Redraw what lies over and beside the canvas. */
  decorate() {
    if (!this.#plot || !this.#view) return;
    const { offsetLeft: left, offsetTop: top, clientWidth: width, clientHeight: height } = this.#plot.over;
    this.layer.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
    const groups = markersOf(this.#view.state, (x) => this.#plot.valToPos(x, "x"), TOGETHER);
    const cursor = this.x === null ? null : { left: this.#plot.cursor.left, x: this.x };
    render(marksTemplate(groups, { width, near: this.#near(groups), rows: this.#view.rows, cursor }), this.layer);
    render(legendTemplate(this.#view.curves, this.#legend()), this.legend);
  }

  /** A plot is built anew only when its curves, scale or look change. */
  #build() {
    const { curves, what, log } = this.#view;
    const wanted = [log, language(), document.documentElement.dataset.bsTheme, ...curves.map(({ key }) => key)].join();
    if (this.#plot && wanted === this.#built) return;
    this.#plot?.destroy();
    this.#built = wanted;
    const look = getComputedStyle(this.host);
    this.#colours = curves.map((curve) => colour(curve, look));
    this.#plot = makePlot(this.host, curves, { what, log, tell: this.tell });
    curves.forEach(({ key }, index) => this.#hidden.has(key) && this.#plot.setSeries(index + 1, { show: false }));
  }

  #near(groups) {
    const at = this.#plot.cursor.left;
    return at < 0 ? null : groups.find((group) => Math.abs(group.left - at) < NEAR);
  }

  #legend() {
    const { x } = this;
    return {
      what: this.#view.what, hidden: this.#hidden, colours: this.#colours,
      values: this.#view.curves.map((curve, index) => this.#value(curve, index + 1, x)),
      toggle: (curve, index) => this.#toggle(curve, index + 1),
    };
  }

  #value(curve, index, x) {
    const row = x === null ? null : this.#plot.cursor.idxs?.[index];
    return row == null ? curve.points.at(-1)?.[1] : this.#plot.data[index][row];
  }

  #toggle(curve, index) {
    const show = this.#hidden.delete(curve.key);
    if (!show) this.#hidden.add(curve.key);
    this.#plot.setSeries(index, { show });
    this.decorate();
  }
}
