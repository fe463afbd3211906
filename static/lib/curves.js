// From the Snapshot to what a chart draws. Pure.
import { branchesIn, pointsAlong, upTo, wayOf } from "./tree.js";

// raw per batch · mean of the epoch (train mode) · what the room has drawn, what is held back to validate, where there is any ·
// test split (these three in eval mode)
const PARTS = ["train", "epoch", "drawings", "validation", "test"];
const SOMETIMES = ["drawings", "validation"];
const NEWEST = 3; // Branches that are shown beside the present one, its parent and its twin
const RATE = "rate";
const NONE = Object.freeze([]); // the same one each time: nothing has changed

/** The parts a chart of `what` (loss, accuracy, rate) has, with the series of each; `more`: those that there are sometimes. */
export function partsOf(what, more = []) {
  if (what === RATE) return [[RATE, "learning_rate"]];
  return PARTS.filter((part) => more.includes(part) || !SOMETIMES.includes(part)).map((part) => [part, `${part}_${what}`]);
}

/** What any of these Branches was scored on beside the test split. */
function scoredOn(state, branches) {
  return SOMETIMES.filter((part) => branches.some((branch) => state.series[branch]?.[`${part}_accuracy`]?.length));
}

/** The curves of the present Run for `what`; the Branch where the Session stands comes first, `rank` is its number. */
export function curvesOf(state, what) {
  const here = state?.session.position;
  if (!here) return [];
  const ids = branchesIn(state, here.run);
  const parts = partsOf(what, scoredOn(state, ids));
  return branchesOf(state).flatMap((branch) => parts.map(([part, series]) => ({
    key: `${branch}.${series}`, branch, rank: ids.indexOf(branch), part, series, present: branch === here.branch,
    points: state.series[branch]?.[series] ?? NONE,
  })));
}

/** Branches of the present Run, the one where the Session stands first, then the newest. */
export function branchesOf(state) {
  const here = state?.session.position;
  if (!here) return [];
  return [here.branch, ...branchesIn(state, here.run).filter((id) => id !== here.branch).reverse()];
}

/** Branches that are drawn unless somebody chose otherwise: the present one, its parent, its twin and the newest few. */
export function usualBranches(state) {
  const [present, ...others] = branchesOf(state);
  const row = state?.branches[present];
  if (!row) return new Set();
  const twins = others.filter((id) => row.group && state.branches[id].group === row.group);
  return new Set([present, ...(row.parent ? [row.parent] : []), ...twins, ...others.slice(0, NEWEST)]);
}

/** The first two Branches of a group of twins, or null: the present Branch's group, else the newest. */
export function twinsOf(state) {
  for (const { group } of branchesOf(state).map((id) => state.branches[id])) {
    const pair = group ? branchesIn(state, state.session.position.run).filter((id) => state.branches[id].group === group) : [];
    if (pair.length > 1) return pair.slice(0, 2);
  }
  return null;
}

/** The lines of the ancestors that lead to the present Branch, each up to the fork at `to`, unless they are `shown` anyway. */
export function wayCurves(state, curves, shown) {
  const own = curves.filter(({ present }) => present);
  return wayOf(state, own[0]?.branch).slice(0, -1).filter(({ branch }) => !shown.has(branch)).flatMap(({ branch, to }) => (
    own.map((curve) => ({
      ...curve, key: `${branch}.${curve.series}.way`, branch, to, points: state.series[branch]?.[curve.series] ?? NONE,
    }))));
}

/** The last value of a series on the way to a Branch when it began: [epoch, value], or null; its curve starts there. */
export function startOf(state, branch, series) {
  const { parent, epoch } = state.branches[branch];
  if (!parent) return null;
  const value = upTo(pointsAlong(state, parent, series), epoch).at(-1)?.[1];
  return value === undefined ? null : [epoch, value];
}

/** b − a at equal x, where both are known; between two points of a the line counts. */
export function difference(a, b) {
  const found = [];
  let row = 0;
  for (const [x, y] of b) {
    while (row + 1 < a.length && a[row + 1][0] <= x) row += 1;
    const value = at(a, row, x);
    if (Number.isFinite(value) && Number.isFinite(y)) found.push([x, y - value]);
  }
  return found;
}

function at(points, row, x) {
  const [from, to] = [points[row], points[row + 1]];
  if (!from || x < from[0]) return NaN;
  if (x === from[0]) return from[1];
  return to ? from[1] + ((to[1] - from[1]) * (x - from[0])) / (to[0] - from[0]) : NaN;
}

/** Columns for uPlot: one rising x for all curves; `undefined` where a curve has no point (the line passes on). */
export function align(curves, valid = Number.isFinite) {
  const xs = curves.map(({ points }) => points.map(([x]) => x)).reduce(union, []);
  return [xs, ...curves.map(({ points }) => column(points, xs, valid))];
}

/** Two rising lists as one; linear, and one pass where one list is empty. */
function union(left, right) {
  if (!left.length || !right.length) return left.length ? left : right;
  const both = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const x = j >= right.length || left[i] <= right[j] ? left[i] : right[j];
    if (left[i] === x) i += 1;
    if (right[j] === x) j += 1;
    both.push(x);
  }
  return both;
}

function column(points, xs, valid) {
  const values = new Array(xs.length).fill(undefined);
  let row = 0;
  for (const [x, y] of points) {
    while (xs[row] < x) row += 1;
    if (valid(y)) values[row] = y;
  }
  return values;
}

/** Points with a window of them replaced by finer ones, never beyond the last point the curve has. */
export function refine(points, fine) {
  if (!fine || !points.length) return points;
  const end = points.at(-1)[0];
  const within = fine.points.filter(([x]) => x <= end);
  if (!within.length) return points;
  const [from, to] = [within[0][0], within.at(-1)[0]];
  return [...points.filter(([x]) => x < from), ...within, ...points.filter(([x]) => x > to)];
}

/** Changes of settings on the lines that are drawn ({branch: up to which x}), neighbours nearer than `gap` pixels together. */
export function markersOf(state, drawn, toPixel, gap) {
  const groups = [];
  const seen = (state?.markers ?? []).filter(({ branch, x }) => x <= (drawn.get(branch) ?? -1));
  const placed = seen.map((marker) => ({ marker, left: toPixel(marker.x, marker.branch) })).sort((a, b) => a.left - b.left);
  for (const { marker, left } of placed) {
    const last = groups.at(-1);
    if (last && left - last.left < gap) last.markers.push(marker);
    else groups.push({ left, markers: [marker] });
  }
  return groups;
}

/** Rows of the table, along the way to where the Session stands: one per finished epoch, mean of training, test, and what is
 * held back and drawings where there are any. */
export function epochsOf(state, what) {
  const [branch] = branchesOf(state);
  if (!branch) return [];
  if (what === RATE) return ratesOf(pointsAlong(state, branch, "learning_rate"));
  const [test, ...more] = ["test", ...SOMETIMES].map((part) => [part, new Map(pointsAlong(state, branch, `${part}_${what}`))]);
  const others = (epoch) => Object.fromEntries(more.filter(([, row]) => row.size).map(([part, row]) => [part, row.get(epoch)]));
  return pointsAlong(state, branch, `epoch_${what}`).map(([epoch, train]) => (
    { epoch, train, test: test[1].get(epoch), ...others(epoch) }));
}

/** The learning rate at the end of each epoch. */
function ratesOf(points) {
  const rates = new Map();
  for (const [x, rate] of points) rates.set(Math.ceil(x), rate);
  return [...rates].map(([epoch, rate]) => ({ epoch, rate }));
}
