// <lab-augment>: training images before and after augmentation, with the settings in effect, or those in `trying`.
import { html, nothing } from "lit";
import { paintAll } from "../lib/canvas.js";
import { RoomElement, define } from "../lib/element.js";
import { percent } from "../lib/format.js";
import { classesOf } from "../lib/moment.js";
import { Pace, Query } from "../lib/queries.js";
import { text } from "../lib/texts.js";
import { asked, changesAny } from "./wish.js";

const EVERY = 250; // ms between questions while a slider moves
const COUNT = 8;

class Augment extends RoomElement {
  static properties = { trying: { attribute: false }, open: { state: true }, further: { state: true } };

  #query = new Query(this, "augmented");
  #pace = new Pace(this, EVERY);

  constructor() {
    super();
    this.trying = {}; // settings that a hand is moving, or that are on their way
    this.open = false;
    this.further = 0; // epochs, for other images
  }

  willUpdate() {
    if (!this.state) return;
    const rows = this.catalogue?.settings ?? [];
    const wish = this.open && rows.length ? JSON.stringify(asked(rows, this.state, this.trying, this.further, COUNT)) : null;
    const paced = this.#pace.let(wish);
    this.#query.want(wish && paced ? JSON.parse(paced) : null, this.#run);
  }

  updated() {
    paintAll(this);
  }

  /** Another Run may have other images. */
  get #run() {
    return JSON.stringify([this.session.position?.run, this.state.blueprint.dataset, this.state.blueprint.seed]);
  }

  render() {
    if (!this.state) return html``;
    return html`<div class="augmenting">
      <div class="does">
        <button type="button" class="btn btn-sm btn-outline-secondary" name="show" aria-expanded=${String(this.open)}
          @click=${() => { this.open = !this.open; }}>${text(this.open ? "augment_hide" : "augment_show")}</button>
        ${this.open ? html`<button type="button" class="btn btn-sm btn-outline-secondary" name="others"
          @click=${() => { this.further += 1; }}>${text("augment_others")}</button>` : nothing}
      </div>
      ${this.open ? this.#shown() : nothing}
    </div>`;
  }

  #shown() {
    const { answer, error, busy } = this.#query;
    if (error) return html`<p class="aside" role="alert">${error.message} ${error.hint}</p>`;
    if (!answer) return html`<p class="aside">${text("augment_wait")}</p>`;
    return html`<p class="aside">${text(changesAny(answer.settings) ? "augment_lead" : "augment_none", { epoch: answer.epoch + 1 })}</p>
      <ol class="pairs ${busy ? "busy" : ""}" aria-label=${text("augment_pairs")}>${answer.examples.map((one) => this.#pair(one, answer.share))}</ol>`;
  }

  #pair({ label, with: other, image, seen }, share) {
    const named = (number) => classesOf(this.state, this.catalogue, "now")[number] ?? String(number);
    return html`<li>
      <canvas .picture=${image} role="img" aria-label=${text("augment_before", { label: named(label) })}></canvas>
      <canvas .picture=${seen} role="img" aria-label=${text("augment_after", { label: named(label) })}></canvas>
      <span class="label">${other === null ? named(label)
        : `${percent(share)} ${named(label)} + ${percent(1 - share)} ${named(other)}`}</span>
    </li>`;
  }
}

define("lab-augment", Augment);
