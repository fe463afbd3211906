// <lab-images>: own images. Bring a ZIP, look at what was found in it, keep it for the room; and what is here already.
// Opened by the event `lab-images` where components meet; which images somebody wants is told there by `lab-images-chosen`
// {name, images}.
import { html, nothing } from "lit";
import { paintAll } from "../lib/canvas.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { Own } from "../lib/own.js";
import { text } from "../lib/texts.js";
import { chooseTemplate } from "./choose.js";
import { Flow } from "./flow.js";
import { keptTemplate } from "./kept.js";
import { reportTemplate } from "./report.js";
import { wayTemplate } from "./way.js";

class Images extends RoomElement {
  static properties = { opened: { state: true }, over: { state: true }, sure: { state: true } };

  flow = new Flow(this);
  #own = new Own(this);
  #open = () => {
    this.opened = true;
    this.flow.refused = null;
    this.#own.want();
    this.updateComplete.then(() => this.#dialog?.open || this.#dialog?.showModal());
  };

  constructor() {
    super();
    Object.assign(this, { opened: false, over: false, sure: null }); // sure: the name of those that are about to be deleted
  }

  connectedCallback() {
    super.connectedCallback();
    this.meeting.addEventListener("lab-images", this.#open);
  }

  disconnectedCallback() {
    this.meeting.removeEventListener("lab-images", this.#open);
    super.disconnectedCallback();
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  willUpdate() {
    if (this.opened) this.#own.follow();
  }

  updated() {
    paintAll(this);
  }

  render() {
    if (!this.room) return html``;
    return html`<dialog class="lab-dialog wide" aria-label=${text("own_images")} @click=${this.#outside} @close=${this.#closed}
        @dragover=${this.#drag} @dragleave=${() => { this.over = false; }} @drop=${this.#drop}>
      ${this.opened ? html`<div class="dialog-head"><h2>${text("own_images")}</h2>
        <button type="button" class="tool" aria-label=${text("close")} @click=${this.#close}>${icon("close")}</button></div>
        ${this.#body()}` : nothing}</dialog>`;
  }

  #body() {
    const { flow, online } = this;
    const hands = this.#hands;
    if (flow.found) return reportTemplate(flow, online, hands);
    const { code, person } = this.room;
    const kept = { own: this.#own, code, person, online, busy: flow.busy, sure: this.sure };
    return html`${flow.step === "choose" ? chooseTemplate(this.over, online, hands) : wayTemplate(flow, hands)}
      ${refusedTemplate(flow)}${keptTemplate(kept, hands)}`;
  }

  #hands = {
    take: (file) => file && this.flow.take(file),
    cancel: () => this.flow.cancel(),
    change: (values) => this.flow.change(values),
    type: (values) => this.flow.type(values),
    keep: async (event) => {
      event.preventDefault();
      const name = await this.flow.keep();
      if (!name) return;
      await this.#own.want();
      this.#use(this.#own.find(name));
    },
    use: (row) => this.#use(row),
    ask: (name) => { this.sure = name; },
    drop: (name) => {
      this.sure = null;
      return this.flow.drop(name);
    },
    refusal: refusedTemplate,
  };

  /** Whoever opened this hears of it. */
  #use(row) {
    if (!row) return; // gone again, or the line is
    const { name, images } = row;
    this.meeting.dispatchEvent(new CustomEvent("lab-images-chosen", { detail: { name, images, from: this } }));
    this.#close();
  }

  #drag = (event) => {
    if (this.flow.step !== "choose") return;
    event.preventDefault();
    this.over = true;
  };

  #drop = (event) => {
    event.preventDefault();
    this.over = false;
    if (this.flow.step === "choose" && this.online) this.#hands.take(event.dataTransfer.files[0]);
  };

  #close = () => this.#dialog?.close();

  #closed = () => {
    Object.assign(this, { opened: false, sure: null });
  };

  #outside = (event) => event.target.localName === "dialog" && this.#close();
}

/** Why it did not work, and with which file. */
function refusedTemplate({ refused, file }) {
  const said = refused ? `${refused.message || text("offline")} ${refused.hint}` : "";
  return html`<p class="refusal" role="alert">${refused && file ? html`<strong>${file.name}</strong>: ` : nothing}${said}</p>`;
}

define("lab-images", Images);
