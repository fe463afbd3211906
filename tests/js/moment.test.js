import assert from "node:assert/strict";
import test from "node:test";
import { classesOf, momentOf, moving, placeText } from "../../static/lib/moment.js";
import { pixelAfter, pixelNext, pixelUnder } from "../../static/lib/plane.js";

const at = (status, batch, more = {}) => ({ blueprint: { dataset: "digits", seed: 0 }, session: { status, begun: 1, position: { run: "r1", branch: "b1", epoch: 2, batch }, ...more } });

test("a still network is asked anew where it stands elsewhere, a training one only if it is followed", () => {
  assert.notEqual(momentOf(at("paused", 1), "now"), momentOf(at("paused", 2), "now"));
  assert.equal(momentOf(at("training", 1), "now"), momentOf(at("training", 2), "now"));
  assert.notEqual(momentOf(at("training", 1), "now", true), momentOf(at("training", 2), "now", true));
  assert.notEqual(momentOf(at("training", 1), "now", false, 1), momentOf(at("training", 1), "now", false, 2));
  assert.notEqual(momentOf(at("training", 1), "now"), momentOf(at("training", 1, { begun: 2 }), "now"));
  assert.notEqual(momentOf(at("training", 2), "now"), momentOf(at("paused", 2), "now"));
  assert.ok(moving(at("training", 1), "now") && !moving(at("training", 1), "untrained") && !moving(at("paused", 1), "now"));
});

test("a stored model stays what it is; without a run the Blueprint counts", () => {
  for (const model of ["untrained", { branch: "b1", epoch: 1 }]) assert.equal(momentOf(at("training", 1), model), momentOf(at("paused", 9), model));
  const fresh = at("idle", 0, { position: null });
  assert.notEqual(momentOf(fresh, "now"), momentOf({ ...fresh, blueprint: { dataset: "mnist", seed: 0 } }, "now"));
});

test("a place in words", () => {
  assert.equal(placeText({ untrained: true }), "untrained weights");
  assert.equal(placeText({ branch: "b1", epoch: 3, batch: 0, x: 3 }), "b1, end of epoch 3");
  assert.equal(placeText({ branch: "b1", epoch: 3, batch: 5, x: 3.25 }), "b1, at epoch 3.25");
  assert.equal(placeText(undefined), "");
});

test("names of classes, and none where nothing is known", () => {
  const catalogue = { datasets: [{ name: "digits", classes: ["zero"] }] };
  assert.deepEqual(classesOf(at("idle", 0), catalogue), ["zero"]);
  assert.deepEqual(classesOf(null, catalogue), []);
  assert.deepEqual(classesOf(at("idle", 0), null), []);
});

test("pixels below a pointer, after a key, and next in reading order", () => {
  const size = { width: 4, height: 2 };
  const currentTarget = { getBoundingClientRect: () => ({ left: 10, top: 20, width: 40, height: 20 }) };
  assert.deepEqual(pixelUnder({ clientX: 31, clientY: 25, currentTarget }, size), { x: 2, y: 0 });
  assert.deepEqual(pixelUnder({ clientX: 99, clientY: 0, currentTarget }, size), { x: 3, y: 0 });
  assert.deepEqual(pixelAfter("ArrowDown", { x: 1, y: 1 }, size), { x: 1, y: 1 });
  assert.deepEqual(pixelAfter("End", { x: 1, y: 1 }, size), { x: 3, y: 1 });
  assert.equal(pixelAfter("a", { x: 1, y: 1 }, size), null);
  assert.deepEqual(pixelNext({ x: 3, y: 0 }, size), { x: 0, y: 1 });
  assert.deepEqual(pixelNext({ x: 3, y: 1 }, size), { x: 0, y: 0 });
  assert.deepEqual(pixelNext({ x: 0, y: 0 }, size, -1), { x: 3, y: 1 });
});

test("a model has the classes of its own Run's dataset", () => {
  const datasets = [{ name: "mnist", classes: ["0"] }, { name: "fashion", classes: ["shirt"] }];
  const state = { blueprint: { dataset: "fashion" }, branches: { b1: { run: "r1" } }, runs: { r1: { blueprint: { dataset: "mnist" } } } };
  assert.deepEqual(classesOf(state, { datasets }, { branch: "b1", epoch: 1 }), ["0"]);
  assert.deepEqual(classesOf(state, { datasets }, "now"), ["shirt"]);
  assert.deepEqual(classesOf(null, null, "now"), []);
});
