import assert from "node:assert/strict";
import test from "node:test";
import { seedAt, smooth, valueOf } from "../../static/lib/smooth.js";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} ≠ ${b}`);

test("a constant stays as it is, from the first point on", () => {
  for (const [, y] of smooth([[1, 5], [2, 5], [3, 5]], 0.9)) near(y, 5);
});

test("the average is that of all points so far, the newer the heavier", () => {
  const [, [x, y]] = smooth([[1, 0], [2, 1]], 0.5);
  assert.equal(x, 2);
  near(y, 0.5 / 0.75); // (0.5·0.5·0 + 0.5·1) / (1 − 0.5²)
  assert.deepEqual(smooth([[1, 3], [2, 4]], 0), [[1, 3], [2, 4]]);
  assert.deepEqual(smooth([], 0.9), []);
});

test("what is not a number is passed over", () => {
  const [first, gap, last] = smooth([[1, 2], [2, null], [3, 2]], 0.5);
  assert.deepEqual([first[1], gap[1]], [2, null]);
  near(last[1], 2);
});

test("a Branch goes on exactly where its parent stood at the fork", () => {
  const whole = Array.from({ length: 40 }, (_, x) => [x, Math.sin(x) + x / 9]);
  const seed = seedAt(whole, 0.8, 19);
  near(valueOf(seed, 0.8), smooth(whole, 0.8)[19][1]);
  const child = smooth(whole.slice(20), 0.8, seed);
  smooth(whole, 0.8).slice(20).forEach(([, y], row) => near(child[row][1], y));
  assert.equal(seedAt(whole, 0.8, -1), null);
});
