"""How long one batch may take, and one Checkpoint: a large network is busy, not hanging."""

from __future__ import annotations

from typing import Any

from .blueprint import Blueprint
from .rules import STEP_PASSES, report

SLOWEST = 5e9  # multiply-adds a second of a slow, busy core
WRITTEN = 1e8  # bytes a second: building the network, and writing its Checkpoint


def hangs(silent: float, limit: float, state: dict[str, Any]) -> bool:
    """Whether a trainer of this room that has been silent for so many seconds is more than busy."""
    return silent > limit and silent > limit + busy_seconds(state["blueprint"], state["settings"])


def busy_seconds(blueprint: dict[str, Any], settings: dict[str, Any]) -> float:
    """Return the seconds for which a trainer of this network may be busy without a sign of life."""
    found = report(Blueprint.model_validate(blueprint))
    step = STEP_PASSES * found["macs"] * settings["batch_size"] / SLOWEST
    return float(step) + float(found["memory"]["fixed"]) / WRITTEN
