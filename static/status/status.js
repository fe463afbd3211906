// <lab-status>: what is going on, in one line; and what would help where something went wrong.
import { html, nothing } from "lit";
import { bestOf, bestWords } from "../lib/best.js";
import { datasetIn } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { offTip, standing, wayBack } from "../lib/standing.js";
import { text } from "../lib/texts.js";

const EXPLAINED = new Set(["failed", "refused", "loss_not_finite", "recovering", "queued", "reconnecting", "reverted", "stopped_early"]);

class Status extends RoomElement {
  static properties = { busy: { state: true }, refused: { state: true } };

  render() {
    if (!this.room) return html``;
    const { connection, refusal } = this.room;
    const { kind, tone, values } = standing(connection, this.session, refusal);
    const { branch, epoch } = this.session?.position ?? {};
    const shown = { ...values, branch, epoch, dataset: this.#title(values.dataset), until: this.session?.until };
    return html`<div class="status ${tone}" role="status" data-kind=${kind}>
      <span class="dot" aria-hidden="true"></span>
      <div><strong>${text(`status_${kind}`, shown)}</strong> ${EXPLAINED.has(kind) ? this.#more(kind, shown) : ""}
        ${kind === "loss_not_finite" ? this.#back() : nothing}</div>
    </div>`;
  }

  #more(kind, { message, hint }) {
    const key = kind === "reverted" && offTip(this.session) ? "more_off_tip" : `more_${kind}`;
    const best = kind === "stopped_early" ? bestOf(this.state, this.session.position.branch) : null;
    if (best) return html`<span class="more">${bestWords(best)}. ${text("more_stopped_early")}</span>`;
    return html`<span class="more">${message ? `${message} ${hint ?? ""}` : text(key)}</span>`;
  }

  /** Where the loss is no number any more: back to where it was one. */
  #back() {
    const wish = wayBack(this.state);
    const { refused } = this;
    return html`<div class="way-back">
      <button type="button" class="btn btn-outline-secondary" ?disabled=${!this.online || this.busy}
        @click=${() => this.#revert(wish)}>${icon("undo")}${text("go_back_to", wish)}</button>
      <p class="refusal" role="alert">${refused ? html`${refused.message || text("offline")} ${refused.hint}` : ""}</p></div>`;
  }

  async #revert(wish) {
    Object.assign(this, { busy: true, refused: null });
    const answer = await this.room.send("revert", wish);
    Object.assign(this, { busy: false, refused: answer.ok ? null : answer.error });
  }

  #title(dataset) {
    return datasetIn(this.state, dataset, this.catalogue)?.title ?? dataset;
  }
}

define("lab-status", Status);
