// What is learned from: a row of the catalogue's table, or own images as their Blueprint describes them. Pure.
import { bytesOf } from "./pixels.js";

/** Sides of own images in pixels, by the number of channels; as in core/datasets.py. */
export const SIDES = { 1: [8, 16, 28, 32, 48, 64, 96, 128], 3: [8, 16, 28, 32, 48, 64] };

/** Own images as a row like those of the table; `images` stays with it, for whoever makes a Blueprint. */
export function ownRow(name, images) {
  return { ...images, name, images, megabytes: 0, split_by_seed: false };
}

/** The dataset of a Blueprint: {name, title, shape, classes, train, test, …}; null where nobody knows it. */
export function datasetOf(blueprint, catalogue) {
  if (blueprint?.images) return ownRow(blueprint.dataset, blueprint.images);
  return catalogue?.datasets?.find(({ name }) => name === blueprint?.dataset) ?? null;
}

/** The title of a Blueprint's dataset; its name where nobody knows it. */
export function titleOf(blueprint, catalogue) {
  return datasetOf(blueprint, catalogue)?.title ?? blueprint?.dataset ?? "";
}

/** How many examples an epoch has: those to train with, less those left out, or held back to validate; NaN: nobody knows. */
export function examplesOf(blueprint, catalogue) {
  const all = (datasetOf(blueprint, catalogue)?.train ?? NaN) - (blueprint?.without?.length ?? 0);
  return all - halfToEven((blueprint?.validation ?? 0) * all);
}

/** The nearest whole number; of two the even one, as Python rounds. */
function halfToEven(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** The dataset of this name, as a room knows it: out of the table, kept in the room, or of one of its Blueprints. */
export function datasetIn(state, name, catalogue) {
  const kept = state?.images?.[name];
  if (kept) return ownRow(name, kept.images);
  const made = Object.values(state?.runs ?? {}).map(({ blueprint }) => blueprint);
  const mine = [state?.blueprint, state?.draft?.blueprint, ...made].find((one) => one?.dataset === name);
  return datasetOf(mine ?? { dataset: name }, catalogue);
}

/** The allowed side nearest to what most images have; the smaller one of two that are equally near. */
export function nearestSide(size, channels) {
  return SIDES[channels].reduce((best, side) => (Math.abs(side - size) < Math.abs(best - size) ? side : best));
}

/** {side, channels} that suit what was found in an archive: the size that most images have; grey where nothing has colours. */
export function fittingLook({ sizes, samples }) {
  const [size] = Object.entries(sizes).sort(([, a], [, b]) => b - a)[0] ?? ["32×32"];
  const channels = samples.flat().some(hasColours) ? 3 : 1;
  return { channels, side: nearestSide(Math.min(...size.split("×").map(Number)), channels) };
}

function hasColours({ channels, pixels }) {
  const bytes = channels === 3 ? bytesOf(pixels) : [];
  return bytes.some((value, at) => value !== bytes[at - (at % 3)]);
}
