import { html } from "lit";
import { epochsOf } from "../lib/curves.js";
import { text } from "../lib/texts.js";
import { show } from "./scales.js";

const MORE = ["validation", "drawings"]; // where there are any

/** The values as a table: a row for each epoch on the way to where the Session stands. */
export function tableTemplate(state, what) {
  const rows = epochsOf(state, what);
  const usual = what === "rate" ? ["rate"] : ["train", "test"];
  const parts = [...usual, ...MORE.filter((part) => rows.some((row) => part in row))];
  const heads = ["epoch", ...parts.map((part) => `curve_${part === "train" ? "epoch" : part}`)];
  return html`<div class="values" tabindex="0" role="group" aria-label=${text("table")}>
    <table class="table table-sm">
      <thead><tr>${heads.map((key) => html`<th scope="col">${text(key)}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>
        <th scope="row">${row.epoch}</th>${parts.map((part) => html`<td>${show(what, row[part])}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}

/** The curve in a sentence. */
export function summary(state, what) {
  const last = epochsOf(state, what).at(-1);
  const title = text("plot_of", { what: text(what) });
  if (!last) return title;
  if (what === "rate") return `${title} ${text("plot_rate", { epoch: last.epoch, rate: show(what, last.rate) })}`;
  const latest = text("plot_latest", { epoch: last.epoch, train: show(what, last.train), test: show(what, last.test) });
  const held = "validation" in last ? ` ${text("plot_validated", { value: show(what, last.validation) })}` : "";
  return `${title} ${latest}${held}`;
}
