// Which network a question is about, and from when its answer is. Pure.
import { datasetOf } from "./datasets.js";
import { count, epoch } from "./format.js";
import { text } from "./texts.js";

/** Changes whenever a question about `model` should be asked anew; while it trains only where `live`, or `again` has grown. */
export function momentOf(state, model, live = false, again = 0) {
  const { position, begun } = state.session;
  const run = position ? position.run : JSON.stringify(state.blueprint);
  if (model !== "now") return run;
  if (moving(state, model) && !live) return `${run} ${position?.branch} from ${begun} ${again}`;
  return position ? `${run} ${position.branch} ${position.epoch} ${position.batch}` : run;
}

/** Whether the model changes while it is looked at. */
export function moving(state, model) {
  return model === "now" && state.session.status === "training";
}

/** Where the weights of an answer are from, in words. */
export function placeText(place) {
  if (!place) return "";
  if (place.untrained) return text("place_untrained");
  if (!place.batch) return text("place_epoch", { branch: place.branch, epoch: count(place.epoch) });
  return text("place_within", { branch: place.branch, x: epoch(place.x) });
}

/** What a model was made by: the Blueprint of its Run. */
export function blueprintOf(state, model) {
  const { runs, branches, blueprint } = state ?? {};
  return runs?.[branches?.[model?.branch]?.run]?.blueprint ?? blueprint ?? null;
}

/** The names of the classes of a model. */
export function classesOf(state, catalogue, model) {
  return datasetOf(blueprintOf(state, model), catalogue)?.classes ?? [];
}
