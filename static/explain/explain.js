// <lab-explain>: which pixels made a network say what it says, for any class, beside the same of untrained weights.
import { html, nothing } from "lit";
import { same } from "../lib/chosen.js";
import { RoomElement, define } from "../lib/element.js";
import { modelName } from "../lib/models.js";
import { blueprintOf, classesOf, momentOf, placeText } from "../lib/moment.js";
import { Pace, Query } from "../lib/queries.js";
import { Seen } from "../lib/seen.js";
import { text } from "../lib/texts.js";
import { softmaxTemplate } from "./bars.js";
import { choicesTemplate, helpTemplate } from "./choices.js";
import { figureTemplate, fullOf, legendTemplate, paintFigures, readTemplate } from "./figure.js";
import { Picker, pickerTemplate } from "./picker.js";

const FIRST = { kind: "example", split: "test", number: 0 };
const LIVE = 1000; // ms between questions while it trains

class Explain extends RoomElement {
  static properties = {
    method: { state: true }, target: { state: true }, share: { state: true }, common: { state: true }, live: { state: true }, pixel: { state: true },
  };

  #seen = new Seen(this);
  #pace = new Pace(this, LIVE);
  #picker = new Picker(this);
  #last = { dataset: null, image: null }; // that were looked at
  #parts = new Query(this, "parts");
  #own = new Query(this, "explain");
  #untrained = new Query(this, "explain");
  #beside = new Query(this, "explain");

  constructor() {
    super();
    this.method = "input_x_gradient";
    this.target = null; // class; null: the predicted one
    this.share = 0.5; // of heat over image
    this.common = false; // one scale for all figures
    this.live = false; // asks again while it trains
    this.pixel = null; // {x, y} that is read
  }

  willUpdate() {
    if (!this.state) return;
    this.#fit();
    if (this.#seen.now) this.#ask();
  }

  /** Something is always looked at; an image that stayed where the model is now of another dataset is none of that one. */
  #fit() {
    const { image, model } = this.chosen;
    const dataset = blueprintOf(this.state, model)?.dataset ?? null;
    const last = this.#last;
    const strange = last.dataset && dataset !== last.dataset && image?.kind !== "pad" && same(image, last.image);
    this.#last = { dataset, image };
    if (!image || strange) this.choose({ image: FIRST, label: null });
  }

  updated() {
    paintFigures(this, this.#figures, this.#view);
    this.#picker.paint();
  }

  get #methods() {
    return this.catalogue?.methods ?? [];
  }

