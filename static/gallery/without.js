import { html, nothing } from "lit";
import { examplesKey } from "../lib/examples.js";
import { count, who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { leaveOut, wronglyLabelled } from "../lib/review.js";
import { mayBegin } from "../lib/standing.js";
import { text } from "../lib/texts.js";
import { buttonTemplate, refusalTemplate } from "./words.js";

/** The dialog that makes a new Run without the training examples marked as labelled wrongly. */
export class Without {
  #kept = new Set(); // numbers that stay in, although marked
  #sent = { busy: false, refused: null, done: false };

  constructor(host) {
    this.host = host;
  }

  get #dialog() {
    return this.host.querySelector("dialog.without");
  }

  get #marked() {
    return wronglyLabelled(this.host.state, examplesKey(this.host.state.blueprint, this.host.catalogue?.datasets));
  }

  button() {
    const reason = this.#marked.length ? (mayBegin(this.host.session) ? "" : text("without_training")) : text("without_none");
    return html`${buttonTemplate(html`${icon("plus")}${text("without")}`, {
        act: "without", off: Boolean(reason) || !this.host.online, why: reason, press: this.#open })}
      ${reason ? html`<span class="aside">${reason}</span>` : nothing}`;
  }

  template() {
    const marked = this.#marked;
    const numbers = marked.map(({ number }) => number).filter((number) => !this.#kept.has(number));
    const { busy, refused, done } = this.#sent;
    return html`<dialog class="lab-dialog without" aria-label=${text("without")}>
      <div class="dialog-head"><h2>${text("without")}</h2>
        <button type="button" class="tool" aria-label=${text("close")} @click=${this.#close}>${icon("close")}</button></div>
      ${done ? html`<p role="status">${text("without_done")}</p>` : html`
        <p>${text("without_lead", { count: count(numbers.length) })}</p>
        <fieldset><legend>${text("without_list")}</legend>${marked.map((row) => this.#row(row))}</fieldset>`}
      ${refusalTemplate(refused)}
      <div class="dialog-foot">
        ${buttonTemplate(text(done ? "close" : "cancel"), { act: "cancel", look: "btn-outline-secondary", press: this.#close })}
        ${done ? nothing : buttonTemplate(text("without_go"), { act: "go", look: "btn-primary",
          off: busy || !numbers.length || !this.host.online, press: () => this.#go(numbers) })}</div>
    </dialog>`;
  }

  #row({ number, by, others }) {
    return html`<label class="left-out"><input type="checkbox" class="form-check-input" .checked=${!this.#kept.has(number)}
        @change=${({ target }) => this.#keep(number, !target.checked)}>
      <span>${text("gallery_train_image", { number })}, ${text("without_by", { names: by.map(who).join(", ") })}${others
        ? html` · ${text("without_others", { count: others })}` : nothing}</span></label>`;
  }

  #keep(number, stays) {
    if (stays) this.#kept.add(number);
    else this.#kept.delete(number);
    this.host.requestUpdate();
  }

  #open = () => {
    this.#set({ busy: false, refused: null, done: false });
    this.#dialog.showModal();
  };

  #close = () => this.#dialog.close();

  #set(values) {
    Object.assign(this.#sent, values);
    this.host.requestUpdate();
  }

  async #go(numbers) {
    this.#set({ busy: true, refused: null });
    const answer = await this.host.room.send("new_run", { blueprint: leaveOut(this.host.state.blueprint, numbers) });
    this.#set({ busy: false, refused: answer.ok ? null : answer.error, done: answer.ok });
  }
}
