import assert from "node:assert/strict";
import test from "node:test";
import { rangeOf } from "../../static/chart/scales.js";
import { columnsOf, dotsOf, extent, frameOf, isCrowded, trace } from "../../static/chart/trace.js";
import { axisOf, nearestRow, roundEnd, rowOf } from "../../static/lib/axes.js";

test("epochs are epochs", () => {
  const axis = axisOf("epochs");
  assert.equal(axis.to(2.5), 2.5);
  assert.equal(axis.from(2.5), 2.5);
});

test("steps and time lie between the points that are known, and lead back", () => {
  const axis = axisOf("step", [[1, 100], [2, 150], [4, 350]]);
  assert.deepEqual([0, 0.5, 1.5, 3, 4].map(axis.to), [0, 50, 125, 250, 350]);
  for (const x of [0, 0.3, 1, 1.7, 3.9, 4]) assert.ok(Math.abs(axis.from(axis.to(x)) - x) < 1e-9);
  assert.deepEqual(axis.column([1, 3]), [100, 250]);
});

test("beyond the end it goes on at the mean pace", () => {
  const axis = axisOf("seconds", [[1, 10], [2, 20]]);
  assert.equal(axis.to(3), 30);
  assert.equal(axis.from(30), 3);
});

test("while nothing is known, it is as good as epochs, and a pause in x does no harm", () => {
  assert.equal(axisOf("seconds").to(2), 2);
  const axis = axisOf("seconds", [[0, 0], [1, 5], [1, 9]]);
  assert.ok(Number.isFinite(axis.to(1)) && Number.isFinite(axis.from(7)));
});

test("rows are found by halves", () => {
  const xs = [1, 2, 4];
  assert.deepEqual([0, 1, 3, 9].map((x) => rowOf(xs, x)), [-1, 0, 1, 2]);
  assert.deepEqual([0, 1.4, 3.5, 9].map((x) => nearestRow(xs, x)), [0, 0, 2, 2]);
  assert.equal(nearestRow([], 1), -1);
});

test("the end of an axis is round and moves seldom", () => {
  assert.deepEqual([roundEnd(101), roundEnd(124), roundEnd(9.9), roundEnd(0), roundEnd(NaN)], [125, 125, 10, 1, 1]);
});

/** A pen that writes down what it is told. */
class Pen {
  strokes = [];

  moveTo(x, y) { this.strokes.push(["M", x, y]); }

  lineTo(x, y) { this.strokes.push(["L", x, y]); }
}

const box = { left: 0, top: 0, width: 100, height: 100 };
const traced = (line, frame = frameOf(box, [0, 10], [0, 10], false)) => {
  const pen = new Pen();
  trace(line, frame, pen);
  return pen.strokes;
};

test("a line passes over what is not a number", () => {
  assert.deepEqual(traced({ ...columnsOf([[0, 0], [5, null], [10, 10]]), part: "test" }), [["M", 0, 100], ["L", 100, 0]]);
  const logarithmic = frameOf(box, [0, 10], [1, 100], true);
  assert.deepEqual(traced({ ...columnsOf([[0, 0], [5, 10], [10, 100]]), part: "test" }, logarithmic), [["M", 50, 50], ["L", 100, 0]]);
});

test("a rate holds until the next point", () => {
  assert.deepEqual(traced({ ...columnsOf([[0, 5], [10, 10]]), part: "rate" }).slice(-2), [["L", 0, 0], ["L", 100, 0]]);
});

test("of crowded points each pixel column shows the extremes", () => {
  const many = { ...columnsOf(Array.from({ length: 5000 }, (_, n) => [n / 500, n === 2345 ? 9.5 : 1 + (n % 2)])), part: "train", role: "plain" };
  const frame = frameOf(box, [0, 10], [0, 10], false);
  const strokes = traced(many, frame);
  assert.ok(strokes.length < 500);
  assert.ok(strokes.some(([, , y]) => y === frame.toY(9.5)));
  assert.equal(isCrowded(many, frame), true);
  assert.deepEqual(dotsOf({ ...many, part: "test" }, frame), []);
  assert.equal(dotsOf({ ...columnsOf([[1, 1], [5, 2]]), part: "test", role: "plain" }, frame).length, 2);
});

test("only what is in the window counts for the range", () => {
  const line = columnsOf([[1, 10], [2, 20], [3, 30], [4, 40], [5, 50]]);
  assert.deepEqual(extent(line, [2, 3]), [20, 40]); // with a neighbour, to which the line leads
  assert.deepEqual(extent(columnsOf([[1, -1]]), [0, 2], true), [Infinity, -Infinity]);
  assert.deepEqual(rangeOf("loss", 1, 2), [0, 2.1]);
  assert.deepEqual(rangeOf("accuracy", 0.83, 0.97), [0.8, 1]);
  assert.deepEqual(rangeOf("loss", Infinity, -Infinity), [0, 1]);
  assert.deepEqual(rangeOf("loss", Infinity, -Infinity, { log: true }), [0.01, 10]);
  assert.deepEqual(rangeOf("loss", -0.5, 0.2, { signed: true }), [-0.55, 0.55]);
});
