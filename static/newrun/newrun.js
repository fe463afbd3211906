// <lab-newrun>: choose what is learned and by which network; the present Run is kept.
import { html } from "lit";
import { datasetOf } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { heldTemplate } from "../lib/held.js";
import { icon } from "../lib/icons.js";
import { Own, networkFor } from "../lib/own.js";
import { wishOf } from "../lib/recipe.js";
import { mayBegin } from "../lib/standing.js";
import { text } from "../lib/texts.js";
import { bringTemplate, buildTemplate, datasetTemplate, layersTemplate, networkTemplate } from "./choices.js";
import { readRecipe, recipeButton, recipeTemplate } from "./recipe.js";

const LARGEST_SEED = 2 ** 32 - 1;

class Newrun extends RoomElement {
  static properties = {
    dataset: { state: true }, network: { state: true }, validation: { state: true }, recipe: { state: true }, refused: { state: true },
    busy: { state: true },
  };

  #own = new Own(this);
  #opened = 0; // times
  #bring = () => this.meeting.dispatchEvent(new CustomEvent("lab-images"));
  #chosen = async ({ detail }) => {
    await this.#own.want(); // with the networks for them
    this.dataset = detail.name;
  };

  connectedCallback() {
    super.connectedCallback();
    this.meeting.addEventListener("lab-images-chosen", this.#chosen);
  }

  disconnectedCallback() {
    this.meeting.removeEventListener("lab-images-chosen", this.#chosen);
    super.disconnectedCallback();
  }

  willUpdate() {
    this.#own.follow();
  }

  render() {
    if (!this.catalogue?.networks) return html``;
    return html`<div class="ways"><button type="button" class="btn btn-outline-secondary new-run" ?disabled=${!this.online || !mayBegin(this.session)}
        title=${mayBegin(this.session) ? "" : text("new_run_later")} @click=${this.#open}>${icon("plus")} ${text("new_run")}</button>
      <a class="btn btn-outline-secondary new-run" href=${this.#creator()} aria-label=${text("creator_link")} title=${text("creator_link")}>
        ${icon("pencil")}</a></div>
      <dialog class="lab-dialog wide" aria-label=${text("new_run")} @click=${this.#outside}>${this.#form()}</dialog>`;
  }

  #form() {
    return html`<form method="dialog" @submit=${this.#submit}>
      <div class="dialog-head"><h2>${text("new_run")}</h2>${this.#closer()}</div>
      <p>${text(this.recipe ? "recipe_lead" : "new_run_lead")}</p>
      ${this.recipe ? this.#read() : this.#choices()}
      <p class="refusal" role="alert">${this.refused ? html`${this.refused.message || text("offline")} ${this.refused.hint}` : ""}</p>
      <div class="dialog-foot"><button type="button" class="btn btn-outline-secondary" @click=${this.#close}>${text("cancel")}</button>
        <button class="btn btn-primary" ?disabled=${this.busy}>${text("make_run")}</button></div>
    </form>`;
  }

  #read() {
    const row = datasetOf(this.recipe.blueprint, { datasets: this.#datasets }) ?? { title: this.recipe.blueprint.dataset, shape: [] };
    return recipeTemplate(this.recipe, row, this.state.settings, this.catalogue, () => { this.recipe = null; });
  }

  #choices() {
    const { networks, kinds } = this.catalogue;
    const datasets = this.#datasets;
    const chosen = this.#row;
    const network = this.network ?? Object.keys(networks)[0];
    return html`${buildTemplate(this.#creator(), this.state?.draft, recipeButton(!this.online || this.busy, this.#take))}
      <fieldset><legend>${text("dataset")}</legend><div class="cards">
        ${datasets.map((one) => datasetTemplate(one, one === chosen, () => { this.dataset = one.name; }))}
        ${bringTemplate(this.#bring)}</div></fieldset>
      <fieldset><legend>${text("network")}</legend><div class="cards">
        ${Object.keys(networks).map((name) => networkTemplate(name, name === network, () => { this.network = name; }))}
      </div>${layersTemplate(networkFor(networks, network, chosen), chosen, kinds)}</fieldset>
      <label class="seed"><lab-infobox label=${text("seed")} text=${text("seed_help")}></lab-infobox>
        <input class="form-control" type="number" name="seed" min="0" max=${LARGEST_SEED} step="1" required value="1" aria-label=${text("seed")}></label>
      ${heldTemplate(this.validation ?? 0, (validation) => { this.validation = validation; })}`;
  }

  get #datasets() {
    return this.#own.all();
  }

  get #row() {
    return this.#datasets.find(({ name }) => name === this.dataset) ?? this.#datasets[0];
  }

  #creator() {
    return `/room/${this.room?.code}/creator`;
  }

  #closer() {
    return html`<button type="button" class="tool" aria-label=${text("close")} @click=${this.#close}>${icon("close")}</button>`;
  }

  #open() {
    this.dataset = this.state.blueprint.dataset;
    this.validation = this.state.blueprint.validation ?? 0;
    this.recipe = this.refused = null;
    this.#opened += 1;
    this.#own.want();
    this.querySelector("dialog").showModal();
  }

  #close() {
    this.querySelector("dialog").close();
  }

  #outside(event) {
    if (event.target.localName === "dialog") this.#close();
  }

  #take = async (file) => {
    const opened = this.#opened;
    this.busy = true;
    const answer = await readRecipe(file, this.room);
    this.busy = false;
    if (opened !== this.#opened) return; // the dialog was closed, and opened again for something else
    this.refused = answer.ok ? null : { ...answer.error, message: `${file.name}: ${answer.error.message || text("offline")}` };
    if (answer.ok) this.recipe = { ...answer, name: file.name };
  };

  /** What `new_run` is asked for: the recipe as it is, or what was chosen by hand. */
  #wish(form) {
    if (this.recipe) return wishOf(this.recipe, this.state.settings);
    const network = this.network ?? Object.keys(this.catalogue.networks)[0];
    const seed = Number(new FormData(form).get("seed"));
    const blueprint = networkFor(this.catalogue.networks, network, this.#row)?.blueprint;
    return { blueprint: { ...blueprint, seed, validation: this.validation } };
  }

  async #submit(event) {
    event.preventDefault();
    this.busy = true;
    const answer = await this.room.send("new_run", this.#wish(event.target));
    this.busy = false;
    this.refused = answer.ok ? null : answer.error;
    if (!answer.ok) return;
    this.#close();
    document.activeElement?.blur(); // the next space key is for Start
  }
}

define("lab-newrun", Newrun);
