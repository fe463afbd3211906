// A few examples to begin with, any by its number, or one by chance.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { same } from "../lib/chosen.js";
import { datasetOf } from "../lib/datasets.js";
import { paint } from "../lib/plane.js";
import { rgba } from "../lib/pixels.js";
import { Query } from "../lib/queries.js";
import { imageOf } from "../lib/tensors.js";
import { text } from "../lib/texts.js";

const SHOWN = 6;
const example = (number) => ({ kind: "example", split: "test", number });

/** Fetches the first test examples, one after the other. */
export class Picker {
  #query;
  #of = null; // the dataset they are from

  found = []; // shown images

  constructor(host) {
    this.host = host;
    this.#query = new Query(host, "classify");
  }

  ask(model) {
    const { blueprint } = this.host.state;
    const of = `${blueprint.dataset} ${blueprint.seed}`;
    if (of !== this.#of) Object.assign(this, { found: [] });
    this.#of = of;
    const { answer, about } = this.#query;
    if (about?.moment === of && about.args.image.number === this.found.length) this.found = [...this.found, answer.image];
    if (this.found.length < SHOWN) this.#query.want({ model, image: example(this.found.length) }, of);
  }

  get amount() {
    return datasetOf(this.host.state.blueprint, this.host.catalogue)?.test ?? 1;
  }

  paint() {
    this.host.querySelectorAll("canvas[data-pick]").forEach((canvas) => {
      const image = this.found[Number(canvas.dataset.pick)];
      if (!image || canvas.image === image) return;
      canvas.image = image;
      paint(canvas, rgba(imageOf(image).bytes, image), image.width, image.height);
    });
  }
}

export function pickerTemplate(picker, image, choose) {
  const { amount } = picker;
  const own = image?.kind === "example" && image.split === "test" ? image.number : "";
  const typed = ({ target }) => {
    const number = Math.min(Math.max(Math.round(Number(target.value)), 0), amount - 1);
    if (target.value.trim() !== "" && Number.isFinite(number)) choose(example(number));
    target.value = target.value.trim() === "" ? own : number;
  };
  return html`<div class="picker" role="group" aria-label=${text("ex_pick")}>
    ${picker.found.map((_, number) => html`<button type="button" class="thumb" aria-pressed=${same(image, example(number))}
      aria-label=${text("ex_example", { number })} title=${text("ex_example", { number })} @click=${() => choose(example(number))}>
      <canvas data-pick=${number} aria-hidden="true"></canvas></button>`)}
    <button type="button" class="btn btn-outline-secondary" @click=${() => choose(example(Math.floor(Math.random() * amount)))}>${text("ex_random")}</button>
    <label class="by-number"><span>${text("ex_number")}</span>
      <input type="number" class="form-control" min="0" max=${amount - 1} inputmode="numeric" .value=${live(String(own))} @change=${typed}></label>
    ${image && image.kind !== "example" ? html`<span class="aside">${text("ex_drawn")}</span>` : nothing}
    ${image?.split === "train" ? html`<span class="aside">${text("ex_train", { number: image.number })}</span>` : nothing}
  </div>`;
}
