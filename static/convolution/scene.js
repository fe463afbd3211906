// What a stepper shows: one input plane, one kernel, one output plane, and what is added to the sum of the window. Pure.
import { convolve2d } from "../lib/convolution.js";
import { extentOf, planeOf } from "../lib/tensors.js";

/** Of an answer to `convolve`: a layer of the network. */
export function convolvedOf({ input_map: input, output_map: output, rest, kernel, bias, stride, padding, dilation, of }) {
  return sceneOf({ input: planeOf(input), output: planeOf(output), rest: planeOf(rest), kernel, bias, window: { stride, padding, dilation },
    others: of.inputs / of.groups - 1 });
}

/** Of the playground: nothing but the window is summed up. */
export function playedOf(input, kernel, window) {
  return sceneOf({ input, output: convolve2d(input, kernel, window), rest: null, kernel, bias: null, window, others: 0 });
}

function sceneOf(scene) {
  return { ...scene, seen: { input: extentOf(scene.input.values), output: extentOf(scene.output.values), kernel: extentOf(scene.kernel.flat()) } };
}
