// The very image that the network gets, with the heat over it, and what the network says of it.
import { html, nothing } from "lit";
import { percent } from "../lib/format.js";
import { overlayRgba } from "../lib/heat.js";
import { paint, pixelAfter, pixelUnder } from "../lib/plane.js";
import { rgba } from "../lib/pixels.js";
import { brief } from "../lib/spark.js";
import { floatsOf, imageOf, pixelOf } from "../lib/tensors.js";
import { text, words } from "../lib/texts.js";

const MANY = 12; // classes; more may be scrolled, with keys too

/** `view`: {answer, busy, pixel, heat, share, method, read(pixel), change(values)}. */
export function seenTemplate(view) {
  const { answer } = view;
  if (!answer) return html`<div class="seen-side"><h3>${text("draw_seen")}</h3><p class="nothing">${text("draw_nothing")}</p>${heatTemplate(view)}</div>`;
  const { width, height } = answer.image;
  const keys = (event) => {
    const next = pixelAfter(event.key, view.pixel ?? { x: -1, y: 0 }, answer.image);
    if (!next) return;
    event.preventDefault();
    view.read(next);
  };
  const read = (event) => view.read(pixelUnder(event, answer.image));
  return html`<div class="seen-side">
    <h3>${text("draw_seen")}</h3>
    <div class="seen" style="aspect-ratio:${width}/${height}" tabindex="0" role="application" aria-roledescription=${text("draw_pixels")}
        aria-label=${text("draw_seen_label", { width, height })} @pointermove=${read} @pointerdown=${read} @keydown=${keys}>
      <canvas data-image=${answer.image.pixels}></canvas>${markTemplate(view.pixel, answer.image)}
    </div>
    ${readTemplate(view)}
    ${heatTemplate(view)}
  </div>`;
}

function markTemplate(pixel, { width, height }) {
  if (!pixel || pixel.x < 0 || pixel.x >= width || pixel.y >= height) return nothing;
  const part = (value, of) => `${((100 * value) / of).toFixed(3)}%`;
  return html`<i class="mark" style="left:${part(pixel.x, width)};top:${part(pixel.y, height)};width:${part(1, width)};height:${part(1, height)}"></i>`;
}

function readTemplate({ pixel, answer }) {
  const { width, height } = answer.image;
  if (!pixel || pixel.x < 0 || pixel.x >= width || pixel.y >= height) return html`<p class="aside read">${text("draw_point", { width, height })}</p>`;
  const found = pixelOf(imageOf(answer.image), pixel.x, pixel.y);
  const list = (part) => found.map(part).join(", ");
  return html`<p class="aside read" aria-live="polite">${text("draw_value", {
    row: pixel.y + 1, column: pixel.x + 1, byte: list(({ byte }) => byte), number: list(({ number }) => brief(number)) })}</p>`;
}

function heatTemplate({ heat, share, method, change }) {
  return html`<div class="heat-tools">
    <label class="tick"><input type="checkbox" .checked=${heat} @change=${({ target }) => change({ heat: target.checked })}>
      <span>${text("draw_heat", { method: words(method?.label) })}</span></label>
    ${heat ? html`<label class="share"><span>${text("draw_share")}</span>
      <input type="range" min="0" max="100" .value=${String(share * 100)} @input=${({ target }) => change({ share: Number(target.value) / 100 })}></label>
      <p class="aside">${words(method?.reading)}</p>` : nothing}
  </div>`;
}

/** Draw image and heat, where they have changed. */
export function paintSeen(canvas, { answer, heat, share }) {
  if (!canvas || !answer) return;
  const look = [answer, heat, share];
  if (look.every((part, at) => canvas.look?.[at] === part)) return;
  canvas.look = look;
  const { image, values, most } = answer;
  const base = rgba(imageOf(image).bytes, image);
  paint(canvas, heat && values ? overlayRgba(base, floatsOf(values), most, share) : base, image.width, image.height);
}

/** Bars of the softmax, and the place of the network that gave them. */
export function saysTemplate({ answer, named, calm }) {
  if (!answer) return html`<div class="says-side"><h3>${text("draw_says")}</h3><p class="aside">${text("draw_says_nothing")}</p></div>`;
  const { softmax, prediction, place } = answer;
  return html`<div class="says-side">
    <h3>${text("draw_says")}</h3>
    <p class="verdict" aria-live=${calm ? "polite" : "off"}>${text("draw_verdict", { name: named(prediction), sure: percent(softmax[prediction]) })}</p>
    <ol class="bars" tabindex=${softmax.length > MANY ? 0 : nothing} aria-label=${text("draw_bars")}>${softmax.map((share, number) => html`<li class=${number === prediction ? "said" : ""} data-class=${number}>
      <span class="class" title=${named(number)}>${named(number)}</span>
      <span class="bar" aria-hidden="true"><i style="width:${(100 * (share ?? 0)).toFixed(2)}%"></i></span>
      <span class="sure">${percent(share)}</span></li>`)}</ol>
    ${place?.untrained ? html`<p class="aside guess">${text("draw_untrained")}</p>` : nothing}
  </div>`;
}
