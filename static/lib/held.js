// The choice of how many training examples are held back to validate.
import { html } from "lit";
import { live } from "lit/directives/live.js";
import { text } from "./texts.js";

const SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

/** A share in words: "20 %", or "none". */
export function shareWords(share) {
  return share ? `${Number((100 * share).toFixed(1))} %` : text("validation_none");
}

/** A label with the choice in it; `choose` gets the share. One that is not in the list, such as out of a file, is added to it. */
export function heldTemplate(share, choose, off = false) {
  const shares = [...new Set([...SHARES, share])].sort((one, other) => one - other);
  return html`<label class="held"><lab-infobox label=${text("validation")} text=${text("validation_help")}></lab-infobox>
    <select class="form-select" name="validation" aria-label=${text("validation")} ?disabled=${off} .value=${live(String(share))}
      @change=${({ target }) => choose(Number(target.value))}>
    ${shares.map((one) => html`<option value=${one} ?selected=${one === share}>${shareWords(one)}</option>`)}</select></label>`;
}
