// What evaluations say: which one belongs to a model, its table and matrix, two of them compared. Pure.
import { datasetOf } from "./datasets.js";
import { home, wayOf } from "./tree.js";

const SPLITS = ["test", "validation", "train", "drawings"];
export const COLUMNS = ["accuracy", "precision", "recall", "f1", "auc", "average_precision", "support"];
export const MOST_ROWS = 20; // classes in a matrix; beyond it the most confused ones are shown

/** The splits that a Run's models can be evaluated on. */
export function splitsOf(blueprint) {
  return SPLITS.filter((split) => split !== "validation" || blueprint?.validation);
}

/** The stored model {branch, epoch} that is evaluated for a chosen one, or null before any Run.
 *  Of `now` it is the newest finished epoch that is kept. */
export function targetOf(state, model) {
  const place = state?.session.position;
  if (model?.branch) return state.branches[model.branch] ? { branch: home(state, model.branch, model.epoch), epoch: model.epoch } : null;
  if (!place) return null;
  const [first, ...later] = wayOf(state, place.branch);
  const start = { branch: first.branch, epoch: 0 };
  if (model === "untrained") return start;
  const parts = [first, ...later].map(({ branch, to }) => ({ branch, to: Math.min(to, place.x) }));
  const ends = state.checkpoints.filter((one) => one.batch === 0 && one.finite !== false
    && parts.some(({ branch, to }) => branch === one.branch && one.epoch <= to));
  return ends.reduce((best, { branch, epoch }) => (epoch > best.epoch ? { branch, epoch } : best), start);
}

/** Under which name an evaluation stands in the Snapshot. */
export function evaluationId({ branch, epoch }, split) {
  return `${branch}-${epoch}-${split}`;
}

/** The row of an evaluation in the Snapshot, or null; drawings that came or went since make it an old one. */
export function evaluationOf(state, target, split) {
  const row = target ? state?.evaluations?.[evaluationId(target, split)] : null;
  return row ?? null;
}

/** The evaluation of the latest epoch on the way to where the Session stands, or null; training goes on while one looks at it. */
export function latestOn(state, split) {
  const place = state?.session.position;
  const way = wayOf(state, place?.branch);
  const found = listed(state).filter((row) => row.split === split && row.epoch > 0 && row.epoch <= place?.x
    && way.some(({ branch, from, to }) => branch === row.branch && row.epoch > from && row.epoch <= to));
  return found.reduce((best, row) => (best && best.epoch >= row.epoch ? best : row), null);
}

/** Drawings of the room that belong to the dataset of this Branch's Run. */
export function drawingsOf(state, branch) {
  const key = (state?.runs[state.branches[branch]?.run]?.blueprint ?? state?.blueprint)?.dataset;
  return Object.entries(state?.drawings ?? {}).filter(([, { dataset }]) => dataset === key).map(([id]) => id).sort();
}

/** Whether the room's drawings are others than those that were evaluated. */
export function outdated(state, row) {
  if (row?.split !== "drawings" || row.state !== "done") return false;
  return JSON.stringify([...(row.drawings ?? [])].sort()) !== JSON.stringify(drawingsOf(state, row.branch));
}

/** All evaluations, the newest first: [{id, ...row}]. */
export function listed(state) {
  return Object.entries(state?.evaluations ?? {}).map(([id, row]) => ({ id, ...row })).sort((a, b) => b.seq - a.seq);
}

/** Names of the classes of an evaluated Run. */
export function classesOf(state, run, datasets) {
  return datasetOf(state?.runs[run]?.blueprint ?? state?.blueprint, { datasets })?.classes ?? [];
}

/** Whether two evaluations are of the same examples: only then differences mean something. */
export function comparable(one, other) {
  return Boolean(one && other) && one.matrix.length === other.matrix.length && one.examples === other.examples && one.split === other.split;
}

/** The numbers at the head: [{name, value, kind}]; kind: share (a percentage) or loss. */
export function headline({ accuracy, loss, top, calibration_error: error }) {
  const tops = [2, 3, 5].filter((k) => k <= top.length).map((k) => ({ name: "top", k, value: top[k - 1], kind: "share" }));
  return [
    { name: "accuracy", value: accuracy, kind: "share" }, { name: "loss", value: loss, kind: "loss" },
    ...tops.slice(-2), { name: "ece", value: error, kind: "share" },
  ];
}

/** Rows of the table by class: [{label, name, …scores}], sorted; nulls are always last. */
export function rowsOf(classes, names, { by = "label", falling = false } = {}) {
  const rows = classes.map((scores, label) => ({ label, name: names[label] ?? String(label), ...scores }));
  const way = falling ? -1 : 1;
  return rows.sort((a, b) => missing(a[by]) - missing(b[by]) || way * (a[by] - b[by]) || a.label - b.label);
}

function missing(value) {
  return value === null || value === undefined ? 1 : 0;
}

/** Labels of the rows and columns that are shown: all, or those with the most mistakes, in their order. */
export function shownLabels(matrix, most = MOST_ROWS) {
  const all = matrix.map((_, label) => label);
  if (all.length <= most) return all;
  const mistakes = (label) => sum(matrix[label]) - matrix[label][label] + sum(matrix.map((row) => row[label])) - matrix[label][label];
  return all.sort((a, b) => mistakes(b) - mistakes(a) || a - b).slice(0, most).sort((a, b) => a - b);
}

/** Each row as shares of the examples of its class; null where it has none. */
export function ratesOf(matrix) {
  return matrix.map((row) => {
    const whole = sum(row);
    return row.map((count) => (whole ? count / whole : null));
  });
}

/** b − a, cell by cell. */
export function differenceOf(a, b) {
  return b.map((row, index) => row.map((value, column) => (value === null || a[index][column] === null ? null : value - a[index][column])));
}

/** How strong the colour of each cell is, 0…1, and what it says: right, wrong, more, fewer, none.
 *  Mistakes have a scale of their own, else nobody would see them beside what is right; a difference has one for all. */
export function shades(cells, signed) {
  const sizes = (keep) => Math.max(0, ...cells.flatMap((row, r) => row.filter((value, c) => keep(r, c)).map(Math.abs)));
  const largest = signed ? [sizes(() => true)] : [sizes((r, c) => r !== c), sizes((r, c) => r === c)];
  return cells.map((row, r) => row.map((value, c) => {
    const most = signed ? largest[0] : largest[Number(r === c)];
    if (!value || !most) return { strength: 0, means: "none" };
    return { strength: Math.abs(value) / most, means: signed ? (value > 0 ? "more" : "fewer") : (r === c ? "right" : "wrong") };
  }));
}

/** The largest mistakes: [{label, prediction, count}]. */
export function worst(matrix, most = 3) {
  const cells = matrix.flatMap((row, label) => row.map((count, prediction) => ({ label, prediction, count })));
  return cells.filter(({ label, prediction, count }) => label !== prediction && count).sort((a, b) => b.count - a.count).slice(0, most);
}

/** A curve as an SVG path in a square of `side`, y upwards; empty without points. */
export function curvePath({ x, y }, side) {
  return x.map((value, index) => `${index ? "L" : "M"}${round(value * side)} ${round((1 - y[index]) * side)}`).join("");
}

/** The index of the point nearest to a place (both 0…1), or -1. */
export function nearestPoint({ x, y }, at) {
  const far = (index) => (x[index] - at.x) ** 2 + (y[index] - at.y) ** 2;
  return x.reduce((best, _, index) => (best < 0 || far(index) < far(best) ? index : best), -1);
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}

function round(value) {
  return Math.round(value * 100) / 100;
}
