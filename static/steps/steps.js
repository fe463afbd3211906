// <lab-steps>: one batch at a time: what the network saw, what it said of each image, and what the step did.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { datasetOf } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { bytesOf, rgba } from "../lib/pixels.js";
import { language, text, words } from "../lib/texts.js";
import { imagesTemplate, layersTemplate, numbersTemplate, whereTemplate } from "./batch.js";

class Steps extends RoomElement {
  static properties = { asked: { state: true }, refused: { state: true } };

  #drawn = null; // the batch that the canvases show

  constructor() {
    super();
    this.asked = null; // {name, seq?}: the Command on its way, with its number once it is accepted
    this.refused = null;
  }

  render() {
    if (!this.session) return html``;
    return html`<section class="lab-card steps" aria-label=${text("steps")}>
      <header class="steps-head">
        <h2><lab-infobox label=${text("steps")} text=${text("steps_help")}></lab-infobox></h2>
        ${this.#button()}
      </header>
      <p class="refusal" role="alert">${this.refused ? html`${this.refused.message || text("offline")} ${this.refused.hint}` : nothing}</p>
      ${this.session.shown ? guard([this.session.shown, language()], () => this.#shown(this.session.shown)) : html`<p class="aside">${text("steps_empty")}</p>`}
      ${this.#hint()}
    </section>`;
  }

  willUpdate() {
    const done = this.asked?.seq !== undefined && this.state?.seq >= this.asked.seq;
    if (done && (this.asked.name === "interrupt" || !this.#goes)) this.asked = null;
  }

  updated() {
    const shown = this.session?.shown;
    if (!shown || shown === this.#drawn) return;
    const bytes = bytesOf(shown.pixels);
    this.querySelectorAll("canvas[data-image]").forEach((canvas) => draw(canvas, bytes, shown));
    this.#drawn = shown;
  }

  /** Whether batches are being trained, or will be as soon as there is a trainer. */
  get #goes() {
    return this.session?.status === "training" || Boolean(this.session?.waiting);
  }

  #button() {
    const name = this.asked?.name ?? (this.#goes ? "interrupt" : "step");
    const [look, label] = name === "step" ? ["play", "one_batch"] : ["pause", "interrupt_first"];
    return html`<button type="button" class="btn ${name === "step" ? "btn-primary" : "btn-outline-secondary"}" data-act=${name}
        ?disabled=${!this.online || this.asked} @click=${() => this.#act(name)}>
      ${this.asked ? html`<span class="spinner-border spinner-border-sm" aria-hidden="true"></span>` : icon(look)}
      <span>${text(label)}</span>
    </button>`;
  }

  async #act(name) {
    this.asked = { name };
    this.refused = null;
    const answer = await this.room.send(name, name === "step" ? { batches: 1 } : {});
    if (answer.ok) this.asked = { name, seq: answer.seq };
    else Object.assign(this, { refused: answer.error, asked: null });
  }

  #shown(shown) {
    const dataset = datasetOf(this.state.blueprint, this.catalogue);
    const named = (number) => dataset?.classes[number] ?? String(number);
    return html`${whereTemplate(shown)}${numbersTemplate(shown)}${imagesTemplate(shown, named)}${layersTemplate(shown)}`;
  }

  #hint() {
    const pace = this.catalogue?.settings.find(({ name }) => name === "pace");
    return pace ? html`<p class="aside hint">${text("steps_pace", { label: words(pace.label) })}</p>` : nothing;
  }
}

function draw(canvas, bytes, shown) {
  canvas.width = shown.width;
  canvas.height = shown.height;
  const image = new ImageData(rgba(bytes, shown, Number(canvas.dataset.image)), shown.width, shown.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

define("lab-steps", Steps);
