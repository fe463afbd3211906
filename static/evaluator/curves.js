import { html, nothing, svg } from "lit";
import { curvePath, nearestPoint } from "../lib/evaluation.js";
import { NONE, percent } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { area } from "./numbers.js";

const SIDE = 100; // units of the drawing, which is a square
const PAD = 2; // around it, so that a line along an edge is whole
const BOX = `${-PAD} ${-PAD} ${SIDE + 2 * PAD} ${SIDE + 2 * PAD}`;
const CHARTS = { roc: "auc", precision_recall: "average_precision" }; // with what sums each one up
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** The class with the smallest area: there is most to see. */
export function weakest({ classes }) {
  const known = classes.map(({ auc }, label) => ({ auc, label })).filter(({ auc }) => auc !== null);
  return known.sort((one, other) => one.auc - other.auc || one.label - other.label)[0]?.label ?? 0;
}

/** ROC and precision–recall of one class, the others faint behind it; a point shows its numbers. */
export function curvesTemplate(view, hands) {
  return Object.keys(CHARTS).map((chart) => chartTemplate(chart, view, hands));
}

function chartTemplate(chart, view, hands) {
  const { a, b, label, names } = view;
  const name = names[label] ?? label;
  const curve = (a ?? b)[chart][label];
  const spot = view.spot?.chart === chart && view.spot.index < curve.x.length ? view.spot.index : null;
  const move = (index) => hands.set({ spot: index === null ? null : { chart, index } });
  return html`<section class="sheet curve" data-chart=${chart} aria-label=${text(chart)}>
    <div class="sheet-head"><h3><lab-infobox label=${text(chart)} text=${text(`${chart}_help`)}></lab-infobox></h3>${picker(chart, view, hands)}</div>
    <div class="plot" tabindex="0" role="group" aria-label=${text("curve_group", { curve: text(chart), name })}
      @pointermove=${(event) => move(nearestPoint(curve, placeOf(event)))} @pointerleave=${() => move(null)} @blur=${() => move(null)}
      @keydown=${(event) => step(event, curve, spot, move)}>
      <svg viewBox=${BOX} preserveAspectRatio="none" aria-hidden="true">${drawing(chart, view, curve, spot)}</svg>
    </div>
    <div class="axis"><span>0</span><span>${text(`${chart}_x`)}</span><span>1</span></div>
    <p class="readout" role="status">${readout(chart, view, spot === null ? null : [curve.x[spot], curve.y[spot]])}</p>
    <button type="button" class="btn btn-sm btn-outline-secondary" @click=${() => hands.open({ label }, a ? "A" : "B")}>
      ${text("classes_open", { name })}</button>
  </section>`;
}

function picker(chart, { a, b, label, names }, { set }) {
  return html`<select class="form-select" aria-label=${text("curve_class", { curve: text(chart) })}
    @change=${({ target }) => set({ label: Number(target.value), spot: null })}>
    ${(a ?? b).classes.map((_, one) => html`<option value=${one} .selected=${one === label}>${names[one] ?? one}</option>`)}</select>`;
}

function drawing(chart, { a, b, label }, curve, spot) {
  const main = a ?? b;
  const other = a && b?.[chart][label];
  return svg`${chart === "roc" ? svg`<path class="even" d="M0 ${SIDE}L${SIDE} 0"></path>` : nothing}
    ${main[chart].map((one, index) => (index === label ? nothing : svg`<path class="faint" d=${curvePath(one, SIDE)}></path>`))}
    ${other ? svg`<path class="line B" d=${curvePath(other, SIDE)}></path>` : nothing}
    <path class="line ${a ? "A" : "B"}" d=${curvePath(curve, SIDE)}></path>
    ${spot === null ? nothing : svg`<path class="spot" d="M${curve.x[spot] * SIDE} ${(1 - curve.y[spot]) * SIDE}h0"></path>`}`;
}

/** The areas, or the numbers of the point that is looked at. */
function readout(chart, { a, b, label }, point) {
  if (point) return text(`${chart}_point`, { x: percent(point[0]), y: percent(point[1]) });
  const sides = [["A", a], ["B", b]].filter(([, one]) => one);
  if (!(a ?? b)[chart][label].x.length) return text("curve_empty");
  return sides.map(([side, one]) => html`${sides.length > 1 ? html`<b class="tag ${side}">${side}</b> ` : nothing}${
    text(`${chart}_area`, { area: areaOf(one, chart, label) })} `);
}

function areaOf(one, chart, label) {
  const found = one.classes[label]?.[CHARTS[chart]];
  return found === null || found === undefined ? NONE : area(found);
}

/** Arrow keys walk along the points. */
function step(event, curve, spot, move) {
  const by = STEPS[event.key];
  if (!by || !curve.x.length) return;
  event.preventDefault();
  move(Math.min(curve.x.length - 1, Math.max(0, spot === null ? 0 : spot + by)));
}

/** Where the pointer is, 0…1 along both axes, y upwards. */
function placeOf({ currentTarget, clientX, clientY }) {
  const { left, top, width, height } = currentTarget.getBoundingClientRect();
  const share = (part) => (part * (SIDE + 2 * PAD) - PAD) / SIDE;
  return { x: share((clientX - left) / width), y: 1 - share((clientY - top) / height) };
}
