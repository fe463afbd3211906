"""Weights as safetensors: tensors by name and a few texts, nothing that could be executed.

Written here and not by the library: with it the order of the texts differs from time to time, here equal weights and texts
are equal files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..data import Data
from .files import replaced
from .model_pt import facts
from .stored import Stored

KIND, VERSION = "weights", "1"
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}  # that networks have
ALIGNED = 8  # bytes


def write(file: Path, found: Stored, data: Data | None) -> None:
    """Write the weights of the network, with all that is known of them as texts."""
    save(file, found.weights, {**texts(facts(found, data)), "digest": found.place["digest"]})


def texts(known: dict[str, Any]) -> dict[str, str]:
    """Return facts as texts, lists and numbers as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in known.items()}


def save(file: Path, weights: dict[str, Tensor], known: dict[str, str]) -> None:
    """Write the file, whole or not at all; `format: pt` is what other programs look for."""
    ordered = sorted(weights.items(), key=lambda one: (-one[1].element_size(), one[0]))  # so that each is aligned
    with replaced(file) as temp, temp.open("wb") as out:
        out.write(_head(ordered, {"format": "pt", "lockstep": KIND, "version": VERSION, **known}))
        for _, values in ordered:
            out.write(values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)


def _head(ordered: list[tuple[str, Tensor]], known: dict[str, str]) -> bytes:
    rows: dict[str, Any] = {"__metadata__": known}
    end = 0
    for name, values in ordered:
        begin, end = end, end + values.numel() * values.element_size()
        rows[name] = {"dtype": DTYPES[values.dtype], "shape": list(values.shape), "data_offsets": [begin, end]}
    head = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()
    head += b" " * (-len(head) % ALIGNED)
    return len(head).to_bytes(8, "little") + head
