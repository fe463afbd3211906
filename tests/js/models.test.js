import assert from "node:assert/strict";
import test from "node:test";
import { accuracyAt, bestKept, branchLabel, groupsOf, keptOf, modelName, modelTitle, settled, testedAt, usualBeside } from "../../static/lib/models.js";

const end = (branch, epoch, more = {}) => ({ branch, epoch, batch: 0, x: epoch, finite: true, seq: epoch, ...more });
const branch = (run, parent, epoch, seq) => ({ run, parent, epoch, seq, name: null, changes: {}, kind: null, of: null, group: null });
const STATE = {
  session: { status: "training", position: { run: "r2", branch: "b3", epoch: 4, batch: 5, x: 4.5 } },
  runs: { r1: { blueprint: { dataset: "digits", seed: 1 } }, r2: { blueprint: { dataset: "mnist", seed: 1 } } },
  branches: { b1: branch("r1", null, 0, 1), b2: branch("r2", null, 0, 2), b3: branch("r2", "b2", 2, 3), b4: branch("r2", "b2", 1, 4) },
  checkpoints: [end("b1", 1), end("b2", 1), end("b2", 2), end("b2", 2, { batch: 7 }), end("b2", 3, { finite: false }), end("b3", 3), end("b3", 4)],
  series: { b1: { test_accuracy: [[1, 0.99]] }, b2: { test_accuracy: [[1, 0.5], [2, 0.8]] }, b3: { test_accuracy: [[3, 0.9], [4, 0.85]] } },
};

test("an epoch can be chosen where its end is kept, with sound weights, on its own branch", () => {
  assert.deepEqual(keptOf(STATE, "b2").map(({ epoch }) => epoch), [0, 1, 2]);
  assert.deepEqual(keptOf(STATE, "b3"), [{ branch: "b3", epoch: 3, accuracy: 0.9 }, { branch: "b3", epoch: 4, accuracy: 0.85 }]);
  assert.deepEqual(keptOf(STATE, "b4"), []);
  assert.deepEqual(keptOf(STATE, "none"), []);
  assert.equal(accuracyAt(STATE, { branch: "b2", epoch: 7 }), null);
});

test("runs are groups, the present one first; branches with nothing kept are left out", () => {
  assert.deepEqual(groupsOf(STATE), [
    { run: "r2", number: 2, present: true, branches: ["b2", "b3"] }, { run: "r1", number: 1, present: false, branches: ["b1"] }]);
  assert.deepEqual(groupsOf(null), []);
});

test("the best is that of the present run", () => {
  assert.deepEqual(bestKept(STATE), { branch: "b3", epoch: 3, accuracy: 0.9 });
  assert.equal(bestKept({ ...STATE, series: {} }), null);
});

test("a model that is gone is replaced by the nearest one, and that is said", () => {
  assert.deepEqual(settled(STATE, "now"), { model: "now", gone: null });
  assert.deepEqual(settled(STATE, null), { model: null, gone: null });
  assert.deepEqual(settled(STATE, { branch: "b3", epoch: 4 }), { model: { branch: "b3", epoch: 4 }, gone: null });
  assert.deepEqual(settled(STATE, { branch: "b3", epoch: 1 }), { model: { branch: "b2", epoch: 1 }, gone: null }); // the ancestor's line
  assert.deepEqual(settled(STATE, { branch: "b3", epoch: 9 }), { model: { branch: "b3", epoch: 4 }, gone: { branch: "b3", epoch: 9 } });
  assert.deepEqual(settled(STATE, { branch: "b4", epoch: 3 }), { model: "now", gone: { branch: "b4", epoch: 3 } });
  assert.deepEqual(settled(STATE, { branch: "b9", epoch: 3 }), { model: "now", gone: { branch: "b9", epoch: 3 } });
});

test("what one compares with at first is another model", () => {
  assert.deepEqual(usualBeside(STATE, "now"), { branch: "b3", epoch: 3 });
  assert.deepEqual(usualBeside(STATE, { branch: "b2", epoch: 1 }), { branch: "b2", epoch: 2 });
  assert.equal(usualBeside(STATE, { branch: "b1", epoch: 1 }), "untrained");
  assert.equal(usualBeside({ ...STATE, checkpoints: [] }, "untrained"), "now");
});

test("names and the accuracy beside them", () => {
  assert.equal(modelName(STATE, { branch: "b3", epoch: 4 }), "b3 · epoch 4");
  assert.equal(modelName(STATE, "now"), "now · b3, epoch 4.50");
  assert.equal(modelTitle(STATE, "now"), "As it is now (epoch 4.50, training)");
  assert.equal(modelTitle({ session: { position: null } }, "now"), "As it is now (untrained)");
  assert.match(branchLabel(STATE, "b3"), /^b3 · from epoch 2 · same settings · best 90.0%$/);
  assert.deepEqual(testedAt(STATE, "now"), { accuracy: 0.85, epoch: 4 });
  assert.deepEqual(testedAt(STATE, { branch: "b2", epoch: 1 }), { accuracy: 0.5, epoch: 1 });
  assert.equal(testedAt(STATE, "untrained"), null);
  assert.equal(testedAt(STATE, { branch: "b2", epoch: 0 }), null);
});
