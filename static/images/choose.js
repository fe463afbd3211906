import { html } from "lit";
import { chosenFile } from "../lib/chooser.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

/** Where a ZIP is dropped, or chosen; `over`: one is held above it. */
export function chooseTemplate(over, online, { take }) {
  return html`<label class="drop ${over ? "over" : ""}">
      <input type="file" accept=".zip,application/zip" class="visually-hidden" ?disabled=${!online} @change=${chosenFile(take)}>
      ${icon("plus")}<strong>${text("own_drop")}</strong><span>${text("own_limits")}</span></label>
    <p class="fine">${text("own_layout_folders")}<br>${text("own_layout_manifest")}</p>`;
}
