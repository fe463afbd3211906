"""From a Blueprint to a network."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

from ..core.blueprint import Blueprint, input_of, layer_names
from ..core.kinds.activations import Relu
from ..core.kinds.base import Call, Net
from ..core.kinds.pooling import Pool
from ..core.rules import forms
from . import parts, zoo


class QuickDropout(nn.Dropout):
    """The same by uniform numbers: 2.5 times as fast on a CPU as the Bernoulli draws of the usual one."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0 or input.device.type != "cpu":
            return super().forward(input)
        return input * torch.rand_like(input).ge_(self.p).mul_(1 / (1 - self.p))


MODULES: dict[str, Any] = {  # all that a Blueprint can name
    **{f"nn.{one.__name__}": one for one in (
        nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear,
        nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Dropout2d,
        nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.Embedding, nn.LSTM, nn.GRU, nn.TransformerEncoderLayer)},
    "nn.Dropout": QuickDropout,
    **{one.__name__: one for one in (
        parts.Residual, parts.Separable, parts.Patches, parts.Tokens, parts.Position, parts.Recurrent, parts.SequencePool,
        zoo.Backbone)},
}


def build(blueprint: Blueprint, device: torch.device) -> nn.Sequential:
    """Return the network with fresh weights; they and the generator afterwards depend on the Blueprint only."""
    torch.manual_seed(blueprint.seed)
    before = [input_of(blueprint), *forms(blueprint)]
    built = [(name, layer, made(layer.module(form)))
             for name, layer, form in zip(layer_names(blueprint), blueprint.layers, before, strict=False)]
    for first, second in zip(range(len(built)), range(1, len(built)), strict=False):
        if isinstance(built[first][1], Relu) and isinstance(built[second][1], Pool):
            # they commute, and ReLU then has fewer numbers to look at
            built[first], built[second] = built[second], built[first]
    model = nn.Sequential(OrderedDict((name, module) for name, _, module in built))
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def made(value: Any) -> Any:
    """Return the module that a Call describes, its arguments made first; other values as they are."""
    if isinstance(value, Net):
        return nn.Sequential(OrderedDict((name, made(part)) for name, part in value.parts))
    if isinstance(value, Call):
        return MODULES[value.name](*map(made, value.args), **{name: made(one) for name, one in value.named})
    return value
