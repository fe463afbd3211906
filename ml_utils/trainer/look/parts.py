"""Which layers have filters, maps or neurons that can be looked at?"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...core.questions import Parts
from .fitting import kind_of
from .layers_of import Passed, passing
from .scene import Scene


def parts(scene: Scene, asked: Parts) -> dict[str, Any]:
    """Return all layers in the order in which an image passes them, and what can be looked at in each."""
    picture = marked(scene)
    rows: dict[str, dict[str, dict[str, Any]]] = {"convolutions": {}, "linears": {}, "layers": {}}

    def look(one: Passed) -> None:
        rows["layers"][one.path] = {"path": one.path, "kind": kind_of(one.module), "shape": list(one.gave.shape[1:])}
        if isinstance(one.module, nn.Conv2d | nn.ConvTranspose2d):
            rows["convolutions"][one.path] = _convolution(one, one.module)
        if isinstance(one.module, nn.Linear):
            rows["linears"][one.path] = {"path": one.path, "inputs": one.module.in_features,
                                         "outputs": one.module.out_features, "image": is_image(one.came, picture)}

    passing(scene, picture, look)
    return {kind: list(found.values()) for kind, found in rows.items()}


def _convolution(one: Passed, module: nn.Conv2d | nn.ConvTranspose2d) -> dict[str, Any]:
    return {"path": one.path, "kind": kind_of(module), "inputs": module.in_channels, "outputs": module.out_channels,
            "groups": module.groups, "kernel": list(module.kernel_size), "stride": list(module.stride),
            "padding": list(module.padding), "dilation": list(module.dilation),
            "input_size": list(one.came.shape[2:]), "output_size": list(one.gave.shape[2:])}


def marked(scene: Scene) -> Tensor:
    """Return an image as the network gets it (1, channels, height, width) in which no two numbers are equal."""
    shape = scene.dataset.shape
    return torch.linspace(-1, 1, shape[0] * shape[1] * shape[2], device=scene.device).view(1, *shape)


def is_image(came: Tensor, picture: Tensor) -> bool:
    """Whether what comes into a layer are the pixels of the image, in a row."""
    return came.dim() == 2 and came.shape == picture.flatten(1).shape and bool(torch.equal(came, picture.flatten(1)))
