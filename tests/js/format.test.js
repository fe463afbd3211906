import assert from "node:assert/strict";
import test from "node:test";
import { NONE, count, duration, loss, megabytes, percent, setting, who } from "../../static/lib/format.js";
import { STEPS, fromSlider, nudge, toSlider } from "../../static/lib/scale.js";

test("numbers are written in the language of the page", () => {
  assert.equal(percent(0.9812, "en"), "98.1%");
  assert.equal(percent(0.98, "de").replace(/\s/, " "), "98,0 %");
  assert.equal(loss(0.12345, "en"), "0.1235");
  assert.equal(loss(12345.6, "de"), "12.346");
  assert.equal(loss(6.28e14, "en"), "6.28E14");
  assert.equal(count(60000, "en"), "60,000");
  assert.equal(setting(0.000001, "en"), "0.000001");
  assert.equal(megabytes(4.3e6, "de"), "4,3 MB");
});

test("what is not a number is a dash", () => {
  for (const value of [undefined, null, NaN, Infinity]) {
    assert.equal(percent(value), NONE);
    assert.equal(loss(value), NONE);
    assert.equal(duration(value), NONE);
  }
});

test("time left gets coarser the longer it is", () => {
  assert.equal(duration(0.4), "under 1 s");
  assert.equal(duration(42.4), "42 s");
  assert.equal(duration(197), "3 min 20 s");
  assert.equal(duration(1500), "25 min");
  assert.equal(duration(3900), "1 h 5 min");
});

test("who gave no name is told apart by the id", () => {
  assert.equal(who({ id: "abcdef", name: "" }), "Guest abcd");
  assert.equal(who({ id: "abcdef", name: "Ada" }), "Ada");
  assert.equal(who(null), "The lab");
});

const rate = { scale: "log", minimum: 1e-6, maximum: 10, step: 0 };
const decay = { scale: "log0", minimum: 0, maximum: 1, step: 0 };
const dropout = { scale: "linear", minimum: 0, maximum: 0.95, step: 0.01 };
const batch = { scale: "log", minimum: 2, maximum: 1024, step: 1 };

test("sliders reach both ends and give tidy values", () => {
  for (const row of [rate, decay, dropout, batch]) {
    assert.equal(fromSlider(row, 0), row.minimum);
    assert.equal(fromSlider(row, STEPS), row.maximum);
    assert.equal(toSlider(row, row.maximum), STEPS);
    assert.equal(toSlider(row, row.minimum), 0);
  }
  assert.equal(fromSlider(rate, toSlider(rate, 0.05)), 0.05);
  assert.equal(fromSlider(dropout, 333), 0.32);
});

test("weight decay has a stop at zero and starts at a millionth", () => {
  assert.equal(fromSlider(decay, 0), 0);
  assert.ok(fromSlider(decay, 1) >= 1e-6);
  assert.ok(toSlider(decay, 1e-6) >= 1);
});

test("a key press always moves, and never leaves the range", () => {
  assert.equal(nudge(batch, 10, 1), 11);
  assert.equal(nudge(batch, 2, -1), 2);
  assert.equal(nudge(rate, 10, 1), 10);
  assert.equal(nudge(dropout, 0.5, -1), 0.49);
  assert.equal(nudge(decay, 1e-6, -1), 0);
});
