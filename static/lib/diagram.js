// Where the layers of a network stand in its diagram. Pure. Lengths are pixels of the drawing at its natural size.
import { edgeOf, gapOf } from "./edges.js";
import { MOST, countLayers, glyphOf, maps, shapeText } from "./glyphs.js";

export const READABLE = 0.85; // of the natural size: smaller letters cannot be read, so the network goes on in the next line
const OPENED = 30; // layers of a network whose blocks are open at first
const LETTER = 6.9; // width of a letter of a name
const SMALL = 5.7; // of a letter of a count
const COUNTED = "10 von 100 gezeigt".length; // a long text for a count
const APART = 10; // between two texts
const MARGIN = { side: 20, top: 14, foot: 10 };
const TURN = 24; // room for the line that leads to the next row
const BETWEEN = 34; // two rows
export const FRAME = { side: 20, top: 30, foot: 8 }; // around the layers of an open block
const NAME = 19; // below a glyph, with its name
const COUNT = 15; // and with how many are shown
const SHAPE = 20; // above, with a shape

/** {width, height, nodes, edges, turns} of a network; `toggled`: keys of blocks that are not as at first; `room`: width to fill. */
export function layout({ blueprint, report }, { dataset = null, toggled = new Set(), room = 900 } = {}) {
  const view = { toggled, open: countLayers(report.layers) <= OPENED, error: report.error };
  const nodes = [inputNode(report, dataset), ...layerNodes(report.layers, blueprint.layers, [], view), ...classNodes(report, dataset)];
  const rows = wrapped(nodes, Math.max(room / READABLE, 300)).map((row, index, all) => line(row, index ? all[index - 1].at(-1) : null));
  return stacked(rows);
}

/** The key of an index path. */
export function keyOf(at) {
  return at.join(".");
}

function inputNode(report, dataset) {
  const glyph = maps([1, 1, ...report.input].slice(-3), 3);
  return finished({ ...glyph, form: "input", count: null }, { at: null, key: "input", name: dataset?.title ?? "", out: report.input });
}

function classNodes({ layers }, dataset) {
  const out = layers.at(-1)?.out;
  if (!dataset || out?.length !== 1) return [];
  const names = dataset.classes.slice(0, Math.min(MOST.classes, out[0]));
  const w = Math.max(...names.map((name) => Math.min(name.length, 16))) * SMALL + 4;
  const count = names.length < dataset.classes.length ? { shown: names.length, of: dataset.classes.length } : null;
  return [finished({ form: "classes", w, h: 0, names, count }, { at: null, key: "classes", name: "" })];
}

function layerNodes(rows, layers, path, view) {
  const nodes = [];
  rows.forEach((row, index) => {
    nodes.push(layerNode(row, layers[index], [...path, index], { ...view, before: nodes.at(-1) ?? view.before }));
  });
  return nodes;
}

function layerNode(row, layer, at, view) {
  const key = keyOf(at);
  const facts = { at, key, row, layer, name: row.name, out: row.out, words: row.words, ...standing(key, row, view.error) };
  const inside = row.layers && opened(key, row, view) ? layerNodes(row.layers, layer.layers, at, { ...view, before: null }) : null;
  return inside ? frame(inside, facts) : finished(glyphOf(row, view.before), facts);
}

/** Open is what was opened, and what hides an error. */
function opened(key, row, { toggled, open, error }) {
  return (open !== toggled.has(key)) || !row.out || keyOf(error?.at ?? []).startsWith(`${key}.`);
}

function standing(key, row, error) {
  const wrong = error ? keyOf(error.at) === key : false;
  return { wrong, muted: !row.out && !wrong && !(error && keyOf(error.at).startsWith(`${key}.`)) };
}

function frame(inside, facts) {
  const inner = line(inside, null);
  const glyph = { form: "frame", w: inner.w + 2 * FRAME.side, inner, layers: countLayers(facts.row.layers), dots: null, h: 0 };
  return finished(glyph, facts, { up: inner.up + FRAME.top, down: inner.down + FRAME.foot });
}

/** A node with the room it needs above and below the middle line, without its texts. */
function finished(glyph, facts, { up = glyph.h / 2, down = glyph.h / 2 } = {}) {
  const bare = glyph.form === "chip" || glyph.form === "classes";
  const label = bare && !glyph.count ? 0 : Math.max(facts.name.length * LETTER * (bare ? 0 : 1), glyph.count ? COUNTED * SMALL : 0);
  return { ...facts, ...glyph, up, down: down + (glyph.more ?? 0), label };
}

