import { html } from "lit";
import { loss, percent } from "../lib/format.js";
import { text } from "../lib/texts.js";

/** The legend: one switch per curve with the exact value at the cursor, or the newest. */
export function legendTemplate(curves, { what, values, hidden, colours, toggle }) {
  return html`${curves.map((curve, index) => html`
      <button type="button" class="curve ${curve.part}" aria-pressed=${!hidden.has(curve.key)} @click=${() => toggle(curve, index)}>
        <span class="swatch" style="--colour:${colours[index]}"></span>
        <span class="curve-name">${name(curve)}</span>
        <span class="value">${show(what, values[index])}</span>
      </button>`)}`;
}

export function show(what, value) {
  return what === "accuracy" ? percent(value) : loss(value);
}

function name(curve) {
  const part = text(`curve_${curve.part}`);
  return curve.rank ? `${part} (${curve.branch})` : part;
}
