// Which models of a room can be looked at: the living one, the untrained one, and the epochs whose Checkpoint is kept. Pure.
import { same } from "./chosen.js";
import { NONE, epoch as epochText, percent } from "./format.js";
import { text } from "./texts.js";
import { aboutBranch, branchesIn, home } from "./tree.js";

/** Epochs of a Branch's own line whose end is kept, rising: [{branch, epoch, accuracy or null}].
 *  The first Branch of a Run has epoch 0, too: its beginning needs no Checkpoint. */
export function keptOf(state, branch) {
  const row = state?.branches[branch];
  if (!row) return [];
  const ends = state.checkpoints.filter((one) => one.branch === branch && one.batch === 0 && one.epoch > 0 && one.finite !== false);
  const epochs = [...new Set([...(row.parent ? [] : [0]), ...ends.map(({ epoch }) => epoch)])].sort((a, b) => a - b);
  return epochs.map((epoch) => ({ branch, epoch, accuracy: accuracyAt(state, { branch, epoch }) }));
}

/** The test accuracy of a stored model at the end of its epoch, or null. */
export function accuracyAt(state, { branch, epoch }) {
  const points = state.series[branch]?.test_accuracy ?? [];
  return points.findLast(([x]) => x === epoch)?.[1] ?? null;
}

/** Runs with the Branches that have something kept, the present Run first: [{run, number, present, branches: [id]}]. */
export function groupsOf(state) {
  const runs = Object.keys(state?.runs ?? {});
  const here = state?.session.position?.run;
  const groups = runs.map((run, index) => ({
    run, number: index + 1, present: run === here, branches: branchesIn(state, run).filter((id) => keptOf(state, id).length),
  }));
  return groups.filter(({ branches }) => branches.length).sort((a, b) => b.present - a.present || b.number - a.number);
}

/** The kept epoch with the best test accuracy of the present Run: {branch, epoch, accuracy}, or null. */
export function bestKept(state) {
  const run = state?.session.position?.run;
  const kept = branchesIn(state, run).flatMap((id) => keptOf(state, id)).filter(({ accuracy }) => accuracy !== null);
  return kept.reduce((best, one) => (best && best.accuracy >= one.accuracy ? best : one), null);
}

/** The model as it can be shown: {model, gone}. Itself, by the Branch it lies on; where it is no longer kept, the nearest one,
 *  and `gone` is the asked one. */
export function settled(state, model) {
  if (!state || model === null || typeof model === "string") return { model, gone: null };
  if (!state.branches[model.branch]) return { model: "now", gone: model };
  const asked = { branch: home(state, model.branch, model.epoch), epoch: model.epoch };
  const kept = keptOf(state, asked.branch);
  if (kept.some(({ epoch }) => epoch === asked.epoch)) return { model: same(asked, model) ? model : asked, gone: null };
  const near = nearest(kept, asked.epoch);
  return { model: near ? { branch: near.branch, epoch: near.epoch } : "now", gone: asked };
}

function nearest(kept, epoch) {
  return kept.reduce((best, one) => (best && Math.abs(best.epoch - epoch) <= Math.abs(one.epoch - epoch) ? best : one), null);
}

/** What is compared with unless somebody says otherwise: the first kept epoch of the present Branch, else the untrained network. */
export function usualBeside(state, model) {
  const branch = model?.branch ?? state?.session.position?.branch;
  const first = keptOf(state, branch).find(({ epoch }) => epoch > 0 && epoch !== model?.epoch);
  return first ? { branch, epoch: first.epoch } : model === "untrained" ? "now" : "untrained";
}

/** A model in words: "now, epoch 3.40 of b1", "untrained", "b1 · epoch 7". */
export function modelName(state, model) {
  if (model === "untrained") return text("model_short_untrained");
  if (model?.branch) return `${model.branch} · ${text("at_epoch", { epoch: model.epoch })}`;
  const place = state?.session.position;
  return place ? text("model_short_now", { branch: place.branch, epoch: epochText(place.x) }) : text("model_short_untrained");
}

/** The same for a choice: with what the Session does, in full words. */
export function modelTitle(state, model) {
  if (model !== "now") return modelName(state, model);
  const { position, status } = state.session;
  if (!position) return text("model_now_none");
  return text(status === "training" ? "model_now_training" : "model_now_still", { epoch: epochText(position.x) });
}

/** "b2 · from epoch 3 · learning rate … · best 97.1 %" */
export function branchLabel(state, id, rows = []) {
  const best = Math.max(...keptOf(state, id).map(({ accuracy }) => accuracy ?? -1));
  return `${id} · ${aboutBranch(state, id, rows)}${best >= 0 ? ` · ${text("tree_best", { accuracy: percent(best) })}` : ""}`;
}

/** The test accuracy to show beside a model: {accuracy, epoch} or null; of the living one that of its newest test. */
export function testedAt(state, model) {
  if (!state || model === "untrained" || model === null) return null;
  if (model !== "now") return tested(accuracyAt(state, model), model.epoch);
  const { branch } = state.session.position ?? {};
  const last = state.series[branch]?.test_accuracy?.at(-1);
  return last ? tested(last[1], last[0]) : null;
}

function tested(accuracy, epoch) {
  return accuracy === null ? null : { accuracy, epoch };
}

/** "97.1 %", or a dash. */
export function accuracyText(found) {
  return found ? percent(found.accuracy) : NONE;
}
