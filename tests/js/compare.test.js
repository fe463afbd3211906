import assert from "node:assert/strict";
import test from "node:test";
import {
  branchFor, curvesOf, differing, layersText, leftOutText, linesOf, live, onAxis, outcome, pasted, pointsOf, readChoice, validates, valueAt, writeChoice,
} from "../../static/lib/compare.js";
import { CATALOGUE } from "../../static/lib/catalogue.js";

const A = "aaaaaaaa";
const B = "bbbbbbbb";
const score = (examples) => ({ epoch: 1, test: { loss: 1, accuracy: 0.5, examples }, train: {} });
const blueprint = { dataset: "digits", layers: [{ kind: "conv", channels: 8, kernel: 3 }, { kind: "relu" }, { kind: "linear", features: 10 }], seed: 1 };
const room = () => ({
  session: { status: "paused", waiting: null, position: { branch: "b2" } }, plan: [],
  runs: { r1: { blueprint, settings: { learning_rate: 0.1, momentum: 0.9 } } },
  branches: { b1: { run: "r1", parent: null, epoch: 0, last: score(360) }, b2: { run: "r1", parent: "b1", epoch: 2, last: null } },
  series: {
    b1: { test_loss: [[1, 1], [2, 0.5], [3, 0.8]], test_accuracy: [[1, 0.5], [2, 0.9], [3, 0.7]], step: [[1, 10], [2, 20], [3, 30]], seconds: [] },
    b2: { test_loss: [[3, 0.4]], test_accuracy: [[3, 0.9]], step: [[3, 40]] },
  },
  markers: [{ seq: 5, branch: "b2", epoch: 2, batch: 0, x: 2, changes: { learning_rate: { from: 0.1, to: 0.5 } } }],
});
const line = (branch, state = room()) => ({ room: A, branch, state });

test("an address names lines; what is no line, twice or too much is left out", () => {
  assert.deepEqual(linesOf(`${A}.b1, ${B}.b2`), [{ room: A, branch: "b1" }, { room: B, branch: "b2" }]);
  assert.deepEqual(linesOf(`${A}.b1,${A}.b1`).length, 1);
  assert.deepEqual(linesOf(Array.from({ length: 20 }, (_, n) => `${A}.b${n}`).join()).length, 8);
  for (const bad of [null, undefined, "", ",", "x", `${A}`, `${A}.`, "AAAAAAAA.b1", `${A}.b 1`, `${A}.<b>`, "aaaaaaa0.b1", `${A}.${"b".repeat(65)}`]) {
    assert.deepEqual(linesOf(bad), [], String(bad));
  }
});

test("links of rooms and of comparisons, codes and pairs can be pasted", () => {
  assert.deepEqual(pasted(` http://lab.example:5000/room/${A} `), [{ room: A, branch: null }]);
  assert.deepEqual(pasted(`https://lab.example/room/${A}?x=1#y`), [{ room: A, branch: null }]);
  assert.deepEqual(pasted(A), [{ room: A, branch: null }]);
  assert.deepEqual(pasted(`${A}.b2`), [{ room: A, branch: "b2" }]);
  assert.deepEqual(pasted(`http://h/compare?x=step&of=${A}.b1%2C${B}.b3&show=test`), [{ room: A, branch: "b1" }, { room: B, branch: "b3" }]);
  assert.deepEqual(pasted(`${A} ${B}.b1`), [{ room: A, branch: null }, { room: B, branch: "b1" }]);
  const every = ["23456789", "abcdefgh", "jkmnpqrs", "tvwxyz22"]; // all signs that a code may have
  assert.deepEqual(pasted(every.join(" ")).map(({ room }) => room), every);
  for (const bad of ["", "  ", "hello", "http://h/", "javascript:alert(1)", "AAAAAAAA", `${A}x`, "?of=%ff", "http://h/room/x"]) {
    assert.deepEqual(pasted(bad), [], bad);
  }
});

test("the address holds the whole choice and gives it back", () => {
  const choice = { lines: linesOf(`${A}.b1,${B}.b2`), parts: ["epoch", "train"], axis: "step", against: `${B}.b2` };
  assert.equal(writeChoice(choice), `?of=${A}.b1,${B}.b2&show=epoch,train&x=step&against=${B}.b2`);
  assert.deepEqual(readChoice(writeChoice(choice)), choice);
  const plain = { lines: [], parts: ["test", "epoch"], axis: "epochs", against: null };
  for (const odd of ["", "?", "?of=%00&show=<b>&x=__proto__&against=x", `?against=${A}.b1`, "?show=,,&x="]) assert.deepEqual(readChoice(odd), plain);
});

test("a line begins with its ancestors' points, up to the fork", () => {
  assert.deepEqual(pointsOf(room(), "b2", "test", "loss", "epochs"), [[1, 1], [2, 0.5], [3, 0.4]]);
});

test("epochs become steps or time; without such a scale there are no points", () => {
  assert.deepEqual(pointsOf(room(), "b2", "test", "loss", "step"), [[10, 1], [20, 0.5], [40, 0.4]]);
  assert.deepEqual(pointsOf(room(), "b2", "test", "loss", "seconds"), []);
  assert.deepEqual(onAxis([[0.5, 7], [1, 8], [1.5, 9]], [[1, 100], [2, 100]]), [[50, 7], [100, 9]], "x rises, whatever the scale says");
});

test("values lie straight between points, and nowhere else", () => {
  const points = [[0, 0], [1, 10], [3, 30]];
  assert.deepEqual([0, 0.5, 1, 2, 3].map((x) => valueAt(points, x)), [0, 5, 10, 20, 30]);
  assert.deepEqual([-1, 3.1].map((x) => valueAt(points, x)), [null, null]);
  assert.equal(valueAt([], 1), null);
  assert.equal(valueAt([[2, 7]], 2), 7);
});

