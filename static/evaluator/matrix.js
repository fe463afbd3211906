import { html, nothing } from "lit";
import { differenceOf, ratesOf, shades, shownLabels, worst } from "../lib/evaluation.js";
import { count } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { rove } from "./roving.js";

/** The confusion matrix: a row is the true class, a column what the model said; of A, of B, or B − A. */
export function matrixTemplate(view, hands) {
  const { a, b, show, rates, names } = view;
  const counts = { A: a?.matrix, B: b?.matrix, D: null };
  const labels = shownLabels((a ?? b).matrix);
  const all = (a ?? b).matrix.length;
  const cells = cut(show === "D" ? differenceOf(...[a, b].map(({ matrix }) => (rates ? ratesOf(matrix) : matrix)))
    : rates ? ratesOf(counts[show]) : counts[show], labels);
  return html`<section class="sheet matrix" aria-label=${text("matrix")}>
    <div class="sheet-head"><h3><lab-infobox label=${text("matrix")} text=${text("matrix_help")}></lab-infobox></h3>${switches(view, hands)}</div>
    ${show === "D" ? nothing : html`<p class="aside">${mostly(counts[show], names)}</p>`}
    ${labels.length < all ? html`<p class="aside">${text("matrix_part", { shown: labels.length, all })}</p>` : nothing}
    <div class="scroll"><table role="grid" aria-label=${text("matrix_caption")} @keydown=${rove}>
      <thead><tr><td class="corner"><span>${text("matrix_true")}</span><span class="said">${text("matrix_said")}</span></td>
        ${labels.map((label) => html`<th scope="col">${names[label] ?? label}</th>`)}</tr></thead>
      <tbody>${rowsTemplate(cells, labels, { ...view, hands })}</tbody>
    </table></div>
    ${legend(show)}
  </section>`;
}

function switches({ a, b, both, show, rates }, { set }) {
  const press = (on, key, values, name) => html`<button type="button" data-show=${name} aria-pressed=${on}
    @click=${() => set(values)}>${text(key)}</button>`;
  return html`<div class="switches">
    ${a && b ? html`<div class="switch" role="group" aria-label=${text("matrix_of")}>
      ${press(show === "A", "matrix_a", { show: "A" }, "A")}${press(show === "B", "matrix_b", { show: "B" }, "B")}
      ${both ? press(show === "D", "matrix_d", { show: "D" }, "D") : nothing}</div>` : nothing}
    <div class="switch" role="group" aria-label=${text("matrix_values")}>
      ${press(!rates, "matrix_counts", { rates: false }, "counts")}${press(rates, "matrix_rates", { rates: true }, "rates")}</div>
  </div>`;
}

function rowsTemplate(cells, labels, view) {
  const tints = shades(cells, view.show === "D");
  return cells.map((row, r) => html`<tr><th scope="row">${view.names[labels[r]] ?? labels[r]}</th>
    ${row.map((value, c) => cellTemplate({ value, tint: tints[r][c], at: `${r}:${c}`, label: labels[r], prediction: labels[c] }, view))}</tr>`);
}

function cellTemplate({ value, tint, at, label, prediction }, { show, rates, names, hands }) {
  const shown = numberOf(value, rates, show === "D");
  const name = (index) => names[index] ?? index;
  const said = label === prediction ? "matrix_cell_right" : "matrix_cell";
  const open = () => hands.open({ label, prediction }, show === "B" ? "B" : "A");
  return html`<td class=${tint.means} style="--strength:${tint.strength.toFixed(3)}"><button type="button" data-at=${at} tabindex=${at === "0:0" ? 0 : -1}
    aria-label=${text(said, { value: shown || "0", label: name(label), prediction: name(prediction) })}
    @click=${open}>${shown}</button></td>`;
}

/** Nothing for none: what is empty stays quiet. */
function numberOf(value, rates, signed) {
  if (!value) return "";
  const size = rates ? shareText(Math.abs(value)) : count(Math.abs(value));
  return `${signed ? (value > 0 ? "+" : "−") : ""}${size}`;
}

/** Percent without the sign, so that ten columns fit. */
function shareText(share) {
  const percent = 100 * share;
  return percent < 1 ? "<1" : String(Math.round(percent));
}

function mostly(matrix, names) {
  const found = worst(matrix).map(({ label, prediction, count: times }) => (
    text("matrix_worst_one", { label: names[label] ?? label, prediction: names[prediction] ?? prediction, times })));
  return found.length ? text("matrix_worst", { list: found.join(", ") }) : text("matrix_no_mistakes");
}

function legend(show) {
  const keys = show === "D" ? ["more", "fewer"] : ["right", "wrong"];
  return html`<p class="legend">${keys.map((key) => html`<span class="key ${key}">${text(`matrix_${key}`)}</span>`)} <span>${text("matrix_press")}</span></p>`;
}

function cut(matrix, labels) {
  return labels.map((row) => labels.map((column) => matrix[row][column]));
}
