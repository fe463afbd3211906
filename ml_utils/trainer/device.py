"""Where the Session computes."""

from __future__ import annotations

import os

import torch


def device_of(name: str) -> torch.device:
    """Return the device; on a GPU only ways of computing that give the same bits each time."""
    if name == "auto":
        name = _best()
    if name == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)  # pooling warns, but its windows do not overlap
    return torch.device(name)


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
