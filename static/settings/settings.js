// <lab-settings>: one field per row of the server's table. What is asked for stays pending until its Event arrives.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { fromSlider, nudge } from "../lib/scale.js";
import { text } from "../lib/texts.js";
import { fieldTemplate } from "./field.js";

const RESTS_AFTER = 250; // ms; a slider moved by keys is sent once the hand rests
const KEYS = { ArrowUp: 1, ArrowDown: -1 };
const SLIDER_KEYS = { ...KEYS, ArrowRight: 1, ArrowLeft: -1 };

class Settings extends RoomElement {
  #drafts = new Map(); // name → {text, place?}: what a hand is typing or sliding, not yet sent
  #timers = new Map();
  #refusals = new Map();

  render() {
    const rows = this.catalogue?.settings ?? [];
    if (!this.state || !rows.length) return html``;
    return html`<section class="lab-card settings" aria-label=${text("settings")}>
      <h2>${text("settings")}</h2>
      <p class="lead-in">${text("settings_lead")}</p>
      <fieldset ?disabled=${!this.online}>
        <legend class="visually-hidden">${text("settings")}</legend>
        ${rows.map((row) => fieldTemplate(row, this.#view(row), this.#hands(row)))}
      </fieldset>
    </section>`;
  }

  #view(row) {
    const { pending } = this.room;
    const { name } = row;
    return {
      value: pending.has(name) ? pending.get(name) : this.state.settings[name],
      draft: this.#drafts.get(name),
      pending: pending.has(name),
      inEffect: this.state.settings[name],
      refusal: this.#refusals.get(name),
      last: this.#lastChange(name),
    };
  }

  #lastChange(name) {
    const { markers, session } = this.state;
    return markers.findLast((marker) => marker.changes[name] && marker.branch === session.position?.branch);
  }

  disconnectedCallback() {
    this.#timers.forEach(clearTimeout);
    super.disconnectedCallback();
  }

  #hands(row) {
    return {
      type: ({ target }) => this.#draft(row, { text: target.value }),
      slide: ({ target }) => this.#slide(row, Number(target.value)),
      commit: () => this.#commit(row),
      choose: ({ target }) => this.#ask(row, target.value),
      key: (event) => this.#key(row, event),
    };
  }

  #draft(row, draft) {
    this.#drafts.set(row.name, draft);
    this.#refusals.delete(row.name);
    this.requestUpdate();
  }

  #slide(row, place) {
    this.#draft(row, { text: String(fromSlider(row, place)), place });
  }

  #forget(row) {
    clearTimeout(this.#timers.get(row.name));
    if (this.#drafts.delete(row.name)) this.requestUpdate();
  }

  #key(row, event) {
    const direction = (event.target.type === "range" ? SLIDER_KEYS : KEYS)[event.key];
    if (event.key === "Escape") this.#forget(row);
    if (event.key === "Enter") this.#commit(row);
    if (!direction) return;
    event.preventDefault();
    this.#nudge(row, direction);
  }

  #nudge(row, direction) {
    const { draft, value } = this.#view(row);
    this.#draft(row, { text: String(nudge(row, Number(draft?.text ?? value), direction)) });
    clearTimeout(this.#timers.get(row.name));
    this.#timers.set(row.name, setTimeout(() => this.#commit(row), RESTS_AFTER));
  }

  #commit(row) {
    const draft = this.#drafts.get(row.name)?.text;
    this.#forget(row);
    if (draft === undefined || draft.trim() === "" || !Number.isFinite(Number(draft))) return;
    this.#ask(row, Number(draft));
  }

  async #ask(row, value) {
    this.#refusals.delete(row.name);
    this.requestUpdate();
    const { pending } = this.room;
    if (value === (pending.has(row.name) ? pending.get(row.name) : this.state.settings[row.name])) return;
    const answer = await this.room.send("set_settings", { [row.name]: value });
    if (!answer.ok) this.#refusals.set(row.name, answer.error);
    this.requestUpdate();
  }
}

define("lab-settings", Settings);
