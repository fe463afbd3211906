import assert from "node:assert/strict";
import test from "node:test";
import { Wishes } from "../../static/layers/wishes.js";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import * as health from "../../static/lib/health.js";

const KINDS = { conv: { learns: true }, linear: { learns: true }, relu: { learns: false } };
const { layerNames } = health;
const looksOf = (state) => health.looksOf(state, KINDS);
const findings = (state) => health.findings(state, KINDS);
const layers = ["conv", "relu", "pool", "conv", "relu", "flatten", "linear"].map((kind) => ({ kind }));
const NAMES = ["conv1", "relu1", "pool1", "conv2", "relu2", "flatten1", "linear1"];
const well = (kind) => ({
  kind, gradient_norm: null, weight_norm: null, update_ratio: null, dead: kind === "relu" ? 0.03 : null, saturated: null, mean: 0.1, spread: 1,
  ...(["conv", "linear"].includes(kind) ? { gradient_norm: 0.5, weight_norm: 4, update_ratio: 0.003 } : {}),
});

/** A state in which all is well but for these changes: {conv1: {gradient_norm: 500}}. */
function state(changes = {}, more = {}) {
  const looks = Object.fromEntries(NAMES.map((name) => [name, { ...well(health.kindOf(name)), ...changes[name] }]));
  return { blueprint: { layers }, settings: { frozen: [] }, layers: looks, trends: {}, ...more };
}

const wrongIn = (changes, more) => Object.entries(findings(state(changes, more))).map(([name, all]) => [name, ...all.map(({ what }) => what)]);

test("layers are named by kind and number among their kind", () => {
  assert.deepEqual(layerNames({ layers }), NAMES);
  assert.deepEqual(layerNames(null), []);
  assert.deepEqual(looksOf(null), []);
});

test("the layers of a state know what they are, and whether they were looked at", () => {
  const [conv, relu] = looksOf(state({}, { settings: { frozen: ["conv1"] }, layers: { conv1: { weights: {} } } }));
  assert.deepEqual([conv.name, conv.learns, conv.frozen, conv.look], ["conv1", true, true, null]);
  assert.deepEqual([relu.learns, relu.frozen, relu.look], [false, false, null]);
  assert.equal(looksOf({ blueprint: { layers }, settings: {} }).length, 7);
});

test("a healthy network has nothing wrong, nor has one that was not looked at", () => {
  assert.deepEqual(findings(state()), {});
  assert.deepEqual(findings(state({}, { layers: {} })), {});
  assert.deepEqual(findings(null), {});
});

test("each illness is found, alone and in its layer", () => {
  assert.deepEqual(wrongIn({ conv1: { gradient_norm: 4e-4 } }), [["conv1", "vanishing"]]);
  assert.deepEqual(wrongIn({ conv1: { gradient_norm: 0 } }), [["conv1", "vanishing"]]);
  assert.deepEqual(wrongIn({ conv2: { gradient_norm: 200 } }), [["conv2", "exploding"]]);
  assert.deepEqual(wrongIn({ conv2: { gradient_norm: null } }), [["conv2", "exploding"]]);
  assert.deepEqual(wrongIn({ relu2: { dead: 0.5 } }), [["relu2", "dead"]]);
  assert.deepEqual(wrongIn({ linear1: { update_ratio: 0.3 } }), [["linear1", "update_large"]]);
  assert.deepEqual(wrongIn({ linear1: { update_ratio: 1e-8 } }), [["linear1", "update_small"]]);
  assert.deepEqual(wrongIn({ conv1: { weight_norm: null, gradient_norm: null, update_ratio: null, mean: null } }), [["conv1", "weights_not_finite"]]);
  assert.deepEqual(wrongIn({ pool1: { mean: null } }), [["pool1", "outputs_not_finite"]]);
});

