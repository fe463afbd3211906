import { html } from "lit";
import { keyOf, layersText, leftOutText, outcome } from "../lib/compare.js";
import { NONE, count, loss, percent } from "../lib/format.js";
import { shareWords } from "../lib/held.js";
import { text, words } from "../lib/texts.js";
import { branchTitle, say } from "../lib/tree.js";

/** The number of a line in its colour. */
export function tag(index) {
  return html`<span class="tag" style="--colour:var(--line-${index + 1})">${index + 1}</span>`;
}

/** A line in words: its room, and its Branch with what makes it what it is. */
export function title(line, table) {
  return html`<a href="/room/${line.room}">${line.room}</a> <span class="branch">${branchTitle(line.state, line.branch, table)}</span>`;
}

/** How each line did on a split; every number with its epoch and how many examples it was measured on. */
export function resultsTemplate(lines, table, split) {
  const found = lines.map((line) => outcome(line.state, line.branch, split));
  const heads = ["compare_line", "compare_best_accuracy", "compare_last_accuracy", "compare_best_loss", "compare_last_loss", "compare_examples"];
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${text(`compare_results_${split}`)}><table class="table table-sm results" data-split=${split}>
    <thead><tr>${heads.map((key) => html`<th scope="col">${text(key)}</th>`)}</tr></thead>
    <tbody>${lines.map((line, index) => html`<tr data-line=${keyOf(line)}><th scope="row">${tag(index)} ${title(line, table)}</th>${cells(found[index], split)}</tr>`)}</tbody>
  </table></div>`;
}

function cells(result, split) {
  if (!result) return html`<td colspan="5" class="untested">${text(split === "test" ? "not_tested" : "compare_not_held")}</td>`;
  const { best, last, examples } = result;
  return html`${[[percent, best.accuracy], [percent, last.accuracy], [loss, best.loss], [loss, last.loss]].map(([show, point]) => html`
    <td>${point ? html`<b>${show(point.value)}</b> <small>${text("at_epoch", { epoch: point.epoch })}</small>` : NONE}</td>`)}
    <td>${count(examples)}</td>`;
}

/** What differs between the lines: Blueprint and Settings at the tips. */
export function differencesTemplate(lines, rows, table) {
  if (!rows.length) return html`<p class="same">${text("compare_same")}</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${text("compare_differences")}><table class="table table-sm differences">
    <thead><tr><th scope="col">${text("compare_setting")}</th>${lines.map((line, index) => html`<th scope="col">${tag(index)} ${line.room} ${line.branch}</th>`)}</tr></thead>
    <tbody>${rows.map(({ name, values }) => html`<tr><th scope="row">${labelOf(name, table)}</th>
      ${values.map((value) => html`<td>${shown(name, value, table)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function labelOf(name, table) {
  const row = table.find((one) => one.name === name);
  if (row) return words(row.label);
  const own = { dataset: "dataset", layers: "compare_layers", seed: "seed", without: "compare_without", validation: "validation" }[name];
  return text(own ?? `setting_${name}`);
}

function shown(name, value, table) {
  if (value === undefined) return NONE;
  if (name === "without") return leftOutText(value);
  if (name === "validation") return shareWords(value);
  return name === "layers" ? layersText(value) : say(table.find((one) => one.name === name), value);
}
