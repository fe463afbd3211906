import assert from "node:assert/strict";
import test from "node:test";
import { amount, best, bytes, chosenValue, costs, judged, sides } from "../../static/lib/amounts.js";
import {
  after, countOf, flat, idAt, identify, incoming, made, next, pathOf, place, step, target, within,
} from "../../static/lib/network.js";

const conv = (channels = 16) => ({ kind: "conv", channels });
const relu = { kind: "relu" };
const block = (...layers) => ({ kind: "residual", layers });
const layers = [conv(), relu, block(conv(8), relu), { kind: "flatten" }];

/** Numbers every layer anew: l1, l2 … */
function counter() {
  let number = 0;
  return () => `l${++number}`;
}

/** What the server's editing makes of a move. */
function moved(list, path, to) {
  const copy = structuredClone(list);
  const group = (at) => at.slice(0, -1).reduce((inside, number) => inside[number].layers, copy);
  const [layer] = group(path).splice(path.at(-1), 1);
  group(to).splice(to.at(-1), 0, layer);
  return copy;
}

test("Layers are listed with those of open blocks; a closed block hides its own", () => {
  const ids = identify([], [], layers, counter());
  const all = flat(layers, [], ids, () => false);
  assert.deepEqual(all.map(({ path }) => place(path)), ["1", "2", "3", "3.1", "3.2", "4"]);
  assert.deepEqual(all.map(({ closed }) => closed), [null, null, false, null, null, null]);
  assert.deepEqual(flat(layers, [], ids, () => true).map(({ path }) => place(path)), ["1", "2", "3", "4"]);
  assert.equal(countOf(layers), 6);
});

test("A layer keeps its name while others come, go and move, and while its values change", () => {
  const fresh = counter();
  const ids = identify([], [], layers, fresh);
  const named = (next) => identify(layers, ids, next, fresh).map(({ id }) => id);
  const [first, second, third, fourth] = ids.map(({ id }) => id);
  assert.deepEqual(named([conv(32), ...layers.slice(1)]), [first, second, third, fourth]);
  assert.deepEqual(named([relu, layers[0], layers[2], layers[3]]), [second, first, third, fourth]);
  assert.deepEqual(named(layers.slice(1)), [second, third, fourth]);
  const [added, ...rest] = named([{ kind: "pool" }, ...layers]);
  assert.deepEqual(rest, [first, second, third, fourth]);
  assert.ok(![first, second, third, fourth].includes(added));
  const grown = [...layers.slice(0, 2), block(conv(9), relu), layers[3]];
  assert.deepEqual(identify(layers, ids, grown, fresh), ids);
});

test("Names and places find each other", () => {
  const ids = identify([], [], layers, counter());
  for (const { id, path } of flat(layers, [], ids, () => false)) {
    assert.deepEqual(pathOf(ids, id), path);
    assert.equal(idAt(ids, path), id);
  }
  assert.equal(pathOf(ids, "none"), null);
  assert.equal(idAt(ids, [9, 1]), null);
});

test("What is dropped before a place stands just before what stood there", () => {
  const places = [[0], [1], [2], [3], [4], [2, 0], [2, 1], [2, 2]];
  const marked = [conv(1), conv(2), block(conv(3), conv(4)), conv(5)];
  const at = (list, path) => path.reduce((found, number) => found?.layers?.[number], { layers: list });
  for (const path of [[0], [1], [3], [2, 0], [2, 1]]) {
    for (const gap of places) {
      const to = target(path, gap);
      const [before, layer] = [at(marked, gap), at(marked, path)];
      if (to === null) continue;
      const list = moved(marked, path, to);
      assert.deepEqual(at(list, to), layer);
      if (before && before !== layer && before.kind === "conv") assert.deepEqual(at(list, [...to.slice(0, -1), to.at(-1) + 1]), before);
    }
  }
  assert.equal(target([2], [2, 1]), null); // not into itself
  assert.equal(target([1], [1]), null);
  assert.equal(target([1], [2]), null);
  assert.deepEqual(target([0], [2, 0]), [1, 0]);
});

test("A step goes up, down, into a block and out of it, and nowhere else", () => {
  assert.equal(step(layers, [0], -1), null);
  assert.deepEqual(step(layers, [0], 1), [1]);
  assert.equal(step(layers, [3], 1), null);
  assert.deepEqual(step(layers, [1], "in"), [1, 0]);
  assert.deepEqual(step(layers, [3], "in"), [2, 2]);
  assert.deepEqual(step(layers, [2, 1], "out"), [3]);
  assert.equal(step(layers, [2], "out"), null);
  assert.equal(step([block(relu)], [0, 0], "out"), null); // a block is never empty
  assert.deepEqual(moved(layers, [1], [1, 0])[1].layers[0], relu);
});

