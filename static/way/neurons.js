// <lab-neurons>: which units of a layer fire for which class: a row per unit, the most selective first.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { RoomElement, define } from "../lib/element.js";
import { count } from "../lib/format.js";
import { classesOf, momentOf, placeText } from "../lib/moment.js";
import { Query } from "../lib/queries.js";
import { Seen } from "../lib/seen.js";
import { language, text } from "../lib/texts.js";
import { unitsTemplate } from "./units.js";

const FIRST = 12; // rows that are shown before all are asked for

class Neurons extends RoomElement {
  static properties = { layer: { state: true }, all: { state: true }, again: { attribute: false } };

  #seen = new Seen(this);
  #parts = new Query(this, "parts");
  #neurons = new Query(this, "neurons");

  constructor() {
    super();
    this.layer = null; // path; null: the last one before the classes
    this.all = false;
    this.again = 0;
  }

  willUpdate() {
    if (!this.state || !this.#seen.now) return;
    const { model } = this.chosen;
    this.#parts.want({ model }, momentOf(this.state, "untrained"));
    const layer = this.#chosenLayer;
    this.#neurons.want(layer ? { model, layer: layer.path } : null, momentOf(this.state, model, false, this.again));
  }

  get #layers() {
    return this.#parts.answer?.layers ?? [];
  }

  get #chosenLayer() {
    const layers = this.#layers;
    return layers.find(({ path }) => path === this.layer) ?? usual(layers);
  }

  render() {
    if (!this.state) return html``;
    const layer = this.#chosenLayer;
    const { answer, error } = this.#neurons;
    const wrong = this.#parts.error ?? error;
    return html`<section class="neurons" aria-label=${text("wy_neurons")}>
      <header class="way-head"><h3><lab-infobox label=${text("wy_neurons")} text=${text("wy_neurons_help")}></lab-infobox></h3>
        ${layer ? this.#choice(layer) : nothing}</header>
      <p class="refusal" role="alert">${wrong ? html`${wrong.message || text("offline")} ${wrong.hint}` : nothing}</p>
      ${answer ? guard([answer, this.all, language()], () => this.#table(answer)) : html`<p class="empty">${wrong ? nothing : text("ex_wait")}</p>`}
    </section>`;
  }

  #choice(layer) {
    return html`<label class="choice"><span>${text("wy_layer")}</span>
      <select class="form-select" name="layer" @change=${({ target }) => { this.layer = target.value; }}>
        ${this.#layers.map(({ path, shape }) => html`<option value=${path} .selected=${path === layer.path}>${path} (${shape.join("×")})</option>`)}
      </select></label>`;
  }

  #table(answer) {
    const classes = classesOf(this.state, this.catalogue, this.chosen.model);
    const units = this.all ? answer.units : answer.units.slice(0, FIRST);
    return html`<p class="aside">${text("wy_neurons_of", { path: answer.path, examples: count(answer.examples), shown: answer.units.length, of: answer.of })}
        ${placeText(answer.place)}</p>
      ${unitsTemplate(units, Array.from({ length: answer.units[0]?.means.length ?? 0 }, (_, number) => classes[number] ?? String(number)))}
      ${units.length < answer.units.length ? html`<button type="button" class="btn btn-outline-secondary" @click=${() => { this.all = true; }}
        >${text("wy_all_units", { count: answer.units.length })}</button>` : nothing}`;
  }
}

/** The last layer before the one that gives the classes, an activation where there is one. */
function usual(layers) {
  const hidden = layers.slice(0, -1);
  return hidden.findLast(({ kind, shape }) => shape.length === 1 && kind !== "dropout" && kind !== "flatten") ?? hidden.at(-1) ?? layers[0] ?? null;
}

define("lab-neurons", Neurons);
