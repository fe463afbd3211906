// Comparing lines (a Branch with its ancestors) of any rooms: what the address says, and what is drawn and told. Pure.
import { AXES, axisOf } from "./axes.js";
import { difference } from "./curves.js";
import { pointsAlong, settingsAt, wayOf } from "./tree.js";

export const MOST = 8; // lines; more cannot be told apart
// held back to validate · test split · mean of the epoch (train mode) · raw per batch
export const PARTS = ["validation", "test", "epoch", "train"];
const CODE = "[2-9a-hjkmnp-tv-z]{8}"; // as ml_utils/web/identity.py makes them
const LINE = new RegExp(`^(${CODE})\\.([A-Za-z0-9_-]{1,64})$`);

export const keyOf = ({ room, branch }) => `${room}.${branch}`;

/** "room.branch,room.branch" → [{room, branch}], each once; what is no such pair is left out. */
export function linesOf(text) {
  const found = new Map();
  for (const part of (text ?? "").split(",")) {
    const [, room, branch] = LINE.exec(part.trim()) ?? [];
    if (room) found.set(`${room}.${branch}`, { room, branch });
  }
  return [...found.values()].slice(0, MOST);
}

/** What a person pasted (links of rooms or of comparisons, codes, code.branch) → [{room, branch or null}]. */
export function pasted(text) {
  return text.trim().split(/\s+/).flatMap((word) => {
    const query = /[?&]of=([^&#]*)/.exec(word)?.[1];
    if (query !== undefined) return linesOf(decoded(query));
    const room = new RegExp(`(?:^|/room/)(${CODE})(?:[/?#]|$)`).exec(word)?.[1];
    return room ? [{ room, branch: null }] : linesOf(word);
  });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The choice that an address holds: {lines, parts, axis, against}; `against` is the key of the line that others are measured by. */
export function readChoice(search) {
  const query = new URLSearchParams(search);
  const parts = PARTS.filter((part) => (query.get("show") ?? "").split(",").includes(part));
  const lines = linesOf(query.get("of"));
  const against = lines.map(keyOf).find((key) => key === query.get("against")) ?? null;
  return { lines, parts: parts.length ? parts : ["test", "epoch"], axis: AXES.find((axis) => axis === query.get("x")) ?? "epochs", against };
}

/** The address of a choice; all of it is made of signs that need no escaping. */
export function writeChoice({ lines, parts, axis, against }) {
  const query = { of: lines.map(keyOf).join(), show: parts.join(), x: axis, against };
  return `?${Object.entries(query).filter(([, value]) => value).map((pair) => pair.join("=")).join("&")}`;
}

/** The points of a line for `part` (one of PARTS) of `what` (loss, accuracy) over an axis. */
export function pointsOf(state, branch, part, what, axis) {
  const points = pointsAlong(state, branch, `${part}_${what}`).filter(([, y]) => Number.isFinite(y));
  return axis === "epochs" ? points : onAxis(points, pointsAlong(state, branch, axis));
}

/** Epochs replaced by what `scale` says is reached there, from 0 at the start on; nothing where the scale has no points. */
export function onAxis(points, scale) {
  if (!scale.length) return [];
  const { to } = axisOf("any", scale);
  const moved = points.map(([x, y]) => [to(x), y]);
  return moved.filter(([x], index) => index === moved.length - 1 || x < moved[index + 1][0]);
}

/** The value at x, straight between its neighbours; null outside of the points. */
export function valueAt(points, x) {
  let [low, high] = [0, points.length - 1];
  if (high < 0 || x < points[0][0] || x > points[high][0]) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= x) low = middle;
    else high = middle;
  }
  const [[x0, y0], [x1, y1]] = [points[low], points[high]];
  if (x === x1 || x1 === x0) return x === x1 ? y1 : y0;
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

/** All curves of one chart: [{key, line, part, points}]; with a reference, differences to the same part of it. */
export function curvesOf(lines, { parts, axis, against }, what) {
  const of = (line, part) => pointsOf(line.state, line.branch, part, what, axis);
  const reference = lines.find((line) => keyOf(line) === against);
  return lines.flatMap((line, index) => parts.map((part) => {
    const points = of(line, part);
    const shown = reference ? difference(of(reference, part), points) : points;
    return { key: `${keyOf(line)}.${part}`, line: index, part, points: shown };
  }));
}

/** Whether a line holds examples back to validate. */
export function validates({ state, branch }) {
  return Boolean(state.runs[state.branches[branch].run].blueprint.validation);
}

/** How a line did on a split: {best, last}, each {loss, accuracy} as {value, epoch}, and examples; null where it was not measured. */
export function outcome(state, branch, split = "test") {
  const [losses, accuracies] = [`${split}_loss`, `${split}_accuracy`].map((series) => pointsAlong(state, branch, series)
    .filter(([, y]) => Number.isFinite(y)));
  if (!accuracies.length) return null;
  const examples = wayOf(state, branch).findLast((part) => state.branches[part.branch].last)?.branch;
  return {
    best: { loss: pick(losses, (a, b) => a < b), accuracy: pick(accuracies, (a, b) => a > b) },
    last: { loss: pick(losses, () => true), accuracy: pick(accuracies, () => true) },
    examples: examples ? state.branches[examples].last[split]?.examples ?? null : null,
  };
}

/** The first point that no other beats. */
function pick(points, beats) {
  const found = points.reduce((best, point) => (!best || beats(point[1], best[1]) ? point : best), null);
  return found ? { value: found[1], epoch: found[0] } : null;
}

/** What differs between lines: [{name, values}], Blueprint first, then Settings at the tips. */
export function differing(lines) {
  const all = lines.map(({ state, branch }) => {
    const run = state.runs[state.branches[branch].run];
    const { layers, seed, without = [], validation = 0 } = run.blueprint;
    return { dataset: datasetText(run.blueprint), layers, seed, without, validation, ...settingsAt(state, branch, Infinity) };
  });
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  const rows = names.map((name) => ({ name, values: all.map((one) => one[name]) }));
  return rows.filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

/** The dataset as it is called; own images also by the beginning of their digest, two may have one title. */
function datasetText({ dataset, images }) {
  return images ? `${images.title} (${dataset.slice(4, 10)})` : dataset;
}

/** Layers in short: conv 16 · relu · pool · flatten · linear 10. */
export function layersText(layers) {
  return layers.map(({ kind, channels, features }) => [kind, channels ?? features].filter((part) => part !== undefined).join(" ")).join(" · ");
}

/** Examples left out in short: how many, and the first of them. */
export function leftOutText(numbers) {
  if (!numbers.length) return "0";
  return `${numbers.length} (${numbers.slice(0, 5).join(", ")}${numbers.length > 5 ? ", …" : ""})`;
}

/** Whether a room may still change by itself. */
export function live(state) {
  return Boolean(state) && (state.session.status === "training" || Boolean(state.session.waiting) || state.plan?.length > 0);
}

/** The Branch that a room's link means: where its Session stands, else the next one that is not taken. */
export function branchFor(state, taken) {
  const here = state?.session.position?.branch;
  return [here, ...Object.keys(state?.branches ?? {}).reverse()].find((id) => id && !taken.includes(id)) ?? null;
}
