// <lab-presence>: who is here; one's own name can be changed.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

const SHOWN = 5; // faces in the bar; all are in the list
const HUES = 8; // colours of faces, see presence.css
const LONGEST = 40; // letters of a name

class Presence extends RoomElement {
  static properties = { editing: { state: true }, refused: { state: true } };

  render() {
    if (!this.room) return html``;
    const { others, me } = this.#people();
    return html`<div class="people" role="group" aria-label=${text("here", { count: others.length + 1 })}>
      ${this.editing ? this.#form() : this.#me(me)}
      <ul class="faces">
        ${others.slice(0, SHOWN).map((person) => html`<li>${face(person)}<span class="visually-hidden">${who(person)}</span></li>`)}
      </ul>
      ${others.length ? this.#all(others) : html`<span class="alone">${text("alone")}</span>`}
    </div>`;
  }

  updated(changed) {
    if (changed.has("editing") && this.editing) this.querySelector("input").select();
  }

  #people() {
    const id = this.room.person;
    const others = this.room.people.filter((person) => person.id !== id);
    return { others, me: { id: id ?? "", name: this.room.name } };
  }

  #me(me) {
    return html`<button type="button" class="me" title=${text("rename")} aria-label="${me.name || text("your_name")}, ${text("rename")}" @click=${() => { this.editing = true; }}>
      ${face(me)}<span class="my-name">${me.name || text("your_name")}</span>${icon("pencil")}
    </button>`;
  }

  #form() {
    return html`<form class="rename" @submit=${this.#save}>
      <input class="form-control form-control-sm" name="name" maxlength=${LONGEST} autocomplete="nickname" aria-label=${text("your_name")}
        placeholder=${text("your_name")} .value=${this.room.name} @keydown=${(event) => event.key === "Escape" && this.#close()}>
      <button class="tool" aria-label=${text("save")}>${icon("check")}</button>
      <button class="tool" type="button" aria-label=${text("cancel")} @click=${this.#close}>${icon("close")}</button>
      ${this.refused ? html`<span class="refusal" role="alert">${this.refused.message || text("offline")}</span>` : ""}
    </form>`;
  }

  #all(others) {
    const more = text("others", { count: others.length });
    return html`<details class="everyone"><summary><span class="long">${more}</span><span class="short" aria-hidden="true">+${others.length}</span></summary>
      <ul>${others.map((person) => html`<li>${face(person)} ${who(person)}</li>`)}</ul></details>`;
  }

  #close() {
    this.editing = false;
    this.refused = null;
  }

  async #save(event) {
    event.preventDefault();
    const answer = await this.room.rename(new FormData(event.target).get("name").trim());
    if (answer.ok) this.#close();
    else this.refused = answer.error;
  }
}

function face(person) {
  const hue = [...person.id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
  const letters = [...(person.name || "")][0]?.toLocaleUpperCase() ?? "?";
  return html`<span class="face hue-${hue}" title=${who(person)} aria-hidden="true">${letters}</span>`;
}

define("lab-presence", Presence);
