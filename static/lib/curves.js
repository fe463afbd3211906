// From the Snapshot to what a chart draws. Pure.

const PARTS = ["train", "epoch", "test"]; // raw per batch · mean of the epoch (train mode) · test split (eval mode)

/** The curves of the present Run for `what` (loss, accuracy); the Branch where the Session stands comes first (rank 0). */
export function curvesOf(state, what) {
  return branchesOf(state).flatMap((branch, rank) => PARTS.map((part) => {
    const series = `${part}_${what}`;
    return { key: `${branch}.${series}`, branch, rank, part, series, points: state.series[branch]?.[series] ?? [] };
  }));
}

/** Branches of the present Run, the one where the Session stands first. */
export function branchesOf(state) {
  const here = state?.session.position;
  if (!here) return [];
  const same = Object.keys(state.branches).filter((id) => state.branches[id].run === here.run);
  return [here.branch, ...same.filter((id) => id !== here.branch).reverse()];
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

/** Row of the nearest value of a column, seen from `row`; null in an empty column. */
export function nearest(xs, values, row, x) {
  const [before, after] = [closest(values, row, -1), closest(values, row, 1)];
  if (before === null || after === null) return before ?? after;
  return x - xs[before] <= xs[after] - x ? before : after;
}

function closest(values, row, step) {
  while (row >= 0 && row < values.length && values[row] == null) row += step;
  return row >= 0 && row < values.length ? row : null;
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

/** Changes of settings on the curves that are drawn, neighbours nearer than `gap` pixels together. */
export function markersOf(state, toPixel, gap) {
  const branches = new Set(branchesOf(state));
  const groups = [];
  for (const marker of state?.markers ?? []) {
    if (!branches.has(marker.branch)) continue;
    const left = toPixel(marker.x);
    const last = groups.at(-1);
    if (last && Math.abs(left - last.left) < gap) last.markers.push(marker);
    else groups.push({ left, markers: [marker] });
  }
  return groups;
}

/** Rows of the table: one per finished epoch, mean of training and test. */
export function epochsOf(state, what) {
  const [branch] = branchesOf(state);
  const series = state?.series[branch] ?? {};
  const test = new Map(series[`test_${what}`] ?? []);
  return (series[`epoch_${what}`] ?? []).map(([epoch, train]) => ({ epoch, train, test: test.get(epoch) }));
}
