// Moving over the tree by keys. Pure.

/** Everything on a limb that can be stood on, from left to right. */
export function stops(limb) {
  return [...limb.beads, ...limb.marks, ...(limb.half ? [limb.half] : [])].sort((a, b) => a.at - b.at);
}

/** The key of the stop to go to from `key`, or null: along the Branch, to the next row, to its ends. */
export function next(limbs, key, arrow) {
  const real = limbs.filter((limb) => !limb.ghost);
  const row = real.findIndex((limb) => stops(limb).some((stop) => stop.key === key));
  if (row < 0) return null;
  const here = stops(real[row]);
  const index = here.findIndex((stop) => stop.key === key);
  return moves(real, row, here, index)[arrow]?.()?.key ?? null;
}

function moves(limbs, row, here, index) {
  const limb = limbs[row];
  return {
    ArrowLeft: () => here[index - 1] ?? fork(limbs, limb),
    ArrowRight: () => here[index + 1],
    ArrowUp: () => nearest(limbs[row - 1], here[index].at),
    ArrowDown: () => nearest(limbs[row + 1], here[index].at),
    Home: () => here[0],
    End: () => here.at(-1),
  };
}

/** The bead at which a Branch left its parent. */
function fork(limbs, { row, parentRow, x0 }) {
  const parent = limbs.find((limb) => limb.row === parentRow);
  return parent && parentRow !== row ? nearest(parent, x0) : undefined;
}

function nearest(limb, at) {
  if (!limb) return undefined;
  const far = (stop) => Math.abs(stop.at - at);
  const beads = stops(limb).filter((stop) => !stop.markers);
  return beads.reduce((best, stop) => (best && far(best) <= far(stop) ? best : stop), undefined);
}
