import assert from "node:assert/strict";
import test from "node:test";
import { next, nodeAt } from "../../static/diagram/steps.js";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import { READABLE, layout } from "../../static/lib/diagram.js";
import { fanPaths, windowOf } from "../../static/lib/edges.js";
import { MOST, countLayers, glyphOf, sideOf } from "../../static/lib/glyphs.js";
import { largestOf, tintOf, unitTints } from "../../static/lib/tints.js";

const DATASET = { title: "Digits 8×8", classes: [..."0123456789"] };

/** A report's rows from [kind, out, inside or fields]; names as the server gives them. */
function rowsOf(list, form) {
  const counts = {};
  let from = form;
  return list.map(([kind, out, more = {}]) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    const row = { name: `${kind}${counts[kind]}`, kind, in: from, out, words: more.words ?? 0, parameters: 0 };
    if (more.layers) row.layers = rowsOf(more.layers, from);
    from = out;
    return row;
  });
}

const fieldsOf = (list) => list.map(([kind, , more = {}]) => ({ kind, ...more, ...(more.layers ? { layers: fieldsOf(more.layers) } : {}) }));

function network(list, error = null) {
  return { blueprint: { layers: fieldsOf(list) }, report: { input: [1, 8, 8], layers: rowsOf(list, [1, 8, 8]), error, parameters: 1 } };
}

const conv = (out) => ["conv", out, { kernel: 3 }];
const CNN = [conv([16, 8, 8]), ["relu", [16, 8, 8]], ["pool", [16, 4, 4], { size: 2 }], ["flatten", [256]], ["dropout", [256]], ["linear", [64]],
  ["relu", [64]], ["linear", [10]]];
const BLOCK = (out) => ["residual", out, { layers: [conv(out), ["batchnorm", out], ["relu", out], conv(out), ["batchnorm", out]] }];
const DEEP = [...Array.from({ length: 12 }, () => [conv([16, 8, 8]), ["batchnorm", [16, 8, 8]], ["relu", [16, 8, 8]]]).flat(), ["flatten", [1024]], ["linear", [10]]];
const NETS = {
  cnn: CNN, deep: DEEP, blocks: [conv([16, 8, 8]), BLOCK([16, 8, 8]), BLOCK([32, 4, 4]), ["flatten", [512]], ["linear", [10]]],
  sequence: [["patches", [16, 4]], ["position", [16, 4]], ["transformer", [16, 4]], ["lstm", [64]], ["linear", [10]]],
  words: [["tokens", [64], { words: 16 }], ["embedding", [64, 8]], ["sequencepool", [8]], ["linear", [10]]],
  backbone: [["backbone", [512], { model: "resnet18", size: 64 }], ["linear", [10]]],
};
const plan = (list, options = {}) => layout(network(list, options.error), { dataset: DATASET, room: 900, ...options });
const byKey = (drawn, key) => drawn.nodes.find((node) => node.key === key);
const box = (node) => ({ left: node.x, right: node.x + node.w, top: node.y - node.up, bottom: node.y + node.down });
const apart = (one, other) => one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;

for (const [name, list] of Object.entries(NETS)) {
  for (const room of [320, 700, 1400]) {
    test(`${name} on ${room} px: every layer once, in its order, none over another, all inside the drawing`, () => {
      const drawn = plan(list, { room });
      const outer = drawn.nodes.filter(({ depth }) => depth === 1);
      assert.deepEqual(outer.map(({ key }) => key), ["input", ...list.map((_, index) => String(index)), "classes"]);
      for (const depth of [1, 2]) {
        const boxes = drawn.nodes.filter((node) => node.depth === depth).map(box);
        boxes.forEach((one, index) => boxes.slice(index + 1).forEach((other) => assert.ok(apart(one, other))));
      }
      for (const { left, right, top, bottom } of drawn.nodes.map(box)) {
        assert.ok(left >= 0 && top >= 0 && right <= drawn.width && bottom <= drawn.height);
      }
    });
  }
}

test("names below do not touch, nor do shapes above", () => {
  for (const list of Object.values(NETS)) {
    const { nodes, edges } = plan(list, { room: 9000 });
    const names = nodes.filter(({ label, depth }) => label && depth === 1).map(({ x, y, w, label }) => ({ y, from: x + (w - label) / 2, to: x + (w + label) / 2 }));
    names.slice(1).forEach((one, index) => assert.ok(one.y !== names[index].y || one.from >= names[index].to));
    const shapes = edges.filter(({ shape, from }) => shape && from.depth === 1)
      .map(({ x, shape }) => ({ from: x - shape.length * 2.8, to: x + shape.length * 2.8 }));
    assert.ok(shapes.length > 1);
    shapes.slice(1).forEach((one, index) => assert.ok(one.from >= shapes[index].to));
  }
});

