import assert from "node:assert/strict";
import test from "node:test";
import { Choice } from "../../static/chart/choice.js";
import { Lines } from "../../static/chart/lines.js";
import { scaled, whole } from "../../static/chart/zoom.js";
import {
  align, curvesOf, difference, epochsOf, markersOf, refine, startOf, twinsOf, usualBranches, wayCurves,
} from "../../static/lib/curves.js";

const points = (...xs) => xs.map((x) => [x, x * 10]);
const branch = (seq, parent, epoch, group = null) => ({ run: "r1", seq, parent, epoch, group, tip: { epoch: 9, batch: 0, x: 9 } });

/** b1 to epoch 4; b2 from 2, b3 from b2 at 3, where the Session stands; b4 and b5 are twins from 1; b0 is of another Run. */
const forest = () => ({
  session: { position: { run: "r1", branch: "b3", epoch: 3, batch: 5, batches: 10, x: 3.5 } },
  branches: { b0: { ...branch(0, null, 0), run: "r0" }, b1: branch(1, null, 0), b2: branch(2, "b1", 2), b3: branch(3, "b2", 3), b4: branch(4, "b1", 1, "g"), b5: branch(5, "b1", 1, "g") },
  series: {
    b1: { train_loss: points(0.5, 1, 1.5, 2, 2.5, 3), epoch_loss: [[1, 11], [2, 12], [3, 13]], test_loss: [[1, 1], [2, 2], [3, 3]], step: [[1, 100], [2, 200], [3, 300]], learning_rate: [[0.5, 0.1], [3, 0.2]] },
    b2: { train_loss: points(2.5, 3, 3.5), epoch_loss: [[3, 23]], test_loss: [[3, 30]], step: [[3, 250]] },
    b3: { train_loss: points(3.5), step: [[3.5, 300]] }, b4: { test_loss: [[2, 5], [3, 6]] }, b5: { test_loss: [[2, 7], [3, 5]] }, b0: { train_loss: points(9) },
  },
  markers: [{ branch: "b2", x: 2.5 }, { branch: "b2", x: 2.51 }, { branch: "b0", x: 1 }, { branch: "b1", x: 3 }, { branch: "b1", x: 1 }],
});
const view = (values) => ({ what: "loss", choice: new Choice(), weight: 0, axis: "epochs", twins: null, fine: () => null, ...values });

test("the curves are those of the present Run, the present Branch first; each keeps its number", () => {
  const curves = curvesOf(forest(), "loss");
  assert.deepEqual(curves.slice(0, 3).map(({ key, rank, present }) => [key, rank, present]), [
    ["b3.train_loss", 2, true], ["b3.epoch_loss", 2, true], ["b3.test_loss", 2, true]]);
  assert.deepEqual([...new Set(curves.map((curve) => curve.branch))], ["b3", "b5", "b4", "b2", "b1"]);
  assert.deepEqual(curvesOf({ session: { position: null } }, "loss"), []);
  assert.deepEqual(curvesOf(forest(), "rate").map(({ key }) => key).at(-1), "b1.learning_rate");
});

test("drawn unless chosen otherwise: the present Branch, its parent, its twin and the newest", () => {
  const state = forest();
  for (const id of ["b6", "b7", "b8"]) state.branches[id] = branch(Number(id.slice(1)), "b1", 1);
  assert.deepEqual([...usualBranches(state)].sort(), ["b2", "b3", "b6", "b7", "b8"]);
  state.session.position.branch = "b4";
  assert.deepEqual([...usualBranches(state)].sort(), ["b1", "b4", "b5", "b6", "b7", "b8"]);
});

test("Branches and their parts are shown and hidden; without a choice others have no single batches", () => {
  const choice = new Choice();
  const usual = new Set(["b3", "b2"]);
  const [batches, , tests] = curvesOf(forest(), "loss");
  const other = { ...batches, branch: "b2", key: "b2.train_loss", present: false };
  assert.deepEqual([choice.shows(batches, usual), choice.shows(other, usual)], [true, false]);
  choice.togglePart(other, usual);
  assert.equal(choice.shows(other, usual), true);
  choice.toggleBranch("b3", usual);
  assert.equal(choice.shows(tests, usual), false);
  choice.togglePart(tests, usual); // a part of a hidden Branch brings it back
  assert.equal(choice.shows(tests, usual), true);
});

test("a Branch leaves its parent's line where it left it; what is not shown of its way is drawn for it", () => {
  const state = forest();
  assert.deepEqual(startOf(state, "b2", "test_loss"), [2, 2]);
  assert.deepEqual(startOf(state, "b3", "test_loss"), [3, 30]);
  assert.equal(startOf(state, "b1", "test_loss"), null);
  const own = curvesOf(state, "loss").filter(({ part }) => part === "test");
  assert.deepEqual(wayCurves(state, own, new Set(["b2"])).map(({ branch: id, to, rank }) => [id, to, rank]), [["b1", 2, 2]]);
  const { lines } = new Lines().of(view({ state }));
  const line = (id, part) => lines.find((one) => one.branch === id && one.part === part);
  assert.deepEqual(line("b2", "test").xs, [2, 3]);
  assert.deepEqual(line("b2", "test").ys, [2, 30]);
  assert.deepEqual([line("b1", "test").to, line("b1", "test").xs], [2, [1, 2]]);
  assert.equal(line("b0", "train"), undefined);
});

