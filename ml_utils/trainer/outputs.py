"""What the outputs of one layer look like in one batch, as a few numbers that stay on the device."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.events_seen import MAX_UNITS

MIDDLES = {"tanh": 0.0, "sigmoid": 0.5}  # of what a squashing function gives
REACHES = {"tanh": 1.0, "sigmoid": 0.5}  # how far its ends are from there
FLAT = 0.03  # of the range: nearer to one of its ends the function hardly changes


def seen(values: Tensor, kind: str) -> dict[str, Tensor]:
    """Return mean and spread of all outputs (n, …), the mean of each of the first units, and what this kind has beside.

    Units are the channels of images (n, channels, height, width), else the last dimension; words have none. Each is a
    tensor of one dimension; `dead` is there for ReLU, `saturated` for squashing functions.
    """
    values = values.detach()
    if values.dtype == torch.bfloat16:  # too coarse for sums
        values = values.to(torch.float32)
    if not values.is_floating_point():
        return _spread(values.to(torch.float32), values.to(torch.float32).mean())
    units = values.mean([place for place in range(values.dim()) if place != _unit(values)])
    found = _spread(values, units.mean()) | {"units": units[:MAX_UNITS]}
    if kind == "relu":
        found["dead"] = _dead(values)
    if kind in MIDDLES:
        found["saturated"] = _saturated(values, MIDDLES[kind], REACHES[kind])
    return {name: value.reshape(-1) for name, value in found.items()}


def _unit(values: Tensor) -> int:
    return 1 if values.dim() == 4 else values.dim() - 1


def _spread(values: Tensor, mean: Tensor) -> dict[str, Tensor]:
    spread = torch.linalg.vector_norm(values - mean) / values.numel() ** 0.5  # 8 times as fast as torch.std
    return {"mean": mean.reshape(-1), "spread": spread.reshape(-1)}


def _dead(values: Tensor) -> Tensor:
    """Return the share of units that are zero for every example and at every place."""
    units = values.shape[_unit(values)]
    rows = values.movedim(_unit(values), -1).reshape(len(values), -1)  # as it lies in memory, and so 20 times as fast
    return (rows.amax(0).view(-1, units).amax(0) <= 0).to(torch.float32).mean()


def _saturated(values: Tensor, middle: float, reach: float) -> Tensor:
    """Return the share of outputs that lie within 3 % of the range from one of its ends."""
    return ((values - middle).abs() >= reach * (1 - 2 * FLAT)).to(torch.float32).mean()
