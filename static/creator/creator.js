// <lab-creator>: build a network layer by layer, with everybody in the room. Each hand's wish is an edit of the room's
// draft; what it comes to is counted by the server and shown when its Event is here.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { costs, sides } from "../lib/amounts.js";
import { ask } from "../lib/ask.js";
import { titleOf } from "../lib/datasets.js";
import { at, countOf, flat, idAt, identify, pathOf } from "../lib/network.js";
import { Own } from "../lib/own.js";
import { text } from "../lib/texts.js";
import { barTemplate, totalsTemplate } from "./bar.js";
import { Begin } from "./begin.js";
import { Code } from "./code.js";
import { Desk } from "./desk.js";
import { Hands } from "./hands.js";
import { paletteTemplate } from "./palette.js";
import { Ready } from "./ready.js";
import { rowsTemplate } from "./rows.js";
import { Shelf } from "./shelf.js";
import { fixesTemplate } from "./wrong.js";

const MANY = 40; // layers; from here on blocks begin folded

class Creator extends RoomElement {
  static properties = {
    selected: { state: true }, // the name of a layer, or null
    dialog: { state: true }, sheet: { state: true }, refused: { state: true },
  };

  table = null; // what the server knows: kinds, templates, limits
  kinds = new Map();
  templates = new Map();
  typed = new Map(); // "id.field" → {text, problem?}: what a hand is typing, perhaps not sent
  desk = new Desk(this);
  ids = []; // names of the layers that stay while the network changes
  base = null; // the network as drawn: {blueprint, report}, and seq where it is a draft; null before it is here
  seen = 0; // up to which Event it is drawn
  #hands = new Hands(this);
  #own = new Own(this);
  #dialogs = { ready: new Ready(this, "ready"), library: new Shelf(this, "library"), code: new Code(this, "code"),
    begin: new Begin(this, "begin") };
  #present = null; // of the network that the room trains: {of, blueprint, report}
  #layers = []; // that the ids belong to
  #folds = new Map(); // id → folded?
  #asked = null; // the Blueprint whose report is being fetched
  #pointed = null; // the layer that the diagram points at
  #numbers = 0;
  #hear = ({ detail }) => detail.from !== this && this.#show(detail.at);
  #onKey = (event) => this.#hands.anywhere(event);

  constructor() {
    super();
    Object.assign(this, { selected: null, dialog: null, sheet: false, refused: null });
  }

  connectedCallback() {
    super.connectedCallback();
    this.meeting.addEventListener("lab-layer", this.#hear);
    this.#own.want();
    this.meeting.addEventListener("lab-images-chosen", this.#hands.brought);
    document.addEventListener("keydown", this.#onKey);
    this.#fetch();
  }

  disconnectedCallback() {
    this.meeting.removeEventListener("lab-layer", this.#hear);
    this.meeting.removeEventListener("lab-images-chosen", this.#hands.brought);
    document.removeEventListener("keydown", this.#onKey);
    super.disconnectedCallback();
  }

  get entries() {
    const closed = this.#folds;
    const many = countOf(this.#layers) > MANY;
    return flat(this.#layers, this.base.report.layers, this.ids, (id) => closed.get(id) ?? many);
  }

  willUpdate() {
    if (!this.state) return;
    if (!this.state.draft) this.#look();
    this.#own.follow();
    this.base = this.state.draft ?? this.#present;
    this.seen = this.state.seq;
    const layers = this.base?.blueprint.layers ?? [];
    if (layers !== this.#layers) this.#take(layers);
    this.desk.arrived();
  }

  /** Another network: its layers keep their names, and what is typed counts only where it is in effect. */
  #take(layers) {
    this.ids = identify(this.#layers, this.ids, layers, () => `l${++this.#numbers}`);
    this.#layers = layers;
    if (this.selected && !pathOf(this.ids, this.selected)) this.selected = null;
    for (const [key, { text: said, problem }] of this.typed) {
      const [id, name] = key.split(".");
      const path = pathOf(this.ids, id);
      const overruled = !problem && !this.desk.has(key) && path && String(at(layers, path).layer[name] ?? "") !== said.trim();
      if (!path || overruled) this.typed.delete(key);
    }
  }

  updated() {
    this.#hands.follow();
  }

  render() {
    if (this.table === false) return html`<p class="lab-card refusal">${text("creator_failed")}
      <button type="button" class="btn btn-outline-secondary" @click=${() => this.#fetch()}>${text("try_again")}</button></p>`;
    if (!this.table || !this.base) return html`<p class="lab-card fine">${text("creator_loading")}</p>`;
    const view = this.#view();
    return html`${barTemplate(view, this.#hands)}${totalsTemplate(view, this.#hands)}${paletteTemplate(view, this.#hands)}
      <section class="lab-card sheet-of-layers" aria-label=${text("layer_list")}>
        <p class="comes-in">${text("comes_in")}: <strong>${view.title}</strong>
          <span class="shape">${sides(view.report.input)}</span>
          <lab-infobox label=${text("list_keys")} text=${text("list_help")}></lab-infobox></p>
        ${view.empty ? html`<div class="nothing" @click=${this.#hands.click}><strong>${text("nothing_yet")}</strong>
          <p>${text("nothing_yet_help")}</p>${fixesTemplate(view.error, view)}</div>` : nothing}
        ${rowsTemplate(view.entries, view, this.#hands)}
      </section>
      ${Object.values(this.#dialogs).map((one) => one.template(view))}`;
  }

  #view() {
    const { state, base: { blueprint, report }, table, kinds, templates, desk, typed, selected } = this;
    const { online, refused, sheet, entries } = this;
    const { datasets } = this;
    const batch = state.settings.batch_size;
    return {
      state, blueprint, report, table, kinds, templates, desk, typed, selected, online, refused, sheet, entries, datasets,
      batch, layers: blueprint.layers, limits: table.limits, code: this.room.code, person: this.room.person,
      pointed: this.#pointed, error: report.error, empty: !blueprint.layers.length, settings: this.catalogue?.settings ?? [],
      fits: !report.error && blueprint.layers.length > 0 && !costs(report, batch, table.limits).wrong,
      stop: entries.some(({ id }) => id === selected) ? selected : entries[0]?.id, // where the tab key enters
      title: titleOf(blueprint, { datasets }),
    };
  }

  get datasets() {
    return this.#own.all(this.base?.blueprint);
  }

  open(name) {
    this.dialog = name;
    if (name) this.updateComplete.then(() => this.#dialogs[name].open());
  }

  /** Ask for edits, worked out when their turn comes; resolves with whether they were made. */
  edit(make, more = {}) {
    return this.ask({ command: "edit_draft", make, ...more });
  }

  ask(wish) {
    this.refused = null;
    return new Promise((go) => this.desk.ask({ ...wish, done: (ok) => go(ok) }));
  }

  refuse(error) {
    this.refused = error;
  }

  fold(id, closed) {
    this.#folds.set(id, closed);
    this.requestUpdate();
  }

  /** The others show this layer, too; null: none. */
  pointAt(at) {
    this.meeting.dispatchEvent(new CustomEvent("lab-layer", { detail: { at, from: this } }));
  }

  #show(at) {
    this.#pointed = at && idAt(this.ids, at);
    this.requestUpdate();
    if (at) this.updateComplete.then(() => this.querySelector(".layer.pointed")?.scrollIntoView({ block: "nearest" }));
  }

  /** While there is no draft, the network that the room trains is shown. */
  async #look() {
    const of = JSON.stringify(this.state.blueprint);
    if (this.#present?.of === of || this.#asked === of) return;
    this.#asked = of;
    const answer = await ask(`/api/rooms/${this.room.code}/report`);
    this.#asked = null;
    if (answer.ok) this.#present = { of, blueprint: answer.blueprint, report: answer.report };
    else this.refused = answer.error;
    this.requestUpdate();
  }

  async #fetch() {
    const answer = await ask("/api/creator");
    this.table = answer.ok ? answer : false;
    this.kinds = new Map((answer.kinds ?? []).map((one) => [one.kind, one]));
    this.templates = new Map((answer.templates ?? []).map((one) => [one.name, one]));
    this.requestUpdate();
  }
}

define("lab-creator", Creator);
