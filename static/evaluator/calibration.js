import { html, nothing } from "lit";
import { count, percent } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { rove } from "./roving.js";

/** How often the model was right, by how sure it was; a bar opens its examples. */
export function calibrationTemplate({ a, b, both, show }, hands) {
  const side = show === "B" ? "B" : "A";
  const of = (side === "B" ? b : a) ?? b;
  const most = Math.max(1, ...of.calibration.map((bin) => bin.count));
  return html`<section class="sheet calibration" aria-label=${text("calibration")}>
    <div class="sheet-head"><h3><lab-infobox label=${text("calibration")} text=${text("calibration_help")}></lab-infobox></h3>
      ${both || (a && b) ? html`<b class="tag ${side}">${side}</b>` : nothing}</div>
    <div class="plot bins" role="group" aria-label=${text("calibration_group")} @keydown=${rove}>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path class="even" d="M0 100L100 0"></path></svg>
      ${of.calibration.map((bin, index) => binTemplate(bin, { place: filled(of.calibration, index), most, side }, hands))}
    </div>
    <div class="axis"><span>${percentWhole(0)}</span><span>${text("calibration_axis")}</span><span>${percentWhole(1)}</span></div>
    <p class="legend"><span class="key right">${text("calibration_right")}</span><span class="key even">${text("calibration_even")}</span></p>
  </section>`;
}

function binTemplate({ low, high, count: examples, confidence, accuracy }, { place, most, side }, { open }) {
  const values = {
    low: percentWhole(low), high: percentWhole(high), count: count(examples), confidence: percent(confidence ?? NaN), accuracy: percent(accuracy ?? NaN),
  };
  if (!examples) return html`<span class="bin" title=${text("calibration_empty", values)}></span>`;
  const said = text("calibration_bin", values);
  return html`<button type="button" class="bin" data-at="0:${place}" tabindex=${place ? -1 : 0} title=${said} aria-label=${said}
    @click=${() => open({ low, high }, side)}>
    <span class="fill" style="height:${(100 * accuracy).toFixed(1)}%;--weight:${(0.35 + 0.65 * Math.sqrt(examples / most)).toFixed(2)}"></span></button>`;
}

/** How many bars stand before this one: arrow keys pass over what is empty. */
function filled(bins, index) {
  return bins.slice(0, index).filter((bin) => bin.count).length;
}

function percentWhole(share) {
  return `${Math.round(100 * share)} %`;
}
