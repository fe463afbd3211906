// <lab-open>: a run from elsewhere, an events.jsonl or the ZIP of its run folder, becomes a new room.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { megabytes } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { change } from "../lib/jobs.js";
import { text } from "../lib/texts.js";
import { Uploading } from "../lib/uploading.js";
import { lineOf } from "../room/line.js";

const LARGEST = 500_000_000; // bytes

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
      <input type="file" class="visually-hidden" accept=".jsonl,.zip" ?disabled=${!this.online} @change=${this.#chosen}></label>`;
  }

  #way() {
    const { have, bytes, broken } = this.sent;
    const words = broken ? text("open_broken") : text(this.opening ? "open_opening" : "open_sending", { name: this.file.name, done: megabytes(have), total: megabytes(bytes) });
    return html`<p role="status"><span class="spinner-border spinner-border-sm" aria-hidden="true"></span> ${words}</p>
      <div class="progress" role="progressbar" aria-label=${text("open_run")} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round((100 * have) / bytes)}>
        <div class="progress-bar" style="width:${((100 * have) / bytes).toFixed(2)}%"></div></div>
      ${this.opening ? nothing : html`<button type="button" class="btn btn-outline-secondary" @click=${this.#cancel}>${text("cancel")}</button>`}`;
  }

  #chosen = ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) this.#take(file);
  };

  #cancel = () => {
    this.#stop?.abort();
    Object.assign(this, { file: null, refused: null });
  };

  async #take(file) {
    const { signal } = (this.#stop = new AbortController());
    Object.assign(this, { file, sent: { have: 0, bytes: file.size }, opening: false, refused: null });
    if (!file.size || file.size > LARGEST) return this.#say({ message: text("open_size"), hint: "" });
    const room = this.room;
    const uploading = new Uploading(file, lineOf(room), { signal, tell: (sent) => signal.aborted || Object.assign(this, { sent }) });
    const sent = await uploading.go();
    if (signal.aborted) return uploading.id && change(room, "DELETE", `/api/uploads/${uploading.id}`);
    if (!sent.ok) return this.#say(sent.error);
    this.opening = true;
    const answer = await change(room, "POST", "/api/open", { upload: uploading.id });
    return answer.ok ? this.#go(answer.room) : this.#say(answer.error);
  }

  #say(refused) {
    Object.assign(this, { opening: false, refused });
  }

  #go(code) {
    globalThis.location.assign(`/room/${code}`);
  }
}

define("lab-open", Open);
