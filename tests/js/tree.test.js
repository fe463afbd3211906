import assert from "node:assert/strict";
import test from "node:test";
import { text } from "../../static/lib/texts.js";
import {
  aboutBranch, branchTitle, branchesIn, changesIn, differences, home, pointsAlong, rankOf, settingsAt, upTo, wayOf,
} from "../../static/lib/tree.js";
import { layout, signature } from "../../static/tree/layout.js";
import { next, stops } from "../../static/tree/steps.js";

const rows = [
  { name: "learning_rate", label: { en: "Learning rate", de: "Lernrate" } },
  { name: "optimizer", label: { en: "Optimizer", de: "Optimierer" }, choices: { sgd: { en: "SGD", de: "SGD" }, adam: { en: "Adam", de: "Adam" } } },
];
const rate = (from, to) => ({ learning_rate: { from, to } });
const tip = (epoch, batch = 0) => ({ epoch, batch, x: epoch + batch / 10 });
const branch = (seq, values) => ({ run: "r1", parent: null, epoch: 0, name: null, changes: {}, kind: "first", of: null, group: null, seq, last: null, ...values });
const kept = (name, epoch, batch = 0) => ({ seq: 100 + epoch, branch: name, epoch, batch, x: epoch + batch / 10, bytes: 10, finite: true });

/** b1 to epoch 6; b2 from 3, b3 from b2 at 5, twins b4 and b5 from 4, b6 without the change 7; another Run with b7. */
function forest() {
  return {
    session: { status: "paused", position: { run: "r1", branch: "b3", epoch: 5, batch: 4, x: 5.4 }, held: null },
    runs: { r1: { settings: { learning_rate: 0.1, optimizer: "sgd", epochs: 5 } }, r2: { settings: {} } },
    branches: {
      b1: branch(1, { tip: tip(6) }),
      b3: branch(9, { parent: "b2", epoch: 5, kind: "fork", tip: tip(5, 4) }),
      b2: branch(8, { parent: "b1", epoch: 3, kind: "fork", changes: rate(0.1, 0.01), tip: tip(6) }),
      b4: branch(10, { parent: "b1", epoch: 4, kind: "twin", group: "g", tip: tip(5) }),
      b5: branch(11, { parent: "b1", epoch: 4, kind: "twin", group: "g", changes: rate(0.5, 1), tip: tip(4) }),
      b6: branch(12, { parent: "b1", epoch: 2, kind: "undo", of: 7, tip: tip(4) }),
      b7: branch(20, { run: "r2", tip: tip(1) }),
    },
    checkpoints: [kept("b1", 1), kept("b1", 3), kept("b3", 5, 4)], pinned: [{ branch: "b1", epoch: 2 }],
    proofs: [{ branch: "b1", epoch: 5, state: "same" }], plan: [],
    markers: [{ seq: 7, branch: "b1", x: 2.5, changes: rate(0.1, 0.5) }, { seq: 6, branch: "b2", x: 3, changes: rate(0.1, 0.01) }],
    series: { b1: { test_loss: [[1, 1], [2, 2], [3, 3], [4, 4]] }, b2: { test_loss: [[4, 40], [5, 50], [6, 60]] }, b3: { test_loss: [] } },
  };
}

const inGerman = (act) => {
  globalThis.document = { documentElement: { lang: "de" } };
  try {
    return act();
  } finally {
    delete globalThis.document;
  }
};

test("Branches of a Run stand in the order in which they began, and keep their number", () => {
  const state = forest();
  assert.deepEqual(branchesIn(state, "r1"), ["b1", "b2", "b3", "b4", "b5", "b6"]);
  assert.equal(rankOf(state, "b3"), 2);
  assert.equal(rankOf(state, "b7"), 0);
});

test("the way to a Branch leads through its ancestors up to each fork", () => {
  const state = forest();
  assert.deepEqual(wayOf(state, "b3"), [
    { branch: "b1", from: 0, to: 3 }, { branch: "b2", from: 3, to: 5 }, { branch: "b3", from: 5, to: Infinity }]);
  assert.deepEqual(wayOf(state, "nobody"), []);
  assert.deepEqual(wayOf(null, undefined), []);
  assert.deepEqual(pointsAlong(state, "b3", "test_loss"), [[1, 1], [2, 2], [3, 3], [4, 40], [5, 50]]);
  assert.equal(pointsAlong(state, "b1", "test_loss"), state.series.b1.test_loss); // no copy where none is needed
  assert.deepEqual(pointsAlong(state, "b3", "unknown"), []);
  assert.deepEqual(upTo([[1, 0], [2, 0]], 1.5), [[1, 0]]);
});

