// <lab-playground>: a convolution with any kernel and settings, on the chosen example. The browser works it out.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { kernelOf, mended, resized } from "../lib/kernels.js";
import { Query } from "../lib/queries.js";
import { Seen } from "../lib/seen.js";
import { greyOf, imageOf } from "../lib/tensors.js";
import { text } from "../lib/texts.js";
import { kernelTemplate, settingsTemplate } from "./knobs.js";
import { playedOf } from "./scene.js";
import "./stepper.js";

class Playground extends RoomElement {
  static properties = { settings: { state: true }, kernel: { state: true }, name: { state: true }, channel: { state: true } };

  #seen = new Seen(this);
  #query = new Query(this, "classify");
  #made = { of: [], scene: null };

  constructor() {
    super();
    this.settings = { kernel: 3, stride: 1, padding: 1, dilation: 1 };
    this.name = "sobel_x"; // of a well-known kernel; own: none of them
    this.kernel = kernelOf(this.name, 3);
    this.channel = null; // of a coloured image; null: how bright it is
  }

  willUpdate() {
    if (this.state && this.#seen.now) {
      const { blueprint: { dataset, seed } } = this.state;
      const { image, model } = this.chosen;
      this.#query.want(image ? { model, image } : null, `${dataset} ${seed}`);
    }
    const image = this.#query.answer?.image;
    if (image) this.#set(mended(image, this.settings));
  }

  /** Take settings over; another kernel size makes another kernel. */
  #set(settings) {
    if (Object.keys(settings).every((name) => settings[name] === this.settings[name])) return;
    if (settings.kernel !== this.kernel.length) this.#resize(settings.kernel);
    this.settings = settings;
  }

  #resize(side) {
    const known = kernelOf(this.name, side);
    this.kernel = known ?? resized(this.kernel, side);
    if (!known) this.name = "own";
  }

  get #scene() {
    const { answer } = this.#query;
    const of = [answer, this.kernel, this.settings, this.channel];
    if (of.some((part, at) => part !== this.#made.of[at])) this.#made = { of, scene: this.#played(answer) };
    return this.#made.scene;
  }

  #played({ image }) {
    const { stride, padding, dilation } = this.settings;
    const window = { stride: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation] };
    return playedOf(greyOf(imageOf(image), image.channels === 3 ? this.channel : 0), this.kernel, window);
  }

  render() {
    if (!this.state) return html``;
    const { answer, error } = this.#query;
    return html`<section class="playground" aria-label=${text("cv_play_title")}>
      <h3><lab-infobox label=${text("cv_play_title")} text=${text("cv_play_help")}></lab-infobox></h3>
      ${error ? html`<p class="refusal" role="alert">${error.message} ${error.hint}</p>` : nothing}
      ${answer ? this.#body(answer.image) : html`<p class="empty">${this.chosen.image ? (error ? nothing : text("ex_wait")) : text("ex_empty")}</p>`}
    </section>`;
  }

  #body(image) {
    const hands = {
      set: (name, value) => this.#set({ ...this.settings, [name]: value }),
      kernel: (name) => this.#take(name, image),
      weight: (row, column, value) => this.#weigh(row, column, value),
      channel: (channel) => { this.channel = channel; },
    };
    return html`<div class="knobs">${settingsTemplate(image, this.settings, this.channel, hands)}${kernelTemplate(this.kernel, this.name, this.#chosable(image), hands)}</div>
      <lab-stepper .scene=${this.#scene}></lab-stepper>`;
  }

  /** A kernel of three rows needs room for them. */
  #chosable(image) {
    const { kernel } = mended(image, { ...this.settings, kernel: Math.max(3, this.settings.kernel) });
    return (name) => kernelOf(name, Math.max(kernel, this.settings.kernel)) !== null;
  }

  #take(name, image) {
    const side = kernelOf(name, this.settings.kernel) ? this.settings.kernel : 3;
    this.name = name;
    this.kernel = kernelOf(name, side);
    this.settings = mended(image, { ...this.settings, kernel: side });
  }

  #weigh(row, column, value) {
    this.name = "own";
    this.kernel = this.kernel.map((weights, down) => weights.map((weight, right) => (down === row && right === column ? value : weight)));
  }
}

define("lab-playground", Playground);
