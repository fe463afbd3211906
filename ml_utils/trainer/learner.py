"""What learns: model, loss and optimizer, and the Settings they obey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..core import schedule
from ..core.blueprint import Blueprint
from ..core.schedule import Schedule
from ..core.settings import Settings
from .evaluate import lot
from .losses import SHAPING, loss_of
from .model import build
from .optim import numbers_of, optimizer_of, remember_momentum
from .zoo import Backbone

Tensors = dict[str, Tensor]
SMALL = ("cpu", "cuda")  # kinds of devices that compute with 16 bits here; others go on with 32
Before = tuple[Tensors, list[Tensor]]  # random states, and running statistics


class Learner:
    """Obeys Settings between two batches; its `tensors` and its `schedule` are all that it would need to go on."""

    def __init__(self, blueprint: Blueprint, settings: Settings, device: torch.device) -> None:
        self.device, self.settings = device, settings
        self.model = build(blueprint, device).train()
        self.lot = lot(blueprint)  # examples at once where nothing is learned
        self._statistics = list(self.model.buffers())
        self.optimizer = optimizer_of(settings, self.model.parameters())
        self._counts = torch.ones(len(blueprint.row.classes), device=device)  # training examples of each class, see `know`
        self.loss = loss_of(settings, self._counts)
        self.schedule = Schedule()
        self.obey(settings)

    def obey(self, settings: Settings, x: float = 0.0) -> None:
        """Take these Settings from the batch at x on; a new kind of optimizer starts with an empty memory."""
        old, self.settings = self.settings, settings
        if settings.optimizer != old.optimizer:
            self.optimizer = optimizer_of(settings, self.model.parameters())
        if any(getattr(settings, name) != getattr(old, name) for name in SHAPING):
            self.loss = loss_of(settings, self._counts)
            self.schedule = replace(self.schedule, best=None, bad=0)  # losses of two kinds cannot be compared
        if schedule.begins_anew(old, settings):
            self.schedule = Schedule(begun=x)
        for name, module in self.model.named_children():
            self._prepare(name, module)
        self.optimizer.param_groups[0].update(numbers_of(settings))
        self._set_rate(x)
        remember_momentum(self.optimizer)
        self.augments = settings.augments
        self._small = settings.precision == "bfloat16" and self.device.type in SMALL

    def know(self, labels: Tensor) -> None:
        """Take note of the labels of all examples that are learned from: by them classes are balanced."""
        self._counts = torch.bincount(labels, minlength=len(self._counts))
        self.loss = loss_of(self.settings, self._counts)

    def _prepare(self, name: str, module: nn.Module) -> None:
        """Frozen parameters have no gradient: then no optimizer touches them or its memory of them."""
        share = self.settings.dropouts.get(name, self.settings.dropout)
        learns = name not in self.settings.frozen
        for part in () if isinstance(module, Backbone) else module.modules():  # that one has shares of its own
            if isinstance(part, nn.Dropout | nn.Dropout2d):
                part.p = share
            elif isinstance(part, nn.MultiheadAttention):
                part.dropout = share
        for parameter in module.parameters():
            parameter.requires_grad_(learns)
            if not learns:
                parameter.grad = None
        if self.model.training:
            self._rest(module, not learns)

    @staticmethod
    def _rest(module: nn.Module, rests: bool) -> None:
        """The running statistics of a frozen batch norm stay, too, and are what it uses; a frozen backbone rests as a whole."""
        for part in module.modules():
            if isinstance(part, _BatchNorm | Backbone):
                part.train(not rests)

    def train(self) -> None:
        """Be in train mode again, after an evaluation."""
        self.model.train()
        for name, module in self.model.named_children():
            self._rest(module, name in self.settings.frozen)

    def before(self) -> Before:
        """Return copies of all that a forward pass changes."""
        return self.random(), [values.clone() for values in self._statistics]

    def take_back(self, before: Before) -> None:
        """Undo a forward pass."""
        self.set_random(before[0])
        for values, old in zip(self._statistics, before[1], strict=True):
            values.copy_(old)

    def take_over(self, tensors: Tensors, layers: tuple[str, ...]) -> None:
        """Copy the weights and statistics of these layers out of a Checkpoint of another network."""
        own = self.model.state_dict()
        for name, values in own.items():
            if name.partition(".")[0] in layers:
                values.copy_(tensors[f"model.{name}"])

    def outputs(self, images: Tensor) -> Tensor:
        """Return what the network makes of a batch that is learned from: float32, however it was computed."""
        if not self._small:
            return self.model(images)  # type: ignore[no-any-return]
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.model(images).float()  # type: ignore[no-any-return]

    def step(self, loss: Tensor, x: float) -> None:
        """Learn from the loss of the batch at x; does nothing where every layer is frozen."""
        if not loss.requires_grad:
            return
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.settings.clipping:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clipping)  # passes by those without gradient
        if not schedule.is_constant(self.settings):
            self._set_rate(x)
        self.optimizer.step()

    def _set_rate(self, x: float) -> None:
        self.optimizer.param_groups[0]["lr"] = self.rate(x)

    def rate(self, x: float) -> float:
        """Return the scheduled learning rate at x."""
        return schedule.rate(self.settings, self.schedule, x)

    def epoch_ended(self, loss: float) -> None:
        """Take note of an epoch's mean training loss."""
        schedule.epoch_ended(self.settings, self.schedule, loss)

    def schedule_state(self) -> dict[str, Any]:
        """Return what the schedule remembers, as plain JSON."""
        return self.schedule.as_json()

    def restore_schedule(self, state: dict[str, Any]) -> None:
        """Go on with this schedule; a TypeError says that it is not one."""
        self.schedule = Schedule(**state)

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
