import assert from "node:assert/strict";
import test from "node:test";
import { convolve2d, originOf, outputNear, outputSide, outputSize, sumOf, windowAt } from "../../static/lib/convolution.js";
import { KERNELS, RANGES, boundsOf, fits, kernelOf, mended, resized } from "../../static/lib/kernels.js";

const PLAIN = { stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
const PLANE = { width: 3, height: 3, values: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]) };

test("a kernel has as many places as fit", () => {
  assert.equal(outputSide(28, 3, { padding: 1 }), 28);
  assert.equal(outputSide(28, 3, { stride: 2, padding: 1 }), 14);
  assert.equal(outputSide(8, 3, { dilation: 4 }), 0);
  assert.deepEqual(outputSize(PLANE, [[1, 1]], PLAIN), [2, 3]);
});

test("the identity changes nothing, a shift shifts", () => {
  const around = { ...PLAIN, padding: [1, 1] };
  assert.deepEqual([...convolve2d(PLANE, kernelOf("identity", 3), around).values], [...PLANE.values]);
  const right = convolve2d(PLANE, [[0, 0, 0], [0, 0, 1], [0, 0, 0]], around);
  assert.deepEqual([...right.values], [2, 3, 0, 5, 6, 0, 8, 9, 0]);
});

test("a window knows its places, and that there are zeros outside", () => {
  const window = { stride: [2, 2], padding: [1, 1], dilation: [2, 2] };
  const rows = windowAt(PLANE, [[1, 2], [3, 4]], window, 1, 0);
  assert.deepEqual(rows.flat().map(({ column, row, outside }) => [column, row, outside]), [[1, -1, true], [3, -1, true], [1, 1, false], [3, 1, true]]);
  assert.equal(sumOf(rows), 15);
  assert.deepEqual(originOf(1, 0, window), [1, -1]);
});

test("what does not fit has no output", () => {
  assert.deepEqual(convolve2d(PLANE, kernelOf("box", 5), PLAIN), { width: 0, height: 0, values: new Float32Array() });
});

test("an input pixel finds the window around it", () => {
  const output = { width: 3, height: 3 };
  const around = { ...PLAIN, padding: [1, 1] };
  assert.deepEqual(outputNear(1, 2, kernelOf("box", 3), around, output), { x: 1, y: 2 });
  assert.deepEqual(outputNear(-1, 9, kernelOf("box", 3), around, output), { x: 0, y: 2 });
});

test("blurring keeps brightness, edges are 0 where all is the same", () => {
  const sum = (name, side) => kernelOf(name, side).flat().reduce((one, other) => one + other, 0);
  for (let side = 3; side <= 7; side += 1) {
    for (const name of ["identity", "box", "gauss", "sharpen"]) assert.ok(Math.abs(sum(name, side) - 1) < 1e-12, name);
    for (const name of ["sobel_x", "sobel_y", "laplace"]) assert.equal(sum(name, side), 0, name);
  }
  assert.equal(kernelOf("sobel_x", 2), null);
  for (const name of KERNELS) assert.equal(kernelOf(name, 5).length, 5);
});

test("a kernel grows by zeros and shrinks to its middle", () => {
  assert.deepEqual(resized([[5]], 3), [[0, 0, 0], [0, 5, 0], [0, 0, 0]]);
  assert.deepEqual(resized(resized([[5]], 6), 1), [[5]]);
});

test("settings within their bounds always leave a pixel, those beyond never", () => {
  for (const side of [1, 5, 8, 28]) {
    const image = { width: side, height: side + 2 };
    for (let number = 0; number < 300; number += 1) {
      const asked = Object.fromEntries(Object.entries(RANGES).map(([name, [low, high]], place) => [name, low + ((number * (7 + 4 * place) + place) % (high - low + 1))]));
      const settings = mended(image, asked);
      assert.ok(fits(image, settings));
      for (const name of Object.keys(RANGES)) {
        const [low, high] = boundsOf(image, settings, name);
        assert.ok(low <= settings[name] && settings[name] <= high);
        for (let value = RANGES[name][0]; value <= RANGES[name][1]; value += 1) {
          assert.equal(fits(image, { ...settings, [name]: value }), low <= value && value <= high);
        }
      }
    }
  }
});
