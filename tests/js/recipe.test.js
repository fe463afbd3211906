import assert from "node:assert/strict";
import test from "node:test";
import { changed, wishOf } from "../../static/lib/recipe.js";

const NOW = { dropout: 0.25, frozen: ["conv1"], dropouts: { dropout1: 0.5 }, class_weights: { 0: 2, 3: 0.5 } };

test("what a recipe changes is told, and nothing else", () => {
  assert.deepEqual(changed(NOW, { ...NOW, dropout: 0.1, class_weights: {} }),
    { dropout: { from: 0.25, to: 0.1 }, class_weights: { from: { 0: 2, 3: 0.5 }, to: {} } });
  assert.deepEqual(changed(NOW, {}), {});
});

test("nothing of the room's own dropouts and class weights is left in a run that a recipe begins", () => {
  const settings = { dropout: 0.1, frozen: [], dropouts: {}, class_weights: { 3: 4 } };
  assert.deepEqual(wishOf({ blueprint: { seed: 1 }, out: [], settings, name: "r.yaml" }, NOW), {
    blueprint: { seed: 1 },
    settings: { dropout: 0.1, frozen: [], dropouts: { dropout1: null }, class_weights: { 0: null, 3: 4 } },
  });
});

test("a network alone asks for no settings", () => {
  assert.deepEqual(wishOf({ blueprint: { seed: 1 }, out: null, settings: null }, NOW), { blueprint: { seed: 1 } });
});
