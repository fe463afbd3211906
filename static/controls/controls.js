// <lab-controls>: the one thing that can be done now: start, interrupt or continue. Space does it too.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { possible } from "../lib/standing.js";
import { text } from "../lib/texts.js";

const TYPING = "input, select, textarea, button, a, summary, [contenteditable], dialog[open], [popover]";

class Controls extends RoomElement {
  static properties = { asked: { state: true }, refused: { state: true } };

  #onKey = (event) => this.#key(event);

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    super.disconnectedCallback();
  }

  render() {
    const action = possible(this.session);
    const busy = this.asked === action.name;
    return html`<button type="button" class="btn btn-lg act ${action.look}" ?disabled=${!this.online || busy}
        title=${text("space_key")} @click=${() => this.#act(action.name)}>
        ${busy ? html`<span class="spinner-border spinner-border-sm" aria-hidden="true"></span>` : icon(action.look === "go" ? "play" : "pause")}
        ${action.label === "branch_off" ? html`<span class="long">${text("branch_off")}</span>
          <span class="short" aria-hidden="true">${text("branch_off_short")}</span>` : html`<span>${text(action.label)}</span>`}
      </button>
      <p class="refusal" role="alert">${this.refused ? html`${this.refused.message || text("offline")} ${this.refused.hint}` : ""}</p>`;
  }

  willUpdate() {
    if (this.asked && possible(this.session).name !== this.asked) this.asked = null; // the Event is here
  }

  async #act(name) {
    if (!this.online || this.asked) return;
    this.asked = name;
    this.refused = null;
    const answer = await this.room.send(name);
    if (!answer.ok) Object.assign(this, { refused: answer.error, asked: null });
  }

  #key(event) {
    if (event.key !== " " || event.repeat || event.defaultPrevented || event.target.closest?.(TYPING)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#act(possible(this.session).name);
  }
}

define("lab-controls", Controls);
