// <lab-convolution>: a convolution for real: its trained filters, what they make of the chosen example, every number of every step.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { momentOf, moving, placeText } from "../lib/moment.js";
import { Query } from "../lib/queries.js";
import { Seen } from "../lib/seen.js";
import { text } from "../lib/texts.js";
import { channelsTemplate, layerTemplate } from "./channels.js";
import "./playground.js";
import { convolvedOf } from "./scene.js";
import "./stepper.js";
import { filtersTemplate, mapsTemplate, paintStrips } from "./strips.js";

class Convolution extends RoomElement {
  static properties = { output: { state: true }, input: { state: true }, again: { state: true } };

  #seen = new Seen(this);
  #parts = new Query(this, "parts");
  #filters = new Query(this, "filters");
  #maps = new Query(this, "maps");
  #convolve = new Query(this, "convolve");
  #scene = { of: null, scene: null };

  constructor() {
    super();
    this.output = 0; // output channel
    this.input = 0; // input channel, counted within those that the output channel reads
    this.again = 0; // times that the network was to be looked at anew while it trains
  }

  willUpdate() {
    if (this.state && this.#seen.now) this.#ask();
  }

  updated() {
    paintStrips(this, this.#filters.answer, this.#maps.answer);
  }

  #ask() {
    const { image, model } = this.chosen;
    this.#parts.want({ model }, momentOf(this.state, "untrained"));
    const layer = this.#layer;
    const moment = momentOf(this.state, model, false, this.again);
    const conv = layer?.kernel ? layer : null;
    this.#filters.want(layer ? { model, layer: layer.path } : null, moment);
    this.#maps.want(conv && image ? { model, image, layer: layer.path } : null, moment);
    const { output, input } = this.#channels;
    this.#convolve.want(conv && image ? { model, image, layer: layer.path, output, input } : null, moment);
  }

  /** The layers that have filters: convolutions, and the first layer of an MLP. */
  get #layers() {
    const { convolutions = [], linears = [] } = this.#parts.answer ?? {};
    return [...convolutions, ...linears.filter(({ image }) => image)];
  }

  get #layer() {
    return this.#layers.find(({ path }) => path === this.chosen.layer) ?? this.#layers[0] ?? null;
  }

  /** The chosen channels, within what the layer has. */
  get #channels() {
    const { outputs = 1, inputs = 1, groups = 1 } = this.#layer ?? {};
    const output = Math.min(this.output, outputs - 1);
    return { output, input: Math.min(this.input, inputs / groups - 1) };
  }

  get #stepped() {
    const { answer } = this.#convolve;
    if (this.#scene.of !== answer) this.#scene = { of: answer, scene: answer && convolvedOf(answer) };
    return this.#scene.scene;
  }

  render() {
    if (!this.state) return html``;
    const { error, answer } = this.#parts;
    return html`<section class="lab-card convolving" aria-label=${text("cv_title")}>
      <header class="conv-head">
        <h2><lab-infobox label=${text("cv_title")} text=${text("cv_help")}></lab-infobox></h2>
        <p class="aside">${placeText(this.#filters.answer?.place)}</p>
        ${moving(this.state, this.chosen.model) ? html`<button type="button" class="btn btn-outline-secondary" data-act="again"
          @click=${() => { this.again += 1; }}>${text("place_again")}</button>` : nothing}
      </header>
      <p class="refusal" role="alert">${refusal(error ?? this.#filters.error ?? this.#maps.error)}</p>
      ${answer ? this.#trained() : error ? nothing : html`<p class="empty">${text("ex_wait")}</p>`}
      <lab-playground></lab-playground>
    </section>`;
  }

  #trained() {
    const layer = this.#layer;
    if (!layer) return html`<p class="empty">${text("cv_none")}</p>`;
    const { output, input } = this.#channels;
    const take = (channel) => { this.output = channel; };
    return html`${layerTemplate(this.#layers, layer, (path) => this.choose({ layer: path }))}
      ${filtersTemplate(this.#filters.answer, layer, output, take)}
      ${layer.kernel ? html`${mapsTemplate(this.#maps.answer, output, take)}
        <h3>${text("cv_steps")}</h3>
        <p class="aside">${text("cv_steps_help")}</p>
        ${channelsTemplate(layer, { output, input }, { output: take, input: (channel) => { this.input = channel; } })}
        ${this.#stepper()}` : html`<p class="aside">${text("cv_mlp")}</p>`}`;
  }

  #stepper() {
    const { error } = this.#convolve;
    if (!this.chosen.image) return html`<p class="empty">${text("ex_empty")}</p>`;
    if (!this.#stepped) return html`<p class=${error ? "refusal" : "empty"}>${error ? refusal(error) : text("ex_wait")}</p>`;
    return html`<lab-stepper .scene=${this.#stepped}></lab-stepper>`;
  }
}

function refusal(error) {
  return error ? html`${error.message || text("offline")} ${error.hint}` : nothing;
}

define("lab-convolution", Convolution);
