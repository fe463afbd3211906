import assert from "node:assert/strict";
import test from "node:test";
import { inflateSync } from "node:zlib";
import { Drawn, SIDE, draw, inkRgba, packed, placeOf, widthOf } from "../../static/lib/pad.js";

const at = (x, y, width = 10) => ({ x, y, width });
const sum = (ink) => ink.reduce((all, value) => all + value, 0);
const fresh = () => new Uint8ClampedArray(SIDE * SIDE);

test("a dot is a disc of its width, with soft edges", () => {
  const ink = fresh();
  draw(ink, at(56, 56), at(56, 56), 10);
  assert.ok(Math.abs(sum(ink) / 255 - Math.PI * 25) < 2);
  assert.equal(ink[56 * SIDE + 56], 255);
  assert.equal(ink[56 * SIDE + 70], 0);
});

test("a line has its width everywhere, whichever way it goes, and never takes ink away", () => {
  for (const [from, to] of [[at(20, 30), at(90, 30)], [at(90, 80), at(20, 20)], [at(50, 100), at(50, 10)]]) {
    const ink = fresh();
    draw(ink, from, to, 8);
    const expected = Math.hypot(to.x - from.x, to.y - from.y) * 8 + Math.PI * 16;
    assert.ok(Math.abs(sum(ink) / 255 / expected - 1) < 0.02);
    const before = ink.slice();
    draw(ink, at(50, 50), at(51, 51), 2);
    assert.ok(ink.every((value, place) => value >= before[place]));
  }
});

test("what is drawn over the edge is cut off", () => {
  const ink = fresh();
  draw(ink, at(-50, -50), at(500, 500), 20);
  assert.ok(sum(ink) > 0);
  draw(ink, at(-500, 0), at(-400, 0), 20);
});

test("strokes are taken back one by one, and so is clearing", () => {
  const drawn = new Drawn();
  assert.deepEqual([drawn.empty, drawn.canUndo], [true, false]);
  drawn.begin(at(20, 20));
  drawn.move(at(60, 20));
  drawn.end();
  const one = drawn.ink.slice();
  drawn.begin(at(20, 80));
  drawn.move(at(60, 80));
  drawn.end();
  const two = drawn.ink.slice();
  assert.ok(sum(two) > sum(one) && sum(one) > 0);
  drawn.clear();
  assert.deepEqual([drawn.empty, drawn.canUndo, sum(drawn.ink)], [true, true, 0]);
  drawn.clear(); // of nothing is nothing to take back
  drawn.undo();
  assert.deepEqual(drawn.ink, two);
  drawn.undo();
  assert.deepEqual(drawn.ink, one);
  drawn.undo();
  assert.deepEqual([drawn.empty, drawn.canUndo, sum(drawn.ink)], [true, false, 0]);
  drawn.undo();
  assert.equal(drawn.empty, true);
});

test("after clearing it goes on with an empty pad", () => {
  const drawn = new Drawn();
  drawn.begin(at(20, 20));
  drawn.end();
  drawn.clear();
  drawn.begin(at(80, 80));
  assert.deepEqual([drawn.empty, drawn.drawing, drawn.ink[20 * SIDE + 20], drawn.ink[80 * SIDE + 80]], [false, true, 0, 255]);
  drawn.move(at(90, 80));
  drawn.end();
  drawn.move(at(10, 10)); // the pen is up
  assert.equal(drawn.ink[10 * SIDE + 10], 0);
});

test("every change counts", () => {
  const drawn = new Drawn();
  const seen = [drawn.version];
  for (const act of [() => drawn.begin(at(1, 1)), () => drawn.move(at(9, 9)), () => drawn.undo()]) {
    act();
    seen.push(drawn.version);
  }
  assert.equal(new Set(seen).size, 4);
  drawn.begin(at(1, 1));
  const before = drawn.version;
  drawn.move(at(1, 1)); // a hand that rests
  assert.equal(drawn.version, before);
});

test("on the canvas ink is white on black, or the other way round", () => {
  assert.deepEqual([...inkRgba([0, 200])], [0, 0, 0, 255, 200, 200, 200, 255]);
  assert.deepEqual([...inkRgba([0, 200], true)], [255, 255, 255, 255, 55, 55, 55, 255]);
});

test("a pen presses, mouse and finger do not", () => {
  assert.equal(widthOf(10, { pointerType: "pen", pressure: 1 }), 15);
  assert.equal(widthOf(10, { pointerType: "pen", pressure: 0 }), 10); // one that feels nothing
  assert.equal(widthOf(10, { pointerType: "touch", pressure: 1 }), 10);
  assert.equal(widthOf(10, { pointerType: "mouse", pressure: 0.5 }), 10);
});

test("places on the pad, wherever it lies on the page", () => {
  const box = { left: 100, top: 50, width: 224, height: 224 };
  assert.deepEqual(placeOf({ clientX: 212, clientY: 50 }, box), { x: 56, y: 0 });
});

test("ink travels packed, and is the same when it arrives", async () => {
  const drawn = new Drawn();
  drawn.begin(at(20, 20));
  drawn.move(at(90, 60));
  const text = await packed(drawn.ink);
  assert.ok(text.length < 2000);
  assert.deepEqual(new Uint8ClampedArray(inflateSync(Buffer.from(text, "base64"))), drawn.ink);
});
