import assert from "node:assert/strict";
import test from "node:test";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import { STEPS, fromSlider, nudge, toSlider } from "../../static/lib/scale.js";
import { grouped, inEffect, matters, telling } from "../../static/settings/rows.js";

const optimizer = { name: "optimizer", group: "optimizer", kind: "choice", default: "sgd" };
const nesterov = { name: "nesterov", group: "optimizer", kind: "boolean", default: false, only: { optimizer: ["sgd"] } };
const beta2 = { name: "beta2", group: "optimizer", kind: "number", default: 0.999, only: { optimizer: ["adam", "adamw"] } };
const both = { name: "both", group: "more", kind: "number", default: 1, only: { optimizer: ["adam"], loss: ["margin"] } };
const rows = [optimizer, nesterov, beta2, both];
const names = (found) => found.map(([group, list]) => [group, list.map((row) => row.name)]);

test("a row is there where it matters, in the order of the table", () => {
  assert.deepEqual(names(grouped(rows, { optimizer: "sgd" })), [["optimizer", ["optimizer", "nesterov"]]]);
  assert.deepEqual(names(grouped(rows, { optimizer: "adam", loss: "margin" })), [["optimizer", ["optimizer", "beta2"]], ["more", ["both"]]]);
  assert.deepEqual(grouped([], {}), []);
});

test("a row that depends on two others needs both", () => {
  assert.ok(matters(optimizer, {}));
  assert.ok(!matters(both, { optimizer: "adam", loss: "other" }));
  assert.ok(matters(both, { optimizer: "adam", loss: "margin" }));
});

test("a room from before a row was invented shows its default", () => {
  assert.equal(inEffect(beta2, {}), 0.999);
  assert.equal(inEffect(nesterov, { nesterov: true }), true);
  assert.equal(inEffect({ name: "pace", default: 2 }, { pace: 0 }), 0);
});

test("a folded group tells its choices and what is not as usual", () => {
  const told = (settings) => telling(rows, settings).map((row) => row.name);
  assert.deepEqual(told({ optimizer: "sgd" }), ["optimizer"]);
  assert.deepEqual(told({ optimizer: "sgd", nesterov: true }), ["optimizer", "nesterov"]);
});

test("every group and unit of the table has a name", () => {
  const groups = ["training", "optimizer", "schedule", "augmentation", "pace"].map((group) => `group_${group}`);
  const units = ["images", "epochs", "batches", "degrees"].map((unit) => `unit_${unit}`);
  for (const key of [...groups, ...units]) assert.ok(key in CATALOGUE, key);
});

const warmup = { scale: "log0", minimum: 0, maximum: 100, step: 0.1 };
const clipping = { scale: "log0", minimum: 0, maximum: 1000, step: 0 };
const epsilon = { scale: "log", minimum: 1e-12, maximum: 1, step: 0 };

test("a scale with a stop at zero begins with its step, or a millionth of its end", () => {
  for (const row of [warmup, clipping, epsilon]) {
    assert.equal(fromSlider(row, 0), row.minimum);
    assert.equal(fromSlider(row, STEPS), row.maximum);
    assert.equal(toSlider(row, row.minimum), 0);
  }
  assert.equal(fromSlider(warmup, 1), 0.1);
  assert.equal(fromSlider(clipping, 1), 0.001);
  assert.equal(fromSlider(warmup, toSlider(warmup, 2.5)), 2.5);
  assert.equal(fromSlider(epsilon, toSlider(epsilon, 1e-8)), 1e-8);
});

test("keys move a stepped scale by steps where it is fine", () => {
  assert.equal(nudge(warmup, 0, 1), 0.1);
  assert.equal(nudge(warmup, 0.1, 1), 0.2);
  assert.equal(nudge(warmup, 0.2, -1), 0.1);
  assert.equal(nudge(warmup, 0.1, -1), 0);
});
