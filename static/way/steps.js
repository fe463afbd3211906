// The layers that an example passes: maps as small images, or values as bars.
import { html, nothing, svg } from "lit";
import { shapeText } from "../lib/glyphs.js";
import { bytesOf, rgba } from "../lib/pixels.js";
import { greyRgba } from "../lib/heat.js";
import { paint } from "../lib/plane.js";
import { brief } from "../lib/spark.js";
import { imageOf } from "../lib/tensors.js";
import { text } from "../lib/texts.js";

const LONG = 14; // layers, from which on the middle is folded away
const KEPT = 5; // of them at each end
const BARS = { width: 320, height: 48 };

/** The layers that are shown: all of a short network, else both ends. */
export function foldedOf(steps, whole) {
  if (whole || steps.length <= LONG) return { before: steps, hidden: 0, after: [] };
  return { before: steps.slice(0, KEPT), hidden: steps.length - 2 * KEPT, after: steps.slice(-KEPT) };
}

export function inputTemplate({ width, height, channels }) {
  return html`<li class="way-step" data-step="input"><div class="name"><strong>${text("wy_input")}</strong>
    <span class="aside">${shapeText([channels, height, width])}</span></div>
    <div class="maps"><canvas data-map="input" role="img" aria-label=${text("wy_input")}></canvas></div></li>`;
}

export function arrowTemplate(shape) {
  return html`<li class="arrow" aria-hidden="true"><span>↓ ${shapeText(shape)}</span></li>`;
}

export function betweenTemplate(hidden, show) {
  return html`<li class="between"><button type="button" class="btn btn-outline-secondary" @click=${show}>${text("wy_between", { count: hidden })}</button></li>`;
}

/** One layer: what it is, the shape of what it gives, and what it gives for this example. */
export function stepTemplate({ path, kind, shape, maps, values, of }, index, title) {
  const shown = maps?.length ?? values?.length ?? 0;
  return html`<li class="way-step" data-step=${path}>
    <div class="name"><strong>${path}</strong> <span class="aside">${title(kind)}</span>
      <span class="visually-hidden">${shapeText(shape)}</span>
      ${of > shown && shown ? html`<span class="aside count">${text("cv_some", { shown, of })}</span>` : nothing}</div>
    ${maps ? html`<div class="maps">${maps.map(({ low, high }, map) => {
      const said = text("wy_map", { path, number: map + 1, low: brief(low), high: brief(high) });
      return html`<canvas data-map=${`${index} ${map}`} role="img" aria-label=${said} title=${said}></canvas>`;
    })}</div>` : values ? barsTemplate(values.map((value) => value ?? 0), path) : nothing}
  </li>`;
}

/** Bars above and below zero. */
function barsTemplate(values, path) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const scale = BARS.height / (high - low || 1);
  const wide = BARS.width / values.length;
  const label = text("wy_values", { path, low: brief(Math.min(...values)), high: brief(Math.max(...values)) });
  return html`<svg class="values" viewBox="0 0 ${BARS.width} ${BARS.height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${values.map((value, at) => svg`<rect class=${value < 0 ? "below" : "above"} x=${(at * wide).toFixed(2)} width=${(wide * 0.86).toFixed(2)}
      y=${((high - Math.max(0, value)) * scale).toFixed(2)} height=${Math.max(0.5, Math.abs(value) * scale).toFixed(2)}><title>${at + 1}: ${brief(value)}</title></rect>`)}
    </svg>`;
}

/** Draw the maps that are new. */
export function paintSteps(host, answer) {
  if (!answer) return;
  host.querySelectorAll("canvas[data-map]").forEach((canvas) => {
    if (canvas.answer === answer) return;
    canvas.answer = answer;
    if (canvas.dataset.map === "input") return paint(canvas, rgba(imageOf(answer.image).bytes, answer.image), answer.image.width, answer.image.height);
    const [index, map] = canvas.dataset.map.split(" ").map(Number);
    const { maps, width, height } = answer.steps[index];
    return paint(canvas, greyRgba(bytesOf(maps[map].values), 0, 255), width, height);
  });
}
