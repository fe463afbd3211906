"""Evaluation at an epoch's end: test split, what is held back, drawings, in eval mode; draws nothing and disturbs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..core.blueprint import Blueprint
from ..core.rules import report
from .data import Data, Split

if TYPE_CHECKING:
    from .learner import Learner

Score = dict[str, Any]  # loss, accuracy, examples
SIZE = 500  # examples at once: large enough to be quick, small enough to be interrupted
LOT_MACS = 5 * 10**10  # of those together, about a second
LOT_NUMBERS = 10**8  # that they become on their way, 400 MB


def lot(blueprint: Blueprint) -> int:
    """Return how many examples go through the network at once where nothing is learned."""
    found = report(blueprint)
    return int(max(2, min(SIZE, LOT_MACS // max(found["macs"], 1), LOT_NUMBERS // max(found["kept"], 1))))


def evaluate(learner: Learner, data: Data, go_on: Callable[[], bool], seen: list[Tensor] | None = None,
             split: Split | None = None) -> Score | None:
    """Return the Score of a split (test), or None where `go_on`, asked between batches, says no or changes the loss.

    `seen` gets the outputs, a lot at a time.
    """
    split = split or data.test
    lots = (data.sliced(split, first, learner.lot) for first in range(0, len(split), learner.lot))
    return _scored(learner, lots, go_on, seen)


def score(learner: Learner, images: Tensor, labels: Tensor, go_on: Callable[[], bool]) -> Score | None:
    """Return the Score of images as the network gets them (n, channels, height, width) and their labels (n), 1 at least.

    None as in `evaluate`: in a large network a few drawings take minutes.
    """
    lots = zip(torch.split(images, learner.lot), torch.split(labels, learner.lot), strict=True)
    return _scored(learner, lots, go_on)


def _scored(learner: Learner, lots: Iterable[tuple[Tensor, Tensor]], go_on: Callable[[], bool],
            seen: list[Tensor] | None = None) -> Score | None:
    """Be in eval mode for it; no gradient is kept."""
    examples, loss, loss_sum, correct = 0, learner.loss, 0.0, 0
    learner.model.eval()
    try:
        with torch.inference_mode():
            for images, labels in lots:
                if not go_on() or learner.loss is not loss:
                    return None
                outputs = learner.model(images)
                loss_sum += loss(outputs, labels).item() * len(labels)
                correct += int((outputs.argmax(1) == labels).sum().item())
                examples += len(labels)
                if seen is not None:
                    seen.append(outputs.cpu())
    finally:
        learner.train()
    return {"loss": loss_sum / examples if isfinite(loss_sum) else None, "accuracy": correct / examples, "examples": examples}