test("The next layer comes after the chosen one, else at the end", () => {
  assert.deepEqual(next(layers, null), [4]);
  assert.deepEqual(next(layers, [1]), [2]);
  assert.deepEqual(next(layers, [2, 0]), [2, 1]);
  assert.deepEqual(next(layers, [7]), [4]);
});

test("Places are compared in the order in which layers compute", () => {
  assert.ok(after([3], [2, 1]) && after([2, 1], [2, 0]) && after([3, 0], [2]));
  assert.ok(!after([2], [2]) && !after([1], [2, 0]) && !after([2], [2, 1]));
  assert.ok(within([2, 1], [2]) && within([2], [2]) && !within([3], [2]));
});

test("A new layer fits what comes in where the server's defaults would not", () => {
  const report = { input: [1, 9, 9], layers: [{ in: [1, 9, 9], out: [6, 9, 9], layers: [{ in: [1, 9, 9], out: [6, 9, 9] }] }] };
  assert.deepEqual(incoming(report, [0]), [1, 9, 9]);
  assert.deepEqual(incoming(report, [1]), [6, 9, 9]);
  assert.deepEqual(incoming(report, [0, 1]), [6, 9, 9]);
  assert.deepEqual(incoming({ input: [1, 8, 8], layers: [] }, [0]), [1, 8, 8]);
  const patches = { kind: "patches", fields: [{ name: "height", default: 4 }, { name: "width", default: 4 }] };
  assert.deepEqual(made(patches, [6, 9, 9]), { kind: "patches", height: 3, width: 3 });
  assert.deepEqual(made({ kind: "relu", fields: [] }, [6, 9, 9]), { kind: "relu" });
  const residual = made({ kind: "residual", fields: [], block: true }, [6, 9, 9]);
  assert.equal(residual.layers[0].channels, 6);
  assert.deepEqual(made({ kind: "residual", fields: [], block: true }, [40]).layers.map(({ kind }) => kind), ["linear", "relu", "linear"]);
});

test("Only what may be is a value", () => {
  const kernel = { type: "int", minimum: 1, maximum: 31 };
  assert.deepEqual(judged(kernel, " 5 "), { value: 5 });
  for (const [typed, problem] of [["0", "range"], ["32", "range"], ["2.5", "number"], ["", "number"], ["five", "number"]]) {
    assert.deepEqual(judged(kernel, typed), { problem });
  }
  assert.deepEqual(judged({ ...kernel, optional: true }, ""), { value: null });
  assert.deepEqual(judged({ type: "float", minimum: 0, maximum: 1 }, "0.25"), { value: 0.25 });
  assert.equal(chosenValue({ default: 224 }, "96"), 96);
  assert.equal(chosenValue({ default: "relu" }, "tanh"), "tanh");
});

test("Numbers are whole up to where their digits no longer matter", () => {
  assert.deepEqual([9216, 28_938, 25_557_032].map((value) => amount(value, "en")), ["9,216", "28.9K", "25.6M"]);
  assert.deepEqual([9216, 28_938, 25_557_032, 1e12].map((value) => amount(value, "de")), ["9.216", "28,9 Tsd.", "25,6 Mio.", "1 Bio."]);
  assert.deepEqual([12, 3400, 1_234_567, 2.5e9].map((value) => bytes(value, "en")), ["12 B", "3.4 kB", "1.23 MB", "2.5 GB"]);
  assert.equal(amount(null), "–");
  assert.equal(sides([16, 28, 28]), "16×28×28");
});

test("What is too large for the installation is told apart: memory, then work", () => {
  const report = { memory: { fixed: 100, example: 10 }, macs: 7 };
  assert.deepEqual(costs(report, 64, { memory: 740, step_macs: 1344, step_passes: 3 }), { memory: 740, work: 1344, wrong: null });
  assert.equal(costs(report, 64, { memory: 739, step_macs: 1, step_passes: 3 }).wrong, "memory");
  assert.equal(costs(report, 64, { memory: 0, step_macs: 1343, step_passes: 3 }).wrong, "work");
});

test("The best test of a network counts all runs with the same blueprint, however it is written", () => {
  const state = {
    runs: { r1: { blueprint: { seed: 1, layers: [conv()] } }, r2: { blueprint: { layers: [{ channels: 16, kind: "conv" }], seed: 1 } },
      r3: { blueprint: { seed: 2, layers: [conv()] } } },
    branches: { b1: { run: "r1" }, b2: { run: "r2" }, b3: { run: "r3" } },
    series: { b1: { test_accuracy: [[1, 0.5], [2, 0.7]] }, b2: { test_accuracy: [[1, 0.8]] }, b3: { test_accuracy: [[1, 0.9]] } },
  };
  assert.deepEqual(best(state, { seed: 1, layers: [conv()] }), { accuracy: 0.8, epoch: 1, run: "r2" });
  assert.equal(best(state, { seed: 5, layers: [] }), null);
});
