// The fold of the browser: ml_utils/core/timeline.py `apply` and core/series.py, the same to the bit.

/** Change the Snapshot in place as the patch says: set, cut, append, thin, in that order. */
export function apply(state, patch) {
  each(state, patch.set, (holder, name, value) => { holder[name] = value; });
  each(state, patch.cut, (holder, name, x) => { holder[name] = cut(holder[name] ?? [], x); });
  each(state, patch.append, (holder, name, items) => append(holder, name, items));
  each(state, patch.thin, (holder, name, limit) => { holder[name] = thin(holder[name], limit); });
}

const SMALLEST_LIMIT = 12; // fewer would not fill one bucket beside the two at the ends

/** At most `limit` (12 or more) points, minimum and maximum of each bucket kept; unchanged where few enough. */
export function thin(points, limit) {
  if (limit < SMALLEST_LIMIT) throw new RangeError(`limit ${limit} is below ${SMALLEST_LIMIT}`);
  if (points.length <= limit) return points;
  const span = points.at(-1)[0] - points[0][0];
  let width = 2 ** -20;
  while (span / width > Math.floor(limit / 4) - 2) width *= 2;
  return extremes(points, width);
}

/** The points up to and including `x`. */
export function cut(points, x) {
  return points.filter((point) => point[0] <= x);
}

function each(state, entries, change) {
  for (const [path, value] of Object.entries(entries ?? {})) {
    const [holder, name] = find(state, path);
    change(holder, name, value);
  }
}

function find(state, path) {
  const parents = path.split(".");
  const name = parents.pop();
  return [parents.reduce(child, state), name];
}

function child(holder, name) {
  if (!Object.hasOwn(holder, name)) holder[name] = {};
  return holder[name];
}

function append(holder, name, items) {
  holder[name] ??= [];
  for (const item of items) holder[name].push(item);
}

function extremes(points, width) {
  const kept = [];
  let bucket = null;
  let low = points[0];
  let high = points[0];
  for (const point of points) {
    const mine = Math.floor(point[0] / width);
    if (mine !== bucket) {
      if (bucket !== null) kept.push(...pair(low, high));
      bucket = mine;
      low = high = point;
    } else if (point[1] < low[1]) low = point;
    else if (point[1] > high[1]) high = point;
  }
  kept.push(...pair(low, high));
  return kept;
}

function pair(low, high) {
  if (low === high) return [low];
  return low[0] < high[0] ? [low, high] : [high, low];
}
