"""Optimizers as the Settings describe them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from ..core.settings import Settings


def numbers_of(settings: Settings) -> dict[str, Any]:
    """Return what the optimizer reads at each step, but for the rate."""
    numbers: dict[str, Any] = {"weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":  # Nesterov without momentum is plain SGD, and refused by torch
        return numbers | {"momentum": settings.momentum, "nesterov": settings.nesterov and settings.momentum > 0}
    if settings.optimizer == "rmsprop":
        return numbers | {"momentum": settings.momentum, "alpha": settings.alpha, "eps": settings.epsilon}
    return numbers | {"betas": (settings.momentum, settings.beta2), "eps": settings.epsilon}


def optimizer_of(settings: Settings, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return one with empty memory; frozen parameters have their place in it, too, since memory is kept by number."""
    numbers = {"lr": settings.learning_rate, **numbers_of(settings)}
    if settings.optimizer == "sgd":
        return SGD(parameters, fused=True, **numbers)
    if settings.optimizer == "adam":
        return Adam(parameters, fused=True, **numbers)
    if settings.optimizer == "adamw":
        return AdamW(parameters, fused=True, **numbers)
    return RMSprop(parameters, foreach=True, **numbers)  # has no fused form


def remember_momentum(optimizer: Optimizer) -> None:
    """Make room for momentum where torch would fail to: it expects all parameters to have begun together.

    RMSprop makes room at a parameter's first step only, fused SGD at the first step of all. Zeros are what both begin
    with. Frozen parameters get theirs when they learn again.
    """
    if not isinstance(optimizer, SGD | RMSprop) or optimizer.param_groups[0]["momentum"] == 0:
        return
    learning = [one for one in optimizer.param_groups[0]["params"] if one.requires_grad]
    if isinstance(optimizer, RMSprop):
        learning = [one for one in learning if optimizer.state.get(one)]
    lacking = [one for one in learning if _momentum(optimizer, one) is None]
    if isinstance(optimizer, RMSprop) or len(lacking) < len(learning):
        for one in lacking:
            optimizer.state[one]["momentum_buffer"] = torch.zeros_like(one, memory_format=torch.preserve_format)


def _momentum(optimizer: Optimizer, parameter: Tensor) -> Tensor | None:
    found: Tensor | None = optimizer.state.get(parameter, {}).get("momentum_buffer")
    return found
