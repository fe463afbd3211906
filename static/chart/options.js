// How the curves are drawn: smoothing, what lies along x, and the difference of twins; kept in this browser.
import { html, nothing } from "lit";
import { AXES } from "../lib/axes.js";
import { text } from "../lib/texts.js";

const USUAL = { weight: 0, axis: "epochs" };
const MOST = 0.99; // weight of the past

/** What was chosen for a chart, if the browser lets it be kept. */
export function kept(series) {
  try {
    const { weight, axis } = { ...USUAL, ...JSON.parse(localStorage.getItem(`lockstep.chart.${series}`)) };
    return { weight: weight >= 0 && weight <= MOST ? weight : 0, axis: AXES.includes(axis) ? axis : "epochs" };
  } catch {
    return { ...USUAL };
  }
}

export function keep(series, { weight, axis }) {
  try {
    localStorage.setItem(`lockstep.chart.${series}`, JSON.stringify({ weight, axis }));
  } catch {
    return; // it holds until the page is left
  }
}

/** The row of choices below the head of a chart. */
export function optionsTemplate({ series, weight, axis, twins, subtract }, choose) {
  return html`<div class="options">
    ${series === "rate" ? nothing : smoothing(weight, choose)}${along(axis, choose)}
    ${twins ? difference(twins, subtract, choose) : nothing}
  </div>`;
}

function along(axis, choose) {
  return html`<div class="switch" role="group" aria-label=${text("axis")}>${AXES.map((kind) => html`
    <button type="button" aria-pressed=${kind === axis}
      @click=${() => choose({ axis: kind })}>${text(`axis_${kind}`)}</button>`)}</div>`;
}

function difference([first, second], on, choose) {
  return html`<label class="subtract"><input type="checkbox" class="form-check-input" .checked=${on}
    @change=${({ target }) => choose({ subtract: target.checked })}> ${text("difference", { first, second })}</label>`;
}

function smoothing(weight, choose) {
  const slide = ({ target }) => choose({ weight: Number(target.value) });
  return html`<label class="smoothing"><span>${text("smoothing")}</span>
    <input type="range" class="form-range" min="0" max=${MOST} step="0.01" .value=${String(weight)} @input=${slide}>
    <output>${weight.toFixed(2)}</output></label>`;
}