test("an epoch lies on the Branch that trained it", () => {
  const state = forest();
  assert.deepEqual([home(state, "b3", 6), home(state, "b3", 5), home(state, "b3", 3), home(state, "b1", 0)], ["b3", "b2", "b1", "b1"]);
});

test("Settings of a place are those of the Run and of the changes on the way", () => {
  const state = forest();
  assert.equal(settingsAt(state, "b1", 2).learning_rate, 0.1);
  assert.equal(settingsAt(state, "b1", 3).learning_rate, 0.5);
  assert.equal(settingsAt(state, "b3", 5).learning_rate, 0.01);
  assert.deepEqual(differences({ epochs: 1, optimizer: "sgd" }, { epochs: 2, optimizer: "adam" }), { optimizer: { from: "sgd", to: "adam" } });
});

test("a Branch is called after what makes it what it is, or as somebody named it", () => {
  const state = forest();
  const title = (id) => branchTitle(state, id, rows);
  assert.equal(title("b1"), "b1 · from the start");
  assert.equal(title("b2"), "b2 · from epoch 3 · learning rate 0.1 → 0.01");
  assert.equal(title("b3"), "b3 · from epoch 5 · same settings");
  assert.equal(title("b4"), "b4 · from epoch 4 · twin: learning rate 0.5");
  assert.equal(title("b5"), "b5 · from epoch 4 · twin: learning rate 1");
  assert.equal(title("b6"), "b6 · without: learning rate 0.1 → 0.5");
  state.branches.b6.name = "Ada's idea";
  assert.equal(title("b6"), "b6 · Ada's idea");
  assert.equal(title("gone"), "gone");
  state.markers = [];
  state.branches.b6.name = null;
  assert.equal(aboutBranch(state, "b6", rows), "without: change 7");
});

test("the same in German", () => {
  const state = forest();
  assert.equal(inGerman(() => branchTitle(state, "b2", rows)), "b2 · ab Epoche 3 · Lernrate 0,1 → 0,01");
  assert.equal(inGerman(() => branchTitle(state, "b6", rows)), "b6 · ohne: Lernrate 0,1 → 0,5");
});

test("values of every kind have words", () => {
  const said = (name, to) => changesIn({ [name]: { from: null, to } }, rows)[0].to;
  assert.equal(said("optimizer", "adam"), "Adam");
  assert.equal(said("nesterov", true), "on");
  assert.equal(said("frozen", ["conv1", "conv2"]), "conv1, conv2");
  assert.equal(said("frozen", []), "none");
  assert.equal(said("dropouts", { dropout1: 0.5 }), "dropout1 0.5");
  assert.equal(changesIn({ frozen: { from: [], to: [] } }, rows)[0].label, text("setting_frozen"));
});

test("each Branch has a row below its parent, and no line crosses another", () => {
  const { limbs } = layout(forest(), "r1");
  assert.deepEqual(limbs.map(({ id, row, parentRow }) => [id, row, parentRow]), [
    ["b1", 0, null], ["b4", 1, 0], ["b5", 2, 0], ["b2", 3, 0], ["b3", 4, 3], ["b6", 5, 0]]);
  for (const limb of limbs.slice(1)) {
    const passed = limbs.filter(({ row }) => row > limb.parentRow && row < limb.row);
    assert.ok(passed.every(({ x0 }) => x0 >= limb.x0), limb.id);
  }
});

