import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { titleOf } from "../lib/datasets.js";
import { percent } from "../lib/format.js";
import { bestKept, branchLabel, groupsOf, keptOf, modelTitle } from "../lib/models.js";
import { language, text } from "../lib/texts.js";

const OF_BRANCH = "branch:"; // before the name of a Branch in the value of an option

/** All that can be chosen: what has no epoch, the best, then the Branches of each Run. */
export function optionsTemplate(state, catalogue) {
  return html`<option value="now">${modelTitle(state, "now")}</option>
    ${guard(marksOf(state), () => html`<option value="untrained">${text("model_title_untrained")}</option>
      ${bestTemplate(bestKept(state))}
      ${groupsOf(state).map((group) => groupTemplate(state, group, catalogue))}`)}`;
}

/** Which option stands for a model. */
export function pickOf(model) {
  return model.branch ? `${OF_BRANCH}${model.branch}` : model;
}

/** The model behind an option; of a Branch its newest kept epoch. */
export function picked(state, value) {
  if (value === "now" || value === "untrained") return value;
  const found = value === "best" ? bestKept(state) : keptOf(state, value.slice(OF_BRANCH.length)).at(-1);
  return found ? { branch: found.branch, epoch: found.epoch } : null;
}

function bestTemplate(best) {
  if (!best) return nothing;
  return html`<option value="best">${text("model_best", { accuracy: percent(best.accuracy), branch: best.branch, epoch: best.epoch })}</option>`;
}

function groupTemplate(state, { run, number, present, branches }, catalogue) {
  const title = titleOf(state.runs[run].blueprint, catalogue);
  return html`<optgroup label=${text(present ? "model_run_present" : "model_run", { number, dataset: title })}>
    ${branches.map((id) => html`<option value="${OF_BRANCH}${id}">${branchLabel(state, id, catalogue?.settings ?? [])}</option>`)}</optgroup>`;
}

/** What changes when the list does; batches alone do not. */
function marksOf(state) {
  const { checkpoints, branches, runs, series, session } = state;
  const tests = Object.values(series).map(({ test_accuracy: points }) => points?.length ?? 0).join();
  const names = Object.values(branches).map(({ name }) => name ?? "").join();
  return [checkpoints.length, checkpoints.at(-1)?.seq, tests, names, Object.keys(runs).length, session.position.run, language()];
}
