import { html } from "lit";
import { ask } from "../lib/ask.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

/** Base of the creator's dialogs: opened by name, drawn only while open, with one line for a refusal. */
export class Dialog {
  busy = false;
  refused = null;

  constructor(host, name) {
    this.host = host;
    this.name = name;
  }

  get element() {
    return this.host.querySelector(`dialog[data-dialog=${this.name}]`);
  }

  get opened() {
    return this.host.dialog === this.name;
  }

  template(view) {
    return html`<dialog class="lab-dialog wide" data-dialog=${this.name} aria-label=${text(this.name)}
        @click=${this.#outside} @close=${this.#closed}>
      ${this.opened ? html`<div class="dialog-head"><h2>${text(this.name)}</h2>
        <button type="button" class="tool" aria-label=${text("close")} @click=${() => this.close()}>
          ${icon("close")}</button></div>
        ${this.body(view)}
        <p class="refusal" role="alert">${this.#refusal()}</p>
        ${this.foot(view)}` : ""}</dialog>`;
  }

  #refusal() {
    const refused = this.refused ?? this.host.refused; // of an edit asked for in here
    return refused ? html`${refused.message || text("offline")} ${refused.hint}` : "";
  }

  /** What stands at the bottom, where anything does. */
  foot() {
    return html``;
  }

  open() {
    this.refused = this.host.refused = null;
    this.begin?.();
    this.element.showModal();
  }

  close() {
    this.element?.close();
  }

  set(values) {
    Object.assign(this, values);
    this.host.requestUpdate();
  }

  #outside = (event) => event.target.localName === "dialog" && this.close();

  #closed = () => this.host.open(null);

  /** A Command; its refusal is shown here. */
  async send(name, args) {
    this.set({ busy: true, refused: null });
    const answer = await this.host.room.send(name, args);
    this.set({ busy: false, refused: answer.ok ? null : answer.error });
    return answer;
  }

  /** A request to the server; its refusal is shown here. */
  async fetch(path, method = "GET", body = undefined) {
    this.set({ busy: true, refused: null });
    const headers = { "Content-Type": "application/json", "X-Lockstep-Token": this.host.room.getAttribute("token") };
    const answer = await ask(path, method === "GET" ? {} : { method, headers, body: JSON.stringify(body ?? {}) });
    this.set({ busy: false, refused: answer.ok ? null : answer.error });
    return answer;
  }
}
