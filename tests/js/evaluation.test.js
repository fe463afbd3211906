import assert from "node:assert/strict";
import test from "node:test";
import {
  classesOf, comparable, curvePath, differenceOf, drawingsOf, evaluationId, evaluationOf, headline, latestOn, listed, nearestPoint, outdated, ratesOf, rowsOf, shades,
  shownLabels, targetOf, worst,
} from "../../static/lib/evaluation.js";

const end = (branch, epoch) => ({ branch, epoch, batch: 0, x: epoch, finite: true });
const STATE = {
  session: { position: { run: "r1", branch: "b2", epoch: 3, batch: 4, x: 3.4 } },
  runs: { r1: { blueprint: { dataset: "digits", seed: 7 } } },
  blueprint: { dataset: "digits", seed: 7 },
  branches: { b1: { run: "r1", parent: null, epoch: 0 }, b2: { run: "r1", parent: "b1", epoch: 2 } },
  checkpoints: [end("b1", 1), end("b1", 2), end("b1", 5)],
  drawings: { d2: { dataset: "digits" }, d1: { dataset: "digits" }, d3: { dataset: "mnist" } },
  evaluations: { "b1-2-test": { seq: 5, state: "done" }, "b1-1-test": { seq: 9, state: "running" } },
};
const RESULT = {
  split: "test", examples: 8, accuracy: 0.75, loss: 0.5, top: [0.75, 0.875, 1, 1, 1], calibration_error: 0.1,
  matrix: [[3, 1, 0], [0, 3, 1], [0, 0, 0]],
  classes: [
    { accuracy: 0.9, precision: 1, recall: 0.75, f1: 0.86, support: 4, auc: 0.9, average_precision: 0.9 },
    { accuracy: 0.8, precision: 0.75, recall: 0.75, f1: 0.75, support: 4, auc: 0.8, average_precision: 0.8 },
    { accuracy: 0.9, precision: 0, recall: null, f1: null, support: 0, auc: null, average_precision: null }],
};

test("of the living network the newest finished epoch on the way is evaluated; later ones of the parent are not on it", () => {
  assert.deepEqual(targetOf(STATE, "now"), { branch: "b1", epoch: 2 });
  assert.deepEqual(targetOf({ ...STATE, checkpoints: [...STATE.checkpoints, end("b2", 3)] }, "now"), { branch: "b2", epoch: 3 });
  assert.deepEqual(targetOf({ ...STATE, checkpoints: [] }, "now"), { branch: "b1", epoch: 0 });
  assert.deepEqual(targetOf(STATE, "untrained"), { branch: "b1", epoch: 0 });
  assert.deepEqual(targetOf(STATE, { branch: "b2", epoch: 1 }), { branch: "b1", epoch: 1 });
  assert.equal(targetOf(STATE, { branch: "b8", epoch: 1 }), null);
  assert.equal(targetOf({ ...STATE, session: { position: null } }, "now"), null);
});

test("an evaluation is found by model and split; the newest stand first", () => {
  assert.equal(evaluationId({ branch: "b1", epoch: 2 }, "test"), "b1-2-test");
  assert.equal(evaluationOf(STATE, { branch: "b1", epoch: 2 }, "test").seq, 5);
  assert.equal(evaluationOf(STATE, { branch: "b1", epoch: 2 }, "train"), null);
  assert.equal(evaluationOf(STATE, null, "test"), null);
  assert.deepEqual(listed(STATE).map(({ id }) => id), ["b1-1-test", "b1-2-test"]);
});

test("while it trains on, the last evaluated epoch on the way stays in sight", () => {
  const row = (branch, epoch, split = "test") => ({ branch, epoch, split, seq: epoch });
  const rows = [row("b1", 1), row("b1", 2), row("b1", 5), row("b2", 3, "train"), row("b1", 0)];
  const state = { ...STATE, evaluations: Object.fromEntries(rows.map((one, index) => [index, one])) };
  assert.deepEqual([latestOn(state, "test").branch, latestOn(state, "test").epoch], ["b1", 2]);
  assert.equal(latestOn(state, "train").epoch, 3);
  assert.equal(latestOn(state, "drawings"), null);
  assert.equal(latestOn({ ...state, session: { position: null } }, "test"), null);
});

