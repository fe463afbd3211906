// <lab-settings>: one field per row of the server's table that matters with the present settings, group by group.
// What is asked for stays pending until its Event arrives.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { RoomElement, define } from "../lib/element.js";
import { fromSlider, nudge } from "../lib/scale.js";
import { text, words } from "../lib/texts.js";
import { fieldTemplate, say } from "./field.js";
import { grouped, inEffect, telling } from "./rows.js";

const RESTS_AFTER = 250; // ms; a slider moved by keys is sent once the hand rests
const KEYS = { ArrowUp: 1, ArrowDown: -1 };
const SLIDER_KEYS = { ...KEYS, ArrowRight: 1, ArrowLeft: -1 };
const CLOSED = ["schedule", "augmentation", "pace"]; // groups that begin folded

class Settings extends RoomElement {
  #drafts = new Map(); // name → {text, place?}: what a hand is typing or sliding, not yet sent
  #timers = new Map();
  #refusals = new Map();
  #reason = ""; // goes with the next change

  render() {
    const rows = this.catalogue?.settings ?? [];
    if (!this.state || !rows.length) return html``;
    return html`<section class="lab-card settings" aria-label=${text("settings")}>
      <h2>${text("settings")}</h2>
      <p class="lead-in">${text("settings_lead")}</p>
      <fieldset ?disabled=${!this.online}>
        <legend class="visually-hidden">${text("settings")}</legend>
        <input class="form-control form-control-sm reason" name="reason" maxlength="200" autocomplete="off"
          aria-label=${text("reason")} placeholder=${text("reason")} @input=${({ target }) => { this.#reason = target.value.trim(); }}>
        ${repeat(grouped(rows, this.state.settings), ([group]) => group, ([group, found]) => this.#group(group, found))}
      </fieldset>
    </section>`;
  }

  #group(group, rows) {
    return html`<details class="group" data-group=${group} ?open=${!CLOSED.includes(group)}>
      <summary><span class="group-name">${text(`group_${group}`)}</span> <span class="gist">${this.#gist(rows)}</span></summary>
      <div role="group" aria-label=${text(`group_${group}`)}>
        ${repeat(rows, ({ name }) => name, (row) => fieldTemplate(row, this.#view(row), this.#hands(row)))}
        ${group === "augmentation" ? html`<lab-augment .trying=${this.#trying(rows)}></lab-augment>` : nothing}
      </div>
    </details>`;
  }

  /** Values that are typed, slid or on their way. */
  #trying(rows) {
    const value = (row) => (this.#drafts.has(row.name) ? Number(this.#drafts.get(row.name).text || NaN) : this.#asked(row));
    return Object.fromEntries(rows.map((row) => [row.name, value(row)]));
  }

  /** A folded group in a few words. */
  #gist(rows) {
    const { settings } = this.state;
    const parts = telling(rows, settings).map((row) => [row.choices ? "" : words(row.label), say(row, inEffect(row, settings))]);
    return parts.map((part) => part.filter(Boolean).join(" ")).join(" · ");
  }

  #view(row) {
    const { pending } = this.room;
    const { name } = row;
    return {
      value: this.#asked(row),
      draft: this.#drafts.get(name),
      pending: pending.has(name),
      inEffect: inEffect(row, this.state.settings),
      refusal: this.#refusals.get(name),
      last: this.#lastChange(name),
    };
  }

  /** The value as asked for; else the one in effect. */
  #asked(row) {
    const { pending } = this.room;
    return pending.has(row.name) ? pending.get(row.name) : inEffect(row, this.state.settings);
  }

  #lastChange(name) {
    const { markers, session } = this.state;
    return [...markers, ...(session.held ?? [])].findLast((marker) => marker.changes[name] && marker.branch === session.position?.branch);
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
      toggle: ({ target }) => this.#ask(row, target.checked),
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
    if (value === this.#asked(row)) return;
    const answer = await this.room.send("set_settings", { [row.name]: value, ...(this.#reason ? { reason: this.#reason } : {}) });
    if (!answer.ok) this.#refusals.set(row.name, answer.error);
    else this.#forgetReason();
    this.requestUpdate();
  }

  #forgetReason() {
    this.#reason = "";
    const field = this.querySelector("[name=reason]");
    if (field) field.value = "";
  }
}

define("lab-settings", Settings);
