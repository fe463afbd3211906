import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { apply, cut, thin } from "../../static/lib/fold.js";

const fixture = JSON.parse(readFileSync(new URL("../fixtures/timeline.json", import.meta.url)));

test("the shared fixture folds to the Snapshot that Python wrote", () => {
  const state = structuredClone(fixture.empty);
  for (const { patch } of fixture.steps) apply(state, patch);
  assert.deepEqual(state, fixture.snapshot);
});

test("set, cut, append and thin happen in this order", () => {
  const state = { s: { a: [[1, 1], [2, 2], [3, 3]] } };
  apply(state, { append: { "s.a": [[2.5, 9]] }, cut: { "s.a": 2 }, set: { n: 1 }, thin: { "s.a": 100 } });
  assert.deepEqual(state, { s: { a: [[1, 1], [2, 2], [2.5, 9]] }, n: 1 });
});

test("paths are made where they are missing", () => {
  const state = {};
  apply(state, { set: { "a.b.c": 1 }, append: { "x.y": [1] }, cut: { "p.q": 3 } });
  assert.deepEqual(state, { a: { b: { c: 1 } }, x: { y: [1] }, p: { q: [] } });
});

test("a name from Object's prototype is a name like any other", () => {
  const state = {};
  apply(state, { set: { "constructor.name": 1 } });
  assert.deepEqual(Object.keys(state), ["constructor"]);
  assert.equal(state.constructor.name, 1);
});

test("few points stay as they are", () => {
  const points = [[0, 1], [1, 2]];
  assert.equal(thin(points, 12), points);
  assert.throws(() => thin(points, 11), RangeError);
});

test("thinning keeps the limit, the order and every extreme", () => {
  const points = Array.from({ length: 5000 }, (_, n) => [n / 937, Math.sin(n) * n]);
  const thinned = thin(points, 400);
  assert.ok(thinned.length <= 400);
  assert.ok(thinned.every(([x], n) => n === 0 || x > thinned[n - 1][0]));
  for (const extreme of [Math.min, Math.max]) {
    assert.equal(extreme(...thinned.map(([, y]) => y)), extreme(...points.map(([, y]) => y)));
  }
});

test("cut keeps the point at x itself", () => {
  assert.deepEqual(cut([[1, 0], [2, 0], [3, 0]], 2), [[1, 0], [2, 0]]);
});
