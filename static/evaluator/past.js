import { html, nothing } from "lit";
import { clock, percent, who } from "../lib/format.js";
import { modelName } from "../lib/models.js";
import { text } from "../lib/texts.js";

/** What was evaluated in this room; one click shows it again. */
export function pastTemplate(state, rows, shown, reopen) {
  if (!rows.length) return nothing;
  return html`<details class="past"><summary>${text("evaluate_past", { count: rows.length })}</summary>
    <ul>${rows.map((row) => html`<li><button type="button" data-evaluation=${row.id} aria-pressed=${shown.includes(row.seq)} @click=${() => reopen(row)}>
      <span class="what"><strong>${modelName(state, row)}</strong> · ${text(`evaluate_${row.split}`)}</span>
      <span class="got">${outcome(row)}</span>
      <span class="aside">${who(row.by)}, ${clock(row.at)}</span></button></li>`)}</ul></details>`;
}

function outcome({ state: standing, accuracy, done, total }) {
  if (standing === "done") return percent(accuracy);
  if (standing === "failed") return text("evaluate_past_failed");
  return total ? text("evaluate_past_running", { share: percent(done / total) }) : text("evaluate_queued");
}
