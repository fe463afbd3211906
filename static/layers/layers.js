// <lab-layers>: what happens inside each layer while it trains, what looks wrong there, and the freezing of layers.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { RoomElement, define } from "../lib/element.js";
import { findings, looksOf } from "../lib/health.js";
import { spanOf } from "../lib/spark.js";
import { language, text, words } from "../lib/texts.js";
import { Past } from "./past.js";
import { rowTemplate } from "./row.js";
import { Wishes } from "./wishes.js";

const TERMS = ["gradient_norm", "update_ratio", "weight_norm", "dead_units", "outputs"];

class Layers extends RoomElement {
  static properties = { cursor: { state: true }, refused: { state: true } };

  #open = new Set(); // names of the layers that show everything
  #wishes = new Wishes();
  #past = new Past();

  constructor() {
    super();
    this.cursor = null; // x that the charts of the room point at, or null
    this.refused = null;
  }

  disconnectedCallback() {
    this.#past.stop();
    super.disconnectedCallback();
  }

  willUpdate() {
    if (this.state) this.#wishes.compare(this.state.settings);
  }

  render() {
    if (!this.state) return html``;
    const layers = looksOf(this.state, this.catalogue?.kinds);
    const wrong = findings(this.state, this.catalogue?.kinds);
    const seen = layers.some(({ look }) => look);
    const view = { wrong, cursor: this.cursor, past: this.#earlier(), span: spanOf(layers.flatMap(({ trends }) => Object.values(trends))) };
    return html`<section class="lab-card layers" aria-label=${text("inside")}>
      <header class="layers-head">
        <h2><lab-infobox label=${text("inside")} text=${text("inside_help")}></lab-infobox></h2>
        <div class="groups">${this.#groups(layers)}</div>
      </header>
      <p class="refusal" role="alert">${this.refused ? html`${this.refused.message || text("offline")} ${this.refused.hint}` : nothing}</p>
      ${seen ? html`${summary(wrong)}${terms()}` : html`<p class="layers-empty">${text("inside_empty")}</p>`}
      <ol class="layer-rows">${layers.map((layer) => this.#row(layer, this.#view(layer, view)))}</ol>
    </section>`;
  }

  /** A row is made anew only where something in it has changed: the room changes many times a second. */
  #row(layer, view) {
    const { look, frozen } = layer;
    const { span, share, wrong, ...plain } = view;
    const parts = [look, look?.weights, look?.gradients, frozen, ...(span ?? []), share?.own, share?.common, ...Object.values(plain)];
    const ills = wrong.flatMap(Object.values);
    return guard([...parts, ills.join(), language()], () => rowTemplate(layer, view, this.#hands(layer)));
  }

  /** Histograms of the epoch the cursor is in; null: the newest ones are shown. */
  #earlier() {
    const { position } = this.session;
    const epoch = Math.floor(this.cursor ?? 0);
    if (this.cursor === null || epoch < 1 || !this.#open.size || !position || epoch >= position.epoch) return null;
    return this.#past.at(this.room.code, position.branch, epoch, () => this.requestUpdate());
  }

  #view({ name, kind }, { wrong, cursor, past, span }) {
    const { settings } = this.state;
    const title = words(this.catalogue?.kinds?.[kind]?.title) || kind;
    const share = kind === "dropout" ? { own: settings.dropouts?.[name] ?? null, common: settings.dropout } : null;
    return { title, wrong: wrong[name] ?? [], cursor, past, span, share, open: this.#open.has(name), pending: this.#wishes.has(name),
      asked: this.#wishes.get(name), online: this.online };
  }

  #hands({ name, frozen }) {
    return {
      toggle: () => this.#toggle(name),
      freeze: () => this.#freeze([name], !frozen, [frozen ? "unfreeze" : "freeze", { layer: name }]),
      dropout: (value) => this.#ask({ [name]: value }, ["set_settings", { dropouts: { [name]: value } }]),
      point: (x) => this.#point(x),
    };
  }

  #groups(layers) {
    const learning = layers.filter(({ learns }) => learns);
    const groups = [
      ["freeze_conv", learning.filter(({ kind }) => kind === "conv"), true, () => ["freeze", { layer: "conv*" }]],
      ["freeze_backbone", learning.filter(({ kind }) => kind === "backbone"), true, () => ["freeze", { layer: "backbone*" }]],
      ["freeze_but_last", learning.slice(0, -1), true, (names) => ["set_settings", { frozen: names }]],
      ["unfreeze_all", learning.filter(({ frozen }) => frozen), false, () => ["unfreeze", { layer: "*" }]],
    ];
    return groups.map(([key, members, frozen, command]) => {
      const names = members.map(({ name }) => name);
      if (!names.length) return nothing;
      const off = !this.online || names.some((name) => this.#wishes.has(name)) || members.every((layer) => layer.frozen === frozen);
      return html`<button type="button" class="btn btn-outline-secondary btn-sm" data-group=${key} ?disabled=${off}
        @click=${() => this.#freeze(names, frozen, command(names))}>${text(key)}</button>`;
    });
  }

  #toggle(name) {
    if (!this.#open.delete(name)) this.#open.add(name);
    this.requestUpdate();
  }

  #freeze(names, frozen, command) {
    this.#ask(Object.fromEntries(names.map((name) => [name, frozen])), command);
  }

  async #ask(wanted, [name, args]) {
    this.refused = null;
    const wish = this.#wishes.add(wanted, this.state.settings);
    this.requestUpdate();
    const answer = await this.room.send(name, args);
    this.#wishes.answer(wish, answer.ok);
    if (!answer.ok) this.refused = answer.error;
    this.requestUpdate();
  }

  pointed(x) {
    this.cursor = x;
  }

  #point(x) {
    this.cursor = x;
    this.point(x);
  }
}

function summary(wrong) {
  const names = Object.keys(wrong);
  if (!names.length) return html`<p class="layers-sum well">${text("inside_well")}</p>`;
  return html`<p class="layers-sum wrong">${text("inside_wrong", { names: names.join(", ") })}</p>`;
}

function terms() {
  return html`<div class="terms">${TERMS.map((term) => html`<lab-infobox label=${text(term)} text=${text(`${term}_help`)}></lab-infobox>`)}</div>`;
}

define("lab-layers", Layers);
