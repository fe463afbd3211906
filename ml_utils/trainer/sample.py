"""A few weights of a layer, for a drawing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..core.events_seen import MAX_KERNEL, MAX_KERNELS, MAX_SAMPLE

DIGITS = 3  # more than a colour can show


def sample(module: nn.Module) -> dict[str, Any] | None:
    """Return how the first inputs act on the first outputs; None where no single number stands for a pair of them."""
    if isinstance(module, nn.Linear):
        values = module.weight[:MAX_SAMPLE, :MAX_SAMPLE]
    elif isinstance(module, nn.Conv2d) and module.groups == 1:
        values = _signed(module.weight[:MAX_SAMPLE, :MAX_SAMPLE])
    else:
        return None
    return {"of": list(module.weight.shape[:2]), "values": _rows(values)} if bool(values.isfinite().all()) else None


def _signed(kernels: Tensor) -> Tensor:
    """Return the norm of each kernel (outputs, inputs, height, width) with the sign of its sum.

    The sum alone would be near zero for a kernel that finds edges, however strong it is.
    """
    strength = torch.linalg.vector_norm(kernels, dim=(2, 3))
    return torch.where(kernels.sum((2, 3)) < 0, -strength, strength)


def kernels(module: nn.Module) -> list[list[list[float]]] | None:
    """Return what each of the first outputs of a convolution looks for in the first input channel; None where it is large."""
    if not isinstance(module, nn.Conv2d) or max(module.kernel_size) > MAX_KERNEL:
        return None
    found = module.weight[:MAX_KERNELS, 0]
    return [_rows(kernel) for kernel in found.cpu()] if bool(found.isfinite().all()) else None


def _rows(values: Tensor) -> list[list[float]]:
    return [[float(f"{value:.{DIGITS}g}") for value in row] for row in values.tolist()]