test("beads are the ends of epochs and say what is kept, pinned, proved, forked and where one is", () => {
  const { limbs, here } = layout(forest(), "r1");
  const [b1, , , , b3] = limbs;
  const flags = (name) => b1.beads.filter((bead) => bead[name]).map(({ epoch }) => epoch);
  assert.deepEqual(b1.beads.map(({ epoch }) => epoch), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual([flags("kept"), flags("pinned"), flags("proof"), flags("fork"), flags("tip")], [[1, 3], [2], [5], [2, 3, 4], [6]]);
  assert.deepEqual(limbs[3].beads.map(({ epoch }) => epoch), [4, 5, 6]);
  assert.deepEqual([b3.beads.length, b3.half.key, b3.half.kept, b3.half.here], [0, "b3:tip", true, true]);
  assert.deepEqual([here.row, here.off, here.at], [4, false, b3.half.at]);
  assert.equal(limbs[2].half.epoch, 4); // has begun, and trained nothing yet
});

test("who went back stands on the bead of the line that trained it", () => {
  const state = forest();
  state.session.position = { run: "r1", branch: "b3", epoch: 5, batch: 0, x: 5 };
  state.session.held = [];
  const { here, limbs } = layout(state, "r1");
  assert.deepEqual([here.key, here.off, here.row], ["b2:5", true, 3]);
  assert.deepEqual(limbs.flatMap(({ beads }) => beads).filter((bead) => bead.here).map(({ key }) => key), ["b2:5"]);
  assert.equal(layout(state, "r2").here, null);
});

test("changes stand between beads, neighbours together; forks to come are limbs, too", () => {
  const state = forest();
  state.markers.push({ seq: 14, branch: "b1", x: 2.52, changes: rate(0.5, 0.6) });
  state.plan = [{ parent: "b2", epoch: 6, epochs: 3, settings: {}, kind: "fork" }];
  const { limbs, width, step } = layout(state, "r1");
  const [mark] = limbs[0].marks;
  assert.deepEqual(mark.markers.map(({ seq }) => seq), [7, 14]);
  assert.ok(mark.at > limbs[0].beads[2].at && mark.at < limbs[0].beads[3].at);
  const ghost = limbs.find((limb) => limb.ghost);
  assert.deepEqual([ghost.parentRow, Math.round((ghost.x1 - ghost.x0) / step)], [limbs.find(({ id }) => id === "b2").row, 3]);
  assert.ok(width >= ghost.x1);
});

test("hundreds of epochs stay readable: plain beads are thinned, special ones never", () => {
  const state = forest();
  state.branches.b1.tip = tip(900);
  state.checkpoints = Array.from({ length: 900 }, (_, epoch) => kept("b1", epoch + 1)).filter(({ epoch }) => epoch > 880 || epoch % 50 === 1);
  state.proofs = [{ branch: "b1", epoch: 333, state: "same" }];
  const beads = layout(state, "r1").limbs[0].beads;
  assert.ok(beads.length < 250, `${beads.length} beads`);
  for (const epoch of [0, 2, 3, 4, 333, 900]) assert.ok(beads.some((bead) => bead.epoch === epoch), `epoch ${epoch}`);
});

test("nothing is drawn anew while nothing of it has changed", () => {
  const state = forest();
  const before = signature(state, "r1", 800);
  state.branches.b3.tip = tip(5, 7);
  state.session.position.x = 5.7;
  state.series.b3.test_loss.push([6, 1]);
  assert.equal(signature(state, "r1", 800), before);
  state.checkpoints.push(kept("b1", 4));
  assert.notEqual(signature(state, "r1", 800), before);
});

test("keys lead along a Branch, to its fork and to other rows", () => {
  const { limbs } = layout(forest(), "r1");
  const go = (key, arrow) => next(limbs, key, arrow);
  assert.equal(go("b1:1", "ArrowRight"), "b1:2");
  assert.equal(go("b1:2", "ArrowRight"), "b1:change:7");
  assert.equal(go("b1:6", "ArrowRight"), null);
  assert.equal(go("b2:4", "ArrowLeft"), "b2:change:6");
  assert.equal(go("b2:change:6", "ArrowLeft"), "b1:3");
  assert.equal(go("b1:0", "ArrowLeft"), null);
  assert.equal(go("b3:tip", "ArrowLeft"), "b2:5");
  assert.equal(go("b1:5", "ArrowDown"), "b4:5");
  assert.equal(go("b4:5", "ArrowUp"), "b1:5");
  assert.equal(go("b1:3", "Home"), "b1:0");
  assert.equal(go("b1:3", "End"), "b1:6");
  assert.equal(go("b1:3", "x"), null);
  assert.equal(go("gone", "Home"), null);
  assert.deepEqual(stops(limbs[4]).map(({ key }) => key), ["b3:tip"]);
});