test("what follows from another illness is not said again", () => {
  assert.deepEqual(wrongIn({ conv1: { gradient_norm: 1e-6, update_ratio: 1e-9 } }), [["conv1", "vanishing"]]);
  assert.deepEqual(wrongIn({ conv1: { gradient_norm: 900, update_ratio: 2 }, conv2: { gradient_norm: 90 }, linear1: { gradient_norm: 90 } }),
    [["conv1", "exploding"]]);
});

test("a network whose every gradient is small has learned its examples: nothing is wrong", () => {
  const small = { gradient_norm: 1e-7 };
  assert.deepEqual(wrongIn({ conv1: small, conv2: small, linear1: small }), []);
  const none = { gradient_norm: 0, update_ratio: 0 };
  assert.deepEqual(wrongIn({ conv1: none, conv2: none, linear1: none }), []);
});

test("frozen layers are not wrong for not learning, but may have broken weights", () => {
  const settings = { frozen: ["conv1"] };
  assert.deepEqual(wrongIn({ conv1: { gradient_norm: null, update_ratio: 0 } }, { settings }), []);
  assert.deepEqual(wrongIn({ conv1: { weight_norm: null } }, { settings }), [["conv1", "weights_not_finite"]]);
});

test("one unusual batch is no illness; several are", () => {
  const trend = (...values) => ({ trends: { conv1: { update_ratio: values.map((y, x) => [x, y]) } } });
  assert.deepEqual(wrongIn({ conv1: { update_ratio: 0.4 } }, trend(0.01, 0.01, 0.02, 0.01, 0.4)), []);
  assert.deepEqual(wrongIn({ conv1: { update_ratio: 0.4 } }, trend(0.01, 0.01, 0.2, 0.3, 0.4)), [["conv1", "update_large"]]);
  assert.deepEqual(wrongIn({ conv1: { update_ratio: 0.01 } }, trend(0.9, 0.9, 0.9, 0.9, 0.01, 0.01, 0.01)), []);
});

test("every illness has words, and a sentence that helps", () => {
  for (const what of ["vanishing", "exploding", "dead", "update_large", "update_small", "weights_not_finite", "outputs_not_finite"]) {
    assert.ok(`wrong_${what}` in CATALOGUE && `wrong_${what}_more` in CATALOGUE, what);
  }
  for (const term of ["gradient_norm", "update_ratio", "weight_norm", "dead_units", "outputs"]) {
    assert.ok(term in CATALOGUE && `${term}_help` in CATALOGUE, term);
  }
});

// ── wishes ──

const settings = (frozen, dropouts = {}) => ({ frozen, dropouts });

test("a layer waits until it is frozen, or until somebody else decides otherwise", () => {
  const wishes = new Wishes();
  const wish = wishes.add({ conv1: true, conv2: true }, settings([]));
  wishes.compare(settings(["conv1"]));
  assert.equal(wishes.has("conv1") && wishes.get("conv2"), true);
  wishes.answer(wish, true);
  wishes.compare(settings(["conv1", "conv2"]));
  assert.equal(wishes.has("conv1"), false);
  wishes.answer(wishes.add({ conv1: false }, settings(["conv1"])), true);
  wishes.compare(settings(["conv1"]));
  assert.equal(wishes.has("conv1"), true);
  wishes.compare(settings(["conv1", "linear1"]));
  assert.equal(wishes.has("conv1"), false);
});

test("a refusal ends the wait; a share of dropout waits alike, null is that of all", () => {
  const wishes = new Wishes();
  wishes.answer(wishes.add({ conv1: true }, settings([])), false);
  assert.equal(wishes.has("conv1"), false);
  wishes.add({ dropout1: 0.3 }, settings([]));
  wishes.compare(settings([], { dropout1: 0.2 }));
  assert.equal(wishes.get("dropout1"), 0.3);
  wishes.compare(settings([], { dropout1: 0.3 }));
  assert.equal(wishes.has("dropout1"), false);
  wishes.add({ dropout1: null }, settings([], { dropout1: 0.3 }));
  assert.equal(wishes.get("dropout1"), null);
  wishes.compare(settings([]));
  assert.equal(wishes.has("dropout1"), false);
});
