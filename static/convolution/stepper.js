// <lab-stepper .scene>: a kernel goes over a plane; every number that makes the output pixel is shown.
import { html, LitElement } from "lit";
import { outputNear, sumOf, windowAt } from "../lib/convolution.js";
import { define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { pixelAfter, pixelNext, pixelUnder } from "../lib/plane.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";
import { addedOf } from "./added.js";
import { drawInput, drawOutput } from "./drawing.js";
import { sumTemplate, tablesTemplate } from "./numbers.js";

const PACE = 400; // ms for each step while it plays

class Stepper extends LitElement {
  static properties = { scene: { attribute: false }, at: { state: true }, playing: { state: true } };

  #timer = 0;
  #redraw = () => this.requestUpdate();

  constructor() {
    super();
    this.scene = null;
    this.at = { x: 0, y: 0 };
    this.playing = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    globalThis.addEventListener("lab-look", this.#redraw);
  }

  disconnectedCallback() {
    globalThis.removeEventListener("lab-look", this.#redraw);
    this.#play(false);
    super.disconnectedCallback();
  }

  willUpdate() {
    if (!this.scene) return;
    const { width, height } = this.scene.output;
    if (this.at.x >= width || this.at.y >= height) this.at = { x: Math.min(this.at.x, width - 1), y: Math.min(this.at.y, height - 1) };
  }

  updated() {
    if (!this.scene) return;
    drawInput(this.querySelector(".input canvas"), this.scene, this.#rows);
    drawOutput(this.querySelector(".output canvas"), this.scene, this.at);
  }

  get #rows() {
    const { input, kernel, window } = this.scene;
    return windowAt(input, kernel, window, this.at.x, this.at.y);
  }

  render() {
    if (!this.scene) return html``;
    const rows = this.#rows;
    return html`<div class="stage">
      ${this.#input()}${this.#output()}
      <div class="sums" data-at="${this.at.x},${this.at.y}">
        ${this.#moves()}
        ${tablesTemplate(rows, this.scene)}
        ${sumTemplate(addedOf(this.scene, this.at, sumOf(rows)), this.scene, !this.playing)}
      </div>
    </div>`;
  }

  #input() {
    const { input, window: { padding: [down, right] }, seen } = this.scene;
    const [width, height] = [input.width + 2 * right, input.height + 2 * down];
    const near = (event) => {
      const { x, y } = pixelUnder(event, { width, height });
      this.at = outputNear(x - right, y - down, this.scene.kernel, this.scene.window, this.scene.output);
    };
    return html`<figure class="input"><figcaption>${text("cv_in")} <span class="aside">${input.height}×${input.width}</span></figcaption>
      <div class="plane" @pointermove=${near} @pointerdown=${near}><canvas role="img" aria-label=${text("cv_in_help")}></canvas></div>
      <p class="aside">${text("cv_range", { low: brief(seen.input.low), high: brief(seen.input.high) })}${down || right
        ? html` ${text("cv_border", { padding: down === right ? down : `${down}×${right}` })}` : ""}</p></figure>`;
  }

  #output() {
    const { output, seen } = this.scene;
    const to = (event) => { this.at = pixelUnder(event, output); };
    return html`<figure class="output"><figcaption>${text("cv_out")} <span class="aside">${output.height}×${output.width}</span></figcaption>
      <div class="plane" tabindex="0" role="application" aria-roledescription=${text("ex_pixels")} aria-label=${text("cv_out_help")}
        @pointermove=${to} @pointerdown=${to} @keydown=${(event) => this.#key(event)}><canvas></canvas></div>
      <p class="aside">${text("cv_range", { low: brief(seen.output.low), high: brief(seen.output.high) })}
        ${seen.output.low < 0 ? text("cv_signs") : ""}</p></figure>`;
  }

  #moves() {
    const { output } = this.scene;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const move = (name, label, step) => html`<button type="button" class="btn btn-outline-secondary" data-act=${name}
      @click=${() => this.#to(pixelNext(this.at, output, step))}>${label}</button>`;
    return html`<div class="moves" role="group" aria-label=${text("cv_moves")}>
      ${move("back", text("cv_back"), -1)}${move("next", text("cv_next"), 1)}
      ${still ? "" : html`<button type="button" class="btn btn-outline-secondary" data-act="play" aria-pressed=${this.playing}
        @click=${() => this.#play(!this.playing)}>${icon(this.playing ? "pause" : "play")}${text(this.playing ? "cv_stop" : "cv_play")}</button>`}
      <span class="place">${text("cv_place", { row: this.at.y + 1, column: this.at.x + 1 })}</span>
    </div>`;
  }

  #to(at) {
    this.#play(false);
    this.at = at;
  }

  #key(event) {
    const next = pixelAfter(event.key, this.at, this.scene.output);
    if (!next) return;
    event.preventDefault();
    this.#to(next);
  }

  #play(on) {
    clearInterval(this.#timer);
    this.playing = on;
    if (on) this.#timer = setInterval(() => { this.at = pixelNext(this.at, this.scene.output); }, PACE);
  }
}

define("lab-stepper", Stepper);
