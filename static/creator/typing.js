// The values of the layers: only what may be is asked for, as one types; what may not be is marked.
import { chosenValue, judged } from "../lib/amounts.js";
import { at, pathOf } from "../lib/network.js";

export class Typing {
  #host;

  constructor(host) {
    this.#host = host;
  }

  type = ({ target: field }) => {
    if (field.type !== "number") return;
    const { id, about, key } = this.#about(field);
    const unread = field.validity.badInput; // letters: the field says nothing of them
    const { value, problem } = unread ? { problem: "number" } : judged(about, field.value);
    this.#host.typed.set(key, { text: field.value, problem });
    if (problem) this.#host.requestUpdate();
    else this.#change(id, about.name, value, key);
  };

  choose = ({ target: field }) => {
    if (field.type === "number") return this.#forget(field);
    const { id, about, key } = this.#about(field);
    this.#change(id, about.name, said(about, field), key);
  };

  leave = ({ target: field }) => {
    if (field.type === "number" && field.dataset.field) this.#forget(field);
  };

  #change(id, name, value, key) {
    const make = () => {
      const path = pathOf(this.#host.ids, id);
      const layer = path && at(this.#host.base.blueprint.layers, path).layer;
      return layer && layer[name] !== value ? [{ op: "change", at: path, fields: { [name]: value } }] : null;
    };
    this.#host.edit(make, { key, value, again: true });
  }

  #about(field) {
    const { id } = field.closest("[data-id]").dataset;
    const path = pathOf(this.#host.ids, id);
    const { layer } = at(this.#host.base.blueprint.layers, path);
    const about = this.#host.kinds.get(layer.kind).fields.find(({ name }) => name === field.dataset.field);
    return { id, about, key: `${id}.${about.name}` };
  }

  #forget(field) {
    const { id } = field.closest("[data-id]").dataset;
    if (this.#host.typed.delete(`${id}.${field.dataset.field}`)) this.#host.requestUpdate();
    this.#host.desk.rest();
  }
}

/** What a select or a checkbox says; the choice "null" is none. */
function said(about, field) {
  if (field.type === "checkbox") return field.checked;
  if (field.value === "null") return null;
  return about.type === "choice" ? chosenValue(about, field.value) : Number(field.value);
}
