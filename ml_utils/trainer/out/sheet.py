"""A sheet of training images, as they are and as the network gets them."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

from ...core.blueprint import Blueprint
from ...core.settings import Settings
from ..augment import Augmenter
from ..data import Data
from ..shown import pictures
from .reports import learned

SHOWN, ACROSS = 32, 8  # images on a sheet, and in a row
LEAST = 48  # pixels of a side; smaller images are enlarged


def sheets(blueprint: Blueprint, settings: Settings, data: Data) -> dict[str, bytes]:
    """Return PNGs: the first training examples, and where they are augmented, what the first epoch makes of the same."""
    index = torch.from_numpy(learned(blueprint)[:SHOWN]).to(data.train.images.device)
    images, _ = data.picked(data.train, index)
    found = {"examples/train": sheet(pictures(images, data, blueprint.dataset))}
    if settings.augments:
        augmented, _ = Augmenter(data, blueprint.dataset, blueprint.seed)(images, settings, 0, 0)
        found["examples/augmented"] = sheet(pictures(augmented, data, blueprint.dataset))
    return found


def sheet(images: Tensor) -> bytes:
    """Return images uint8 (n, h, w, c) side by side, a pixel apart, as a PNG."""
    size, height, width, channels = images.shape
    scale = max(1, -(-LEAST // max(height, width)))
    images = images.cpu().repeat_interleave(scale, 1).repeat_interleave(scale, 2).expand(-1, -1, -1, 3)
    down, across = -(-size // ACROSS), min(size, ACROSS)
    paper = torch.full((down * (height * scale + 1) - 1, across * (width * scale + 1) - 1, 3), 128, dtype=torch.uint8)
    for number, image in enumerate(images):
        top, left = number // ACROSS * (height * scale + 1), number % ACROSS * (width * scale + 1)
        paper[top:top + height * scale, left:left + width * scale] = image
    file = io.BytesIO()
    Image.fromarray(paper.numpy()).save(file, format="png")
    return file.getvalue()
