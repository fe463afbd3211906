import { html, nothing } from "lit";
import { amount, bytes } from "../lib/amounts.js";
import { text, words } from "../lib/texts.js";
import { shape } from "./icons.js";

/** Why a layer does not fit, and buttons that mend it. */
export function wrongTemplate(error, view) {
  return html`<div class="wrong-box" role="alert">
    <p>${sentence(words(error.why))}</p>${fixesTemplate(error, view)}
  </div>`;
}

export function fixesTemplate(error, { online }) {
  return html`<div class="fixes">${error.fixes.map((fix, number) => html`
    <button type="button" class="btn btn-primary btn-sm" data-do="fix" data-fix=${number} ?disabled=${!online}>
      ${shape("bulb")}${sentence(words(fix.label), "")}</button>`)}</div>`;
}

/** What the installation does not allow, and what would help. */
export function sizeTemplate({ wrong, memory, work }, batch, limits) {
  if (!wrong) return nothing;
  const values = wrong === "memory" ? { needed: bytes(memory), limit: bytes(limits.memory) }
    : { needed: amount(work), limit: amount(limits.step_macs) };
  return html`<p class="size-wrong" role="alert">${text(`too_much_${wrong}`, { batch, ...values })}</p>`;
}

function sentence(said, end = ".") {
  return said ? `${said[0].toUpperCase()}${said.slice(1)}${end}` : "";
}
