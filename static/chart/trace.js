// From a line to strokes on the canvas. Pure: `pen` is a Path2D, or anything with moveTo and lineTo.
import { rowOf } from "../lib/axes.js";

const CROWDED = 0.5; // points per pixel; where there are more they cannot be told apart
const DENSE = 2; // points per pixel; where there are more, only what each pixel column shows is drawn
const CALM = 3; // px between two points of a smoothed line
const DOTTED = 1 / 16; // points per pixel; a line with more has no dots

/** Columns of a curve's points; on an axis other than epochs x is converted. */
export function columnsOf(points, axis = null) {
  const xs = points.map(([x]) => x);
  return { xs: axis ? axis.column(xs) : xs, ys: points.map(([, y]) => y ?? NaN) };
}

/** How values lie on the canvas: `box` {left, top, width, height} in canvas px, both ranges, and whether y is logarithmic. */
export function frameOf(box, x, y, log) {
  const height = log ? Math.log10 : (value) => value;
  const [low, high] = y.map(height);
  return {
    x, width: box.width, log,
    toX: (value) => box.left + ((value - x[0]) / (x[1] - x[0])) * box.width,
    toY: (value) => box.top + box.height - ((height(value) - low) / (high - low)) * box.height,
    key: [box.left, box.top, box.width, box.height, ...x, ...y, log].join(),
  };
}

/** Whether a line has more points than can be told apart; a smoothed one is drawn with few. */
export function isCrowded({ xs, role }, frame) {
  const [from, to] = rowsIn(xs, frame.x);
  return role !== "smooth" && to - from > CROWDED * frame.width;
}

/** Draw a line into `pen`. */
export function trace(line, frame, pen) {
  const { xs, ys, part, role } = line;
  const [from, to] = rowsIn(xs, frame.x);
  if (part === "rate") stepped(xs, ys, from, to, frame, pen);
  else if (role === "smooth") calm(xs, ys, from, to, frame, pen);
  else if (to - from > DENSE * frame.width) columns(xs, ys, from, to, frame, pen);
  else each(xs, ys, from, to, frame, (x, y, first) => (first ? pen.moveTo(x, y) : pen.lineTo(x, y)));
}

/** Where the dots of a line with few points are. */
export function dotsOf({ xs, ys, part, role }, frame) {
  const dots = [];
  const [from, to] = rowsIn(xs, frame.x);
  const span = to > from ? frame.toX(xs[to - 1]) - frame.toX(xs[from]) : 0;
  if (part === "train" || part === "rate" || role === "smooth" || to - from - 1 > DOTTED * span) return dots;
  each(xs, ys, from, to, frame, (x, y) => dots.push([x, y]));
  return dots;
}

/** Smallest and largest value of a line within a range of x; [Infinity, -Infinity] where there is none. */
export function extent({ xs, ys }, range, log) {
  const [from, to] = rowsIn(xs, range);
  let [low, high] = [Infinity, -Infinity];
  for (let row = from; row < to; row += 1) {
    const y = ys[row];
    if (!(log ? y > 0 : Number.isFinite(y)) || y === Infinity) continue;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return [low, high];
}

/** The same for several lines together. */
export function reach(lines, range, log) {
  const ends = lines.map((line) => extent(line, range, log));
  return [Math.min(...ends.map(([low]) => low)), Math.max(...ends.map(([, high]) => high))];
}

/** Rows within a range of x, with a neighbour at each side. */
function rowsIn(xs, [min, max]) {
  return [Math.max(0, rowOf(xs, min)), Math.min(xs.length, rowOf(xs, max) + 2)];
}

function each(xs, ys, from, to, { toX, toY, log }, put) {
  let first = true;
  for (let row = from; row < to; row += 1) {
    if (!(log ? ys[row] > 0 : Number.isFinite(ys[row]))) continue;
    put(toX(xs[row]), toY(ys[row]), first);
    first = false;
  }
}

/** Of each pixel column the first, lowest, highest and last value. */
function columns(xs, ys, from, to, frame, pen) {
  let column = null;
  const flush = () => column && [column.first, column.low, column.high, column.last].forEach((y) => pen.lineTo(column.x, y));
  each(xs, ys, from, to, frame, (exact, y, first) => {
    const x = Math.round(exact);
    if (first) pen.moveTo(x, y);
    if (column?.x !== x) {
      flush();
      column = { x, first: y, low: y, high: y, last: y };
    }
    column.low = Math.min(column.low, y);
    column.high = Math.max(column.high, y);
    column.last = y;
  });
  flush();
}

/** A smoothed line needs a point every other pixel, and its last one. */
function calm(xs, ys, from, to, frame, pen) {
  let [at, late] = [-Infinity, null];
  each(xs, ys, from, to, frame, (x, y, first) => {
    late = x - at < CALM ? [x, y] : null;
    if (late) return;
    if (first) pen.moveTo(x, y);
    else pen.lineTo(x, y);
    at = x;
  });
  if (late) pen.lineTo(...late);
}

/** Each value holds since the point before. */
function stepped(xs, ys, from, to, frame, pen) {
  let before = null;
  each(xs, ys, from, to, frame, (x, y) => {
    if (before === null) pen.moveTo(x, y);
    else pen.lineTo(before, y);
    pen.lineTo(x, y);
    before = x;
  });
}
