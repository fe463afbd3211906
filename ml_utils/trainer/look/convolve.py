"""All numbers that make one output channel of a convolution out of one input channel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import Refused
from ...core.questions import Convolve
from .fitting import kind_of, named, unknown
from .layers_of import seen_once
from .scene import Scene, encoded

MOST_SIDE = 96  # pixels of a map


def convolve(scene: Scene, asked: Convolve) -> dict[str, Any]:
    """Return the maps: at every pixel output_map = partial (of this input) + rest (of the others) + bias.

    An output sees only the inputs of its group: `input` counts among these, `channel` is its number among all.
    """
    module = _convolution(scene, asked.layer)
    passed = seen_once(scene, scene.batch(scene.image(asked.image)[None]), asked.layer)
    if passed is None:
        raise unknown(scene.model, asked.layer, _paths(scene), "layer that an image passes")
    _check(module, asked, passed.came, passed.gave)
    return {"path": asked.layer, "output": asked.output, "input": asked.input,
            "of": {"inputs": module.in_channels, "outputs": module.out_channels, "groups": module.groups},
            "stride": list(module.stride), "padding": list(module.padding), "dilation": list(module.dilation),
            **parted(module, passed.came[0], asked.output, asked.input)}


def parted(module: nn.Conv2d, came: Tensor, output: int, among: int) -> dict[str, Any]:
    """Return kernel, bias and maps of one output (inputs: (channels, h, w)), worked out in float64 and told in float32."""
    each = module.in_channels // module.groups
    first = output // (module.out_channels // module.groups) * each
    weight = module.weight[output:output + 1].detach().cpu().double()
    seen = came[None, first:first + each].detach().cpu().double()
    bias = 0.0 if module.bias is None else float(module.bias.detach()[output])
    partial = _slid(module, seen[:, among:among + 1], weight[:, among:among + 1])
    whole = _slid(module, seen, weight)
    found = {"input_map": seen[0, among], "partial": partial, "rest": whole - partial, "output_map": whole + bias}
    if not all(bool(one.isfinite().all()) for one in (*found.values(), weight)):
        raise Refused("not_finite", "The numbers of this layer are not finite any more.", "Choose an earlier epoch.", "model")
    return {"channel": first + among, "kernel": weight[0, among].tolist(), "bias": bias,
            **{name: _map(values) for name, values in found.items()}}


def _slid(module: nn.Conv2d, images: Tensor, weight: Tensor) -> Tensor:
    return torch.conv2d(images, weight, None, module.stride, module.padding, module.dilation)[0, 0]


def _map(values: Tensor) -> dict[str, Any]:
    return {"width": values.shape[1], "height": values.shape[0], "values": encoded(values.to(torch.float32))}


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────

def _paths(scene: Scene) -> list[str]:
    return [path for path, part in scene.model.named_modules() if isinstance(part, nn.Conv2d)]


def _convolution(scene: Scene, path: str) -> nn.Conv2d:
    module = dict(scene.model.named_modules()).get(path)
    if isinstance(module, nn.ConvTranspose2d):
        raise Refused("transposed", f"{path} ({kind_of(module)}) is a transposed convolution: each pixel paints a window, no "
                      "window is gathered into a pixel.", "Look at its maps, or choose another convolution.", "layer")
    if not isinstance(module, nn.Conv2d):
        raise unknown(scene.model, path, _paths(scene), "convolution")
    if isinstance(module.padding, str) or module.padding_mode != "zeros":
        raise Refused("other_padding", f"{named(scene.model, path)} pads otherwise than with zeros.",
                      "Choose another convolution.", "layer")
    return module


def _check(module: nn.Conv2d, asked: Convolve, came: Tensor, gave: Tensor) -> None:
    each = module.in_channels // module.groups
    for field, number, most in (("output", asked.output, module.out_channels), ("input", asked.input, each)):
        if number >= most:
            raise Refused("unknown_channel", f"There is no {field} channel {number}.",
                          f"{field.title()} channels are 0 to {most - 1}.", field)
    side = max(*came.shape[2:], *gave.shape[2:])
    if side > MOST_SIDE:
        raise Refused("too_large", f"Maps of this layer are {side} pixels wide or high, and cannot be stepped through.",
                      f"Choose a layer whose maps are at most {MOST_SIDE}×{MOST_SIDE}.", "layer")
