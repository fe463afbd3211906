"""Evaluation: the test split in eval mode, draws no random number and disturbs nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch

from ..core.blueprint import Blueprint
from ..core.rules import report
from .data import Data

if TYPE_CHECKING:
    from .learner import Learner

SIZE = 500  # examples at once: large enough to be quick, small enough to be interrupted
LOT_MACS = 5 * 10**10  # of those together, about a second
LOT_NUMBERS = 10**8  # that they become on their way, 400 MB


def lot(blueprint: Blueprint) -> int:
    """Return how many examples go through the network at once where nothing is learned."""
    found = report(blueprint)
    return int(max(2, min(SIZE, LOT_MACS // max(found["macs"], 1), LOT_NUMBERS // max(found["kept"], 1))))


def evaluate(learner: Learner, data: Data, go_on: Callable[[], bool]) -> dict[str, Any] | None:
    """Return the Score of the test split, or None where `go_on`, asked between batches, says no or changes the loss."""
    examples, loss, loss_sum, correct = len(data.test), learner.loss, 0.0, 0
    learner.model.eval()
    try:
        with torch.inference_mode():
            for first in range(0, examples, learner.lot):
                if not go_on() or learner.loss is not loss:
                    return None
                images, labels = data.sliced(data.test, first, learner.lot)
                outputs = learner.model(images)
                loss_sum += loss(outputs, labels).item() * len(labels)
                correct += int((outputs.argmax(1) == labels).sum().item())
    finally:
        learner.train()
    return {"loss": loss_sum / examples if isfinite(loss_sum) else None, "accuracy": correct / examples, "examples": examples}
