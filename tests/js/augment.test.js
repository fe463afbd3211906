import assert from "node:assert/strict";
import test from "node:test";
import { asked, changesAny } from "../../static/augment/wish.js";
import { CATALOGUE } from "../../static/lib/catalogue.js";

const rows = [
  { name: "flip", group: "augmentation", kind: "boolean", default: false },
  { name: "rotation", group: "augmentation", kind: "number", minimum: 0, maximum: 180, default: 0 },
  { name: "pace", group: "pace", kind: "number", minimum: 0, maximum: 20, default: 0 },
];
const state = { settings: { rotation: 10 }, session: { position: { epoch: 2 } } };

test("what is tried counts before what is in effect, and other groups do not", () => {
  assert.deepEqual(asked(rows, state, { flip: true, pace: 3 }, 0, 8), { settings: { flip: true, rotation: 10 }, epoch: 2, count: 8 });
  assert.deepEqual(asked(rows, state, { rotation: 20 }, 1, 8).settings, { flip: false, rotation: 20 });
  assert.equal(asked(rows, state, {}, 3, 8).epoch, 5);
  assert.equal(asked(rows, { settings: {}, session: {} }, undefined, 0, 8).epoch, 0);
});

test("what is no value of a row is not tried", () => {
  for (const wrong of [NaN, -1, 181, "5", null, Infinity]) assert.equal(asked(rows, state, { rotation: wrong }, 0, 8).settings.rotation, 10);
  assert.equal(asked(rows, state, { flip: 1 }, 0, 8).settings.flip, false);
});

test("it is known whether anything is changed", () => {
  assert.ok(!changesAny({ flip: false, rotation: 0 }));
  assert.ok(changesAny({ flip: true, rotation: 0 }));
  assert.ok(changesAny({ flip: false, rotation: 0.1 }));
});

test("every word is there", () => {
  for (const key of ["show", "hide", "others", "wait", "lead", "none", "pairs", "before", "after"]) assert.ok(`augment_${key}` in CATALOGUE, key);
});
