// The network that is being built, for the eye and the hand: places, names that stay, what a moved layer becomes. Pure.
// A place is an index path: [3], or [3, 0] for the first layer inside block 3.

/** The layers that stand at a path's side, and the layer at it. */
export function at(layers, path) {
  const inside = path.slice(0, -1).reduce((group, number) => group?.[number]?.layers, layers);
  return { group: inside ?? [], layer: inside?.[path.at(-1)] ?? null };
}

/** [3, 0] → "4.1", as people count. */
export function place(path) {
  return path.map((number) => number + 1).join(".");
}

/** Every visible layer, top to bottom: {id, path, layer, row, closed}; those of a block only where it is not closed. */
export function flat(layers, rows, ids, closed, path = []) {
  return layers.flatMap((layer, number) => {
    const mine = [...path, number];
    const [row, { id, inside }] = [rows?.[number] ?? null, ids[number]];
    const shut = layer.layers ? closed(id) : null;
    const own = { id, path: mine, layer, row, closed: shut, last: number === layers.length - 1, alone: layers.length === 1 };
    return layer.layers && !shut ? [own, ...flat(layer.layers, row?.layers, inside, closed, mine)] : [own];
  });
}

/** All layers, those inside of blocks too. */
export function countOf(layers) {
  return layers.reduce((sum, layer) => sum + 1 + countOf(layer.layers ?? []), 0);
}

/** A name for each layer that stays while the network changes around it: [{id, inside}]; `fresh` makes new ones. */
export function identify(before, ids, after, fresh) {
  const texts = [before, after].map((layers) => layers.map((layer) => JSON.stringify(layer)));
  const pairs = pairsOf(before, after, ...texts);
  return after.map((layer, number) => {
    const old = pairs.get(number);
    const known = old === undefined ? null : ids[old];
    const inside = layer.layers ? identify(before[old]?.layers ?? [], known?.inside ?? [], layer.layers, fresh) : [];
    return { id: known?.id ?? fresh(), inside };
  });
}

/** Which new place holds which old layer: what is equal (from both ends, then anywhere), then what is of the same kind. */
function pairsOf(before, after, old, young) {
  const pairs = new Map();
  const free = new Set(before.keys());
  const pair = (number, other) => pairs.set(number, other) && free.delete(other);
  const ends = Math.min(old.length, young.length);
  let head = 0;
  for (; head < ends && old[head] === young[head]; head++) pair(head, head);
  for (let tail = 1; tail <= ends - head && old.at(-tail) === young.at(-tail); tail++) {
    pair(young.length - tail, old.length - tail);
  }
  const match = (fits) => after.forEach((_, number) => {
    const found = pairs.has(number) ? undefined : [...free].find((other) => fits(other, number));
    if (found !== undefined) pair(number, found);
  });
  match((other, number) => old[other] === young[number]);
  match((other, number) => before[other].kind === after[number].kind);
  return pairs;
}

/** Where the layer of this name stands, or null. */
export function pathOf(ids, id, path = []) {
  for (const [number, one] of ids.entries()) {
    const mine = [...path, number];
    const found = one.id === id ? mine : pathOf(one.inside, id, mine);
    if (found) return found;
  }
  return null;
}

/** The name of the layer at a place, or null. */
export function idAt(ids, path) {
  const [first, ...rest] = path;
  const one = ids[first];
  return one && rest.length ? idAt(one.inside, rest) : (one?.id ?? null);
}

/** Where the next layer goes: behind the chosen one, else to the end. */
export function next(layers, path) {
  return path && at(layers, path).layer ? beside(path, 1) : [layers.length];
}

export function beside(path, by) {
  return [...path.slice(0, -1), path.at(-1) + by];
}

/** The `to` of a move from `path` to before what stands at `gap` now; null: it stays where it is, or would lie in itself. */
export function target(path, gap) {
  const depth = path.length - 1;
  const same = gap.length > depth && path.slice(0, depth).every((number, level) => gap[level] === number);
  if (same && gap[depth] === path[depth] && gap.length > path.length) return null;
  const to = same && gap[depth] > path[depth] ? gap.map((number, level) => (level === depth ? number - 1 : number)) : gap;
  return equal(to, path) ? null : to;
}

/** The `to` of one step up or down (-1, 1), into the neighbouring block, or out of one's own; null where there is none. */
export function step(layers, path, way) {
  const { group } = at(layers, path);
  const number = path.at(-1);
  if (way === "in") return into(group, path);
  if (way === "out") return path.length > 1 && group.length > 1 ? beside(path.slice(0, -1), 1) : null;
  return group[number + way] ? beside(path, way) : null;
}

function into(group, path) {
  const number = path.at(-1);
  if (path.length > 1 && group.length === 1) return null; // a block is never empty
  const before = group[number - 1]?.layers;
  if (before) return [...beside(path, -1), before.length];
  return group[number + 1]?.layers ? [...path, 0] : null; // the block is at this place once the layer is taken out
}

export function equal(one, other) {
  return one?.length === other?.length && one.every((number, level) => number === other[level]);
}

/** Whether one place is the other, or lies within it. */
export function within(path, block) {
  return block.every((number, level) => path[level] === number);
}

/** Whether `path` comes after `other` in the order in which layers compute. */
export function after(path, other) {
  const level = other.findIndex((number, depth) => number !== path[depth]);
  return level >= 0 && path.length > level && path[level] > other[level];
}

/** The form [sides] that comes in at a place; null where that is not known. */
export function incoming(report, path) {
  const group = path.slice(0, -1).reduce((rows, number) => rows?.[number]?.layers, report.layers) ?? [];
  const number = path.at(-1);
  if (group[number]) return group[number].in;
  return number ? (group[number - 1]?.out ?? null) : path.length > 1 ? incoming(report, path.slice(0, -1)) : report.input;
}

// field → the side of what comes in that it must divide
const DIVIDES = { patches: { height: 1, width: 2 }, transformer: { heads: 1 }, groupnorm: { groups: 0 } };

/** A new layer of a kind with the server's defaults, where they fit what comes in; a block gets its usual layers. */
export function made({ kind, fields, block }, form) {
  const fitting = Object.entries(DIVIDES[kind] ?? {}).filter(([, side]) => form?.[side])
    .map(([name, side]) => [name, divisor(form[side], fields.find((field) => field.name === name)?.default ?? 1)]);
  return { kind, ...Object.fromEntries(fitting), ...(block ? { layers: body(form) } : {}) };
}

function divisor(side, wish) {
  for (let number = Math.min(side, wish); number > 1; number--) if (side % number === 0) return number;
  return 1;
}

function body(form) {
  const conv = { kind: "conv", channels: form?.length === 3 ? form[0] : 16, kernel: 3 };
  const linear = { kind: "linear", features: form?.at(-1) ?? 64 };
  const [learning, ...norm] = form && form.length < 3 ? [linear] : [conv, { kind: "batchnorm" }];
  return [learning, ...norm, { kind: "relu" }, learning, ...norm];
}
