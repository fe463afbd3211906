"""A drawing becomes an image of the dataset: centred and scaled as its images were made."""

from __future__ import annotations

import torch
from torch import Tensor

from ... import pads
from ...core.datasets import Dataset


def centred(pixels: bytes, invert: bool, dataset: Dataset) -> Tensor:
    """Return uint8 (height, width, channels), in the dataset's own values, of what was drawn on the pad. Raises `Refused`."""
    return torch.from_numpy(pads.centred(pads.unpacked(pixels), invert, dataset))
