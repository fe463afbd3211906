import assert from "node:assert/strict";
import test from "node:test";
import { greyRgba, heatOf, heatRgba, overlayRgba, planeRgba } from "../../static/lib/heat.js";
import { extentOf, floatsOf, greyOf, imageOf, pixelOf, planeOf, usualMost } from "../../static/lib/tensors.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

test("numbers come out of base64 as they went in", () => {
  const values = new Float32Array([0, -1.5, 3e38, 1e-40]);
  assert.deepEqual(floatsOf(base64(values)), values);
  assert.deepEqual(planeOf({ width: 2, height: 2, values: base64(values), more: 1 }), { width: 2, height: 2, values });
});

test("the extent of numbers, and of none", () => {
  assert.deepEqual(extentOf([1, -4, 2]), { low: -4, high: 2, most: 4 });
  assert.deepEqual(extentOf([]), { low: 0, high: 0, most: 0 });
});

test("one number far out does not say how large numbers usually are, unless it is alone", () => {
  const many = Float32Array.from({ length: 100 }, (_, at) => (at % 2 ? -1 : 0.5));
  assert.equal(usualMost(many.with(7, -900)), 1);
  assert.equal(usualMost(new Float32Array(100).with(7, -900)), 900);
  assert.equal(usualMost([]), 0);
});

const COLOUR = imageOf({ width: 1, height: 2, channels: 3, pixels: base64(new Uint8Array([255, 0, 0, 10, 20, 30])), mean: [1, 2, 3], scale: [2, 2, 2] });

test("a pixel has a byte and a number per channel", () => {
  assert.deepEqual(pixelOf(COLOUR, 0, 1), [{ byte: 10, number: 18 }, { byte: 20, number: 36 }, { byte: 30, number: 54 }]);
});

test("grey is one channel, or how bright a colour is", () => {
  const near = (found, wanted) => found.values.forEach((value, at) => assert.ok(Math.abs(value - wanted[at]) < 1e-6));
  near(greyOf(COLOUR, 1), [0, 20 / 255]);
  near(greyOf(COLOUR), [0.2126, (2.126 + 14.304 + 2.166) / 255]);
});

test("blue is above zero, orange below, nothing at zero, and never more than full", () => {
  const [red, , blue] = heatOf(1, 1, true);
  assert.ok(blue > red);
  const [more, , less] = heatOf(-1, 1, true);
  assert.ok(more > less);
  assert.deepEqual(heatOf(0, 1, true), [0, 0, 0]);
  assert.deepEqual(heatOf(9, 1), heatOf(1, 1));
  assert.deepEqual(heatOf(1, 0), heatOf(0, 1));
  assert.deepEqual(heatOf(NaN, 1), heatOf(0, 1));
});

test("an overlay goes from the image to the heat", () => {
  const image = new Uint8ClampedArray([100, 100, 100, 255]);
  assert.deepEqual([...overlayRgba(image, [1], 1, 0)], [100, 100, 100, 255]);
  assert.deepEqual([...overlayRgba(image, [1], 1, 1)], [...heatRgba([1], 1, true)]);
});

test("planes with numbers below zero are in heat colours, others grey", () => {
  assert.deepEqual([...greyRgba([0, 5], 0, 5)], [0, 0, 0, 255, 255, 255, 255, 255]);
  const show = (values, ...grey) => [...planeRgba({ values }, extentOf(values), ...grey)];
  assert.deepEqual(show([0, 5]), [...greyRgba([0, 5], 0, 5)]);
  assert.deepEqual(show([-5, 5]), [...heatRgba([-5, 5], 5)]);
  assert.deepEqual(show([-5, 5], true), [...greyRgba([-5, 5], -5, 5)]);
});
