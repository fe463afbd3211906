import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import { text, words } from "../../static/lib/texts.js";

const root = new URL("../../static/", import.meta.url);
const sources = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".js"));
const code = sources.map((name) => readFileSync(new URL(name.replaceAll("\\", "/"), root), "utf8")).join("\n");
const holes = (words) => [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every text is there in both languages, with the same holes", () => {
  for (const [key, both] of Object.entries(CATALOGUE)) {
    assert.equal(both.length, 2, key);
    assert.ok(both.every((words) => words.trim()), key);
    assert.deepEqual(holes(both[0]), holes(both[1]), key);
  }
});

test("every text that the code names exists", () => {
  for (const [, key] of code.matchAll(/\btext\("(\w+)"/g)) assert.ok(key in CATALOGUE, key);
});

test("keys that are put together exist for everything they are put together from", () => {
  const waiting = ["starting", "queued", "preparing", "recovering"];
  const kinds = [...waiting, "connecting", "reconnecting", "refused", "ready", "training", "interrupted", "finished", "loss_not_finite", "failed"];
  const parts = ["train", "epoch", "test"].map((part) => `curve_${part}`);
  for (const key of [...kinds.map((kind) => `status_${kind}`), ...parts]) assert.ok(key in CATALOGUE, key);
});

test("holes are filled; what is not there stays visible", () => {
  assert.equal(text("of", { done: 1, total: 2 }, "en"), "1 of 2");
  assert.equal(text("of", { done: 1 }, "de"), "1 von {total}");
  assert.equal(text("no such key"), "no such key");
  assert.equal(words({ en: "a", de: "b" }, "de"), "b");
  assert.equal(words(undefined), "");
});
