import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf, rgba } from "../../static/lib/pixels.js";
import { bandPath, barsPath, boxOf, brief, linePath, spanOf, valueAt } from "../../static/lib/spark.js";

test("bytes come out of base64 as they went in", () => {
  const bytes = Array.from({ length: 256 }, (_, value) => value);
  assert.deepEqual([...bytesOf(Buffer.from(bytes).toString("base64"))], bytes);
  assert.deepEqual([...bytesOf("")], []);
});

test("grey pixels are the same in all colours, and opaque", () => {
  const shape = { width: 2, height: 1, channels: 1 };
  assert.deepEqual([...rgba(new Uint8Array([1, 2, 3, 4]), shape)], [1, 1, 1, 255, 2, 2, 2, 255]);
  assert.deepEqual([...rgba(new Uint8Array([1, 2, 3, 4]), shape, 1)], [3, 3, 3, 255, 4, 4, 4, 255]);
});

test("colours of a pixel lie together", () => {
  const bytes = new Uint8Array([9, 9, 9, 1, 2, 3]);
  assert.deepEqual([...rgba(bytes, { width: 1, height: 1, channels: 3 }, 1)], [1, 2, 3, 255]);
});

// ── small drawings ──

const SIZE = { span: [0, 10], width: 100, height: 22 };

test("numbers take little space", () => {
  assert.equal(brief(0.0123456, 3, "en"), "0.0123");
  assert.equal(brief(-0.0123456, 2, "en"), "-0.012");
  assert.equal(brief(0.0000021, 3, "de"), "2,1E-6");
  assert.equal(brief(0, 3, "en"), "0");
  assert.equal(brief(null), "–");
});

test("the span goes over all series", () => {
  assert.deepEqual(spanOf([[[1, 0], [3, 0]], [], [[2, 0], [5, 0]]]), [1, 5]);
  assert.equal(spanOf([]), null);
  assert.equal(spanOf([[[1, 0]]]), null);
});

test("the value at x is that of the nearest point", () => {
  const points = [[0, 5], [1, 6], [4, 7]];
  assert.deepEqual([-1, 0.4, 0.6, 2.4, 2.6, 9].map((x) => valueAt(points, x)), [5, 5, 6, 6, 7, 7]);
  assert.equal(valueAt([], 1), null);
  assert.equal(valueAt([[2, 3]], 9), 3);
});

test("a line fills its box; larger is higher", () => {
  assert.equal(linePath([[0, 1], [5, 2], [10, 3]], boxOf([1, 2, 3], SIZE)), "M0 21L50 11L100 1");
  assert.equal(linePath([[0, 0.5]], boxOf([0.5], { ...SIZE, from: 0, to: 1 })), "M0 11");
  assert.equal(linePath([[0, 7], [10, 7]], boxOf([7, 7], SIZE)), "M0 11L100 11");
});

test("what hardly changes is drawn as hardly changing", () => {
  const box = boxOf([100, 100.1], SIZE);
  assert.ok(box.top(100) - box.top(100.1) < 2 && box.top(100) < 13 && box.top(100.1) > 9);
  assert.equal(linePath([[0, 0], [10, 0]], boxOf([0, 0], SIZE)), "M0 11L100 11");
});

test("on a log scale every power of ten is as high as the next, and zero is a gap", () => {
  const points = [[0, 0.01], [2, 0], [5, 0.1], [10, 1]];
  assert.equal(linePath(points, boxOf(points.map(([, y]) => y), { ...SIZE, log: true })), "M0 21M50 11L100 1");
  assert.equal(linePath([[0, 0]], boxOf([0], { ...SIZE, log: true })), "");
});

test("a band is closed", () => {
  const box = boxOf([0, 2], SIZE);
  assert.equal(bandPath([[0, 0], [10, 0]], [[0, 2], [10, 2]], box), "M0 1L100 1L100 21L0 21Z");
  assert.equal(bandPath([[0, 0]], [[0, 2]], box), "");
});

test("the highest bar is as high as the box, and what is there can be seen", () => {
  assert.equal(barsPath([0, 1000, 1], 30, 20), "M10 20v-20h8.5V20ZM20 20v-1h8.5V20Z");
  assert.equal(barsPath([0, 0], 30, 20), "");
});
