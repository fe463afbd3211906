import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SIDES, datasetIn, datasetOf, examplesOf, fittingLook, nearestSide, ownRow, titleOf } from "../../static/lib/datasets.js";
import { classesOf as evaluated } from "../../static/lib/evaluation.js";
import { examplesKey } from "../../static/lib/examples.js";
import { blueprintOf, classesOf } from "../../static/lib/moment.js";
import { estimate } from "../../static/lib/standing.js";

const IMAGES = { title: "Pets", shape: [3, 32, 32], classes: ["cat", "dog"], train: 200, test: 40 };
const OWN = { dataset: "own_0123456789abcdef", seed: 1, images: IMAGES, layers: [] };
const TABLE = { dataset: "digits", seed: 7, layers: [] };
const catalogue = { datasets: [{ name: "digits", title: "Digits", shape: [1, 8, 8], classes: ["0", "1"], train: 9, test: 3, split_by_seed: true }] };

test("a Blueprint's dataset is a row of the table, or its own images, or nothing", () => {
  assert.equal(datasetOf(TABLE, catalogue), catalogue.datasets[0]);
  assert.deepEqual(datasetOf(OWN, catalogue).classes, ["cat", "dog"]);
  assert.equal(datasetOf(OWN, null).name, OWN.dataset);
  for (const nothing of [datasetOf(null, catalogue), datasetOf({ dataset: "gone" }, catalogue), datasetOf(TABLE, null), datasetOf(TABLE, {})]) {
    assert.equal(nothing, null);
  }
  assert.deepEqual([titleOf(OWN, catalogue), titleOf(TABLE, catalogue), titleOf({ dataset: "gone" }, null), titleOf(null, null)],
    ["Pets", "Digits", "gone", ""]);
});

test("by its name it is found wherever the room speaks of it", () => {
  const run = { runs: { r1: { blueprint: OWN } }, blueprint: TABLE };
  const kept = { images: { [OWN.dataset]: { images: { ...IMAGES, title: "Kept" } } }, blueprint: TABLE };
  assert.equal(datasetIn(run, OWN.dataset, catalogue).title, "Pets");
  assert.equal(datasetIn(kept, OWN.dataset, catalogue).title, "Kept");
  assert.equal(datasetIn({ blueprint: TABLE, draft: { blueprint: OWN } }, OWN.dataset, catalogue).title, "Pets");
  assert.equal(datasetIn(run, "digits", catalogue).title, "Digits");
  assert.equal(datasetIn(null, OWN.dataset, catalogue), null);
});

test("everything that asks for classes or sizes knows those of own images", () => {
  const state = { blueprint: OWN, runs: { r1: { blueprint: TABLE } }, branches: { b1: { run: "r1" } }, settings: { epochs: 2 },
    session: { position: { x: 0, epoch: 0, batch: 5, batches: 10 }, status: "training", rate: 100 } };
  assert.deepEqual(classesOf(state, catalogue, "now"), ["cat", "dog"]);
  assert.deepEqual(classesOf(state, catalogue, { branch: "b1", epoch: 1 }), ["0", "1"]);
  assert.deepEqual([blueprintOf(state, "now"), blueprintOf(null, "now")], [OWN, null]);
  assert.deepEqual(evaluated(state, "r9", catalogue.datasets), ["cat", "dog"]);
  assert.equal(examplesKey(OWN, catalogue.datasets), OWN.dataset);
  assert.equal(examplesKey(TABLE, catalogue.datasets), "digits-7");
  assert.equal(estimate(state, catalogue.datasets).epoch.left, 1);
});

test("an epoch has the examples that are neither left out nor held back", () => {
  assert.equal(examplesOf(OWN, null), 200);
  assert.equal(examplesOf({ ...OWN, without: [1, 2], validation: 0.25 }, null), 148);
  assert.ok(Number.isNaN(examplesOf({ dataset: "gone" }, catalogue)));
});

test("a size is rounded to an allowed side", () => {
  assert.deepEqual([1, 12, 22, 30, 60, 300, 4000].map((size) => nearestSide(size, 3)), [8, 8, 16, 28, 64, 64, 64]);
  assert.equal(nearestSide(500, 1), 128);
  assert.equal(ownRow("own_x", IMAGES).images, IMAGES);
});

test("what was found says which size and colour suit it", () => {
  const picture = (channels, ...values) => ({ width: 1, height: values.length / channels, channels, pixels: btoa(String.fromCharCode(...values)) });
  const grey = [[picture(3, 7, 7, 7, 200, 200, 200)], [picture(1, 9, 3)]];
  assert.deepEqual(fittingLook({ sizes: { "28×28": 9, "64×64": 2 }, samples: grey }), { side: 28, channels: 1 });
  const coloured = [...grey, [picture(3, 7, 7, 7, 1, 1, 2)]];
  assert.deepEqual(fittingLook({ sizes: { "500×120": 1, "300×200": 5 }, samples: coloured }), { side: 64, channels: 3 });
  assert.deepEqual(fittingLook({ sizes: {}, samples: [] }), { side: 32, channels: 1 });
});

test("the sides are those of the server", () => {
  const [, one, three] = /^SIDES = \{1: \(([\d, ]+)\), 3: \(([\d, ]+)\)\}/m.exec(
    readFileSync(new URL("../../ml_utils/core/datasets.py", import.meta.url), "utf8"));
  assert.deepEqual(SIDES, { 1: one.split(",").map(Number), 3: three.split(",").map(Number) });
});
