// <lab-gallery>: examples of a stored model, the most telling first; the chosen one, its passport, the review by all together.
import { html, nothing } from "lit";
import { paintAll } from "../lib/canvas.js";
import { datasetOf } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { splitsOf } from "../lib/evaluation.js";
import { examplesKey } from "../lib/examples.js";
import { count } from "../lib/format.js";
import { countsOf } from "../lib/review.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { cardTemplate } from "./card.js";
import { Chosen } from "./chosen.js";
import { detailTemplate } from "./detail.js";
import { chipsTemplate, countsTemplate, fieldsTemplate, tabsTemplate } from "./filters.js";
import { refusedTemplate } from "./evaluate.js";
import { Review } from "./review.js";
import { Shelf } from "./shelf.js";
import { START, opened } from "./view.js";
import { Without } from "./without.js";
import { buttonTemplate } from "./words.js";

class Gallery extends RoomElement {
  static properties = { view: { state: true }, refused: { state: true } };

  #hears = null; // the meeting that asks for galleries
  #near = true; // at the window, or not far from it
  #watch = new IntersectionObserver(([{ isIntersecting }]) => this.#come(isIntersecting), { rootMargin: "1000px" });
  #opened = ({ detail }) => this.#openFor(detail);

  constructor() {
    super();
    this.view = START;
    this.refused = null; // why an evaluation was not begun
    this.shelf = new Shelf(this);
    this.one = new Chosen(this);
    this.review = new Review(this);
    this.without = new Without(this);
  }

  connectedCallback() {
    super.connectedCallback();
    this.#hears = this.meeting;
    this.#hears.addEventListener("lab-gallery", this.#opened);
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#hears.removeEventListener("lab-gallery", this.#opened);
    this.#watch.disconnect();
    this.review.closed();
    this.shelf.stop();
    this.one.stop();
    super.disconnectedCallback();
  }

  willUpdate() {
    if (!this.state || !this.online) return;
    this.shelf.look();
    this.one.look();
  }

  render() {
    if (!this.state) return html``;
    return html`<section class="lab-card gallery" aria-label=${text("gallery")}>
      ${this.#head()}
      ${tabsTemplate(this.view, this.#show)}
      ${fieldsTemplate(this.view, { classes: this.classes, splits: this.#splits }, this.#show)}
      ${chipsTemplate(this.view, this.named, this.#show)}
      ${countsTemplate(this.view, countsOf(this.state, this.key, this.view.split, this.room.person), this.#show)}
      <div class="halves"><div class="found">${this.#found()}</div>${detailTemplate(this.one.view)}</div>
      <footer class="gallery-foot">${this.without.button()}</footer>
      ${this.review.template()}${this.without.template()}
    </section>`;
  }

  updated() {
    paintAll(this);
  }

  /** What names the examples of the shown model's Run. */
  get key() {
    return examplesKey(this.#blueprint, this.catalogue?.datasets);
  }

  /** Whether those are the examples of the present Run, too: only they can be marked and shown to the room. */
  get present() {
    return this.key === examplesKey(this.state.blueprint, this.catalogue?.datasets);
  }

  /** Whether nobody sees it: then it follows nothing. */
  get away() {
    return !this.#near || document.hidden;
  }

  get #blueprint() {
    const { branches, runs, blueprint } = this.state;
    return runs[branches[this.shelf.model?.branch]?.run]?.blueprint ?? blueprint;
  }

  get list() {
    return this.shelf.list;
  }

  get classes() {
    return datasetOf(this.#blueprint, this.catalogue)?.classes ?? [];
  }

  named = (number) => this.classes[number] ?? String(number);

  get #splits() {
    const drawn = Object.keys(this.state.drawings ?? {}).length > 0;
    return splitsOf(this.#blueprint).filter((split) => split !== "drawings" || drawn);
  }

  #head() {
    const { model, newer } = this.shelf;
    const examples = this.list.examples.length > 0;
    return html`<header class="gallery-head">
      <h2><lab-infobox label=${text("gallery")} text=${text("gallery_help")}></lab-infobox></h2>
      <span class="aside" data-model>${model ? text("gallery_of", model) : nothing}</span>
      ${newer ? buttonTemplate(text("gallery_newer", newer), { act: "newer", press: () => this.shelf.pin(null) }) : nothing}
      <span class="spread"></span>
      <a class="btn btn-outline-secondary btn-sm" href="/api/rooms/${this.room.code}/marks.csv" download>
        ${text("review_export")}</a>
      ${buttonTemplate(html`${icon("check")}${text("review")}`, {
        act: "review", look: "btn-primary btn-sm", off: !examples || this.view.split === "drawings", press: () => this.review.open() })}
    </header>`;
  }

  #found() {
    const { list, empty } = this.shelf;
    if (empty) return html`<p class="nothing" data-empty>${empty}</p>`;
    const { examples, total, left, busy } = list;
    if (!examples.length && list.refused) return refusedTemplate(this);
    if (!examples.length) return html`<p class="nothing" role="status">${busy ? text("gallery_loading") : this.#none()}</p>`;
    const at = Math.max(0, examples.findIndex((one) => this.one.is(one)));
    const amount = text("gallery_amount", { shown: count(examples.length), total: count(total) });
    return html`<p class="aside amount" role="status">${amount}</p>
      <ul class="cards-of" role="listbox" aria-label=${text("gallery_list")} aria-busy=${busy}>
        ${examples.map((one, place) => cardTemplate(one, this.#card(one, place === at)))}</ul>
      ${list.refused ? refusedTemplate(this) : nothing}
      ${left > 0 ? buttonTemplate(text("gallery_more", { count: count(left) }), {
        act: "more", off: list.growing || !this.online, press: () => this.shelf.more() }) : nothing}`;
  }

  #card(example, focused) {
    const { one, named } = this;
    return { named, focused, chosen: one.is(example), marks: one.rowsOf(example).length, choose: () => one.pick(example) };
  }

  #none() {
    return text(this.view.mark ? "gallery_none_marked" : this.view.wrong ? "gallery_none_wrong" : "gallery_none");
  }

  #come(near) {
    this.#near = near;
    this.requestUpdate();
  }

  #show = (view) => {
    this.view = view;
    this.refused = null;
    this.shelf.renew();
  };

  /** Another component asks for the examples behind something. */
  #openFor(detail) {
    this.#show(opened(detail));
    this.shelf.pin(detail.model ?? null);
    this.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  /** Evaluate the shown model on the shown split; its records are read when the Event is here. */
  evaluate = async () => {
    this.refused = null;
    const answer = await this.room.send("evaluate", { ...this.shelf.model, split: this.view.split });
    if (answer.ok) this.list.again();
    else this.refused = answer.error;
  };
}

define("lab-gallery", Gallery);
