// <lab-open>: a run from elsewhere, an events.jsonl or the ZIP of its run folder, becomes a new room.
import { html, nothing } from "lit";
import { chosenFile } from "../lib/chooser.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { change } from "../lib/jobs.js";
import { sentTemplate } from "../lib/sent.js";
import { text } from "../lib/texts.js";
import { send } from "../room/sending.js";

class Open extends RoomElement {
  static properties = { file: { state: true }, sent: { state: true }, opening: { state: true }, refused: { state: true } };

  #stop = null;

  constructor() {
    super();
    Object.assign(this, { file: null, sent: null, opening: false, refused: null });
  }

  disconnectedCallback() {
    this.#stop?.abort();
    super.disconnectedCallback();
  }

  render() {
    if (!this.state) return html``;
    return html`${this.file && !this.refused ? this.#way() : this.#choose()}
      ${this.refused ? html`<p class="refusal" role="alert"><strong>${this.file.name}</strong>: ${this.refused.message || text("offline")} ${this.refused.hint}</p>` : nothing}`;
  }

  #choose() {
    return html`<label class="btn btn-outline-secondary open-choose" title=${text("open_help")}>${icon("take")} ${text("open_run")}
      <input type="file" class="visually-hidden" accept=".jsonl,.zip" ?disabled=${!this.online} @change=${chosenFile((file) => this.#take(file))}></label>`;
  }

  #way() {
    if (this.opening) return html`<p role="status"><span class="spinner-border spinner-border-sm" aria-hidden="true"></span> ${text("open_opening", { name: this.file.name })}</p>`;
    return html`${sentTemplate(this.file, this.sent)}
      <button type="button" class="btn btn-outline-secondary" @click=${this.#cancel}>${text("cancel")}</button>`;
  }

  #cancel = () => {
    this.#stop?.abort();
    Object.assign(this, { file: null, refused: null });
  };

  async #take(file) {
    const { signal } = (this.#stop = new AbortController());
    Object.assign(this, { opening: false, refused: null });
    const room = this.room;
    const sent = await send(file, room, { signal, tell: (now) => Object.assign(this, { file, sent: now }) });
    if (!sent) return;
    if (!sent.ok) return this.#say(sent.error);
    this.opening = true;
    const answer = await change(room, "POST", "/api/open", { upload: sent.id });
    if (answer.ok) globalThis.location.assign(`/room/${answer.room}`);
    else this.#say(answer.error);
  }

  #say(refused) {
    Object.assign(this, { opening: false, refused });
  }
}

define("lab-open", Open);
