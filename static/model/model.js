// <lab-model>: the one model that everything on the page is about, and a second one to compare with.
import { html, nothing } from "lit";
import { same } from "../lib/chosen.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { accuracyText, keptOf, modelName, settled, testedAt, usualBeside } from "../lib/models.js";
import { text } from "../lib/texts.js";
import { optionsTemplate, pickOf, picked } from "./options.js";
import { sliderTemplate } from "./slider.js";

const SLOTS = { model: "A", beside: "B" };

class Model extends RoomElement {
  static properties = { open: { state: true }, gone: { state: true }, preview: { state: true } };

  constructor() {
    super();
    this.open = false; // on a phone the choice is folded away
    this.gone = null; // {slot, asked, model}: what was chosen is no longer kept, this is shown instead
    this.preview = null; // {slot, index}: where the slider is being dragged
  }

  render() {
    if (!this.state) return nothing;
    if (!this.session.position) return this.#empty();
    const { beside } = this.chosen;
    return html`<section class="model ${this.open ? "open" : ""} ${beside ? "paired" : ""}" aria-label=${text("model_choice")}>
      ${this.#folded()}
      <div class="slots">
        ${this.#slot("model")}
        ${beside ? this.#slot("beside") : html`<button type="button" class="btn btn-outline-secondary add" @click=${this.#compare}>
          ${icon("compare")}<span>${text("model_compare")}</span></button>`}
      </div>
      ${this.#note()}
    </section>`;
  }

  /** Falls back to the nearest kept epoch where the chosen one is gone, and names each model by the Branch it lies on. */
  updated() {
    for (const select of this.querySelectorAll("select[data-pick]")) select.value = select.dataset.pick;
    if (!this.session?.position) return;
    for (const slot of Object.keys(SLOTS)) {
      const chosen = this.chosen[slot];
      const { model, gone } = settled(this.state, chosen);
      if (same(model, chosen)) continue;
      this.gone = gone ? { slot, asked: gone, model } : null;
      this.choose({ [slot]: model });
    }
  }

  #empty() {
    return html`<section class="model none" aria-label=${text("model_choice")}>
      <p><strong>${text("model_none")}</strong> ${text("model_none_more")}</p>
      <a class="btn btn-primary" href="/room/${this.room.code}">${text("model_train")}</a></section>`;
  }

  /** What is chosen, in one line; on a phone it unfolds the choice. */
  #folded() {
    const { model, beside } = this.chosen;
    const one = (which, tag) => html`${beside ? html`<b class="slot-tag ${tag}">${tag}</b>` : nothing}
      <span class="what">${modelName(this.state, which)}</span>
      <span class="how">${accuracyText(testedAt(this.state, which))}</span>`;
    return html`<button type="button" class="folded" aria-expanded=${this.open} title=${text("model_change")}
      @click=${() => { this.open = !this.open; }}>
      <span class="line">${one(model, "A")}</span>${beside ? html`<span class="line">${one(beside, "B")}</span>` : nothing}
      <svg class="arrow" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.8"
        aria-hidden="true"><path d="m3 5.5 5 5 5-5"/></svg>
    </button>`;
  }

  #slot(slot) {
    const model = this.chosen[slot];
    const kept = model.branch ? keptOf(this.state, model.branch) : [];
    const tested = testedAt(this.state, model);
    const label = text(slot === "model" ? "model_of_page" : "model_beside");
    return html`<div class="slot" data-slot=${slot}>
      ${this.chosen.beside ? html`<b class="slot-tag ${SLOTS[slot]}" aria-hidden="true">${SLOTS[slot]}</b>`
        : html`<span class="slot-name" aria-hidden="true">${text("model_of_page")}</span>`}
      <select class="form-select" aria-label=${label} data-pick=${pickOf(model)} @change=${({ target }) => this.#pick(slot, target.value)}>
        ${optionsTemplate(this.state, this.catalogue)}</select>
      ${kept.length > 1 ? sliderTemplate(kept, this.#index(slot, kept), this.#hands(slot, kept))
        : model.branch ? html`<span class="only">${text("at_epoch", { epoch: model.epoch })}</span>` : nothing}
      ${tested ? html`<span class="tested" title=${text("model_tested", { epoch: tested.epoch })}>
        <b>${accuracyText(tested)}</b> <small>${text("model_test")}</small></span>` : nothing}
      ${slot === "beside" ? html`<button type="button" class="tool" aria-label=${text("model_alone")} title=${text("model_alone")}
        @click=${() => this.choose({ beside: null })}>${icon("close")}</button>` : nothing}
    </div>`;
  }

  #hands(slot, kept) {
    return { preview: (index) => { this.preview = { slot, index }; }, go: (index) => this.#go(slot, kept[index]) };
  }

  #index(slot, kept) {
    if (this.preview?.slot === slot) return Math.min(this.preview.index, kept.length - 1);
    return Math.max(0, kept.findIndex(({ epoch }) => epoch === this.chosen[slot].epoch));
  }

  #note() {
    const { gone } = this;
    if (!gone || !same(this.chosen[gone.slot], gone.model)) return nothing;
    const names = { asked: modelName(this.state, gone.asked), shown: modelName(this.state, gone.model) };
    return html`<p class="note" role="status">${text("model_gone", names)}</p>`;
  }

  #pick(slot, value) {
    this.#take(slot, picked(this.state, value) ?? this.chosen[slot]);
  }

  #go(slot, { branch, epoch }) {
    this.preview = null;
    this.#take(slot, { branch, epoch });
  }

  #take(slot, model) {
    this.gone = null;
    this.choose({ [slot]: model });
    this.requestUpdate(); // a pick that leads to the same model leaves the select as it was
  }

  #compare() {
    this.choose({ beside: usualBeside(this.state, this.chosen.model) });
  }
}

define("lab-model", Model);
