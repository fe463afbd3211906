import assert from "node:assert/strict";
import test from "node:test";
import { scaled, whole } from "../../static/chart/zoom.js";
import { align, curvesOf, epochsOf, markersOf, nearest, refine } from "../../static/lib/curves.js";
import { layersOf } from "../../static/lib/layers.js";
import { estimate, mayBegin, possible, standing } from "../../static/lib/standing.js";

const points = (...xs) => xs.map((x) => [x, x * 10]);
const state = {
  session: { status: "training", waiting: null, reason: null, error: null, begun: 0, until: 4, rate: 100,
    position: { run: "r1", branch: "b2", epoch: 1, batch: 5, batches: 10, x: 1.5 } },
  settings: { epochs: 10 }, blueprint: { dataset: "d" },
  branches: { b1: { run: "r1" }, b2: { run: "r1" }, old: { run: "r0" } },
  series: { b1: { train_loss: points(0.5) }, b2: { train_loss: points(0.5, 1), epoch_loss: [[1, 7]], test_loss: [[1, 8]] }, old: {} },
  markers: [{ branch: "b2", x: 1 }, { branch: "b2", x: 1.01 }, { branch: "old", x: 1 }, { branch: "b1", x: 3 }],
};

test("the curves are those of the present Run, the present Branch first", () => {
  const keys = curvesOf(state, "loss").map(({ key, rank, points }) => [key, rank, points.length]);
  assert.deepEqual(keys.slice(0, 4), [["b2.train_loss", 0, 2], ["b2.epoch_loss", 0, 1], ["b2.test_loss", 0, 1], ["b1.train_loss", 1, 1]]);
  assert.deepEqual(curvesOf({ session: { position: null } }, "loss"), []);
});

test("columns share one rising x", () => {
  const data = align([{ points: points(1, 3) }, { points: points(2, 3, 4) }]);
  assert.deepEqual(data, [[1, 2, 3, 4], [10, undefined, 30, undefined], [undefined, 20, 30, 40]]);
  assert.deepEqual(align([]), [[]]);
});

test("values a scale cannot show are left out", () => {
  const [, values] = align([{ points: [[1, 0], [2, 5]] }], (y) => y > 0);
  assert.deepEqual([values[0], values[1]], [undefined, 5]);
});

test("the nearest value of a sparse column is found on both sides", () => {
  const xs = [0, 1, 2, 3, 4];
  assert.equal(nearest(xs, [5, , , , 6], 1, 1.2), 0);
  assert.equal(nearest(xs, [5, , , , 6], 3, 3), 4);
  assert.equal(nearest(xs, [, , , , 6], 0, 0), 4);
  assert.equal(nearest(xs, [, , , , ,], 2, 2), null);
});

test("finer points replace their window and never outrun the curve", () => {
  const fine = { points: points(1, 1.25, 1.5, 9) };
  assert.deepEqual(refine(points(0.5, 1, 1.5, 2), fine).map(([x]) => x), [0.5, 1, 1.25, 1.5, 2]);
  assert.deepEqual(refine(points(0.5), fine), points(0.5));
});

test("markers of the drawn Branches only; neighbours share a flag", () => {
  const groups = markersOf(state, (x) => x * 100, 10);
  assert.deepEqual(groups.map(({ left, markers }) => [left, markers.length]), [[100, 2], [300, 1]]);
});

test("the table has a row per epoch", () => {
  assert.deepEqual(epochsOf(state, "loss"), [{ epoch: 1, train: 7, test: 8 }]);
  assert.deepEqual(epochsOf(null, "loss"), []);
});

test("zooming keeps the point under the hand, stays inside and ends at the whole", () => {
  assert.deepEqual(scaled([0, 10], 0.5, 5, [0, 10]), [2.5, 7.5]);
  assert.deepEqual(scaled([0, 10], 0.5, 0, [0, 10]), [0, 5]);
  assert.equal(scaled([2, 8], 2, 5, [0, 10]), null);
  assert.deepEqual(whole([0.2, 2.3]), [0, 3]);
  assert.deepEqual(whole([]), [0, 1]);
});

test("time left comes from the speed", () => {
  const { epoch, all } = estimate(state, [{ name: "d", train: 1000 }]);
  assert.deepEqual(epoch, { number: 2, share: 0.5, left: 5 });
  assert.deepEqual(all, { until: 4, share: 0.375, left: 25 });
});

const session = (values) => ({ status: "idle", waiting: null, reason: null, error: null, position: null, ...values });

test("one Command is possible at a time", () => {
  const name = (values) => possible(session(values)).name;
  assert.equal(name({}), "start");
  assert.equal(name({ waiting: { reason: "queued", place: 2 } }), "interrupt");
  assert.equal(name({ status: "training" }), "interrupt");
  assert.equal(name({ status: "paused", position: { x: 0.5 } }), "continue");
  assert.equal(name({ status: "failed", position: { x: 0 } }), "start");
  assert.equal(possible(null).name, "start");
  assert.equal(mayBegin(session({ status: "training" })), false);
  assert.equal(mayBegin(session({ status: "failed" })), true);
});

test("one word says what is going on", () => {
  const kind = (connection, values) => standing(connection, values && session(values)).kind;
  assert.equal(kind("connecting", null), "connecting");
  assert.equal(kind("reconnecting", { status: "training" }), "reconnecting");
  assert.equal(kind("online", {}), "ready");
  assert.equal(kind("online", { status: "training", waiting: { reason: "recovering" } }), "recovering");
  assert.equal(kind("online", { status: "paused", reason: "loss_not_finite" }), "loss_not_finite");
  const failed = standing("online", session({ status: "failed", error: { message: "m", hint: "h" } }));
  assert.deepEqual([failed.tone, failed.values.message], ["bad", "m"]);
});

test("shapes follow the layers", () => {
  const layers = [{ kind: "conv", channels: 4, kernel: 3 }, { kind: "relu" }, { kind: "pool", size: 2 }, { kind: "flatten" }, { kind: "linear", features: 10 }];
  assert.deepEqual(layersOf({ layers }, [1, 9, 9]).map(({ shape }) => shape), [[4, 9, 9], [4, 9, 9], [4, 4, 4], [64], [10]]);
});
