// <lab-take>: take it with you. Models in other formats, the run folder, the room as files; and weights are brought in.
import { html, nothing } from "lit";
import { chosenFile } from "../lib/chooser.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { change, follow } from "../lib/jobs.js";
import { mayBegin } from "../lib/standing.js";
import { text } from "../lib/texts.js";
import { Bring, bringTemplate } from "./bring.js";
import { filesTemplate, makingTemplate, modelTemplate } from "./model.js";

class Take extends RoomElement {
  static properties = { opened: { state: true }, wish: { state: true }, model: { state: true }, folder: { state: true } };

  #bring = new Bring(this);

  constructor() {
    super();
    Object.assign(this, { opened: false, wish: { branch: null, epoch: "best", format: "safetensors" }, model: null, folder: null });
  }

  render() {
    if (!this.state) return html``;
    return html`<button type="button" class="btn btn-outline-secondary take-open" @click=${this.#open}>${icon("take")} ${text("take")}</button>
      <dialog class="lab-dialog wide" aria-label=${text("take")} @click=${this.#outside} @close=${() => { this.opened = false; }}>
        ${this.opened ? this.#body() : nothing}</dialog>`;
  }

  #body() {
    const begun = Object.keys(this.state.branches).length > 0;
    return html`<div class="dialog-head"><h2>${text("take")}</h2>
        <button type="button" class="tool" aria-label=${text("close")} @click=${this.#close}>${icon("close")}</button></div>
      <p>${text("take_lead")}</p>
      ${begun ? this.#taken() : nothing}
      <h3>${text("take_bring")}</h3><p>${text("take_bring_help")}</p>
      ${bringTemplate(this.#bring, this.online, mayBegin(this.session), this.#hands)}`;
  }

  #taken() {
    const { code } = this.room;
    const wish = { ...this.wish, branch: this.wish.branch ?? this.session.position.branch };
    const busy = (making) => !this.online || Boolean(making && !making.result && !making.error);
    return html`<h3>${text("take_model")}</h3>
      ${modelTemplate(this.state, wish, busy(this.model), { set: (values) => { this.wish = { ...wish, ...values }; }, make: (event) => this.#export(event, wish) })}
      ${makingTemplate(code, this.model)}
      <h3>${text("take_folder")}</h3><p>${text("take_folder_help")}</p>
      <button type="button" class="btn btn-outline-secondary folder" ?disabled=${busy(this.folder)} @click=${() => this.#folder(wish)}>${text("take_make")}</button>
      ${makingTemplate(code, this.folder)}
      <h3>${text("take_files")}</h3>${filesTemplate(code, this.state)}`;
  }

  #export(event, { branch, epoch, format }) {
    event.preventDefault();
    const at = Number(epoch);
    return this.#make("model", "export", { branch, epoch: Number.isInteger(at) ? at : epoch, format });
  }

  #folder({ branch }) {
    return this.#make("folder", "folder", { branch });
  }

  /** Have a file made; `kind` names the property that says how far it is. */
  async #make(kind, path, body) {
    const { code } = this.room;
    this[kind] = { state: "waiting" };
    const asked = await change(this.room, "POST", `/api/rooms/${code}/${path}`, body);
    if (!asked.ok) {
      this[kind] = { error: asked.error };
      return;
    }
    const name = asked.job;
    const job = await follow(code, name, { tell: (told) => { this[kind] = { ...told, name, result: null, error: null }; } });
    this[kind] = { name, state: job.state, result: job.state === "done" ? job.result : null, error: job.error };
  }

  #hands = {
    take: chosenFile((file) => this.#bring.take(file)),
    cancel: () => this.#bring.cancel(),
    begin: async () => (await this.#bring.begin()) && this.#close(),
  };

  get #dialog() {
    return this.querySelector("dialog");
  }

  #open = () => {
    this.opened = true;
    this.updateComplete.then(() => this.#dialog?.open || this.#dialog?.showModal());
  };

  #close = () => this.#dialog?.close();

  #outside = (event) => event.target.localName === "dialog" && this.#close();
}

define("lab-take", Take);
