// A Blueprint for the eye: layer by layer, with the shape of what leaves it. The rules stand in ml_utils/core/blueprint.py.

/** [{kind, size, shape}] for a Blueprint's layers on images of `shape`. */
export function layersOf(blueprint, shape) {
  let current = shape;
  return blueprint.layers.map((layer) => {
    current = after(layer, current);
    return { kind: layer.kind, size: sizeOf(layer), shape: current };
  });
}

export function times(shape) {
  return shape.join("×");
}

function after(layer, shape) {
  if (layer.kind === "conv") return [layer.channels, ...shape.slice(1)];
  if (layer.kind === "pool") return [shape[0], ...shape.slice(1).map((side) => Math.floor(side / layer.size))];
  if (layer.kind === "flatten") return [shape.reduce((product, side) => product * side, 1)];
  return layer.kind === "linear" ? [layer.features] : shape;
}

function sizeOf(layer) {
  if (layer.kind === "conv") return `${layer.kernel}×${layer.kernel}`;
  return layer.kind === "pool" ? `${layer.size}×${layer.size}` : "";
}
