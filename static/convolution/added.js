// What is added up to one output pixel. Pure.
const CLOSE = 1e-4; // float32 numbers, added in another order

/** {sum, rest, bias, output, agrees}: the products of the window, the other input channels, the bias, and the output map's number. */
export function addedOf({ output, rest, bias, seen }, { x, y }, sum) {
  const at = y * output.width + x;
  const others = rest ? rest.values[at] : 0;
  const found = output.values[at];
  const agrees = Math.abs(sum + others + (bias ?? 0) - found) <= CLOSE * Math.max(1, seen.output.most);
  return { sum, rest: others, bias: bias ?? 0, output: found, agrees };
}
