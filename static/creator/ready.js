import { html, nothing } from "lit";
import { chosenValue, judged } from "../lib/amounts.js";
import { text, words } from "../lib/texts.js";
import { Dialog } from "./dialog.js";
import { fieldTemplate } from "./editor.js";

const MANY = 12; // choices; more are searched

/** Ready networks, with their options; torchvision's models are found by a part of their name. */
export class Ready extends Dialog {
  #name = null;
  #values = new Map(); // option → value chosen
  #typed = new Map();
  #sought = "";

  begin() {
    this.#pick(this.#name ?? this.host.templates.keys().next().value);
  }

  body({ table }) {
    return html`<p>${text("ready_lead")}</p>
      ${grouped(table.templates).map(([group, found]) => html`<fieldset><legend>${text(`ready_${group}`)}</legend>
        <div class="cards">${found.map((one) => this.#card(one))}</div>
        ${found.some(({ name }) => name === this.#name) ? this.#form() : nothing}</fieldset>`)}`;
  }

  foot({ online }) {
    const wrong = this.#fields.some(({ name }) => this.#typed.get(name)?.problem);
    return html`<div class="dialog-foot">
      <button type="button" class="btn btn-outline-secondary" @click=${() => this.close()}>${text("cancel")}</button>
      <button type="button" class="btn btn-primary" ?disabled=${!online || this.busy || wrong} @click=${() => this.#take()}>
        ${text("ready_take")}</button></div>`;
  }

  get #fields() {
    return this.host.templates.get(this.#name)?.options ?? [];
  }

  #card({ name, title, help }) {
    return html`<label class="choice"><input type="radio" name="ready" value=${name} .checked=${name === this.#name}
        @change=${() => this.#pick(name)}>
      <span class="choice-body"><strong>${words(title)}</strong><span>${words(help)}</span></span></label>`;
  }

  #pick(name) {
    this.#name = name;
    this.#typed.clear();
    this.#sought = "";
    this.#values = new Map(this.#fields.map((field) => [field.name, field.default]));
    this.host.requestUpdate();
    this.host.updateComplete.then(() => this.element.querySelector(".options")?.scrollIntoView({ block: "nearest" }));
  }

  #form() {
    if (!this.#fields.length) return nothing;
    return html`<div class="options" @input=${this.#input} @change=${this.#input}>
      ${this.#fields.map((field) => (isMany(field) ? this.#search(field) : fieldTemplate(field, this.#look(field))))}</div>`;
  }

  #look(field) {
    const typed = this.#typed.get(field.name);
    return { value: this.#values.get(field.name), typed: typed?.text, problem: typed?.problem, pending: false, options: null,
      label: words(field.label), stop: 0 };
  }

  #search(field) {
    const all = Object.entries(field.choices);
    const found = all.filter(([key, label]) => `${key} ${words(label)}`.toLowerCase().includes(this.#sought));
    return html`<div class="search">
      <input type="search" class="form-control" aria-label=${text("ready_search", { count: all.length })} autocomplete="off"
        placeholder=${text("ready_search", { count: all.length })} @input=${this.#seek}>
      <div class="found" role="radiogroup" aria-label=${words(field.label)}>${found.map(([key, label]) => html`
        <label><input type="radio" name="found" data-field=${field.name} value=${key}
          .checked=${key === this.#values.get(field.name)}>${words(label)}</label>`)}
        ${found.length ? nothing : html`<p class="fine">${text("ready_none")}</p>`}</div>
      </div>`;
  }

  #seek = (event) => {
    event.stopPropagation();
    this.#sought = event.target.value.trim().toLowerCase();
    this.host.requestUpdate();
  };

  #input = ({ target }) => {
    const field = this.#fields.find(({ name }) => name === target.dataset.field);
    if (!field) return;
    const found = valueOf(field, target);
    this.#typed.set(field.name, { text: target.value, ...found });
    if (!found.problem) this.#values.set(field.name, found.value);
    this.host.requestUpdate();
  };

  async #take() {
    const options = Object.fromEntries(this.#values);
    const done = await this.host.edit(() => [{ op: "template", name: this.#name, options }]);
    if (done) this.close();
  }
}

/** What a control says: {value} or {problem}. */
function valueOf(field, target) {
  if (field.type === "bool") return { value: target.checked };
  if (field.choices) return { value: chosenValue(field, target.value) };
  return judged(field, target.value);
}

function isMany({ choices }) {
  return Boolean(choices) && Object.keys(choices).length > MANY;
}

function grouped(templates) {
  const groups = new Map();
  for (const one of templates) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups];
}
