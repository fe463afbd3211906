"""model.pt: a whole stored state that plain torch opens with `torch.load(file, weights_only=True)`, as in docs/export.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ...core.blueprint import Blueprint
from ..data import Data
from ..shown import BRIGHTEST
from .files import replaced
from .stored import Stored

FORMAT, VERSION = "lockstep-model", 1


def write(file: Path, found: Stored, data: Data | None) -> None:
    """Write the file, whole or not at all. Without `data` it has no mean and spread (empty lists)."""
    content = {"format": FORMAT, "version": VERSION, "model_state_dict": found.weights, "tensors": found.checkpoint.tensors,
               **facts(found, data), "digest": found.place["digest"]}
    with replaced(file) as temp:
        torch.save(content, temp)


def facts(found: Stored, data: Data | None) -> dict[str, Any]:
    """Return what one has to know beside the weights, as plain values.

    `mean` and `std` of each channel are of the dataset's own values, 0 to `brightest`; `blueprint` and `settings` are JSON.
    """
    row = found.blueprint.row
    return {"blueprint": found.blueprint.model_dump_json(), "settings": found.settings.model_dump_json(),
            "class_names": list(row.classes), "input_shape": list(row.shape), "brightest": brightest(found.blueprint),
            "mean": data.mean.flatten().tolist() if data else [], "std": (1 / data.scale).flatten().tolist() if data else [],
            "place": found.place}


def brightest(blueprint: Blueprint) -> int:
    """Return the value of white in the dataset's images: 16 of the digits, else 255."""
    return BRIGHTEST.get(blueprint.dataset, 255)
