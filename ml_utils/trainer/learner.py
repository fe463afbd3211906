"""What learns: model, loss and optimizer, and the Settings they obey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from ..core.blueprint import Blueprint
from ..core.settings import Settings
from .model import build

Tensors = dict[str, Tensor]
LOSSES: dict[str, Callable[[], nn.Module]] = {
    "cross_entropy": nn.CrossEntropyLoss,
    "label_smoothing": lambda: nn.CrossEntropyLoss(label_smoothing=0.1),
    "multi_margin": nn.MultiMarginLoss,
}


class Learner:
    """Obeys Settings between two batches; its `tensors` are all that it would need to go on."""

    def __init__(self, blueprint: Blueprint, settings: Settings, device: torch.device) -> None:
        self.device, self.settings = device, settings
        self.model = build(blueprint, device).train()
        self._dropouts = [module for module in self.model if isinstance(module, nn.Dropout)]
        self.optimizer = _optimizer(settings, self.model)
        self.loss = LOSSES[settings.loss]()
        self.obey(settings)

    def obey(self, settings: Settings) -> None:
        """Take these Settings from the next batch on; a new kind of optimizer starts with an empty memory."""
        if settings.optimizer != self.settings.optimizer:
            self.optimizer = _optimizer(settings, self.model)
        if settings.loss != self.settings.loss:
            self.loss = LOSSES[settings.loss]()
        self.optimizer.param_groups[0].update(_numbers(settings))
        _remember_momentum(self.optimizer)
        for module in self._dropouts:
            module.p = settings.dropout
        self.settings = settings

    def tensors(self) -> Tensors:
        """Return weights, buffers, the optimizer's memory and random states, not copied."""
        found = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for number, memory in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": tensor for name, tensor in memory.items() if tensor is not None}
        return found | {f"random.{name}": state for name, state in self.random().items()}

    def restore(self, tensors: Tensors) -> None:
        """Go on from these tensors, strides included; raises where they are not those of this model."""
        parts: dict[str, Tensors] = {"model": {}, "optimizer": {}, "random": {}}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            parts[kind][rest] = tensor
        self.model.load_state_dict(parts["model"])
        self._restore_optimizer(parts["optimizer"])
        self.set_random(parts["random"])
        for name, tensor in self.model.state_dict().items():
            assert tensor.stride() == parts["model"][name].stride(), f"{name} has other strides"

    def _restore_optimizer(self, tensors: Tensors) -> None:
        memory: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            number, _, rest = name.partition(".")
            memory.setdefault(int(number), {})[rest] = tensor
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": memory})

    def random(self) -> Tensors:
        """Return the states of the generators that dropout draws from."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        elif self.device.type == "mps":
            states["mps"] = torch.mps.get_rng_state()
        return states

    def set_random(self, states: Tensors) -> None:
        torch.set_rng_state(states["cpu"])
        if "cuda" in states:
            torch.cuda.set_rng_state(states["cuda"], self.device)
        if "mps" in states:
            torch.mps.set_rng_state(states["mps"])


def _numbers(settings: Settings) -> dict[str, Any]:
    """Return what the optimizer reads at each step."""
    numbers: dict[str, Any] = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer in ("adam", "adamw"):
        return numbers | {"betas": (settings.momentum, 0.999)}
    return numbers | {"momentum": settings.momentum}


def _optimizer(settings: Settings, model: nn.Module) -> Optimizer:
    numbers = _numbers(settings)
    if settings.optimizer == "sgd":
        return SGD(model.parameters(), fused=True, **numbers)
    if settings.optimizer == "adam":
        return Adam(model.parameters(), fused=True, **numbers)
    if settings.optimizer == "adamw":
        return AdamW(model.parameters(), fused=True, **numbers)
    return RMSprop(model.parameters(), foreach=True, **numbers)  # has no fused form


def _remember_momentum(optimizer: Optimizer) -> None:
    """RMSprop makes room for momentum at its first step only, and fails where momentum comes later."""
    if isinstance(optimizer, RMSprop) and optimizer.param_groups[0]["momentum"] > 0:
        for parameter, memory in optimizer.state.items():
            memory.setdefault("momentum_buffer", torch.zeros_like(parameter, memory_format=torch.preserve_format))
