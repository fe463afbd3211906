// What the room keeps: thumbnails with their class and who made them; one's own can be taken out.
import { html, nothing } from "lit";
import { ask } from "../lib/ask.js";
import { paint } from "../lib/canvas.js";
import { who } from "../lib/format.js";
import { text } from "../lib/texts.js";

/** The images of the room's drawings: fetched when the list in the Snapshot has changed. */
export class Kept {
  #host;
  #of = "";
  #images = new Map(); // by id

  constructor(host) {
    this.#host = host;
  }

  /** The drawings of the present dataset, the newest first: [{id, label, by, image?}]. */
  rows() {
    const { state } = this.#host;
    const all = Object.entries(state?.drawings ?? {}).filter(([, row]) => row.dataset === state.blueprint.dataset);
    this.#fetch(state, all.map(([id]) => id).join(" "));
    return all.map(([id, row]) => ({ id, ...row, image: this.#images.get(id) })).sort((a, b) => b.at - a.at);
  }

  async #fetch(state, ids) {
    const of = `${state?.blueprint?.dataset} ${ids}`;
    if (!ids || of === this.#of) return;
    this.#of = of;
    const answer = await ask(`/api/rooms/${this.#host.room.code}/drawings`);
    if (!answer.ok) this.#of = "";
    else this.#images = new Map(answer.drawings.map(({ id, image }) => [id, image]));
    this.#host.requestUpdate();
  }

  paint() {
    this.#host.querySelectorAll("canvas[data-drawing]").forEach((canvas) => paint(canvas, this.#images.get(canvas.dataset.drawing)));
  }
}

/** Buttons that keep what is seen as a class. */
export function keepTemplate({ classes, able, busy, message }, keep) {
  return html`<div class="keep" role="group" aria-label=${text("draw_keep")}>
    <h3>${text("draw_keep")}</h3>
    <p class="aside">${text("draw_keep_help")}</p>
    <div class="classes">${classes.map((name, label) => html`<button type="button" class="btn btn-outline-secondary" data-keep=${label}
      ?disabled=${!able || busy} aria-label=${text("draw_keep_as", { name })} @click=${() => keep(label)}>${name}</button>`)}</div>
    <p class="aside" role="status">${message}</p>
  </div>`;
}

/** `view`: {rows, selected, named, person}; `choose(id)`, `drop(id)`. */
export function keptTemplate({ rows, selected, named, person }, { choose, drop }) {
  if (!rows.length) return html`<p class="aside">${text("draw_kept_none")}</p>`;
  const one = rows.find(({ id }) => id === selected);
  return html`<h3>${text("draw_kept", { count: rows.length })}</h3>
    <ul class="kept">${rows.map((row) => html`<li><button type="button" aria-pressed=${row.id === selected} data-id=${row.id}
        aria-label=${text("draw_kept_one", { name: named(row.label), who: who(row.by) })} title=${text("draw_kept_one", { name: named(row.label), who: who(row.by) })}
        @click=${() => choose(row.id)}><canvas data-drawing=${row.id} aria-hidden="true"></canvas>
        <span class="label">${named(row.label)}</span></button></li>`)}</ul>
    ${one ? html`<p class="chosen-one">${text("draw_kept_one", { name: named(one.label), who: who(one.by) })}
      ${one.by?.id === person ? html`<button type="button" class="btn btn-outline-secondary drop" @click=${() => drop(one.id)}>${text("draw_drop")}</button>` : nothing}</p>` : nothing}`;
}
