"""Loss and accuracy on the test split, in eval mode; training does not notice."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import torch

from .data import Data
from .learner import Learner

SIZE = 500  # examples at once: large enough to be quick, small enough to be interrupted


def evaluate(learner: Learner, data: Data, go_on: Callable[[], bool]) -> dict[str, Any] | None:
    """Return the Score of the test split, or None where `go_on`, asked between batches, says no or changes the loss."""
    examples, loss, loss_sum, correct = len(data.test), learner.loss, 0.0, 0
    learner.model.eval()
    try:
        with torch.inference_mode():
            for first in range(0, examples, SIZE):
                if not go_on() or learner.loss is not loss:
                    return None
                images, labels = data.sliced(data.test, first, SIZE)
                outputs = learner.model(images)
                loss_sum += loss(outputs, labels).item() * len(labels)
                correct += int((outputs.argmax(1) == labels).sum().item())
    finally:
        learner.model.train()
    return {"loss": loss_sum / examples if isfinite(loss_sum) else None, "accuracy": correct / examples, "examples": examples}
