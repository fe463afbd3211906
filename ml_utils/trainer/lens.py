"""Looks inside the layers at single training batches, without disturbing the training by a bit.

    lens.open()                      before the forward pass; a look costs a few milliseconds
    look = lens.read()               after the optimizer's step: it needs both the gradients and the new weights
    session.tell("layers_measured", look.measured())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import hypot, isfinite
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ..core.blueprint import Blueprint, layer_names
from ..core.events_seen import BINS
from .learner import Learner
from .outputs import seen
from .sample import kernels, sample

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
    saturated: float | None = None  # share of the outputs of tanh or sigmoid at the flat ends
    mean: float | None = None  # of the outputs
    spread: float | None = None
    units: tuple[float, ...] = ()  # the same mean for each of the first units


@dataclass(frozen=True)
class Look:
    """One batch as the lens saw it: all layers by name, in the order of the Blueprint."""

    layers: dict[str, Layer]

    def measured(self) -> dict[str, Any]:
        """Return the data of the Event `layers_measured`."""
        return {"layers": {name: {
            "kind": layer.kind, "gradient_norm": tidy(layer.gradient), "weight_norm": tidy(layer.weight),
            "update_ratio": tidy(layer.step / layer.before) if layer.step is not None and layer.before else None,
            "dead": tidy(layer.dead), "saturated": tidy(layer.saturated), "mean": tidy(layer.mean),
            "spread": tidy(layer.spread), "units": [tidy(unit, 3) for unit in layer.units],
        } for name, layer in self.layers.items()}}

    def stepped(self) -> dict[str, Any]:
        """Return what the step did, as a part of the Event `batch_shown`."""
        return {"gradient_norm": tidy(hypot(*(layer.gradient or 0.0 for layer in self.layers.values()))),
                "step_norm": tidy(hypot(*(layer.step or 0.0 for layer in self.layers.values()))),
                "layers": {name: {"gradient_norm": tidy(layer.gradient), "step_norm": tidy(layer.step)}
                           for name, layer in self.layers.items()}}


def tidy(value: float | None, digits: int = 5) -> float | None:
    """Return a few digits of a number that JSON can carry; None where there is none."""
    return float(f"{value:.{digits}g}") if value is not None and isfinite(value) else None


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
        self._moving: list[int] = []  # places of the weights that learn; the others need no copy
        self._before: list[Tensor] = []  # copies of those, made at the first look
        self._hooks: list[RemovableHandle] = []
        self._outputs: dict[str, dict[str, Tensor]] = {}  # by the name of the layer, see `seen`

    def open(self) -> None:
        """Watch the batch that follows."""
        began = self._clock()
        self.close()
        self.opened = True
        self._copy([place for place, (_, weight) in enumerate(self._owners) if weight.requires_grad])
        for name, (built, module) in zip(self._kinds, self._modules, strict=True):
            self._hooks.append(module.register_forward_hook(self._hook(name, built)))
        self._cost = self._clock() - began

    def _copy(self, moving: list[int]) -> None:
        if moving != self._moving:
            self._moving, self._before = moving, [torch.empty_like(self._weights[place]) for place in moving]
        if moving:
            torch._foreach_copy_(self._before, [self._weights[place] for place in moving])

    def close(self) -> None:
        """Watch no longer; what was seen is forgotten."""
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._outputs, self.opened = [], {}, False

    @torch.no_grad()
    def read(self) -> Look:
        """Return what was seen of the batch, which has moved the weights by now, and close."""
        began = self._clock()
        norms, outputs = self._measured()
        found: dict[str, dict[str, Any]] = {name: norms.get(name, {}) | outputs.get(name, {}) for name in self._kinds}
        layers = {name: Layer(kind, **found[name]) for name, kind in self._kinds.items()}
        self.close()
        now = self._clock()
        self.due = now + max(EVERY, (self._cost + now - began) / SHARE)
        return Look(layers)

    @torch.no_grad()
    def examine(self, learner: Learner, images: Tensor) -> Look:
        """Look at a batch that is not learned from, such as one whose loss is no number; nothing is changed by it."""
        before = learner.before()
        self.open()
        learner.outputs(images)
        look = self.read()
        learner.take_back(before)
        return Look({name: replace(layer, step=None) for name, layer in look.layers.items()})

    # ── the outputs, while the batch passes ─────────────────────────────────────────────────────────────────

    def _hook(self, name: str, built: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        # `build` puts pooling before the ReLU that the Blueprint has first: from there to the ReLU each layer's place
        # is taken by the pooling after it, and what the layer gives is made here from what came in
        kind, moved = self._kinds[name], name != built and self._kinds[built] != "relu"

        def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            began = self._clock()
            with torch.no_grad():
                self._outputs[name] = seen(inputs[0].relu() if moved else output, kind)
            self._cost += self._clock() - began

        return look

    # ── the weights, after the step ─────────────────────────────────────────────────────────────────────────

    def _measured(self) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, Any]]]:
        """Return by layer the norms of gradient, weight, before and step, and what was seen of the outputs."""
        groups = self._norms()
        outputs = [(name, what, values) for name, found in self._outputs.items() for what, values in found.items()]
        tensors = [*(norm.reshape(1) for _, norms in groups.values() for norm in norms), *(values for _, _, values in outputs)]
        values = iter(torch.cat(tensors).tolist() if tensors else [])  # one read of the device
        norms: dict[str, dict[str, float]] = {}
        for what, (places, found) in groups.items():
            for place, value in zip(places, islice(values, len(found)), strict=True):
                layer = norms.setdefault(self._owners[place][0], {})
                layer[what] = hypot(layer.get(what, 0.0), value)
        seen_outputs: dict[str, dict[str, Any]] = {}
        for name, what, tensor in outputs:
            numbers = tuple(islice(values, len(tensor)))
            seen_outputs.setdefault(name, {})[what] = numbers if what == "units" else numbers[0]
        return _with_rest(norms), seen_outputs

    def _norms(self) -> dict[str, tuple[list[int], Sequence[Tensor]]]:
        """Return for gradients, weights, weights before and steps: whose they are (places), and the norm of each tensor."""
        learned = [place for place, (_, weight) in enumerate(self._owners) if weight.grad is not None and weight.requires_grad]
        gradients = [weight.grad for place in learned if (weight := self._owners[place][1]).grad is not None]
        groups = {"gradient": (learned, _each(gradients)), "weight": (list(range(len(self._weights))), _each(self._weights)),
                  "before": (self._moving, _each(self._before))}
        if self._moving:
            torch._foreach_sub_(self._before, [self._weights[place] for place in self._moving])
        return groups | {"step": (self._moving, _each(self._before))}


def _each(tensors: list[Tensor]) -> Sequence[Tensor]:
    return torch._foreach_norm(tensors) if tensors else ()


def _with_rest(norms: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """A layer of which no weight learns has not moved."""
    return {name: {"before": found["weight"], "step": 0.0, **found} for name, found in norms.items()}


# ── histograms ──────────────────────────────────────────────────────────────────────────────────────────────

@torch.no_grad()
def histograms(model: nn.Sequential) -> dict[str, Any]:
    """Return the data of the Event `histograms_measured`: weights and last gradients of every layer that has weights."""
    found: dict[str, dict[str, Any]] = {}
    for name, module in model.named_children():
        if weights := list(module.parameters()):
            gradients = [weight.grad for weight in weights if weight.grad is not None and weight.requires_grad]
            first = not any(entry["kernels"] for entry in found.values())
            found[name] = {"weights": _histogram(weights), "gradients": _histogram(gradients), "sample": sample(module),
                           "kernels": kernels(module) if first else None}
    return {"layers": found}


def _histogram(tensors: list[Any]) -> dict[str, Any] | None:
    values = torch.cat([tensor.detach().flatten() for tensor in tensors]).cpu() if tensors else torch.empty(0)
    if not len(values) or not bool(values.isfinite().all()):
        return None
    low, high = values.aminmax()
    counts = torch.histc(values, BINS) if low < high else torch.histc(values - low, BINS, -1, 1)
    return {"low": float(low), "high": float(high), "counts": [int(count) for count in counts.tolist()]}
