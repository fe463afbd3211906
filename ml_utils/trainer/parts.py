"""Modules that torch does not have. Plain torch and nothing else: code that a room exports shows them word for word."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """Adds what comes in, projected where shapes differ, to what the body makes of it."""

    def __init__(self, body: nn.Sequential, skip: nn.Sequential | None = None) -> None:
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, values: Tensor) -> Tensor:
        made: Tensor = self.body(values)
        return made + (values if self.skip is None else self.skip(values))


class Separable(nn.Module):
    """A convolution of each channel alone, then one of 1×1 that mixes them."""

    def __init__(self, depthwise: nn.Conv2d, pointwise: nn.Conv2d) -> None:
        super().__init__()
        self.depthwise, self.pointwise = depthwise, pointwise

    def forward(self, images: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(images))  # type: ignore[no-any-return]


class Patches(nn.Module):
    """Images (n, channels, height, width) become sequences (n, patches, numbers of a patch), row by row."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.size = height, width

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.unfold(images, self.size, stride=self.size).transpose(1, 2)


class Tokens(nn.Module):
    """Normalised numbers become whole ones below `levels`: bands of equal width between −3 and 3."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, values: Tensor) -> Tensor:
        return ((values.flatten(1) + 3) * (self.levels / 6)).long().clamp(0, self.levels - 1)


class Position(nn.Module):
    """Adds learned numbers to each step of a sequence (n, steps, features)."""

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(steps, features).normal_(std=0.02))

    def forward(self, sequence: Tensor) -> Tensor:
        return sequence + self.weight


class Recurrent(nn.Module):
    """An LSTM or GRU; gives every step, or the last one of each direction."""

    def __init__(self, cells: nn.LSTM | nn.GRU, last: bool) -> None:
        super().__init__()
        self.cells, self.last = cells, last

    def forward(self, sequence: Tensor) -> Tensor:
        steps: Tensor = self.cells(sequence)[0]
        if not self.last:
            return steps
        size = self.cells.hidden_size
        return torch.cat((steps[:, -1, :size], steps[:, 0, size:]), 1)  # read backwards, the last step is the first


class SequencePool(nn.Module):
    """Sequences (n, steps, features) become rows (n, features)."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, sequence: Tensor) -> Tensor:
        if self.mode == "last":
            return sequence[:, -1]
        return sequence.amax(1) if self.mode == "max" else sequence.mean(1)