test("lines are made anew only where their points have changed; hidden ones are not made at all", () => {
  const state = forest();
  const made = new Lines();
  const choice = new Choice();
  const before = made.of(view({ state, choice })).lines;
  assert.deepEqual(made.of(view({ state, choice })).lines, before);
  made.of(view({ state, choice })).lines.forEach((line, row) => assert.equal(line, before[row]));
  state.series.b3.train_loss.push([3.6, 1]);
  const changed = made.of(view({ state, choice })).lines.filter((line) => !before.includes(line));
  assert.deepEqual(changed.map(({ branch: id, part }) => [id, part]), [["b3", "train"]]);
  choice.toggleBranch("b2", usualBranches(state));
  assert.equal(made.of(view({ state, choice })).lines.some((line) => line.branch === "b2" && line.to === undefined), false);
});

test("along steps each Branch has its own way", () => {
  const { lines, axis } = new Lines().of(view({ state: forest(), axis: "step" }));
  assert.deepEqual(lines.find((line) => line.branch === "b2" && line.part === "test").xs, [200, 250]);
  assert.equal(axis.to(3.5), 300);
  assert.equal(axis.from(275), 3.25);
});

test("smoothing keeps the batches faint behind", () => {
  const { lines } = new Lines().of(view({ state: forest(), weight: 0.5 }));
  const train = lines.filter((line) => line.branch === "b3" && line.part === "train");
  assert.deepEqual(train.map(({ role }) => role), ["raw", "smooth"]);
  assert.equal(train[1].xs[0], 3);
  assert.ok(lines.every(({ part, role }) => part === "train" || role === "plain"));
});

test("twins are subtracted at equal x", () => {
  const state = forest();
  assert.deepEqual(twinsOf(state), ["b4", "b5"]);
  assert.deepEqual(difference([[1, 1], [3, 3]], [[0, 9], [2, 5], [3, 4], [4, 9]]), [[2, 3], [3, 1]]);
  const { lines } = new Lines().of(view({ state, twins: ["b4", "b5"] }));
  const tests = lines.find(({ part }) => part === "test");
  assert.deepEqual([tests.xs, tests.ys], [[1, 2, 3], [0, 2, -1]]);
  delete state.branches.b5;
  assert.equal(twinsOf(state), null);
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

test("finer points replace their window and never outrun the curve", () => {
  const fine = { points: points(1, 1.25, 1.5, 9) };
  assert.deepEqual(refine(points(0.5, 1, 1.5, 2), fine).map(([x]) => x), [0.5, 1, 1.25, 1.5, 2]);
  assert.deepEqual(refine(points(0.5), fine), points(0.5));
});

test("markers of the drawn lines only; neighbours share a flag", () => {
  const drawn = new Map([["b2", Infinity], ["b1", 2]]);
  const groups = markersOf(forest(), drawn, (x) => x * 100, 10);
  assert.deepEqual(groups.map(({ left, markers }) => [left, markers.length]), [[100, 1], [250, 2]]);
});

test("the table has a row per epoch on the way", () => {
  assert.deepEqual(epochsOf(forest(), "loss"), [
    { epoch: 1, train: 11, test: 1 }, { epoch: 2, train: 12, test: 2 }, { epoch: 3, train: 23, test: 30 }]);
  assert.deepEqual(epochsOf(null, "loss"), []);
  const state = forest();
  state.session.position.branch = "b1";
  assert.deepEqual(epochsOf(state, "rate"), [{ epoch: 1, rate: 0.1 }, { epoch: 3, rate: 0.2 }]);
});

test("zooming keeps the point under the hand, stays inside and ends at the whole", () => {
  assert.deepEqual(scaled([0, 10], 0.5, 5, [0, 10]), [2.5, 7.5]);
  assert.deepEqual(scaled([0, 10], 0.5, 0, [0, 10]), [0, 5]);
  assert.equal(scaled([2, 8], 2, 5, [0, 10]), null);
  assert.deepEqual(whole(2.3), [0, 3]);
  assert.deepEqual(whole(undefined), [0, 1]);
  assert.deepEqual(whole(101, "step"), [0, 125]);
});

test("drawings of the room are a curve of their own, for every Branch as soon as one has it", () => {
  const state = forest();
  assert.ok(!curvesOf(state, "accuracy").some(({ part }) => part === "drawings"));
  Object.assign(state.series.b2, { epoch_accuracy: [[3, 0.8]], test_accuracy: [[3, 0.7]], drawings_accuracy: [[3, 0.5]], drawings_loss: [[3, 1.5]] });
  const parts = (what, id) => curvesOf(state, what).filter((curve) => curve.branch === id).map(({ part }) => part);
  assert.deepEqual([parts("accuracy", "b2"), parts("loss", "b5")], Array(2).fill(["train", "epoch", "drawings", "test"]));
  assert.deepEqual(parts("rate", "b2"), ["rate"]);
  const row = epochsOf({ ...state, session: { position: { ...state.session.position, branch: "b2" } } }, "accuracy").at(-1);
  assert.deepEqual(row, { epoch: 3, train: 0.8, test: 0.7, drawings: 0.5 });
});

test("what is held back to validate has a curve and a column where there is any", () => {
  const state = forest();
  assert.equal(curvesOf(state, "loss").some(({ part }) => part === "validation"), false);
  state.series.b2.validation_accuracy = [[3, 0.5]];
  state.series.b2.validation_loss = [[3, 7]];
  const parts = curvesOf(state, "loss").filter(({ branch: id }) => id === "b2").map(({ part }) => part);
  assert.deepEqual(parts, ["train", "epoch", "validation", "test"]);
  const here = { ...state, session: { position: { ...state.session.position, branch: "b2" } } };
  assert.deepEqual(epochsOf(here, "loss").at(-1), { epoch: 3, train: 23, test: 30, validation: 7 });
});
