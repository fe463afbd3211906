// The filters of a layer and the maps they make, as rows of small images; each is a button that chooses its channel.
import { html, nothing } from "lit";
import { greyRgba, heatRgba } from "../lib/heat.js";
import { bytesOf } from "../lib/pixels.js";
import { paint } from "../lib/plane.js";
import { brief } from "../lib/spark.js";
import { floatsOf } from "../lib/tensors.js";
import { text } from "../lib/texts.js";

/** The filters; of a convolution each belongs to an output channel. */
export function filtersTemplate(answer, layer, chosen, take) {
  if (!answer || answer.path !== layer.path) return html`<p class="empty">${text("ex_wait")}</p>`;
  const { filters, of, most, channels, per = 1 } = answer;
  const amount = text(filters.length < of ? "cv_some" : "cv_all", { shown: filters.length, of });
  return html`<h3>${text(layer.kernel ? "cv_filters" : "cv_weights")} <span class="aside">${amount}</span></h3>
    <ul class="strip filters">${filters.map((_, number) => html`<li>${thumb("filter", number, text("cv_filter", { number: number + 1 }), number === chosen, take)}</li>`)}</ul>
    <p class="aside">${text(channels === 3 ? "cv_scale_colour" : "cv_scale", { most: brief(most) })}${per > 1 ? html` ${text("cv_per", { per })}` : nothing}</p>`;
}

/** What each channel is for the chosen example. */
export function mapsTemplate(answer, chosen, take) {
  if (!answer) return nothing;
  const { maps, of, low, high } = answer;
  const amount = text(maps.length < of ? "cv_some" : "cv_all", { shown: maps.length, of });
  return html`<h3>${text("cv_maps")} <span class="aside">${amount}</span></h3>
    <ul class="strip maps">${maps.map((_, number) => html`<li>${thumb("map", number,
      text("cv_map", { number: number + 1, low: brief(low[number]), high: brief(high[number]) }), number === chosen, take)}</li>`)}</ul>
    <p class="aside">${text("cv_maps_help")}</p>`;
}

function thumb(kind, number, label, on, take) {
  return html`<button type="button" class="thumb" data-channel=${number} aria-pressed=${on} aria-label=${label} title=${label} @click=${() => take(number)}>
    <canvas data-kind=${kind} aria-hidden="true"></canvas></button>`;
}

/** Draw what is new. */
export function paintStrips(host, filters, maps) {
  host.querySelectorAll("canvas[data-kind]").forEach((canvas) => {
    const answer = canvas.dataset.kind === "map" ? maps : filters;
    const number = Number(canvas.parentElement.dataset.channel);
    if (!answer || canvas.answer === answer) return;
    canvas.answer = answer;
    (canvas.dataset.kind === "map" ? paintMap : paintFilter)(canvas, answer, number);
  });
}

function paintMap(canvas, { maps, width, height }, number) {
  paint(canvas, greyRgba(bytesOf(maps[number]), 0, 255), width, height);
}

function paintFilter(canvas, { filters, width, height, channels, most }, number) {
  const values = floatsOf(filters[number]);
  if (channels === 3) paint(canvas, colourRgba(values, most), width, height);
  else paintGrey(canvas, values, { width, height, most });
}

/** Red, green and blue weights as one colour; 0 is grey. */
function colourRgba(values, most) {
  const pixels = values.length / 3;
  const rgba = new Uint8ClampedArray(pixels * 4).fill(255);
  for (let at = 0; at < values.length; at += 1) rgba[(at % pixels) * 4 + Math.floor(at / pixels)] = 127.5 + (127.5 * values[at]) / (most || 1);
  return rgba;
}

/** One plane, or several input channels below each other as near a square as goes. */
function paintGrey(canvas, values, { width, height, most }) {
  const planes = values.length / (width * height);
  const wide = Math.ceil(Math.sqrt(planes));
  Object.assign(canvas, { width: wide * (width + 1) - 1, height: Math.ceil(planes / wide) * (height + 1) - 1 });
  const pen = canvas.getContext("2d");
  for (let plane = 0; plane < planes; plane += 1) {
    const rgba = heatRgba(values.subarray(plane * width * height, (plane + 1) * width * height), most);
    pen.putImageData(new ImageData(rgba, width, height), (plane % wide) * (width + 1), Math.floor(plane / wide) * (height + 1));
  }
}
