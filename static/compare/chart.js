import { align } from "../lib/curves.js";
import { language } from "../lib/texts.js";
import { makePlot, sizeOf } from "./plot.js";

const STEP = 8; // px the cursor moves per arrow key

/** One chart of the page, kept alive while its curves grow. */
export class Chart {
  #plot = null;
  #built = "";
  #host;
  #sizes;

  constructor(host) {
    this.#host = host;
    this.#sizes = new ResizeObserver(() => this.#plot?.setSize(sizeOf(host)));
    this.#sizes.observe(host);
  }

  stop() {
    this.#sizes.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** Draw curves; the plot is built anew only where its lines, axis or look change, and then shows all of x. */
  show(curves, view) {
    const { what, axis, signed } = view;
    const wanted = [what, axis, signed, language(), document.documentElement.dataset.bsTheme, ...curves.map(({ key }) => key)].join();
    if (wanted !== this.#built) {
      this.#plot?.destroy();
      this.#plot = makePlot(this.#host, curves, view);
      this.#built = wanted;
    }
    const { min, max } = this.#plot.scales.x;
    const whole = this.#plot.data[0];
    const zoomed = whole.length && (min > 0 || max < whole.at(-1));
    this.#plot.batch(() => {
      const data = align(curves);
      this.#plot.setData(data, false);
      this.#plot.setScale("x", zoomed ? { min, max } : { min: 0, max: data[0].at(-1) || 1 });
    });
  }

  /** Move the cursor by arrow keys; true where the key was one. */
  key({ key }) {
    const pixels = { ArrowLeft: -STEP, ArrowRight: STEP }[key];
    if (!pixels || !this.#plot) return false;
    const { cursor, over } = this.#plot;
    const from = cursor.left >= 0 ? cursor.left : over.clientWidth;
    this.#plot.setCursor({ left: Math.min(over.clientWidth, Math.max(0, from + pixels)), top: 10 });
    return true;
  }
}
