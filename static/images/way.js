import { html, nothing } from "lit";
import { count } from "../lib/format.js";
import { barTemplate, sentTemplate } from "../lib/sent.js";
import { text } from "../lib/texts.js";

/** A file on its way to the server, or being looked through. */
export function wayTemplate(flow, { cancel }) {
  const uploading = flow.step === "uploading";
  return html`<section class="way" aria-label=${flow.file.name}>
    ${uploading ? sentTemplate(flow.file, flow.sent) : html`${checkTemplate(flow)}<p class="broken" role="status">${flow.lost ? text("own_lost") : nothing}</p>`}
    <div class="way-foot">${uploading ? html`<p class="fine">${text("own_again")}</p>` : nothing}
      <button type="button" class="btn btn-outline-secondary" @click=${cancel}>${text("own_cancel")}</button></div></section>`;
}

/** How far the check is. */
export function checkTemplate({ progress: { done, total }, fitted, found, wish: { side } }) {
  const known = Number.isFinite(done) && total > 0;
  const aside = known ? text("own_checked", { done: count(done), total: count(total) }) : text("own_waiting");
  const label = fitted && !found ? text("own_once_more", { side }) : text("own_checking");
  return barTemplate(label, known ? done / total : null, aside);
}
