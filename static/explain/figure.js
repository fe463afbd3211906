// The image of an explanation with its heat over it, the pixel that is read, and what the colours mean.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { percent } from "../lib/format.js";
import { heatOf, overlayRgba } from "../lib/heat.js";
import { paint, pixelAfter, pixelUnder } from "../lib/plane.js";
import { rgba } from "../lib/pixels.js";
import { brief } from "../lib/spark.js";
import { floatsOf, imageOf, pixelOf, usualMost } from "../lib/tensors.js";
import { text, words } from "../lib/texts.js";

/** One model's heat over the image. */
export function figureTemplate(figure, view) {
  const { key, title, answer, error, busy } = figure;
  if (!answer) {
    return html`<figure data-figure=${key}><figcaption>${title}</figcaption>
      <p class="waiting">${error ? `${error.message} ${error.hint}` : text("ex_wait")}</p></figure>`;
  }
  const { width, height, target, prediction, softmax } = answer;
  const keys = (event) => {
    const next = pixelAfter(event.key, view.pixel ?? { x: -1, y: 0 }, answer);
    if (!next) return;
    event.preventDefault();
    view.read(next);
  };
  const name = text("ex_figure", { title, method: words(view.method?.label), name: view.named(target) });
  return html`<figure data-figure=${key} class=${busy ? "busy" : ""} aria-busy=${busy}>
    <figcaption>${title}</figcaption>
    <div class="heat" style="aspect-ratio:${width}/${height}" tabindex="0" role="application" aria-roledescription=${text("ex_pixels")} aria-label=${name}
        @pointermove=${(event) => view.read(pixelUnder(event, answer))} @pointerdown=${(event) => view.read(pixelUnder(event, answer))} @keydown=${keys}>
      <canvas data-method=${answer.method} data-most=${answer.most}></canvas>${markTemplate(view.pixel, answer)}
    </div>
    <p class="says">${text("ex_figure_says", { said: view.named(prediction), sure: percent(softmax[prediction]) })}
      ${target === prediction ? nothing : html`<br>${text("ex_figure_target", { name: view.named(target), sure: percent(softmax[target]) })}`}
      <br><span class="aside">${text("ex_figure_most", { full: brief(view.most ?? fullOf(answer)), most: brief(answer.most) })}</span></p>
  </figure>`;
}

function markTemplate(pixel, { width, height }) {
  if (!pixel || pixel.x < 0 || pixel.x >= width || pixel.y >= height) return nothing;
  const part = (value, of) => `${((100 * value) / of).toFixed(3)}%`;
  return html`<i class="pointed" style="left:${part(pixel.x, width)};top:${part(pixel.y, height)};width:${part(1, width)};height:${part(1, height)}"></i>`;
}

/** From which size on a value has the full colour: single outliers would leave all else black. */
export function fullOf(answer) {
  return usualMost(floatsOf(answer.values));
}

/** Draw what has changed. */
export function paintFigures(host, figures, view) {
  for (const { key, answer } of figures) {
    const canvas = host.querySelector(`[data-figure=${key}] canvas`);
    const look = answer && [answer, view.share, view.most ?? fullOf(answer)];
    if (!canvas || look.every((part, at) => canvas.look?.[at] === part)) continue;
    canvas.look = look;
    const pixels = overlayRgba(rgba(imageOf(answer.image).bytes, answer.image), floatsOf(answer.values), look[2], view.share);
    paint(canvas, pixels, answer.width, answer.height);
  }
}

/** The numbers of one pixel: its byte, what the network gets, and what each model's heat is there. */
export function readTemplate(figures, view) {
  const { pixel } = view;
  const answer = figures[0].answer;
  if (!pixel || pixel.x < 0 || pixel.x >= answer.width || pixel.y >= answer.height) return html`<p class="read aside" aria-live="off">${text("ex_point")}</p>`;
  const found = pixelOf(imageOf(answer.image), pixel.x, pixel.y);
  const heat = figures.filter((figure) => figure.answer).map(({ title, answer: { values, width } }) => html`<span class="number"
    >${title}: <b>${brief(floatsOf(values)[pixel.y * width + pixel.x])}</b></span>`);
  return html`<p class="read" role="status"><span class="number">${text("ex_pixel", { row: pixel.y + 1, column: pixel.x + 1 })}</span>
    <span class="number">${text("ex_byte")} <b data-read="byte">${found.map(({ byte }) => byte).join(", ")}</b></span>
    <span class="number">${text("ex_gets")} <b data-read="number">${found.map(({ number }) => brief(number)).join(", ")}</b></span>
    <span class="number">${text("ex_heat_of")}</span>${heat}</p>`;
}

/** What the colours mean. */
export function legendTemplate({ method, most }) {
  if (!method) return nothing;
  const full = most === null ? text("ex_most_each") : brief(most);
  const ends = method.signed ? [`−${full}`, "0", `+${full}`] : ["0", full];
  const colours = (method.signed ? [-1, 0, 1] : [0, 1]).map((value) => `rgb(${heatOf(value, 1, true).map(Math.round).join(" ")})`);
  return guard([method, full], () => html`<div class="legend">
    <span class="ramp" aria-hidden="true" style="background:linear-gradient(to right, ${colours.join(", ")})"></span>
    <span class="ends">${ends.map((end) => html`<span>${end}</span>`)}</span>
    <p class="aside">${text(method.signed ? "ex_signed" : "ex_unsigned")}</p>
  </div>`);
}
