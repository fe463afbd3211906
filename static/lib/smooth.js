// An exponential moving average of a curve, debiased, so that it begins at the first value and not at zero. Pure.

/** [[x, y]…] smoothed: `weight` (0…1) is what stays of the past; `seed` goes on from another curve, see `seedAt`. */
export function smooth(points, weight, seed = null) {
  let { sum, count } = seed ?? { sum: 0, count: 0 };
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, y];
    sum = weight * sum + (1 - weight) * y;
    count += 1;
    return [x, sum / (1 - weight ** count)];
  });
}

/** Where the average stood after x: what a Branch that leaves there goes on from; null before the first value. */
export function seedAt(points, weight, x, seed = null) {
  let { sum, count } = seed ?? { sum: 0, count: 0 };
  for (const [at, y] of points) {
    if (at > x) break;
    if (!Number.isFinite(y)) continue;
    sum = weight * sum + (1 - weight) * y;
    count += 1;
  }
  return count ? { sum, count } : null;
}

/** The value of an average that stands so. */
export function valueOf({ sum, count }, weight) {
  return sum / (1 - weight ** count);
}