/** Nodes beside each other around the middle line y = 0; `last`: the node of the row before, which leads into this one. */
function line(nodes, last) {
  const placed = [];
  const edges = [];
  let [before, texts, shapes] = [null, -Infinity, -Infinity]; // where the last text ended, below and above
  let x = last ? TURN : 0;
  for (const node of nodes) {
    let left = x + (before ? gapOf(before, node) : 0);
    left += Math.max(0, (placed.length ? texts + APART : 0) - (left + node.w / 2 - node.label / 2));
    const edge = before ? edgeOf(before, node, placed) : null;
    if (edge?.shape) {
      const half = (edge.shape.length * SMALL) / 2;
      left += Math.max(0, 2 * (shapes + APART - ((x + left) / 2 - half)));
      shapes = (x + left) / 2 + half;
    }
    const now = { ...node, x: left, y: 0 };
    if (edge) edges.push(joined(edge, before, now));
    if (node.label) texts = left + node.w / 2 + node.label / 2;
    placed.push(now);
    [before, x] = [now, left + node.w];
  }
  return { ...bounds(placed, edges, Math.max(x, texts)), nodes: placed, edges, last };
}

function joined(edge, from, to) {
  const high = Math.max(from.up, to.form === "classes" ? 0 : to.up);
  return { ...edge, key: `${from.key}-${to.key}`, from, to, x: (from.x + from.w + to.x) / 2, y: -high - 8 };
}

function bounds(nodes, edges, w) {
  const up = Math.max(...nodes.map((node) => node.up), ...edges.map(({ shape, y }) => (shape ? SHAPE - 8 - y : 0)));
  return { w, up, down: Math.max(...nodes.map((node) => node.down + (node.form === "chip" ? 0 : NAME) + (node.count ? COUNT : 0))) };
}

/** Rows of nodes, none wider than the limit where that can be, and all about equally wide. */
function wrapped(nodes, limit) {
  const fewest = filled(nodes, limit).length;
  for (let even = line(nodes, null).w / fewest; even < limit; even += 12) {
    const rows = filled(nodes, even);
    if (rows.length <= fewest) return rows;
  }
  return filled(nodes, limit);
}

/** Rows filled one after the other; what only passes on stays with what it belongs to. */
function filled(nodes, limit) {
  const rows = [[]];
  for (const group of groups(nodes)) {
    const longer = [...rows.at(-1), ...group];
    if (rows.at(-1).length && line(longer, rows.length > 1).w > limit) rows.push(group);
    else rows[rows.length - 1] = longer;
  }
  return rows;
}

function groups(nodes) {
  const found = [];
  for (const node of nodes) {
    if (found.length && (node.form === "chip" || node.form === "classes")) found.at(-1).push(node);
    else found.push([node]);
  }
  return found;
}

/** Rows below each other, every place absolute. */
function stacked(rows) {
  const width = Math.max(...rows.map(({ w }) => w)) + (rows.length > 1 ? TURN : 0) + 2 * MARGIN.side;
  const plan = { width, nodes: [], edges: [], turns: [] };
  let y = MARGIN.top;
  rows.forEach((row, index) => {
    const left = MARGIN.side;
    const middle = y + row.up;
    if (index) plan.turns.push(turn(plan.nodes.findLast(({ depth }) => depth === 1), { x: left + row.nodes[0].x, y: middle }, y - BETWEEN / 2, row.nodes[0], width));
    settle(row, left, middle, plan, 1);
    y = middle + row.down + BETWEEN;
  });
  return { ...plan, height: y - BETWEEN + MARGIN.foot };
}

/** The line from the end of a row to the start of the next. */
function turn(from, to, y, node, width) {
  const shape = from.out ? shapeText(from.out) : null;
  return { key: `${from.key}-turn`, from: { x: from.x + from.w, y: from.y }, y, right: width - MARGIN.side / 2, left: MARGIN.side / 2,
    to, shape, muted: node.muted || node.wrong };
}

function settle({ nodes, edges }, dx, dy, plan, depth) {
  const moved = new Map();
  for (const node of nodes) {
    const { inner, ...plain } = node;
    const now = { ...plain, x: node.x + dx, y: node.y + dy, depth };
    moved.set(node.key, now);
    plan.nodes.push(now);
    if (inner) settle(inner, now.x + FRAME.side, now.y, plan, depth + 1);
  }
  for (const edge of edges) {
    const ends = { from: moved.get(edge.from.key), to: moved.get(edge.to.key), origin: moved.get(edge.origin) ?? null };
    plan.edges.push({ ...edge, ...ends, x: edge.x + dx, y: edge.y + dy });
  }
}
