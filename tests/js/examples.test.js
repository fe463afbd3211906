import assert from "node:assert/strict";
import test from "node:test";
import { argsOf, chipsOf, cleared, opened, START, tabOf, TABS, withTab } from "../../static/gallery/view.js";
import { evaluationOf, exampleOf, examplesKey, imageOf, nameOf, newestEpoch, persist, thumbnail } from "../../static/lib/examples.js";

const DATASETS = [{ name: "digits", split_by_seed: true }, { name: "mnist", split_by_seed: false }];
const IMAGE = { kind: "example", split: "test", number: 12 };

test("examples are named by the dataset, and by the seed where that splits it", () => {
  assert.equal(examplesKey({ dataset: "digits", seed: 3 }, DATASETS), "digits-3");
  assert.equal(examplesKey({ dataset: "mnist", seed: 3 }, DATASETS), "mnist");
  assert.equal(examplesKey(undefined, undefined), "");
});

test("an example, its name in the marks, its name in words", () => {
  assert.equal(exampleOf(IMAGE), "test-12");
  assert.equal(exampleOf({ kind: "pad", pixels: "" }), null);
  assert.deepEqual(imageOf({ split: "test", number: 12, label: 4 }), IMAGE);
  assert.deepEqual(imageOf({ split: "drawings", number: 0, drawing: "d1" }), { kind: "drawing", drawing: "d1" });
  assert.equal(nameOf(IMAGE), "test image 12");
  assert.equal(nameOf({ kind: "drawing", drawing: "d1" }), "one of our drawings");
});

const STATE = {
  session: { position: { run: "r1", branch: "b2", epoch: 4, batch: 3, x: 4.3 } },
  branches: { b1: { run: "r1", parent: null, epoch: 0 }, b2: { run: "r1", parent: "b1", epoch: 2 } },
  checkpoints: [[1, "b1"], [2, "b1"], [3, "b1"], [5, "b1"]].map(([epoch, branch]) => ({ branch, epoch, batch: 0, x: epoch })),
  evaluations: { "b1-2-train": { state: "running", seq: 7 }, "b2-4-test": { state: "done", seq: 9 } },
};

test("the newest finished epoch is one on the way here whose Checkpoint is kept", () => {
  assert.deepEqual(newestEpoch(STATE), { branch: "b1", epoch: 2 });
  const further = { ...STATE, checkpoints: [...STATE.checkpoints, { branch: "b2", epoch: 4, batch: 0, x: 4 }, { branch: "b2", epoch: 4, batch: 3, x: 4.3 }] };
  assert.deepEqual(newestEpoch(further), { branch: "b2", epoch: 4 });
  assert.equal(newestEpoch({ session: { position: null } }), null);
  assert.equal(newestEpoch({ ...STATE, checkpoints: [] }), null);
});

test("an evaluation of an epoch before the fork is found under the Branch it lies on", () => {
  assert.equal(evaluationOf(STATE, { branch: "b2", epoch: 4 }, "test").seq, 9);
  assert.equal(evaluationOf(STATE, { branch: "b2", epoch: 2 }, "train").state, "running");
  assert.equal(evaluationOf(STATE, { branch: "b2", epoch: 4 }, "train"), null);
  assert.equal(evaluationOf(STATE, null, "test"), null);
});

test("an overtaken question is asked again while it is wanted", async () => {
  const overtaken = { ok: false, error: { code: "overtaken" } };
  const answers = [overtaken, overtaken, { ok: true }];
  let waits = 0;
  assert.deepEqual(await persist(async () => answers.shift(), () => true, async () => { waits += 1; }), { ok: true });
  assert.equal(waits, 2);
  assert.equal(await persist(async () => overtaken, () => false), overtaken);
});

test("a thumbnail comes with its label, or without where its history is not known", async () => {
  const room = (passport) => ({ state: { drawings: { d1: { label: 7 } } },
    ask: async (name) => (name === "passport" ? passport : { ok: true, image: "seen" }) });
  assert.deepEqual(await thumbnail(room({ ok: true, image: "kept", label: 4 }), IMAGE), { image: "kept", label: 4 });
  assert.deepEqual(await thumbnail(room({ ok: false, error: { code: "no_answer" } }), IMAGE), { image: "seen", label: null });
  assert.deepEqual(await thumbnail(room(null), { kind: "drawing", drawing: "d1" }), { image: "seen", label: 7 });
});

test("every tab is an order; what is falsely predicted is one of its own", () => {
  for (const tab of TABS) assert.equal(tabOf(withTab(START, tab)), tab);
  assert.equal(tabOf({ order: "largest_loss", wrong: true }), "largest_loss");
});

test("what another component asks for, as chips that go one by one", () => {
  const view = opened({ split: "train", label: 4, prediction: 9, low: 0.8, high: 0.9, wrong: true });
  const named = (number) => `class ${number}`;
  const chips = chipsOf(view, named);
  assert.deepEqual(chips.map(({ name }) => name), ["split", "label", "prediction", "confidence", "wrong"]);
  assert.equal(chips[1].words, "True: class 4");
  assert.equal(chips[3].words, "Confidence 80.0% to 90.0%");
  assert.deepEqual(chips.reduce((_, { without }) => without.label, view), 4);
  assert.deepEqual([chips[0].without.split, chips[1].without.label, chips[3].without.high, chips[4].without.wrong], ["test", null, 1, false]);
  assert.deepEqual(chipsOf(cleared(view), named), []);
  assert.deepEqual(chipsOf(opened({ low: null, high: undefined }), named), []);
  assert.deepEqual(chipsOf(START, named), []);
});

test("the question has what the server knows, and nothing else", () => {
  assert.deepEqual(argsOf({ ...START, mark: "mine", label: 0 }, { branch: "b1", epoch: 2 }, [3], 24), {
    model: { branch: "b1", epoch: 2 }, split: "test", order: "confident", wrong: true, label: 0, prediction: null, low: 0, high: 1, only: [3],
    offset: 24, count: 24 });
});
