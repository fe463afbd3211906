// <lab-chart series="loss|accuracy">: curves of the present Run, markers of changes, zoom and cursor shared in the room.
import { html, nothing } from "lit";
import { curvesOf, epochsOf, refine } from "../lib/curves.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { Drawing } from "./drawing.js";
import { Fine } from "./fine.js";
import { show } from "./legend.js";
import { keyFactor, scaled, wheelFactor } from "./zoom.js";

const STEP = 8; // px the cursor moves per arrow key

class Chart extends RoomElement {
  static properties = { series: {}, log: { state: true }, open: { state: true } };

  #drawing = null;
  #window = null; // zoomed part [from, to] in epochs, or null: all
  #led = false; // the cursor is being moved by another chart
  #fine = new Fine();
  #meeting = null; // where linked charts meet: the room, or this chart alone
  #hears = { "lab-cursor": (event) => this.#follow(event.detail), "lab-zoom": (event) => this.#zoomTo(event.detail.window) };

  constructor() {
    super();
    this.series = "loss";
    this.log = false;
    this.open = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#meeting = this.closest("lab-room") ?? this;
    for (const [name, hear] of Object.entries(this.#hears)) this.#meeting.addEventListener(name, hear);
  }

  disconnectedCallback() {
    for (const [name, hear] of Object.entries(this.#hears)) this.#meeting.removeEventListener(name, hear);
    this.#fine.stop();
    this.#drawing?.stop();
    this.#drawing = null;
    super.disconnectedCallback();
  }

  render() {
    const empty = !this.state?.series[this.session?.position?.branch]?.train_loss?.length;
    return html`<section class="lab-card" aria-label=${text(this.series)}>
      <header class="chart-head">
        <h2><lab-infobox label=${text(this.series)} text=${text(`${this.series}_help`)}></lab-infobox></h2>
        <div class="legend"></div>
        ${this.#tools()}
      </header>
      <div class="stage" @wheel=${{ handleEvent: (event) => this.#wheel(event), passive: false }}>
        <div class="plot" tabindex="0" role="group" aria-label=${this.#summary()} @keydown=${this.#key}></div>
        <div class="marks"></div>
        ${empty && !this.session?.waiting ? html`<p class="chart-empty">${text(`${this.series}_empty`)}</p>` : ""}
      </div>
      ${this.#table()}
    </section>`;
  }

  updated() {
    if (!this.isConnected) return;
    this.#drawing ??= this.#draw();
    const curves = this.state ? curvesOf(this.state, this.series) : [];
    this.#drawing.show({
      curves: curves.map((curve) => ({ ...curve, points: refine(curve.points, this.#fine.of(curve)) })),
      what: this.series, log: this.log, window: this.#window, state: this.state, rows: this.catalogue?.settings ?? [],
    });
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

  #tools() {
    const zoom = (factor) => () => this.#zoomBy(factor);
    const tool = (name, act, off = false, open = nothing) => html`<button type="button" class="tool" ?disabled=${off}
      aria-expanded=${open} aria-label=${text(name)} title=${text(name)} @click=${act}>${icon(name)}</button>`;
    return html`<div class="tools">
      ${this.series === "loss" ? this.#scales() : ""}
      ${tool("zoom_in", zoom(0.5))} ${tool("zoom_out", zoom(2), !this.#window)} ${tool("zoom_all", () => this.#zoom(null), !this.#window)}
      ${tool("table", () => { this.open = !this.open; }, false, this.open)}
    </div>`;
  }

  #scales() {
    const choice = (log) => html`<button type="button" aria-pressed=${this.log === log}
      @click=${() => { this.log = log; }}>${text(log ? "log" : "linear")}</button>`;
    return html`<div class="switch" role="group" aria-label=${text("scale")}>${choice(false)}${choice(true)}</div>`;
  }

  #table() {
    if (!this.open) return nothing;
    const heads = ["epoch", "curve_epoch", "curve_test"].map((key) => html`<th scope="col">${text(key)}</th>`);
    return html`<div class="values" tabindex="0" role="group" aria-label=${text("table")}>
      <table class="table table-sm">
        <thead><tr>${heads}</tr></thead>
        <tbody>${epochsOf(this.state, this.series).map(({ epoch, train, test }) => html`<tr>
          <th scope="row">${epoch}</th><td>${show(this.series, train)}</td><td>${show(this.series, test)}</td></tr>`)}</tbody>
      </table>
    </div>`;
  }

  #summary() {
    const last = epochsOf(this.state, this.series).at(-1);
    const title = text("plot_of", { what: text(this.series) });
    if (!last) return title;
    const values = { epoch: last.epoch, train: show(this.series, last.train), test: show(this.series, last.test) };
    return `${title} ${text("plot_latest", values)}`;
  }

  #moved(x) {
    this.#drawing?.decorate();
    if (!this.#led) this.#meeting.dispatchEvent(new CustomEvent("lab-cursor", { detail: { x, from: this } }));
  }

  #follow({ x, from }) {
    if (from === this) return;
    this.#led = true;
    this.#drawing?.moveTo(x);
    this.#led = false;
  }

  #zoom(window) {
    this.#meeting.dispatchEvent(new CustomEvent("lab-zoom", { detail: { window } }));
  }

  #zoomTo(window) {
    this.#window = window;
    const curves = this.state ? curvesOf(this.state, this.series) : [];
    this.#fine.look(this.room, curves, window, () => this.requestUpdate());
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