test("a long network goes on in the next line rather than getting too small to read", () => {
  const wide = plan(DEEP, { room: 900 });
  assert.ok(wide.turns.length >= 2 && wide.width <= 900 / READABLE + 80);
  assert.equal(plan(CNN, { room: 2000 }).turns.length, 0);
  const rows = new Map();
  for (const { y, x, w } of wide.nodes) rows.set(y, Math.max(rows.get(y) ?? 0, x + w));
  assert.ok(Math.min(...rows.values()) > Math.max(...rows.values()) * 0.6, "about equally wide");
  assert.deepEqual(wide.turns.map(({ shape }) => shape), wide.turns.map(() => "16×8×8"));
});

test("every two neighbours are joined, with the shape of what flows where a station begins", () => {
  const { edges } = plan(CNN, { room: 2400 });
  assert.deepEqual(edges.map(({ from, to, kind, shape }) => [from.key, to.key, kind, shape]), [
    ["input", "0", "beam", "1×8×8"], ["0", "1", "pass", null], ["1", "2", "beam", "16×8×8"], ["2", "3", "spread", "16×4×4"], ["3", "4", "pass", null],
    ["4", "5", "fan", "256"], ["5", "6", "pass", null], ["6", "7", "fan", "64"], ["7", "classes", "pass", null]]);
  assert.equal(edges[2].origin.key, "0"); // a window looks at maps, not at what they pass through
  assert.equal(windowOf({ kind: "backbone", size: 64 }), 0);
});

test("large layers say honestly how much of them is drawn", () => {
  const drawn = plan([conv([512, 8, 8]), ["flatten", [32768]], ["linear", [10]]]);
  assert.deepEqual([byKey(drawn, "0").count, byKey(drawn, "1").count], [{ shown: MOST.maps, of: 512 }, { shown: MOST.neurons, of: 32768 }]);
  assert.equal(byKey(drawn, "2").count, null);
  assert.equal(byKey(drawn, "2").dots.length, 10);
  assert.deepEqual(byKey(plan(NETS.sequence), "0").count, { shown: "8×4", of: "16×4" });
  const many = plan([["flatten", [64]], ["linear", [100]]], { dataset: { title: "", classes: Array.from({ length: 100 }, (_, index) => `class ${index}`) } });
  assert.deepEqual([byKey(many, "classes").names.length, byKey(many, "classes").count], [10, { shown: 10, of: 100 }]);
});

test("maps grow with their pixels, slowly", () => {
  assert.ok(sideOf(1) >= 12 && sideOf(224) <= 100);
  for (let pixels = 1; pixels < 224; pixels += 1) assert.ok(sideOf(pixels + 1) >= sideOf(pixels));
});

test("what passes through a chip keeps its neurons in place", () => {
  const drawn = plan(CNN, { room: 2400 });
  assert.deepEqual(byKey(drawn, "6").dots, byKey(drawn, "5").dots);
  assert.equal(byKey(drawn, "1").dots, null);
  assert.equal(glyphOf({ kind: "relu", out: [4] }, null).form, "chip");
});

test("blocks of a small network are open, of a large one closed, and a click changes that", () => {
  const small = plan(NETS.blocks, { room: 2400 });
  assert.equal(byKey(small, "1").form, "frame");
  assert.equal(byKey(small, "1.3").name, "conv2");
  const [frame, inner] = [box(byKey(small, "1")), box(byKey(small, "1.4"))];
  assert.ok(frame.left < inner.left && inner.right < frame.right && frame.top < inner.top && inner.bottom < frame.bottom);
  assert.equal(byKey(plan(NETS.blocks, { toggled: new Set(["1"]) }), "1").form, "block");
  const many = [...Array.from({ length: 16 }, () => BLOCK([8, 4, 4])), ["flatten", [128]], ["linear", [10]]];
  assert.equal(countLayers(network(many).report.layers), 82);
  const large = plan(many);
  assert.deepEqual([byKey(large, "3").form, byKey(large, "3").layers, byKey(large, "3.0")], ["block", 5, undefined]);
  assert.equal(byKey(plan(many, { toggled: new Set(["3"]) }), "3.0").form, "maps");
});

