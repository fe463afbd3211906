// <lab-status>: what is going on, in one line; and what would help where something went wrong.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { standing } from "../lib/standing.js";
import { text } from "../lib/texts.js";

const EXPLAINED = new Set(["failed", "refused", "loss_not_finite", "recovering", "queued", "reconnecting"]);

class Status extends RoomElement {
  render() {
    if (!this.room) return html``;
    const { connection, refusal } = this.room;
    const { kind, tone, values } = standing(connection, this.session, refusal);
    const shown = { ...values, dataset: this.#title(values.dataset), until: this.session?.until };
    return html`<div class="status ${tone}" role="status" data-kind=${kind}>
      <span class="dot" aria-hidden="true"></span>
      <div><strong>${text(`status_${kind}`, shown)}</strong> ${EXPLAINED.has(kind) ? this.#more(kind, shown) : ""}</div>
    </div>`;
  }

  #more(kind, { message, hint }) {
    return html`<span class="more">${message ? `${message} ${hint ?? ""}` : text(`more_${kind}`)}</span>`;
  }

  #title(dataset) {
    return this.catalogue?.datasets.find(({ name }) => name === dataset)?.title ?? dataset;
  }
}

define("lab-status", Status);
