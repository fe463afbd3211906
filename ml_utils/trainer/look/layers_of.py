"""What every layer of a network gives for some images, under the names and in the order of the Blueprint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ...core.blueprint import layer_names
from .apart import apart
from .scene import Scene

Hook = Callable[[nn.Module, tuple[Any, ...], Any], None]


@dataclass(frozen=True)
class Passed:
    """One layer while images pass: where it is, which module, and what came in and out (examples first)."""

    path: str
    module: nn.Module
    came: Tensor
    gave: Tensor


def order_of(scene: Scene) -> dict[str, tuple[str, bool]]:
    """Return for each module of the Sequential the name of the Blueprint's layer whose place it takes, and whether moved.

    `build` puts pooling before the ReLU that the Blueprint has first: from there to the ReLU each layer's place is taken by
    the pooling after it (`moved`), and what the layer gives is the ReLU of what came in there.
    """
    names = layer_names(scene.blueprint)
    kinds = dict(zip(names, (layer.kind for layer in scene.blueprint.layers), strict=True))
    return {built: (name, name != built and kinds[built] != "relu")
            for name, (built, _) in zip(names, scene.model.named_children(), strict=True)}


@torch.no_grad()
def passing(scene: Scene, images: Tensor, look: Callable[[Passed], None], paths: frozenset[str] | None = None) -> Tensor:
    """Let images pass as the network gets them, `look` at each layer on the way, or at these only; return the outputs.

    A layer is any module but a mere list of others, its path as in `named_modules`; one that is used twice is seen twice.
    What is looked at must be copied to be kept: models of torchvision write into it later.
    """
    model, order = apart(scene.model), order_of(scene)
    for built, part in model.named_modules():
        path, moved = order.get(built, (built, False))
        if built and (type(part) is not nn.Sequential if paths is None else path in paths):
            part.register_forward_hook(_hook(path, scene.model.get_submodule(path), moved, look))
    outputs: Tensor = model(images)
    return outputs


def _hook(path: str, module: nn.Module, moved: bool, look: Callable[[Passed], None]) -> Hook:
    def seen(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor) and inputs and isinstance(inputs[0], Tensor):
            look(Passed(path, module, inputs[0], inputs[0].relu() if moved else output))
    return seen


def seen_once(scene: Scene, images: Tensor, path: str) -> Passed | None:
    """Return what passed through one layer (its last use), None where nothing did."""
    found: list[Passed] = []
    passing(scene, images, lambda one: found.append(replace(one, came=one.came.clone(), gave=one.gave.clone())),
            frozenset((path,)))
    return found[-1] if found else None


def small(maps: Tensor, most: int) -> Tensor:
    """Return maps (n, height, width) averaged down to at most so many pixels a side."""
    height, width = min(most, maps.shape[1]), min(most, maps.shape[2])
    if (height, width) == tuple(maps.shape[1:]):
        return maps
    return nn.functional.adaptive_avg_pool2d(maps, (height, width))


def in_bytes(maps: Tensor) -> tuple[Tensor, list[float], list[float]]:
    """Return maps (n, h, w) as uint8, each between its own low (0) and high (255), and these; what is no number is 0."""
    clean = maps.float().nan_to_num(0.0, 0.0, 0.0).cpu()
    low, high = clean.amin((1, 2)), clean.amax((1, 2))
    span = (high - low).clamp_min(torch.finfo(torch.float32).tiny)
    scaled = (clean - low[:, None, None]).div_(span[:, None, None]).mul_(255).round_().clamp_(0, 255)
    return scaled.to(torch.uint8), low.tolist(), high.tolist()