  /** The chosen method; Grad-CAM needs a convolution. */
  get #chosenMethod() {
    const known = this.#methods.filter(({ layer }) => !layer || this.#convolutions.length);
    return known.find(({ name }) => name === this.method) ?? known[0] ?? null;
  }

  get #convolutions() {
    return this.#parts.answer?.convolutions ?? [];
  }

  get #layer() {
    const { layer } = this.chosen;
    return this.#convolutions.some(({ path }) => path === layer) ? layer : (this.#convolutions.at(-1)?.path ?? null);
  }

  #ask() {
    const { state } = this;
    const { image, model, beside } = this.chosen;
    this.#parts.want({ model }, momentOf(state, "untrained"));
    this.#picker.ask(model);
    const method = this.#parts.answer && this.#chosenMethod;
    const asked = { image, method: method?.name, layer: method?.layer ? this.#layer : null };
    const moment = (of) => this.#pace.let(momentOf(state, of, this.live));
    this.#own.want(method && image ? { ...asked, model, target: this.#target } : null, model === "now" ? moment(model) : momentOf(state, model));
    const target = this.#own.answer?.target;
    const follows = (of) => (of && !same(of, model) && method && target !== undefined ? { ...asked, model: of, target } : null);
    this.#untrained.want(follows("untrained"), momentOf(state, "untrained"));
    this.#beside.want(follows(beside === "untrained" ? null : beside), momentOf(state, beside, this.live && beside === "now"));
  }

  get classes() {
    return classesOf(this.state, this.catalogue, this.chosen.model);
  }

  get #target() {
    return this.target !== null && this.target < this.classes.length ? this.target : null;
  }

  get #figures() {
    const { model, beside } = this.chosen;
    const figure = (key, query, title) => ({ key, title, answer: query.answer, error: query.error, busy: query.busy });
    return [
      figure("own", this.#own, titleOf(this.state, model, this.#own)),
      ...(model === "untrained" ? [] : [figure("untrained", this.#untrained, text("ex_sanity"))]),
      ...(beside && beside !== "untrained" && !same(beside, model) ? [figure("beside", this.#beside, titleOf(this.state, beside, this.#beside))] : []),
    ];
  }

  get #view() {
    const most = Math.max(0, ...this.#figures.map(({ answer }) => (answer ? fullOf(answer) : 0)));
    const named = (number) => this.classes[number] ?? String(number);
    return { share: this.share, most: this.common ? most : null, pixel: this.pixel, named, read: (pixel) => { this.pixel = pixel; },
      method: this.#methods.find(({ name }) => name === this.#own.answer?.method) };
  }

  render() {
    if (!this.state) return html``;
    const { answer } = this.#own;
    return html`<section class="lab-card explaining" aria-label=${text("ex_title")}>
      <header class="explain-head">
        <h2><lab-infobox label=${text("ex_title")} text=${text("ex_help")}></lab-infobox></h2>
        <p class="aside">${answer ? placeText(answer.place) : nothing}</p>
        ${this.#follow()}
      </header>
      ${pickerTemplate(this.#picker, this.chosen.image, (image) => this.choose({ image, label: null }))}
      ${this.chosen.image ? this.#body() : html`<p class="empty">${text("ex_empty")}</p>`}
    </section>`;
  }

  #follow() {
    if (this.chosen.model !== "now" || this.session.status !== "training") return nothing;
    return html`<label class="follow"><input type="checkbox" .checked=${this.live} @change=${({ target }) => { this.live = target.checked; }}>
      ${text("ex_follow")}</label>`;
  }

  #body() {
    const [own, ...others] = this.#figures;
    const view = this.#view;
    const error = this.#parts.error ?? own.error;
    const refusal = html`<p class="refusal" role="alert">${error ? html`${error.message || text("offline")} ${error.hint}` : nothing}</p>`;
    const choices = choicesTemplate(this.#methods, {
      method: this.#chosenMethod, target: this.#target, prediction: own.answer?.prediction, classes: this.classes, layer: this.#layer,
      convolutions: this.#convolutions, share: this.share,
    }, {
      method: (name) => { this.method = name; }, target: (number) => { this.target = number; }, share: (share) => { this.share = share; },
      layer: (layer) => this.choose({ layer }),
    });
    if (!own.answer) return html`${choices}${refusal}<p class="empty">${error ? nothing : text("ex_wait")}</p>`;
    return html`${choices}${helpTemplate(view.method, own.answer)}${refusal}
      <div class="explained">
        <div class="figures">${[own, ...others].map((figure) => figureTemplate(figure, view))}</div>
        <div class="said-of-it">
          <h3>${text("ex_says")}</h3>
          ${softmaxTemplate(own.answer, { named: view.named, target: own.answer.target, choose: (number) => { this.target = number; } })}
          <p class="aside">${text("ex_bars_hint")}</p>
        </div>
      </div>
      ${readTemplate(this.#figures, view)}
      ${legendTemplate(view)}
      ${others.length ? this.#sanity() : nothing}`;
  }

  #sanity() {
    return html`<label class="common"><input type="checkbox" .checked=${this.common} @change=${({ target }) => { this.common = target.checked; }}>
      ${text("ex_common")}</label>
      ${this.chosen.model === "untrained" ? nothing : html`<p class="sanity">${text("ex_sanity_read")}</p>`}`;
  }
}

/** Of the living network, the place at which it answered. */
function titleOf(state, model, { answer }) {
  return model === "now" && answer ? text("place_now", { place: placeText(answer.place) }) : modelName(state, model);
}

define("lab-explain", Explain);
