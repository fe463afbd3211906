import assert from "node:assert/strict";
import test from "node:test";
import { countsOf, historyOf, leaveOut, marksOn, numbersWith, standingOf, wronglyLabelled } from "../../static/lib/review.js";
import { lightOf } from "../../static/lib/spotlight.js";

const mark = (kind, at, name = "", note = "") => ({ mark: kind, note, name, at });
const STATE = {
  blueprint: { dataset: "mnist", seed: 1, without: [4] },
  marks: { mnist: {
    "test-12": { ben: mark("ambiguous", 5, "Ben", "a 4 or a 9"), ada: mark("wrong_label", 3, "Ada") },
    "test-7": { ada: mark("model_fault", 4, "Ada") },
    "train-30": { ada: mark("wrong_label", 6, "Ada"), ben: mark("wrong_label", 7, "Ben"), cleo: mark("ambiguous", 8) },
    "train-4": { ada: mark("wrong_label", 1, "Ada") },
  } },
};

test("marks on one example, the oldest first; none is an empty list", () => {
  assert.deepEqual(marksOn(STATE, "mnist", "test-12").map(({ person, mark: kind }) => [person, kind]), [["ada", "wrong_label"], ["ben", "ambiguous"]]);
  assert.deepEqual(marksOn(STATE, "mnist", "test-1"), []);
  assert.deepEqual(marksOn(STATE, "digits-1", "test-12"), []);
  assert.deepEqual(marksOn(null, "mnist", "test-12"), []);
});

test("numbers by mark, by anybody, by oneself; only of the split", () => {
  assert.deepEqual(numbersWith(STATE, "mnist", "test", "any"), [7, 12]);
  assert.deepEqual(numbersWith(STATE, "mnist", "test", "wrong_label"), [12]);
  assert.deepEqual(numbersWith(STATE, "mnist", "test", "mine", "ben"), [12]);
  assert.deepEqual(numbersWith(STATE, "mnist", "train", "wrong_label"), [4, 30]);
  assert.deepEqual(countsOf(STATE, "mnist", "test", "ada"), { wrong_label: 1, ambiguous: 1, model_fault: 1, any: 2, mine: 2 });
});

test("what is left out already is not offered again; who sees it otherwise is counted", () => {
  assert.deepEqual(wronglyLabelled(STATE, "mnist"), [{ number: 30, by: [{ id: "ada", name: "Ada" }, { id: "ben", name: "Ben" }], others: 1 }]);
  assert.deepEqual(wronglyLabelled(STATE, "digits-1"), []);
});

test("a Blueprint without examples keeps what it left out before, each number once, rising", () => {
  assert.deepEqual(leaveOut(STATE.blueprint, [30, 4, 2]).without, [2, 4, 30]);
  assert.deepEqual(leaveOut({ dataset: "digits" }, [3]), { dataset: "digits", without: [3] });
  assert.deepEqual(STATE.blueprint.without, [4]);
});

const row = (epoch, right) => ({ epoch, right, prediction: right ? 4 : 9, confidence: 0.5, loss: 1 });

test("the history on a Branch is that of its ancestors up to the fork, and then its own", () => {
  const state = { branches: { b1: { run: "r1", parent: null, epoch: 0 }, b2: { run: "r1", parent: "b1", epoch: 2 } } };
  const runs = [{ run: "r1", branch: "b1", epochs: [row(3, false), row(1, false), row(2, true)] }, { run: "r1", branch: "b2", epochs: [row(3, true)] }];
  assert.deepEqual(historyOf(state, runs, "b2").map(({ epoch, right }) => [epoch, right]), [[1, false], [2, true], [3, true]]);
  assert.deepEqual(historyOf(state, runs, "b1").map(({ epoch, right }) => [epoch, right]), [[1, false], [2, true], [3, false]]);
  assert.deepEqual(historyOf(state, [], "b2"), []);
});

test("first right, times forgotten, and how it ends", () => {
  assert.deepEqual(standingOf([row(1, false), row(2, true), row(3, false), row(4, true), row(5, false)]), { first: 2, forgotten: 2, last: row(5, false) });
  assert.deepEqual(standingOf([row(1, false)]), { first: null, forgotten: 0, last: row(1, false) });
  assert.deepEqual(standingOf([]), { first: null, forgotten: 0, last: null });
});

test("a spotlight is news only to others, once, and not to whoever comes later", () => {
  const page = { me: "ben", key: "mnist", since: 5, dealt: 0 };
  const shown = { dataset: "mnist", seq: 9, by: { id: "ada" } };
  assert.equal(lightOf(null, page), "none");
  assert.equal(lightOf(shown, page), "new");
  assert.equal(lightOf(shown, { ...page, dealt: 9 }), "known");
  assert.equal(lightOf(shown, { ...page, since: 9 }), "known");
  assert.equal(lightOf(shown, { ...page, me: "ada" }), "mine");
  assert.equal(lightOf(shown, { ...page, key: "digits-1" }), "other");
});
