import { html, nothing } from "lit";
import { text } from "../lib/texts.js";
import { STEPS } from "../lib/tints.js";

const SCALE = [...Array.from({ length: STEPS }, (_, index) => `n${STEPS - index}`), "z", ...Array.from({ length: STEPS }, (_, index) => `p${index + 1}`)];

/** What the colours mean; for screen readers the whole network as one text. */
export function legendTemplate({ report, live }, state) {
  const looks = live ? Object.values(state.layers) : [];
  const units = looks.some((look) => look.units?.length);
  const weights = looks.some((look) => look.sample);
  return html`<div class="diagram-foot">
    ${units || weights ? html`<span class="scale"><span>${text("diagram_below")}</span>
      <span class="swatches" aria-hidden="true">${SCALE.map((tint) => html`<i class=${tint}></i>`)}</span><span>${text("diagram_above")}</span></span>` : nothing}
    <p>${[units ? text("diagram_units") : text("diagram_later"), ...(weights ? [text("diagram_weights")] : [])].join(" ")}</p>
    <p class="visually-hidden">${told(report)}</p>
  </div>`;
}

function told({ input, layers }) {
  const steps = layers.map(({ name, out }) => `${name} → ${out ? out.join("×") : "?"}`);
  return text("diagram_told", { input: input.join("×"), steps: steps.join(", ") });
}
