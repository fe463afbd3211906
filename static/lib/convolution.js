// A convolution worked out by hand, as torch does it: one input plane, one kernel (rows of weights), zeros around. Pure.
// A window is {stride, padding, dilation}, each [down, right].

/** One side of the output: how many places a kernel of `kernel` weights has. Below 1: it does not fit. */
export function outputSide(side, kernel, { stride = 1, padding = 0, dilation = 1 } = {}) {
  return Math.floor((side + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** [width, height] of the output of a plane. */
export function outputSize({ width, height }, kernel, { stride, padding, dilation }) {
  const along = (side, weights, axis) => outputSide(side, weights, { stride: stride[axis], padding: padding[axis], dilation: dilation[axis] });
  return [along(width, kernel[0].length, 1), along(height, kernel.length, 0)];
}

/** Where the upper left weight lies for an output pixel: [column, row] of the input, negative in the padding. */
export function originOf(x, y, { stride, padding }) {
  return [x * stride[1] - padding[1], y * stride[0] - padding[0]];
}

/** What makes the output pixel (x, y): rows of {column, row, value, weight, product, outside}; outside the input all is 0. */
export function windowAt(plane, kernel, window, x, y) {
  const [left, top] = originOf(x, y, window);
  return kernel.map((weights, down) => weights.map((weight, right) => {
    const [column, row] = [left + right * window.dilation[1], top + down * window.dilation[0]];
    const outside = column < 0 || row < 0 || column >= plane.width || row >= plane.height;
    const value = outside ? 0 : plane.values[row * plane.width + column];
    return { column, row, value, weight, product: value * weight, outside };
  }));
}

/** The sum of the products of a window. */
export function sumOf(rows) {
  return rows.reduce((all, row) => row.reduce((sum, { product }) => sum + product, all), 0);
}

/** The whole output plane. */
export function convolve2d(plane, kernel, window, bias = 0) {
  const [width, height] = outputSize(plane, kernel, window);
  if (width < 1 || height < 1) return { width: 0, height: 0, values: new Float32Array() };
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) values[y * width + x] = sumOf(windowAt(plane, kernel, window, x, y)) + bias;
  }
  return { width, height, values };
}

/** The output pixel whose window lies around an input pixel best. */
export function outputNear(column, row, kernel, window, output) {
  const along = (place, weights, axis, most) => {
    const middle = (window.dilation[axis] * (weights - 1)) / 2;
    const near = Math.round((place + window.padding[axis] - middle) / window.stride[axis]);
    return Math.min(Math.max(near, 0), most - 1);
  };
  return { x: along(column, kernel[0].length, 1, output.width), y: along(row, kernel.length, 0, output.height) };
}