test("with a reference every curve is the difference from the same part of it", () => {
  const lines = [line("b1"), line("b2")];
  const choice = { parts: ["test"], axis: "epochs", against: `${A}.b1` };
  const curves = curvesOf(lines, choice, "loss");
  assert.deepEqual(curves.map(({ key, line: number, part }) => [key, number, part]), [[`${A}.b1.test`, 0, "test"], [`${A}.b2.test`, 1, "test"]]);
  assert.deepEqual(curves[0].points.map(([, y]) => y), [0, 0, 0]);
  assert.deepEqual(curves[1].points.map(([x, y]) => [x, Number(y.toFixed(6))]), [[1, 0], [2, 0], [3, -0.4]]);
  assert.deepEqual(curvesOf(lines, { ...choice, against: "gone" }, "loss")[1].points.at(-1), [3, 0.4]);
});

test("best and last say where they were measured and on how many", () => {
  const { best, last, examples } = outcome(room(), "b2");
  assert.deepEqual(best, { loss: { value: 0.4, epoch: 3 }, accuracy: { value: 0.9, epoch: 2 } });
  assert.deepEqual(last, { loss: { value: 0.4, epoch: 3 }, accuracy: { value: 0.9, epoch: 3 } });
  assert.equal(examples, 360);
  const fresh = { ...room(), series: {} };
  assert.equal(outcome(fresh, "b1"), null);
});

test("what is held back to validate has results of its own", () => {
  const state = room();
  state.runs.r1 = { ...state.runs.r1, blueprint: { ...blueprint, validation: 0.2 } };
  assert.deepEqual([validates({ state, branch: "b2" }), validates(line("b2"))], [true, false]);
  assert.equal(outcome(state, "b2", "validation"), null, "no epoch has ended");
  state.series.b1.validation_loss = [[1, 0.5], [2, 0.7]];
  state.series.b1.validation_accuracy = [[1, 0.8], [2, 0.75]];
  state.branches.b1.last.validation = { loss: 0.7, accuracy: 0.75, examples: 287 };
  assert.deepEqual(outcome(state, "b1", "validation"), {
    best: { loss: { value: 0.5, epoch: 1 }, accuracy: { value: 0.8, epoch: 1 } },
    last: { loss: { value: 0.7, epoch: 2 }, accuracy: { value: 0.75, epoch: 2 } }, examples: 287,
  });
  assert.deepEqual(differing([line("b1"), { room: B, branch: "b1", state }]), [{ name: "validation", values: [0, 0.2] }]);
});

test("own images are called by their title, and told apart where two have the same", () => {
  const other = room();
  const images = { title: "Cats", shape: [3, 32, 32], classes: ["a", "b"], train: 10, test: 4 };
  other.runs.r1 = { ...other.runs.r1, blueprint: { ...blueprint, dataset: "own_0123456789abcdef", images } };
  assert.deepEqual(differing([line("b1"), { room: B, branch: "b1", state: other }]), [{ name: "dataset", values: ["digits", "Cats (012345)"] }]);
});

test("what differs: Blueprint and Settings at the tips, and nothing else", () => {
  const other = room();
  other.runs.r1 = { blueprint: { ...blueprint, seed: 7 }, settings: { learning_rate: 0.1, momentum: 0.9 } };
  assert.deepEqual(differing([line("b1"), line("b2"), { room: B, branch: "b1", state: other }]),
    [{ name: "seed", values: [1, 1, 7] }, { name: "learning_rate", values: [0.1, 0.5, 0.1] }]);
  assert.deepEqual(differing([line("b1"), line("b1")]), []);
  assert.equal(layersText(blueprint.layers), "conv 8 · relu · linear 10");
});

test("examples that a Run leaves out are a difference", () => {
  const other = room();
  other.runs.r1 = { ...other.runs.r1, blueprint: { ...blueprint, without: [3, 7] } };
  assert.deepEqual(differing([line("b1"), { room: B, branch: "b1", state: other }]), [{ name: "without", values: [[], [3, 7]] }]);
  assert.deepEqual([[], [3, 7], [1, 2, 3, 4, 5, 6]].map(leftOutText), ["0", "2 (3, 7)", "6 (1, 2, 3, 4, 5, …)"]);
});

test("rooms that may change by themselves are looked at again", () => {
  assert.equal(live(room()), false);
  assert.equal(live(null), false);
  assert.ok(live({ session: { status: "training", waiting: null }, plan: [] }));
  assert.ok(live({ session: { status: "paused", waiting: { reason: "queued" } }, plan: [] }));
  assert.ok(live({ session: { status: "paused", waiting: null }, plan: [{}] }));
});

test("a room's link means the Branch where it stands, else one that is not here yet", () => {
  assert.equal(branchFor(room(), []), "b2");
  assert.equal(branchFor(room(), ["b2"]), "b1");
  assert.equal(branchFor(room(), ["b1", "b2"]), null);
  assert.equal(branchFor(undefined, []), null);
});

test("keys of the compare page that are put together exist", () => {
  const parts = ["test", "epoch", "train"].map((part) => `compare_${part}`);
  const axes = ["epochs", "step", "seconds"].flatMap((axis) => [`compare_by_${axis}`, `compare_axis_${axis}`]);
  const missing = ["loading", "room", "empty", "branch", "offline"].map((problem) => `compare_missing_${problem}`);
  for (const key of [...parts, ...axes, ...missing]) assert.ok(key in CATALOGUE, key);
});
