"""Drawings that the room keeps, as the Session evaluates them at the end of each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...core.datasets import Dataset
from ..shown import BRIGHTEST

if TYPE_CHECKING:
    from ..session import Session


def kept_batch(session: Session) -> tuple[Tensor, Tensor] | None:
    """Return the drawings as the network gets them (n, c, h, w), and their classes (n); None where there are none."""
    device = session.learner.device
    rows = [row for row in session.wire.drawings if _fits(row, session.dataset)]
    if not rows:
        return None
    labels = torch.tensor([row["label"] for row in rows], device=device)
    return session.data.normal(images_of(rows, session.dataset).to(device)), labels


def images_of(rows: list[dict[str, Any]], dataset: Dataset) -> Tensor:
    """Return drawings as uint8 (n, h, w, c) in the dataset's own values."""
    channels, height, width = dataset.shape
    values = torch.frombuffer(bytearray(b"".join(row["pixels"] for row in rows)), dtype=torch.uint8)
    own = (values.float() * (BRIGHTEST.get(dataset.name, 255) / 255)).round_().to(torch.uint8)
    return own.reshape(-1, height, width, channels)


def _fits(row: dict[str, Any], dataset: Dataset) -> bool:
    channels, height, width = dataset.shape
    return (row["dataset"] == dataset.name and len(row["pixels"]) == channels * height * width
            and 0 <= row["label"] < len(dataset.classes))
