// <lab-chart series="loss|accuracy|rate">: the Branches of the present Run as curves, markers of changes, zoom and cursor
// shared in the room. What is shared is in epochs, whatever this chart has along x.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { twinsOf } from "../lib/curves.js";
import { RoomElement, define } from "../lib/element.js";
import { language, text } from "../lib/texts.js";
import { wayOf } from "../lib/tree.js";
import { Choice } from "./choice.js";
import { Drawing } from "./drawing.js";
import { Fine } from "./fine.js";
import { Lines } from "./lines.js";
import { keep, kept, optionsTemplate } from "./options.js";
import { summary, tableTemplate } from "./table.js";
import { toolsTemplate } from "./tools.js";
import { keyFactor, scaled, wheelFactor } from "./zoom.js";

const STEP = 8; // px the cursor moves per arrow key

class Chart extends RoomElement {
  static properties = {
    series: {}, log: { state: true }, open: { state: true }, more: { state: true }, all: { state: true },
    weight: { state: true }, axis: { state: true }, subtract: { state: true },
  };

  #drawing = null;
  #window = null; // zoomed part [from, to] in epochs, or null: all
  #led = false; // the cursor is being moved by another chart
  #fine = new Fine();
  #lines = new Lines();
  #choice = new Choice();
  #shown = null; // what Lines made last
  #zoomed = (event) => this.#zoomTo(event.detail.window);

  constructor() {
    super();
    Object.assign(this, { series: "loss", log: false, open: false, more: false, all: false });
    Object.assign(this, { weight: 0, axis: "epochs", subtract: false });
  }

  connectedCallback() {
    super.connectedCallback();
    Object.assign(this, kept(this.series));
    this.meeting.addEventListener("lab-zoom", this.#zoomed);
  }

  disconnectedCallback() {
    this.meeting.removeEventListener("lab-zoom", this.#zoomed);
    this.#fine.stop();
    this.#drawing?.stop();
    this.#drawing = null;
    super.disconnectedCallback();
  }

  get twins() {
    return this.state && this.series !== "rate" ? twinsOf(this.state) : null;
  }

  render() {
    const { state, series } = this;
    return html`<section class="lab-card" aria-label=${text(series)}>
      <header class="chart-head">
        <h2><lab-infobox label=${text(series)} text=${text(`${series}_help`)}></lab-infobox></h2>
        <div class="legend"></div>
        ${this.#tools()}
      </header>
      ${this.more ? optionsTemplate(this, (chosen) => this.#choose(chosen)) : nothing}
      <div class="stage" @wheel=${{ handleEvent: (event) => this.#wheel(event), passive: false }}>
        <div class="plot" tabindex="0" role="group" aria-label=${this.#summary()} @keydown=${this.#key}></div>
        <div class="marks"></div>
        ${this.#empty() && !this.session?.waiting ? html`<p class="chart-empty">${text(`${series}_empty`)}</p>` : ""}
      </div>
      ${this.open ? tableTemplate(state, series) : nothing}
    </section>`;
  }

  updated() {
    if (!this.isConnected) return;
    this.#drawing ??= this.#draw();
    const { state, series: what, log, weight, axis } = this;
    const twins = this.subtract ? this.twins : null;
    const fine = (curve) => this.#fine.of(curve);
    this.#shown = this.#lines.of({ state, what, choice: this.#choice, weight, axis, twins, fine });
    const axisFor = (branch) => this.#lines.axis(state, branch, axis);
    const legend = this.#legend(twins);
    const scales = { log: log && !twins, signed: Boolean(twins), window: this.#window };
    this.#drawing.show({ ...this.#shown, ...scales, what, state, rows: legend.rows, axisFor, legend });
  }

  #draw() {
    const [host, layer, legend] = [".plot", ".marks", ".legend"].map((part) => this.querySelector(part));
    const tell = {
      draw: () => this.#drawing?.decorate(),
      cursor: (x) => this.#moved(x),
      select: (window) => this.#zoom(window),
      reset: () => this.#zoom(null),
    };
    return new Drawing({ host, layer, legend, tell });
  }

  #legend(twins) {
    const { curves, usual } = this.#shown;
    const ids = [...new Set(curves.map(({ branch }) => branch))];
    const about = (id) => curves.filter(({ branch }) => branch === id);
    const branches = ids.map((id) => ({ id, rank: about(id)[0].rank, on: this.#choice.branch(id, usual), curves: about(id) }));
    const change = (act) => (one) => {
      this.#choice[act](one, usual);
      this.requestUpdate();
    };
    const { state, series: what, all: open } = this;
    return {
      branches, many: ids.length > 1, open, what, state, rows: this.catalogue?.settings ?? [], twins,
      parts: [...new Set(curves.map(({ part }) => part))], shows: (curve) => this.#choice.part(curve),
      toggleBranch: change("toggleBranch"), togglePart: change("togglePart"), toggleOpen: () => { this.all = !open; },
    };
  }

  #choose(chosen) {
    Object.assign(this, chosen);
    keep(this.series, this);
  }

  #tools() {
    const hands = {
      zoom: (factor) => this.#zoomBy(factor), whole: () => this.#zoom(null), choose: (chosen) => Object.assign(this, chosen),
    };
    return toolsTemplate(this, Boolean(this.#window), hands);
  }

  #empty() {
    const { state } = this;
    return !wayOf(state, this.session?.position?.branch).some(({ branch }) => state.series[branch]?.train_loss?.length);
  }

  #summary() {
    const { state, series } = this;
    const branch = this.session?.position?.branch;
    return guard([series, language(), branch, state?.branches[branch]?.last?.epoch], () => summary(state, series));
  }

  #moved(x) {
    this.#drawing?.decorate();
    if (this.#led || !this.#shown) return;
    this.point(x === null ? null : this.#shown.axis.from(x));
  }

  pointed(x) {
    this.#led = true;
    this.#drawing?.moveTo(x);
    this.#led = false;
  }

  /** Share a window of this axis with the room. */
  #zoom(window) {
    const epochs = window?.map(this.#shown.axis.from) ?? null;
    this.meeting.dispatchEvent(new CustomEvent("lab-zoom", { detail: { window: epochs } }));
  }

  #zoomTo(window) {
    this.#window = window;
    this.#fine.look(this.room, this.#shown?.wanted ?? [], window, () => this.requestUpdate());
    this.requestUpdate();
  }

  #zoomBy(factor, x = null) {
    if (!this.#drawing) return;
    const [from, to] = this.#drawing.window;
    this.#zoom(scaled([from, to], factor, x ?? (from + to) / 2, this.#drawing.whole));
  }

  #wheel(event) {
    const factor = wheelFactor(event, this.querySelector(".plot").contains(document.activeElement));
    if (factor === null) return;
    event.preventDefault();
    this.#zoomBy(factor, this.#drawing?.x);
  }

  #key(event) {
    const factor = keyFactor(event);
    const pixels = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (factor !== null) this.#zoomBy(factor, this.#drawing?.x);
    if (pixels) this.#drawing?.step(pixels);
    if (factor !== null || pixels) event.preventDefault();
  }
}

define("lab-chart", Chart);
