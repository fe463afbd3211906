// Examples and their models: what a number means, which stored model a gallery can speak of, how an example is called. Pure.
import { PASSED_OVER } from "./ask.js";
import { datasetOf } from "./datasets.js";
import { text } from "./texts.js";
import { home, wayOf } from "./tree.js";

const AGAIN = 400; // ms until a question is asked again that was not looked at

/** What names the examples of a Blueprint: with the same key, a number means the same image. */
export function examplesKey(blueprint, datasets) {
  const row = datasetOf(blueprint, { datasets });
  return row?.split_by_seed ? `${row.name}-${blueprint.seed}` : (blueprint?.dataset ?? "");
}

/** The name of an example in state.marks, "test-12"; null where the image is no example of the dataset. */
export function exampleOf(image) {
  return image?.kind === "example" ? `${image.split}-${image.number}` : null;
}

/** What to choose for an example of a gallery. */
export function imageOf({ split, number, drawing }) {
  return drawing ? { kind: "drawing", drawing } : { kind: "example", split, number };
}

/** "test image 12" */
export function nameOf(image) {
  if (image?.kind !== "example") return text("gallery_drawing");
  return text(`gallery_${image.split}_image`, { number: image.number });
}

/** The newest finished epoch on the way here whose Checkpoint is kept: {branch, epoch}; null before there is one. */
export function newestEpoch(state) {
  const position = state?.session.position;
  if (!position) return null;
  const way = wayOf(state, position.branch);
  const known = state.checkpoints.filter((one) => one.batch === 0 && one.epoch >= 1 && one.x <= position.x
    && way.some((part) => part.branch === one.branch && one.x <= part.to));
  const epoch = Math.max(0, ...known.map((one) => one.epoch));
  return epoch ? { branch: home(state, position.branch, epoch), epoch } : null;
}

/** The evaluation of a stored model on a split, or null; models before a fork belong to the Branch they came from, too. */
export function evaluationOf(state, model, split) {
  if (!state?.branches[model?.branch]) return null;
  const branches = [model.branch, home(state, model.branch, model.epoch)];
  const known = branches.map((branch) => state.evaluations?.[`${branch}-${model.epoch}-${split}`]);
  return known.find((one) => one?.state === "done") ?? known.find(Boolean) ?? null;
}

/** The answer to a question; asked again while it is passed over (newer ones overtake it, too many come) and still wanted. */
export async function persist(ask, wanted = () => true, pause = wait) {
  for (;;) {
    const answer = await ask();
    if (answer.ok || !PASSED_OVER.includes(answer.error.code) || !wanted()) return answer;
    await pause(AGAIN);
  }
}

/** {image, label, refused} of an example or drawing of the room; nothing of it may be known. */
export async function thumbnail(room, image) {
  const { kind, split, number } = image;
  const history = kind === "example" ? await persist(() => room.ask("passport", { split, number })) : null;
  if (history?.ok && history.image) return { image: history.image, label: history.label ?? null };
  const answer = await persist(() => room.ask("classify", { model: "now", image }));
  const label = image.kind === "drawing" ? (room.state?.drawings?.[image.drawing]?.label ?? null) : null;
  return { image: answer.image ?? null, label };
}

function wait(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