test("drawings that came since make an evaluation of them an old one", () => {
  const row = { split: "drawings", state: "done", branch: "b1", drawings: ["d2", "d1"] };
  assert.deepEqual(drawingsOf(STATE, "b1"), ["d1", "d2"]);
  assert.equal(outdated(STATE, row), false);
  assert.equal(outdated(STATE, { ...row, drawings: ["d1"] }), true);
  assert.equal(outdated(STATE, { ...row, split: "test" }), false);
});

test("classes have the names of the dataset that was learned", () => {
  assert.deepEqual(classesOf(STATE, "r1", [{ name: "digits", classes: ["0", "1"] }]), ["0", "1"]);
  assert.deepEqual(classesOf(STATE, "r9", undefined), []);
});

test("the head: accuracy, loss, two of the top k, calibration", () => {
  assert.deepEqual(headline(RESULT).map(({ name, k }) => `${name}${k ?? ""}`), ["accuracy", "loss", "top3", "top5", "ece"]);
  assert.deepEqual(headline({ ...RESULT, top: [0.75, 1] }).map(({ name, k, value }) => [name, k, value])[2], ["top", 2, 1]);
});

test("rows are sorted both ways; what has no number is last", () => {
  assert.deepEqual(rowsOf(RESULT.classes, ["a", "b", "c"], { by: "f1" }).map(({ name }) => name), ["b", "a", "c"]);
  assert.deepEqual(rowsOf(RESULT.classes, ["a"], { by: "f1", falling: true }).map(({ name }) => name), ["a", "1", "2"]);
});

test("a matrix as rates, and the difference of two", () => {
  assert.deepEqual(ratesOf(RESULT.matrix), [[0.75, 0.25, 0], [0, 0.75, 0.25], [null, null, null]]);
  assert.deepEqual(differenceOf([[1, 2], [null, 0]], [[3, 1], [1, 0]]), [[2, -1], [null, 0]]);
});

test("mistakes have a scale of their own; differences have one for all, with a sign", () => {
  const plain = shades(RESULT.matrix, false);
  assert.deepEqual(plain[0], [{ strength: 1, means: "right" }, { strength: 1, means: "wrong" }, { strength: 0, means: "none" }]);
  const signed = shades([[-4, 2], [0, null]], true);
  assert.deepEqual(signed, [
    [{ strength: 1, means: "fewer" }, { strength: 0.5, means: "more" }], [{ strength: 0, means: "none" }, { strength: 0, means: "none" }]]);
});

test("of many classes the most confused are shown; the worst mistakes first", () => {
  assert.deepEqual(shownLabels(RESULT.matrix), [0, 1, 2]);
  assert.deepEqual(shownLabels(RESULT.matrix, 2), [0, 1]);
  assert.deepEqual(worst([[1, 5], [2, 1]]), [{ label: 0, prediction: 1, count: 5 }, { label: 1, prediction: 0, count: 2 }]);
  assert.deepEqual(worst([[1, 0], [0, 1]]), []);
});

test("two evaluations compare where they are of the same examples", () => {
  assert.equal(comparable(RESULT, { ...RESULT, accuracy: 0 }), true);
  assert.equal(comparable(RESULT, { ...RESULT, examples: 9 }), false);
  assert.equal(comparable(RESULT, null), false);
});

test("a curve as a path, and the point nearest to the hand", () => {
  const curve = { x: [0, 0.5, 1], y: [0, 0.9, 1] };
  assert.equal(curvePath(curve, 100), "M0 100L50 10L100 0");
  assert.equal(curvePath({ x: [], y: [] }, 100), "");
  assert.equal(nearestPoint(curve, { x: 0.6, y: 0.8 }), 1);
  assert.equal(nearestPoint({ x: [], y: [] }, { x: 0, y: 0 }), -1);
});
