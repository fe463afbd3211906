import assert from "node:assert/strict";
import test from "node:test";
import { estimate, mayBegin, offTip, possible, standing, wayBack } from "../../static/lib/standing.js";

const session = (values) => ({ status: "idle", waiting: null, reason: null, error: null, position: null, held: null, ...values });

test("time left comes from the speed", () => {
  const state = {
    session: session({ status: "training", begun: 0, until: 4, rate: 100, position: { run: "r1", branch: "b2", epoch: 1, batch: 5, batches: 10, x: 1.5 } }),
    settings: { epochs: 10 }, blueprint: { dataset: "d" },
  };
  const { epoch, all } = estimate(state, [{ name: "d", train: 1000 }]);
  assert.deepEqual(epoch, { number: 2, share: 0.5, left: 5 });
  assert.deepEqual(all, { until: 4, share: 0.375, left: 25 });
  const fewer = { ...state, blueprint: { dataset: "d", without: [...Array(200).keys()] } };
  assert.deepEqual(estimate(fewer, [{ name: "d", train: 1000 }]).epoch, { number: 2, share: 0.5, left: 4 });
  assert.deepEqual(estimate(state, null).epoch.left, NaN);
});

test("one Command is possible at a time", () => {
  const name = (values) => possible(session(values)).name;
  assert.equal(name({}), "start");
  assert.equal(name({ waiting: { reason: "queued", place: 2 } }), "interrupt");
  assert.equal(name({ status: "training" }), "interrupt");
  assert.equal(name({ status: "paused", position: { x: 0.5 } }), "continue");
  assert.equal(name({ status: "paused", reason: "reverted", held: [], position: { x: 0 } }), "continue");
  assert.equal(name({ status: "failed", position: { x: 0 } }), "start");
  assert.equal(name({ status: "failed", position: { x: 0 }, held: [] }), "continue");
  assert.equal(name({ status: "failed", position: { x: 2 } }), "continue");
  assert.equal(possible(null).name, "start");
  assert.equal(mayBegin(session({ status: "training" })), false);
  assert.equal(mayBegin(session({ status: "failed" })), true);
});

test("its label says what will happen", () => {
  const label = (values) => possible(session({ position: { x: 2 }, ...values })).label;
  assert.equal(label({ status: "paused", reason: "interrupted" }), "continue");
  assert.equal(label({ status: "paused", reason: "finished" }), "train_on");
  assert.equal(label({ status: "paused", reason: "reverted", held: [] }), "branch_off");
  assert.equal(label({ status: "paused", reason: "reverted" }), "continue");
  assert.equal(label({ status: "failed", held: [] }), "try_again");
  assert.equal(label({ waiting: { reason: "queued" }, held: [] }), "cancel");
  assert.equal(offTip(session({ held: [] })), true);
  assert.equal(offTip(null), false);
});

test("one word says what is going on", () => {
  const kind = (connection, values) => standing(connection, values && session(values)).kind;
  assert.equal(kind("connecting", null), "connecting");
  assert.equal(kind("reconnecting", { status: "training" }), "reconnecting");
  assert.equal(kind("online", {}), "ready");
  assert.equal(kind("online", { status: "training", waiting: { reason: "recovering" } }), "recovering");
  for (const reason of ["loss_not_finite", "reverted", "stepped"]) assert.equal(kind("online", { status: "paused", reason }), reason);
  assert.equal(kind("online", { status: "paused", reason: "unheard of" }), "interrupted");
  const failed = standing("online", session({ status: "failed", error: { message: "m", hint: "h" } }));
  assert.deepEqual([failed.tone, failed.values.message], ["bad", "m"]);
});

test("the way back from numbers that are none leads to the newest sound epoch on the way", () => {
  const one = (branch, epoch, finite = true, batch = 0) => ({ branch, epoch, batch, x: epoch + batch / 10, finite });
  const state = {
    session: { position: { branch: "b2", x: 5.5 } },
    branches: { b1: { parent: null, epoch: 0 }, b2: { parent: "b1", epoch: 3 } },
    checkpoints: [one("b1", 1), one("b1", 3), one("b1", 4), one("b2", 4), one("b2", 5, false), one("b2", 4, true, 3)],
  };
  assert.deepEqual(wayBack(state), { branch: "b2", epoch: 4 });
  state.checkpoints = state.checkpoints.filter(({ branch }) => branch === "b1");
  assert.deepEqual(wayBack(state), { branch: "b1", epoch: 3 });
  state.checkpoints = [];
  assert.deepEqual(wayBack(state), { branch: "b1", epoch: 0 });
});

test("an early stop is a good end, and one may continue", () => {
  const stopped = session({ status: "paused", reason: "stopped_early", position: { x: 8 } });
  assert.deepEqual(standing("online", stopped), { kind: "stopped_early", tone: "good", values: {} });
  assert.equal(possible(stopped).label, "continue");
});
