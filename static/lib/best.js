// The best epoch on the way to a Branch, as core/best.py finds it. Pure.
import { loss, percent } from "./format.js";
import { text } from "./texts.js";
import { pointsAlong, settingsAt, wayOf } from "./tree.js";

/** {epoch, branch, metric, split, value} of the best epoch whose Checkpoint is kept and sound, or null: by the Setting `watch`,
 *  on what is held back to validate where there is any, else on the test split; of equal ones the earliest. */
export function bestOf(state, branch) {
  const tip = state?.branches[branch]?.tip;
  if (!tip) return null;
  const metric = settingsAt(state, branch, tip.x).watch ?? "accuracy";
  const split = state.runs[state.branches[branch].run]?.blueprint?.validation
    && pointsAlong(state, branch, "validation_accuracy").length ? "validation" : "test";
  const homes = homesOf(state, branch);
  const known = pointsAlong(state, branch, `${split}_${metric}`).filter(([x]) => homes.has(x));
  const better = metric === "loss" ? (a, b) => a < b : (a, b) => a > b;
  const best = known.reduce((found, point) => (found && !better(point[1], found[1]) ? found : point), null);
  return best && { epoch: best[0], branch: homes.get(best[0]), metric, split, value: best[1] };
}

/** By epoch, the Branch whose Checkpoint there is at its end; the ancestors' come first. */
function homesOf(state, branch) {
  const homes = new Map();
  for (const part of wayOf(state, branch)) {
    for (const one of state.checkpoints) {
      const mine = one.branch === part.branch && one.batch === 0 && one.finite !== false && one.epoch <= part.to;
      if (mine && !homes.has(one.epoch)) homes.set(one.epoch, one.branch);
    }
  }
  return homes;
}

/** "best so far: epoch 6, validation accuracy 95.2 %" */
export function bestWords({ epoch, metric, split, value }) {
  const said = metric === "loss" ? loss(value) : percent(value);
  return text("best_so_far", { epoch, what: text(`best_${split}_${metric}`), value: said });
}
