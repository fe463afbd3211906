// <lab-ledger>: who changed what, where and why, and what the loss did; filters, downloads, and the place in the charts.
import { html, nothing } from "lit";
import { ask } from "../lib/ask.js";
import { RoomElement, define } from "../lib/element.js";
import { filtered, growing, mark, nearestTo } from "../lib/rows.js";
import { text } from "../lib/texts.js";
import { wayOf } from "../lib/tree.js";
import { filtersTemplate } from "./filters.js";
import { rowTemplate, spoken } from "./row.js";

const SETTLES = 700; // ms; several changes in a row are fetched together
const GROWS = 3000; // ms between looks at a loss that is still being averaged
const AGAIN = 10_000; // ms after a refusal
const SHOWN = 50; // rows at first, and more of them each time

class Ledger extends RoomElement {
  static properties = { changes: { state: true }, more: { state: true }, failed: { state: true }, shown: { state: true } };

  #chosen = { person: null, kind: "", branch: "", query: "" };
  #seen = null; // the mark of the room when the rows were asked for
  #timer = 0;
  #near = null;
  #visible = false;
  #looks = new IntersectionObserver(([entry]) => this.#look(entry.isIntersecting));
  #wake = () => this.requestUpdate();

  constructor() {
    super();
    this.changes = null;
    this.failed = null;
    this.shown = SHOWN;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#looks.observe(this);
    document.addEventListener("visibilitychange", this.#wake);
  }

  disconnectedCallback() {
    this.#looks.disconnect();
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    this.#timer = 0;
    super.disconnectedCallback();
  }

  render() {
    if (!this.room) return html``;
    return html`<section class="lab-card ledger" aria-label=${text("ledger")}>
      <header class="ledger-head">
        <h2><lab-infobox label=${text("ledger")} text=${text("ledger_help")}></lab-infobox></h2>
        ${this.#files()}
      </header>
      ${this.failed ? this.#refusal() : nothing}
      ${this.changes?.length ? this.#table() : html`<p class="nothing">${this.#nothing()}</p>`}
    </section>`;
  }

  updated() {
    if (!this.state || !this.#visible || document.hidden || this.#timer) return;
    const wait = this.failed ? AGAIN : this.#seen !== mark(this.state) ? SETTLES : growing(this.changes ?? [], this.state) ? GROWS : 0;
    if (wait) this.#timer = setTimeout(() => this.#fetch(), this.changes || this.failed ? wait : 0);
  }

  #look(visible) {
    this.#visible = visible;
    if (visible) this.requestUpdate();
  }

  async #fetch() {
    const seen = mark(this.state);
    const answer = await ask(`/api/rooms/${this.room?.code}/ledger`);
    this.#timer = 0;
    this.#seen = seen;
    this.failed = answer.ok ? null : answer.error;
    if (answer.ok) Object.assign(this, { changes: answer.changes, more: answer.more });
    this.requestUpdate();
  }

  #nothing() {
    if (this.failed) return nothing;
    return text(this.changes ? "ledger_empty" : "ledger_loading");
  }

  #refusal() {
    const again = () => { clearTimeout(this.#timer); this.#fetch(); };
    return html`<p class="refusal" role="alert">${text("ledger_failed")} ${this.failed.message || text("offline")}
      <button type="button" class="btn btn-sm btn-outline-secondary" @click=${again}>${text("ledger_again")}</button></p>`;
  }

  #files() {
    const { code } = this.room;
    const { branch, run } = this.session?.position ?? {};
    const file = (path, label) => html`<li><a href="/api/rooms/${code}/${path}" download>${label}</a></li>`;
    return html`<nav class="files" aria-label=${text("ledger_files")}><ul>
      ${file("ledger.csv", text("ledger_export"))}
      ${branch ? file(`metrics.csv?branch=${branch}`, text("ledger_metrics", { name: branch })) : nothing}
      ${run ? file(`metrics.csv?run=${run}`, text("ledger_metrics", { name: run })) : nothing}
    </ul></nav>`;
  }

  #table() {
    const table = this.catalogue?.settings ?? [];
    const rows = filtered(this.changes, this.#chosen, (row) => spoken(row, table));
    const heads = ["ledger_what", "ledger_who", "ledger_when", "ledger_where", "ledger_reason", "ledger_loss"];
    return html`${filtersTemplate(this.changes, this.#chosen, table, (name, value) => this.#choose(name, value))}
      <p class="count" role="status">${text("ledger_count", { count: rows.length, total: this.changes.length })}${
        this.more ? html` · ${text("ledger_newest", { count: this.changes.length })}` : nothing}</p>
      ${rows.length ? html`<div class="rows" tabindex="0" role="group" aria-label=${text("ledger")}>
        <table role="table" class="table table-sm">
          <thead role="rowgroup"><tr role="row">${heads.map((key) => html`<th role="columnheader" scope="col">${text(key)}</th>`)}</tr></thead>
          <tbody role="rowgroup">${rows.slice(0, this.shown).map((row) => rowTemplate(row, table, (one) => this.#show(one)))}</tbody>
        </table></div>` : html`<p class="nothing">${text("ledger_none")}</p>`}
      ${rows.length > this.shown ? html`<button type="button" class="btn btn-outline-secondary" @click=${() => { this.shown += SHOWN; }}>
        ${text("ledger_more")}</button>` : nothing}`;
  }

  #choose(name, value) {
    this.#chosen = { ...this.#chosen, [name]: value };
    this.shown = SHOWN;
    this.requestUpdate();
  }

  /** The charts of the room show the batch at which a change took effect. */
  #show({ seq, x }) {
    if (x === null) return;
    this.#light(seq);
    this.point(x);
  }

  pointed(x) {
    const here = this.session?.position?.branch;
    const line = here ? wayOf(this.state, here).map(({ branch }) => branch) : [];
    this.#light(nearestTo(this.changes ?? [], x, line));
  }

  /** Directly, not by a redraw: a cursor moves with every frame. */
  #light(seq) {
    if (seq === this.#near) return;
    this.#near = seq;
    this.querySelector("tr.near")?.classList.remove("near");
    if (seq !== null) this.querySelector(`tr[data-seq="${seq}"]`)?.classList.add("near");
  }
}

define("lab-ledger", Ledger);
