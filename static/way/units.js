import { html } from "lit";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";
import { tintOf } from "../lib/tints.js";

/** Mean output of each unit for the examples of each class; every row has its own scale. */
export function unitsTemplate(units, classes) {
  return html`<div class="table-view" tabindex="0" role="region" aria-label=${text("wy_table")}>
    <table class="units"><caption class="visually-hidden">${text("wy_table")}</caption>
      <thead><tr><th scope="col">${text("wy_unit")}</th><th scope="col">${text("wy_fires")}</th>${classes.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${units.map(({ unit, means, best }) => {
        const most = Math.max(...means.map((mean) => Math.abs(mean ?? 0)));
        return html`<tr data-unit=${unit}><th scope="row">${unit + 1}</th><td class="best">${classes[best]}</td>
          ${means.map((mean, number) => html`<td class="${tintOf(mean ?? NaN, most)} ${number === best ? "is-best" : ""}">${brief(mean ?? NaN, 2)}</td>`)}</tr>`;
      })}</tbody>
    </table></div>`;
}
