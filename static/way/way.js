// <lab-way>: what becomes of one example, layer by layer, up to the softmax; and which neurons fire for which class.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { RoomElement, define } from "../lib/element.js";
import { classesOf, momentOf, moving, placeText } from "../lib/moment.js";
import { Query } from "../lib/queries.js";
import { Seen } from "../lib/seen.js";
import { language, text, words } from "../lib/texts.js";
import { formulaTemplate, saidTemplate } from "./formula.js";
import "./neurons.js";
import { arrowTemplate, betweenTemplate, foldedOf, inputTemplate, paintSteps, stepTemplate } from "./steps.js";

class Way extends RoomElement {
  static properties = { whole: { state: true }, again: { state: true } };

  #seen = new Seen(this);
  #way = new Query(this, "way");

  constructor() {
    super();
    this.whole = false; // whether all layers of a long network are shown
    this.again = 0; // times that the network was to be looked at anew while it trains
  }

  willUpdate() {
    if (!this.state || !this.#seen.now) return;
    const { image, model } = this.chosen;
    this.#way.want(image ? { model, image } : null, momentOf(this.state, model, false, this.again));
  }

  updated() {
    paintSteps(this, this.#way.answer);
  }

  render() {
    if (!this.state) return html``;
    const { answer, error } = this.#way;
    return html`<section class="lab-card way" aria-label=${text("wy_title")}>
      <header class="way-head">
        <h2><lab-infobox label=${text("wy_title")} text=${text("wy_help")}></lab-infobox></h2>
        <p class="aside">${placeText(answer?.place)}</p>
        ${moving(this.state, this.chosen.model) ? html`<button type="button" class="btn btn-outline-secondary" data-act="again"
          @click=${() => { this.again += 1; }}>${text("place_again")}</button>` : nothing}
      </header>
      <p class="refusal" role="alert">${error ? html`${error.message || text("offline")} ${error.hint}` : nothing}</p>
      ${answer ? guard([answer, this.whole, language(), this.catalogue], () => this.#steps(answer))
        : html`<p class="empty">${this.chosen.image ? (error ? nothing : text("ex_wait")) : text("ex_empty")}</p>`}
      <lab-neurons .again=${this.again}></lab-neurons>
    </section>`;
  }

  #steps(answer) {
    const { steps } = answer;
    const classes = classesOf(this.state, this.catalogue, this.chosen.model);
    const named = (number) => classes[number] ?? String(number);
    const title = (kind) => words(this.catalogue?.kinds?.[kind]?.title) || kind;
    const { before, hidden, after } = foldedOf(steps, this.whole);
    const row = (step) => html`${arrowTemplate(step.shape)}${stepTemplate(step, steps.indexOf(step), title)}`;
    return html`<ol class="way-steps">
        ${inputTemplate(answer.image)}
        ${before.map(row)}
        ${hidden ? betweenTemplate(hidden, () => { this.whole = true; }) : nothing}
        ${after.map(row)}
      </ol>
      <div class="way-end">${saidTemplate(answer, named)}${formulaTemplate(answer, named)}</div>`;
  }
}

define("lab-way", Way);
