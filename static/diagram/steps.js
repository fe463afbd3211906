// Where the arrow keys lead in the diagram. Pure.

const SAME_ROW = 8; // px: blocks inside of each other lie in one row

/** The key of the node that an arrow, Home or End leads to, or null. */
export function next(nodes, key, arrow) {
  const stops = nodes.filter(({ at }) => at);
  const place = stops.findIndex((node) => node.key === key);
  const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: stops.length - 1 }[arrow];
  if (to !== undefined) return stops[to]?.key ?? null;
  if (place < 0 || (arrow !== "ArrowUp" && arrow !== "ArrowDown")) return null;
  return inOtherRow(stops, stops[place], arrow === "ArrowDown" ? 1 : -1)?.key ?? null;
}

function inOtherRow(stops, from, sign) {
  const beyond = stops.filter(({ y }) => sign * (y - from.y) > SAME_ROW);
  const nearest = Math.min(...beyond.map(({ y }) => Math.abs(y - from.y)));
  const middle = ({ x, w }) => x + w / 2;
  return beyond.filter(({ y }) => Math.abs(y - from.y) <= nearest + SAME_ROW)
    .reduce((best, node) => (!best || Math.abs(middle(node) - middle(from)) < Math.abs(middle(best) - middle(from)) ? node : best), null);
}

/** The node at an index path; where it is hidden in a closed block, that block. */
export function nodeAt(nodes, at) {
  for (let deep = at?.length ?? 0; deep; deep -= 1) {
    const found = nodes.find(({ key }) => key === at.slice(0, deep).join("."));
    if (found) return found;
  }
  return null;
}
