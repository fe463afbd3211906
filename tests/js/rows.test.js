import assert from "node:assert/strict";
import test from "node:test";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import {
  branchesOf, changesOf, filtered, growing, happening, kindsIn, mark, nearestTo, peopleIn, placeOf, trendOf,
} from "../../static/lib/rows.js";

const ADA = { id: "ada", name: "Ada" };
const BEN = { id: "ben", name: "<b>Ben</b>" };
const row = (more) => ({
  seq: 1, at: 0, by: ADA, name: "settings_changed", kind: null, run: "r1", branch: "b1", parent: null, epoch: 0, batch: 0, x: 0, changes: [],
  reason: null, note: null, of: null, standing: "done", before: null, after: null, ...more });
const change = (name, from, to) => ({ name, from, to });
const TABLE = [{ name: "optimizer", label: { en: "Optimizer", de: "Optimierer" }, choices: { sgd: { en: "SGD" }, adam: { en: "Adam" } } }];
const ROWS = [
  row({ seq: 9, branch: "b2", parent: "b1", name: "branch_started", kind: "fork", epoch: 2, x: 2, changes: [change("optimizer", "sgd", "adam")] }),
  row({ seq: 5, by: BEN, epoch: 1, batch: 3, x: 1.3, changes: [change("learning_rate", 0.1, 0.01)], reason: "too jumpy" }),
  row({ seq: 2, by: null, name: "run_started", note: "digits" }),
];
const say = ({ reason, by, note }) => [by?.name, reason, note].join(" ");

test("changes stand in the words of the table; a name is a name", () => {
  assert.deepEqual(changesOf(ROWS[0], TABLE), [{ label: "Optimizer", from: "SGD", to: "Adam" }]);
  assert.deepEqual(changesOf(row({ changes: [change("title", null, "=1")] }), TABLE), [{ label: "Name", from: "–", to: "=1" }]);
});

test("what happened and where, in words", () => {
  assert.equal(happening(ROWS[0]), "New branch from b1");
  assert.equal(happening(ROWS[1]), "");
  assert.equal(happening(row({ of: 7 })), "made again, as in no. 7");
  assert.equal(happening(row({ name: "forks_planned", kind: "undo", of: 5 })), "Planned without change no. 5");
  assert.equal(placeOf(ROWS[1]), "b1 · epoch 1 · batch 3");
  assert.equal(placeOf(row({ branch: null, epoch: null })), "");
  assert.equal(placeOf(row({ epoch: null, batch: null })), "b1");
  assert.equal(placeOf(row({})), "b1 · epoch 0");
});

test("every Event that the server lists has words, each kind of plan too", () => {
  const names = ["run_started", "settings_changed", "reverted", "branch_started", "training_paused", "branch_renamed", "epoch_pinned",
    "epoch_unpinned", "forks_planned", "forks_planned_fork", "forks_planned_twin", "forks_planned_undo", "plan_dropped"];
  for (const name of [...names, "held", "dropped", "trend_up", "trend_down", "trend_same"]) assert.ok(`ledger_${name}` in CATALOGUE, name);
});

test("an arrow only where two numbers compare", () => {
  const around = (before, after, changes = []) => trendOf(row({ changes, before: before && { loss: before, steps: 50 }, after: after && { loss: after, steps: 3 } }));
  assert.equal(around(2, 1), "down");
  assert.equal(around(1, 2), "up");
  assert.equal(around(1, 1.00001), "same");
  assert.equal(around(1, null), null);
  assert.equal(around(null, 1), null);
  assert.equal(around(2, 1, [change("loss", "cross_entropy", "multi_margin")]), null);
  assert.equal(around(2, 1, [change("label_smoothing", 0, 0.1)]), null);
});

test("filters: person, kind, branch and words, all that are set", () => {
  const seqs = (chosen) => filtered(ROWS, chosen, say).map(({ seq }) => seq);
  assert.deepEqual(seqs({}), [9, 5, 2]);
  assert.deepEqual(seqs({ person: "ben" }), [5]);
  assert.deepEqual(seqs({ person: "" }), [2], "the lab itself");
  assert.deepEqual(seqs({ kind: "setting:optimizer" }), [9]);
  assert.deepEqual(seqs({ kind: "event:run_started" }), [2]);
  assert.deepEqual(seqs({ branch: "b1" }), [9, 5, 2], "a Branch is told with where it left");
  assert.deepEqual(seqs({ branch: "b2" }), [9]);
  assert.deepEqual(seqs({ query: "  JUMPY too " }), [5]);
  assert.deepEqual(seqs({ query: "jumpy", person: "ada" }), []);
  assert.deepEqual(seqs({ query: ".*" }), []);
});

test("what can be chosen is what is there, once each", () => {
  assert.deepEqual(peopleIn([...ROWS, ...ROWS]).map(({ id }) => id).sort(), ["", "ada", "ben"]);
  assert.deepEqual(kindsIn(ROWS), ["event:branch_started", "event:run_started", "event:settings_changed", "setting:learning_rate", "setting:optimizer"]);
  assert.deepEqual(branchesOf([row({ branch: "b10" }), row({ branch: "b2" }), row({ branch: null })]), ["b2", "b10"]);
});

test("the row nearest to the cursor, on the line that is drawn", () => {
  assert.equal(nearestTo(ROWS, 1.4, ["b1"]), 5);
  assert.equal(nearestTo(ROWS, 1.9, ["b1", "b2"]), 9);
  assert.equal(nearestTo(ROWS, null, ["b1"]), null);
  assert.equal(nearestTo(ROWS, 1, ["b7"]), null);
  assert.equal(nearestTo([row({ x: null })], 1, ["b1"]), null);
});

const state = (session = {}, more = {}) => ({
  session: { status: "training", reason: null, held: null, position: { branch: "b1", x: 1 }, ...session }, runs: { r1: {} }, branches: { b1: { name: null } },
  markers: [], pinned: [], plan: [], ...more });

test("measurements alone never ask for the ledger again, changes do", () => {
  const first = mark(state());
  assert.equal(mark(state({ position: { branch: "b1", x: 9 } })), first);
  assert.equal(mark(null), "");
  const others = [state({}, { markers: [{}] }), state({ status: "paused", reason: "interrupted" }), state({ held: [{}] }), state({}, { pinned: [{}] }),
    state({}, { branches: { b1: { name: "fast" } } }), state({}, { plan: [{}] }), state({}, { runs: { r1: {}, r2: {} } })];
  for (const other of others) assert.notEqual(mark(other), first);
  const back = { status: "paused", reason: "reverted" };
  assert.notEqual(mark(state({ ...back, position: { branch: "b1", x: 1 } })), mark(state({ ...back, position: { branch: "b1", x: 2 } })));
});

test("a loss that is still being averaged is looked at again, no longer than that", () => {
  const rows = (steps, branch = "b1") => [row({ branch, after: steps ? { loss: 1, steps } : null })];
  assert.ok(growing(rows(0), state()));
  assert.ok(growing(rows(49), state()));
  assert.equal(growing(rows(50), state()), false);
  assert.equal(growing(rows(3, "b2"), state()), false);
  assert.equal(growing(rows(3), state({ status: "paused" })), false);
  assert.equal(growing(rows(3), null), false);
});
