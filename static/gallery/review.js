import { html, nothing } from "lit";
import { exampleOf, imageOf } from "../lib/examples.js";
import { count } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { KEYS } from "../lib/review.js";
import { text } from "../lib/texts.js";
import { aboutTemplate, barsTemplate } from "./detail.js";
import { marksTemplate } from "./marks.js";
import { passportTemplate } from "./passport.js";

/** Review mode: one example after the other, large; keys step and mark. */
export class Review {
  place = 0;
  opened = false;

  constructor(host) {
    this.host = host;
  }

  get #dialog() {
    return this.host.querySelector("dialog.review");
  }

  /** Begin with the chosen example where the list has it. */
  open() {
    const { examples } = this.host.list;
    this.place = Math.max(0, examples.findIndex((one) => this.host.one.is(one)));
    this.opened = true;
    document.addEventListener("keydown", this.#key);
    this.#dialog.showModal();
    this.#choose();
  }

  close = () => this.#dialog?.close();

  /** The dialog is closed, or the whole component goes away. */
  closed = () => {
    document.removeEventListener("keydown", this.#key);
    this.opened = false;
    this.host.requestUpdate();
  };

  template() {
    return html`<dialog class="lab-dialog wide review" aria-label=${text("review")} @close=${this.closed}>
      ${this.opened ? this.#body() : nothing}</dialog>`;
  }

  #body() {
    const { host } = this;
    const example = host.list.examples[this.place];
    const done = host.shelf.progress;
    const total = count(host.list.total);
    return html`<div class="dialog-head"><h2><lab-infobox label=${text("review")} text=${text("review_help")}></lab-infobox></h2>
        <button type="button" class="tool" aria-label=${text("close")} @click=${this.close}>${icon("close")}</button></div>
      <div class="review-bar">
        ${this.#stepper(-1, "←", "review_back", this.place <= 0)}
        <span role="status"><strong>${text("review_place", { place: count(this.place + 1), total })}</strong>
          <span class="aside" data-progress>${done === null ? nothing : text("review_progress", { done: count(done), total })}</span></span>
        ${this.#stepper(1, "→", "review_on", this.place >= host.list.total - 1)}
      </div>
      ${example ? this.#example(example) : html`<p class="aside">${text("gallery_loading")}</p>`}`;
  }

  #stepper(by, sign, label, off) {
    return html`<button type="button" class="btn btn-outline-secondary" data-step=${by} aria-label=${text(label)} ?disabled=${off}
      @click=${() => this.step(by)}>${sign}</button>`;
  }

  #example(example) {
    const { host } = this;
    const image = imageOf(example);
    const marks = host.one.marksView(image, true);
    return html`<div class="review-body" data-example=${exampleOf(image) ?? example.drawing}>
      ${aboutTemplate({ image, example, named: host.named })}
      ${marks ? marksTemplate(marks) : nothing}
      ${barsTemplate({ example, named: host.named })}
      ${image.kind === "example" ? passportTemplate({ ...host.one.history, state: host.state, named: host.named }) : nothing}
    </div>
    <p class="aside keys">${text("review_keys")}</p>`;
  }

  /** Another example of the list; the next part of it is fetched where it ends. */
  async step(by) {
    const { list } = this.host;
    const place = this.place + by;
    if (place < 0 || place >= list.total) return;
    if (place >= list.examples.length) await this.host.shelf.more();
    if (!this.opened || place >= list.examples.length) return;
    this.place = place;
    this.#choose();
  }

  #choose() {
    const example = this.host.list.examples[this.place];
    if (example) this.host.one.pick(example);
    this.host.requestUpdate();
  }

  #key = (event) => {
    const writing = event.target.matches?.("input, select, textarea");
    if (writing && event.key === "Escape") this.#leave(event);
    if (writing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.step(event.key === "ArrowLeft" ? -1 : 1);
    else if (event.key in KEYS) this.#mark(KEYS[event.key]);
    else if (event.key.toLowerCase() === "n") this.#note()?.focus();
    else return;
    event.preventDefault();
  };

  /** From the note back to the keys; the dialog stays open. */
  #leave(event) {
    event.preventDefault();
    this.#dialog.querySelector("[data-step='1']:enabled, .tool").focus();
  }

  #note() {
    return this.#dialog.querySelector("input[name=note]");
  }

  #mark(mark) {
    const example = this.host.list.examples[this.place];
    if (example && this.#note() && this.host.present) this.host.one.wishes.send(imageOf(example), mark, this.#note().value);
  }
}
