import { html, nothing } from "lit";
import { best } from "../lib/amounts.js";
import { titleOf } from "../lib/datasets.js";
import { percent, who } from "../lib/format.js";
import { countOf } from "../lib/network.js";
import { text } from "../lib/texts.js";
import { Dialog } from "./dialog.js";
import { shape } from "./icons.js";

const LONGEST = 60; // letters of a title

/** Networks kept under a name: in this room, for everybody; and one's own, in all rooms. */
export class Shelf extends Dialog {
  #mine = null;

  begin() {
    this.#fetch();
  }

  body(view) {
    const { state } = view;
    const known = (entry) => ({ ...entry, best: best(state, entry.blueprint) });
    const here = Object.entries(state.library ?? {}).map(([id, entry]) => ({ id, ...known(entry) }));
    return html`<p>${text("library_lead")}</p>${this.#form(view)}
      ${this.#list("room", here, view)}
      ${this.#list("mine", this.#mine ?? [], view)}`;
  }

  #form({ online, state, empty }) {
    const off = !online || this.busy || empty;
    return html`<form class="save" @submit=${this.#save}>
      <label>${text("library_title")}<input class="form-control" name="title" maxlength=${LONGEST} required
        autocomplete="off"></label>
      <label>${text("library_where")}<select class="form-select" name="where">
        ${state.draft ? html`<option value="room" selected>${text("library_room")}</option>` : nothing}
        <option value="mine">${text("library_mine")}</option></select></label>
      <button class="btn btn-primary" ?disabled=${off}>${shape("save")}${text("library_save")}</button>
      ${state.draft ? nothing : html`<p class="fine">${text("library_first")}</p>`}</form>`;
  }

  #list(where, entries, view) {
    if (!entries.length) return html`<h3>${text(`library_${where}`)}</h3><p class="fine">${text("library_none")}</p>`;
    return html`<h3>${text(`library_${where}`)}</h3>
      <ul class="shelf" data-shelf=${where}>${entries.map((entry) => this.#entry(where, entry, view))}</ul>`;
  }

  #entry(where, { id, title, blueprint, by, best: top }, { online, datasets }) {
    const off = !online || this.busy;
    const dataset = titleOf(blueprint, { datasets });
    const result = top ? text("library_best", { accuracy: percent(top.accuracy) }) : text("library_untested");
    const about = [text("library_about", { count: countOf(blueprint.layers), dataset }),
      by && text("library_by", { who: who(by) }), result];
    return html`<li data-entry=${id}><div><strong>${title}</strong><span>${about.filter(Boolean).join(" · ")}</span></div>
      <button type="button" class="btn btn-outline-secondary btn-sm" ?disabled=${off}
        aria-label=${text("library_load_of", { title })} @click=${() => this.#load(blueprint)}>${text("library_load")}</button>
      <button type="button" class="tool" ?disabled=${off} aria-label=${text("library_drop", { title })}
        title=${text("library_drop", { title })} @click=${() => this.#drop(where, id)}>${shape("remove")}</button></li>`;
  }

  #save = async (event) => {
    event.preventDefault();
    const form = event.target;
    const { title, where } = Object.fromEntries(new FormData(form));
    const { blueprint } = this.host.base;
    const answer = where === "room" ? await this.send("save_blueprint", { title: title.trim() })
      : await this.fetch("/api/library", "POST", { title: title.trim(), blueprint });
    if (!answer.ok) return;
    form.reset();
    if (where === "mine") this.#fetch();
  };

  async #fetch() {
    const answer = await this.fetch("/api/library");
    if (answer.ok) this.set({ mine: (this.#mine = answer.blueprints) });
  }

  async #load(blueprint) {
    if (await this.host.edit(() => [{ op: "load", blueprint }])) this.close();
  }

  async #drop(where, id) {
    if (where === "room") await this.send("drop_blueprint", { blueprint: id });
    else if ((await this.fetch(`/api/library/${id}`, "DELETE")).ok) this.#fetch();
  }
}
