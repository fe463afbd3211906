"""Weights that were brought in and that Runs begin with: files of an instance, named after their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .order import Failure

PIECE = 2**20  # bytes


def file_of(instance: Path, digest: str) -> Path:
    """Return where the weights of this digest lie."""
    return instance / "weights" / f"{digest}.safetensors"


def load_brought(instance: Path, digest: str) -> dict[str, Tensor]:
    """Return weights by their names in a Checkpoint; raises Failure where the file is missing or not what it was."""
    file = file_of(instance, digest)
    try:
        if digest_of(file) != digest:
            raise ValueError("the contents differ from what was kept")
        return {f"model.{name}": values for name, values in load_file(file).items()}
    except (OSError, ValueError, SafetensorError) as error:
        why = "the file is missing" if isinstance(error, FileNotFoundError) else str(error)
        raise Failure("weights_missing", f"The weights {digest[:8]}… that this run begins with could not be read: {why}.",
                      "Bring the same file once more, or begin a new run with fresh weights.") from error


def digest_of(file: Path, tick: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with file.open("rb") as data:
        while piece := data.read(PIECE):
            found.update(piece)
            tick()
    return found.hexdigest()