test("the layer that does not fit is marked, what follows is muted, and its block is open", () => {
  const broken = plan([conv([16, 8, 8]), ["linear", null], ["relu", null]], { error: { at: [1], why: {} } });
  assert.deepEqual(["0", "1", "2"].map((key) => [byKey(broken, key).wrong, byKey(broken, key).muted]), [[false, false], [true, false], [false, true]]);
  assert.equal(byKey(broken, "classes"), undefined);
  assert.ok(broken.edges.at(-1).muted);
  const block = ["residual", null, { layers: [conv([4, 8, 8]), ["lstm", null], ["relu", null]] }];
  const many = [...Array.from({ length: 40 }, () => conv([4, 8, 8])), block, ["flatten", null]];
  const inside = plan(many, { error: { at: [40, 1], why: {} } });
  assert.deepEqual([byKey(inside, "40").form, byKey(inside, "40").muted, byKey(inside, "40.1").wrong, byKey(inside, "40.2").muted], ["frame", false, true, true]);
});

test("a class too many or too few is an error of a layer that has a shape", () => {
  const drawn = plan([["flatten", [64]], ["linear", [7]]], { error: { at: [1], why: {} } });
  assert.deepEqual([byKey(drawn, "1").form, byKey(drawn, "1").wrong, byKey(drawn, "classes").names.length], ["neurons", true, 7]);
});

test("a fan has a line for each pair, and its tints are those of the weights", () => {
  const drawn = plan([["flatten", [2]], ["linear", [3]]]);
  const fan = drawn.edges.find(({ kind }) => kind === "fan");
  assert.equal(fanPaths(fan, null)[0][1].split("M").length - 1, 6);
  const values = [[1, -1], [0, 0.5], [0, 0]];
  const paths = Object.fromEntries(fanPaths(fan, { values }, (value) => tintOf(value, largestOf(values))));
  assert.deepEqual(Object.fromEntries(Object.entries(paths).map(([tint, d]) => [tint, d.split("M").length - 1])), { z: 3, p3: 1, p5: 1, n5: 1 });
  assert.match(paths.p5, new RegExp(`^M[\\d.]+ ${Math.round((fan.from.y + fan.from.dots[0]) * 10) / 10}L`));
});

test("tints follow the sign and the size, and say where there is no number", () => {
  assert.deepEqual([1, 0.5, 0.05, 0, -0.3, -2].map((value) => tintOf(value, 1)), ["p5", "p3", "z", "z", "n2", "n5"]);
  assert.deepEqual([tintOf(null, 1), tintOf(undefined, 1), tintOf(Number.NaN, 1), tintOf(3, 0)], ["x", "x", "x", "z"]);
  assert.deepEqual(unitTints({ units: [2, -1, null], spread: 0.1 }, 4), ["p5", "n3", "x", "x"]);
  assert.deepEqual(unitTints({ units: [0.1, -0.1], spread: 1 }, 2), ["p1", "n1"]); // small beside what single outputs do
  assert.deepEqual([unitTints(null, 2), unitTints({ kind: "conv" }, 1)], [["x", "x"], ["x"]]); // logs from before there were units
});

test("arrows walk along the layers, into open blocks, and between the rows", () => {
  const { nodes } = plan(NETS.blocks, { room: 2400 });
  const walk = ["0"];
  for (let at = next(nodes, "0", "ArrowRight"); at; at = next(nodes, at, "ArrowRight")) walk.push(at);
  assert.deepEqual(walk.slice(0, 4), ["0", "1", "1.0", "1.1"]);
  assert.equal(walk.at(-1), "4");
  assert.deepEqual([next(nodes, "3", "ArrowLeft"), next(nodes, "3", "Home"), next(nodes, "0", "End"), next(nodes, "0", "ArrowLeft"), next(nodes, "0", "x")],
    ["2.4", "0", "4", null, null]);
  const rows = plan(DEEP).nodes;
  const below = byKey({ nodes: rows }, next(rows, "3", "ArrowDown"));
  assert.ok(below.y > byKey({ nodes: rows }, "3").y && Math.abs(below.x - byKey({ nodes: rows }, "3").x) < 120);
  assert.equal(next(rows, "3", "ArrowUp"), null);
});

test("another component's layer is found, or the closed block it hides in", () => {
  const open = plan(NETS.blocks).nodes;
  const closed = plan(NETS.blocks, { toggled: new Set(["1"]) }).nodes;
  assert.deepEqual([nodeAt(open, [1, 2]).key, nodeAt(closed, [1, 2]).key, nodeAt(open, null), nodeAt(open, [99])], ["1.2", "1", null, null]);
});

test("every text of the diagram is there in both languages", () => {
  const keys = Object.keys(CATALOGUE).filter((key) => key.startsWith("diagram"));
  assert.ok(keys.length > 15);
  for (const key of keys) {
    const [english, german] = CATALOGUE[key];
    assert.ok(english && german && english !== german, key);
    assert.deepEqual(english.match(/\{\w+\}/g)?.sort(), german.match(/\{\w+\}/g)?.sort(), key);
  }
});
