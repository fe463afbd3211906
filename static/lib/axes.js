// What lies along x: epochs, steps or time. Data, links and the room speak epochs; a chart converts at its border. Pure.

export const AXES = ["epochs", "step", "seconds"];

/** An axis from `knots` [[x, value]…], both rising: `to` leads from epochs to its values, `from` back. */
export function axisOf(kind, knots = []) {
  if (kind === "epochs") return { kind, to: (x) => x, from: (x) => x, column: (xs) => xs };
  const known = knots.length && knots[0][0] > 0 ? [[0, 0], ...knots] : knots;
  const xs = known.map(([x]) => x);
  const values = known.map(([, value]) => value);
  const to = (x) => between(xs, values, x);
  return { kind, to, from: (value) => between(values, xs, value), column: (rising) => rising.map(to) };
}

/** Linear between two neighbours, and beyond both ends at the mean pace of the whole. */
function between(xs, ys, x) {
  if (xs.length < 2) return x;
  const last = xs.length - 1;
  if (x <= xs[0]) return ys[0];
  if (x >= xs[last]) return ys[last] + (x - xs[last]) * pace(xs, ys, 0, last);
  const row = rowOf(xs, x);
  return ys[row] + (x - xs[row]) * pace(xs, ys, row, row + 1);
}

function pace(xs, ys, from, to) {
  return xs[to] > xs[from] ? (ys[to] - ys[from]) / (xs[to] - xs[from]) : 0;
}

/** The last row at or before x in a rising list; -1 where all are later. */
export function rowOf(xs, x) {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The row nearest to x; -1 in an empty list. */
export function nearestRow(xs, x) {
  const row = rowOf(xs, x);
  if (row < 0) return xs.length ? 0 : -1;
  return row + 1 < xs.length && xs[row + 1] - x < x - xs[row] ? row + 1 : row;
}

/** A round end for an axis: a few per cent above, so that it moves seldom. */
export function roundEnd(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value)) / 4;
  return Math.ceil(value / unit) * unit;
}
