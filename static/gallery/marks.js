import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { who } from "../lib/format.js";
import { KEYS, LONGEST_NOTE } from "../lib/review.js";
import { text } from "../lib/texts.js";
import { refusalTemplate } from "./words.js";

/** Marks that were asked for and are not in the room yet; refusals, by example. */
export class Wishes {
  #open = new Map(); // example → {mark, seq?}
  #refused = new Map(); // example → error

  constructor(host) {
    this.host = host;
  }

  of(example) {
    return { wish: this.#open.get(example) ?? null, refused: this.#refused.get(example) ?? null };
  }

  /** What the room has taken in is no wish any more. */
  compare(seq) {
    for (const [example, wish] of this.#open) if (wish.seq !== undefined && seq >= wish.seq) this.#open.delete(example);
  }

  async send({ split, number }, mark, note) {
    const example = `${split}-${number}`;
    const wish = { mark };
    this.#refused.delete(example);
    this.#open.set(example, wish);
    this.host.requestUpdate();
    const answer = await this.host.room.send("mark_example", { split, number, mark, note: mark ? note.trim() : "" });
    if (answer.ok) wish.seq = answer.seq;
    else if (this.#open.get(example) === wish) this.#open.delete(example);
    if (!answer.ok) this.#refused.set(example, answer.error);
    this.host.requestUpdate();
  }
}

/** What people say about an example, and what one says oneself; `view`: of Chosen.marksView. */
export function marksTemplate(view) {
  const mine = view.rows.find(({ person }) => person === view.me) ?? null;
  return html`<section class="marks" aria-label=${text("review_ask")} @submit=${(event) => save(event, mine, view)}>
    <h4>${text("review_ask")}</h4>
    ${buttons(mine, view)}
    ${keyed(view.example, html`<form class="note">
      <input class="form-control" name="note" maxlength=${LONGEST_NOTE} autocomplete="off" aria-label=${text("review_note")}
        placeholder=${text("review_note")} .value=${mine?.note ?? ""}>
      <button class="btn btn-outline-secondary btn-sm" ?disabled=${!view.online || !view.present || !mine}
        title=${mine ? nothing : text("review_note_first")}>${text("review_note_save")}</button></form>`)}
    ${view.present ? nothing : html`<p class="aside">${text("review_other")}</p>`}
    ${refusalTemplate(view.refused)}
    ${said(view)}
  </section>`;
}

function buttons(mine, { wish, online, present, keys, send }) {
  const held = wish ? wish.mark : (mine?.mark ?? null);
  const offered = ["1", "2", "3", "0"].filter((pressed) => KEYS[pressed] || held);
  return html`<div class="mark-buttons" role="group" aria-label=${text("review_ask")}>
    ${offered.map((pressed) => [pressed, KEYS[pressed]]).map(([pressed, mark]) => html`<button type="button"
      class="btn btn-outline-secondary btn-sm ${mark ?? "back"}"
      data-mark=${mark ?? "none"} aria-pressed=${mark ? held === mark : nothing} ?disabled=${!online || !present}
      @click=${(event) => send(held === mark ? null : mark, noteOf(event.currentTarget))}>
      ${keys ? html`<kbd aria-hidden="true">${pressed}</kbd>` : nothing}
      ${text(mark ? `review_mark_${mark}` : "review_take_back")}</button>`)}
    ${wish ? html`<span class="aside pending" role="status">${text("review_pending")}</span>` : nothing}
  </div>`;
}

function said({ rows, me }) {
  if (!rows.length) return html`<p class="aside">${text("review_nobody")}</p>`;
  const name = ({ person, name: called }) => {
    const words = who({ id: person, name: called });
    return person === me ? text("review_me", { name: words }) : words;
  };
  return html`<ul class="said-list" aria-label=${text("review_said")}>${rows.map((row) => html`<li data-person=${row.person}>
    <span class="dot ${row.mark}" aria-hidden="true"></span>
    <span><strong>${name(row)}</strong>: ${text(`review_mark_${row.mark}`)}
      ${row.note ? html`<q>${row.note}</q>` : nothing}</span></li>`)}</ul>`;
}

function noteOf(element) {
  return element.closest(".marks").querySelector("input[name=note]").value;
}

function save(event, mine, { send }) {
  event.preventDefault();
  if (mine) send(mine.mark, noteOf(event.target));
}
