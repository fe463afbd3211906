import { html } from "lit";
import { live } from "lit/directives/live.js";
import { percent } from "../lib/format.js";
import { text } from "../lib/texts.js";

/** Which of the kept epochs: `preview` while it is dragged, `go` when it is let go. */
export function sliderTemplate(kept, index, { preview, go }) {
  const { epoch, accuracy } = kept[index];
  const said = accuracy === null ? text("at_epoch", { epoch }) : text("model_epoch_tested", { epoch, accuracy: percent(accuracy) });
  const step = (by, sign, key) => html`<button type="button" class="tool" ?disabled=${!kept[index + by]} aria-label=${text(key)} title=${text(key)}
    @click=${() => go(index + by)}>${sign}</button>`;
  return html`<div class="epochs">
    ${step(-1, "‹", "model_earlier")}
    <input type="range" class="form-range" min="0" max=${kept.length - 1} .value=${live(String(index))} aria-label=${text("model_epoch")}
      aria-valuetext=${said} @input=${({ target }) => preview(Number(target.value))} @change=${({ target }) => go(Number(target.value))}>
    ${step(1, "›", "model_later")}
    <output class="which">${text("at_epoch", { epoch })}</output>
  </div>`;
}
