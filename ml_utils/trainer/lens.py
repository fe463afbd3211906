"""Looks inside the layers at single training batches, without disturbing the training by a bit.

    lens.open()                      before the forward pass; a look costs a few milliseconds
    look = lens.read()               after the optimizer's step: it needs both the gradients and the new weights
    session.tell("layers_measured", look.measured())
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import hypot, isfinite
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ..core.blueprint import Blueprint, layer_names
from ..core.events_seen import BINS
from .learner import Learner

EVERY = 0.5  # seconds between two looks, at least
SHARE = 0.01  # of the time that looking may take


@dataclass(frozen=True)
class Layer:
    """What was seen of one layer; a number is None where it does not apply, NaN or infinite where it is that."""

    kind: str
    gradient: float | None = None  # Euclidean norms over all weights and biases of the layer
    weight: float | None = None  # after the step
    before: float | None = None  # before the step
    step: float | None = None  # of the difference
    dead: float | None = None  # share of the units of a ReLU that are zero for the whole batch
    mean: float | None = None  # of the outputs
    spread: float | None = None


@dataclass(frozen=True)
class Look:
    """One batch as the lens saw it: all layers by name, in the order of the Blueprint."""

    layers: dict[str, Layer]

    def measured(self) -> dict[str, Any]:
        """Return the data of the Event `layers_measured`."""
        return {"layers": {name: {
            "kind": layer.kind, "gradient_norm": tidy(layer.gradient), "weight_norm": tidy(layer.weight),
            "update_ratio": tidy(layer.step / layer.before) if layer.step is not None and layer.before else None,
            "dead": tidy(layer.dead), "saturated": None, "mean": tidy(layer.mean), "spread": tidy(layer.spread),
        } for name, layer in self.layers.items()}}

    def stepped(self) -> dict[str, Any]:
        """Return what the step did, as a part of the Event `batch_shown`."""
        return {"gradient_norm": tidy(hypot(*(layer.gradient or 0.0 for layer in self.layers.values()))),
                "step_norm": tidy(hypot(*(layer.step or 0.0 for layer in self.layers.values()))),
                "layers": {name: {"gradient_norm": tidy(layer.gradient), "step_norm": tidy(layer.step)}
                           for name, layer in self.layers.items()}}


def tidy(value: float | None) -> float | None:
    """Return five digits of a number that JSON can carry; None where there is none."""
    return float(f"{value:.5g}") if value is not None and isfinite(value) else None


class Lens:
    """Sees one batch between `open` and `read`; draws no random number and changes nothing that training uses."""

    def __init__(self, model: nn.Sequential, blueprint: Blueprint, clock: Callable[[], float] = monotonic) -> None:
        self.due = 0.0  # time of the next look
        self.opened = False
        self._clock, self._cost = clock, 0.0
        self._modules = list(model.named_children())
        self._kinds = dict(zip(layer_names(blueprint), (layer.kind for layer in blueprint.layers), strict=True))
        self._owners = [(name, parameter) for name, module in self._modules for parameter in module.parameters()]
        self._weights = [parameter.detach() for _, parameter in self._owners]  # the same memory, without gradients
        self._before: list[Tensor] = []  # made at the first look
        self._hooks: list[RemovableHandle] = []
        self._outputs: dict[str, list[Tensor]] = {}  # name → mean, spread and, of a ReLU, the dead share

    def open(self) -> None:
        """Watch the batch that follows."""
        began = self._clock()
        self.close()
        self.opened = True
        if not self._before:
            self._before = [torch.empty_like(weight) for weight in self._weights]
        torch._foreach_copy_(self._before, self._weights)
        for name, (built, module) in zip(self._kinds, self._modules, strict=True):
            self._hooks.append(module.register_forward_hook(self._hook(name, built)))
        self._cost = self._clock() - began

    def close(self) -> None:
        """Watch no longer; what was seen is forgotten."""
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._outputs, self.opened = [], {}, False

    @torch.no_grad()
    def read(self) -> Look:
        """Return what was seen of the batch, which has moved the weights by now, and close."""
        began = self._clock()
        learning = [weight.grad is not None and weight.requires_grad for _, weight in self._owners]
        found = self._norms(learning)
        layers = {name: self._layer(name, kind, *found) for name, kind in self._kinds.items()}
        self.close()
        now = self._clock()
        self.due = now + max(EVERY, (self._cost + now - began) / SHARE)
        return Look(layers)

    def examine(self, learner: Learner, images: Tensor) -> Look:
        """Look at a batch that is not learned from, such as one whose loss is no number; no random number is used up."""
        random = learner.random()
        self.open()
        with torch.no_grad():
            learner.model(images)
        look = self.read()
        learner.set_random(random)
        return Look({name: replace(layer, step=None) for name, layer in look.layers.items()})

    # ── the outputs, while the batch passes ─────────────────────────────────────────────────────────────────

    def _hook(self, name: str, built: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        # `build` puts pooling before the ReLU that the Blueprint has first: what stands at the place of the
        # Blueprint's ReLU is then the pooling, and the ReLU's outputs are made here from what came in
        relu, moved = self._kinds[name] == "relu", self._kinds[built] != self._kinds[name]

        def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            began = self._clock()
            with torch.no_grad():
                values = inputs[0].relu() if relu and moved else output.detach()
                mean = values.mean()
                spread = torch.linalg.vector_norm(values - mean) / values.numel() ** 0.5  # 8 times as fast as torch.std
                self._outputs[name] = [mean, spread, *([_dead(values)] if relu else [])]
            self._cost += self._clock() - began

        return look

    # ── the weights, after the step ─────────────────────────────────────────────────────────────────────────

    def _norms(self, learning: list[bool]) -> tuple[dict[str, list[float]], ...]:
        """Return gradients, weights, weights before and steps by layer (the norm of each tensor), and the outputs."""
        gradients = [weight.grad for (_, weight), learns in zip(self._owners, learning, strict=True)
                     if learns and weight.grad is not None]
        before = torch._foreach_norm(self._before)
        torch._foreach_sub_(self._before, self._weights)
        norms = [*(torch._foreach_norm(gradients) if gradients else ()), *torch._foreach_norm(self._weights),
                 *before, *torch._foreach_norm(self._before)]
        seen = [value for some in self._outputs.values() for value in some]
        values = iter(torch.stack([*norms, *seen]).tolist() if norms or seen else [])  # one read of the device
        names = [name for name, _ in self._owners]
        having = [name for name, learns in zip(names, learning, strict=True) if learns]
        found = [_by_layer(group, values) for group in (having, names, names, names)]
        outputs = _by_layer([name for name, some in self._outputs.items() for _ in some], values)
        return *found, outputs

    def _layer(self, name: str, kind: str, *found: dict[str, list[float]]) -> Layer:
        gradient, weight, before, step = (hypot(*norms[name]) if name in norms else None for norms in found[:4])
        mean, spread, dead = [*found[4].get(name, ()), None, None, None][:3]
        return Layer(kind, gradient, weight, before, step, dead, mean, spread)


def _by_layer(names: list[str], values: Any) -> dict[str, list[float]]:
    """Take one value for each name; a layer may stand there several times."""
    found: dict[str, list[float]] = {}
    for name in names:
        found.setdefault(name, []).append(next(values))
    return found


def _dead(values: Tensor) -> Tensor:
    """Return the share of units (dimension 1) that are zero for every example and at every place."""
    rows = values.movedim(1, -1).reshape(len(values), -1)  # as it lies in memory, and so 20 times as fast
    return (rows.amax(0).view(-1, values.shape[1]).amax(0) <= 0).to(torch.float32).mean()


# ── histograms ──────────────────────────────────────────────────────────────────────────────────────────────

@torch.no_grad()
def histograms(model: nn.Sequential) -> dict[str, Any]:
    """Return the data of the Event `histograms_measured`: weights and last gradients of every layer that has weights."""
    found = {}
    for name, module in model.named_children():
        if weights := list(module.parameters()):
            gradients = [weight.grad for weight in weights if weight.grad is not None and weight.requires_grad]
            found[name] = {"weights": _histogram(weights), "gradients": _histogram(gradients)}
    return {"layers": found}


def _histogram(tensors: list[Any]) -> dict[str, Any] | None:
    values = torch.cat([tensor.detach().flatten() for tensor in tensors]).cpu() if tensors else torch.empty(0)
    if not len(values) or not bool(values.isfinite().all()):
        return None
    low, high = values.aminmax()
    counts = torch.histc(values, BINS) if low < high else torch.histc(values - low, BINS, -1, 1)
    return {"low": float(low), "high": float(high), "counts": [int(count) for count in counts.tolist()]}
