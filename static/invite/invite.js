// <lab-invite link><svg>…QR…</svg></lab-invite>: the room's code, link and QR, to be read from the back of the classroom.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

class Invite extends RoomElement {
  static properties = { link: {}, copied: { state: true } };

  #picture = null;

  connectedCallback() {
    this.#picture ??= taken(this.querySelector("svg"));
    super.connectedCallback();
  }

  render() {
    const code = this.room?.code;
    if (!code) return html``;
    return html`<button type="button" class="btn btn-outline-secondary invite" @click=${this.#open}>
        ${icon("share")}<span class="invite-word">${text("room")}</span> <span class="code">${code}</span>
      </button>
      <dialog class="lab-dialog" aria-label=${text("invite")} @click=${this.#outside}>
        <div class="dialog-head"><h2>${text("invite")}</h2>${this.#closer()}</div>
        <p>${text("invite_lead")}</p>
        <p class="code-large">${code}</p>
        <div class="qr">${this.#picture}</div>
        <div class="link-row">
          <input class="form-control" readonly aria-label=${text("link")} .value=${this.link ?? ""} @focus=${(event) => event.target.select()}>
          <button type="button" class="btn btn-primary" @click=${this.#copy}>${icon(this.copied ? "check" : "copy")} ${text(this.copied ? "copied" : "copy")}</button>
        </div>
      </dialog>`;
  }

  #closer() {
    return html`<button type="button" class="tool" aria-label=${text("close")} @click=${this.#close}>${icon("close")}</button>`;
  }

  #open() {
    this.copied = false;
    this.querySelector("dialog").showModal();
  }

  #close() {
    this.querySelector("dialog").close();
  }

  #outside(event) {
    if (event.target.localName === "dialog") this.#close();
  }

  /** The clipboard exists only on https and localhost; elsewhere the old way works. */
  async #copy() {
    const field = this.querySelector(".link-row input");
    field.select();
    try {
      await navigator.clipboard.writeText(this.link);
      this.copied = true;
    } catch {
      this.copied = document.execCommand("copy");
    }
  }
}

/** The picture was made by the server; it moves into the dialog, and may be scaled there. */
function taken(picture) {
  if (!picture) return null;
  const [width, height] = [picture.getAttribute("width"), picture.getAttribute("height")];
  if (!picture.hasAttribute("viewBox")) picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  picture.remove();
  return picture;
}

define("lab-invite", Invite);
