import { html, nothing } from "lit";
import { COLUMNS, rowsOf } from "../lib/evaluation.js";
import { NONE, count, percent } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { area, signed } from "./numbers.js";

/** One row per class; with two models the numbers of A and how far B is from them. */
export function tableTemplate(view, hands) {
  const { a, b, both, names, sort } = view;
  const main = a ?? b;
  return html`<section class="sheet classes" aria-label=${text("classes")}>
    <div class="sheet-head"><h3><lab-infobox label=${text("classes")} text=${text("classes_help")}></lab-infobox></h3></div>
    ${both ? html`<p class="aside">${text("classes_both")}</p>` : nothing}
    <div class="scroll"><table class="table">
      <thead><tr>${head("label", sort, hands)}${COLUMNS.map((name) => head(name, sort, hands))}</tr></thead>
      <tbody>${rowsOf(main.classes, names, sort).map((row) => rowTemplate(row, both ? b.classes[row.label] : null, hands))}</tbody>
    </table></div>
  </section>`;
}

/** A heading sorts by its column: numbers the worst first, then the other way round. */
function head(name, { by, falling }, { set }) {
  const on = by === name;
  return html`<th scope="col" aria-sort=${on ? (falling ? "descending" : "ascending") : nothing}>
    <button type="button" data-sort=${name} title=${text(`class_${name}_help`)} @click=${() => set({ sort: { by: name, falling: on && !falling } })}>
      ${text(`class_${name}`)}<span class="way" aria-hidden="true">${on ? (falling ? "↓" : "↑") : ""}</span></button></th>`;
}

function rowTemplate(row, other, { open }) {
  return html`<tr data-label=${row.label}>
    <th scope="row"><button type="button" class="class-name" title=${text("classes_open", { name: row.name })}
      @click=${() => open({ label: row.label })}>${row.name}</button></th>
    ${COLUMNS.map((name) => html`<td>${value(row[name], name)}${other ? html`<small>${change(other[name], row[name], name)}</small>` : nothing}</td>`)}
  </tr>`;
}

const AREAS = ["auc", "average_precision"];

function value(number, name) {
  if (number === null || number === undefined) return NONE;
  return name === "support" ? count(number) : AREAS.includes(name) ? area(number) : percent(number);
}

function change(second, first, name) {
  if (name === "support") return "";
  return signed(second, first, AREAS.includes(name) ? "area" : "share");
}
