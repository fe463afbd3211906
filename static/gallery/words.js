import { html, nothing } from "lit";
import { text } from "../lib/texts.js";

/** Why something was refused, in words; empty where nothing was. */
export function refusalTemplate(refused) {
  return html`<p class="refusal" role="alert">${refused ? html`${refused.message || text("offline")} ${refused.hint}` : nothing}</p>`;
}

/** A button; `press`: what it does, `off`: not now, `why`: the reason. */
export function buttonTemplate(label, { act, look = "btn-outline-secondary btn-sm", off = false, press, why = "" }) {
  return html`<button type="button" class="btn ${look}" data-act=${act} ?disabled=${off} title=${why || nothing}
    @click=${press}>${label}</button>`;
}
