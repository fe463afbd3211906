import { html, nothing } from "lit";
import { titleOf } from "../lib/datasets.js";
import { percent } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { branchesIn } from "../lib/tree.js";

/** The choice among a room's Runs: what was learned, by which network, and how well at best. */
export function runsTemplate(state, run, catalogue, choose) {
  const runs = Object.keys(state.runs);
  if (runs.length < 2) return nothing;
  return html`<select class="form-select runs" aria-label=${text("tree_run")} @change=${({ target }) => choose(target.value)}>
    ${runs.map((id, index) => html`<option value=${id} ?selected=${id === run}>
      ${about(state, id, index + 1, catalogue)}</option>`)}</select>`;
}

function about(state, run, number, catalogue) {
  const { blueprint } = state.runs[run];
  const title = titleOf(blueprint, catalogue);
  const network = text(blueprint.layers.some(({ kind }) => kind === "conv") ? "tree_cnn" : "tree_mlp");
  const best = bestOf(state, run);
  const reached = Number.isFinite(best) ? ` · ${text("tree_best", { accuracy: percent(best) })}` : "";
  return `${text("tree_run_number", { number })} · ${title} · ${network}${reached}`;
}

function bestOf(state, run) {
  let best = -Infinity;
  for (const branch of branchesIn(state, run)) {
    for (const [, accuracy] of state.series[branch]?.test_accuracy ?? []) best = Math.max(best, accuracy);
  }
  return best;
}
