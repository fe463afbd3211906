"""What does augmentation make of training images: those that come next, before and after."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...core.questions import AugmentedOf
from ..augment import Augmenter
from ..data import Batches, left_out
from .scene import Scene


def augmented(scene: Scene, asked: AugmentedOf) -> dict[str, Any]:
    """Return examples of the next batch, or of the first one of an epoch, as the training sees them with these Settings.

    A row: `label`, the `image` as it is and as it is `seen`, and where images are mixed the label of the other one, `with`,
    of which there is 1 - `share`. The first of a mixed batch is left out: it has the last one in it.
    """
    blueprint = scene.blueprint
    epoch, seen = (asked.epoch, 0) if asked.epoch is not None else _next(scene.place, blueprint.examples)
    mixed = int(asked.settings.mixup > 0)
    size = min(asked.count + 1, asked.batch_size) if mixed else asked.count
    images, labels = Batches(scene.data, blueprint.seed, left_out(blueprint)).take(epoch, seen, size)
    changed, share = Augmenter(scene.data, scene.dataset.name, blueprint.seed)(images, asked.settings, epoch, seen)
    return {"epoch": epoch, "seen": seen, "share": round(share, 4), "settings": asked.settings.model_dump(), "examples": [
        {"label": int(labels[at]), "with": int(labels[at - 1]) if mixed else None,
         "image": scene.shown(_bytes(scene, images[at])), "seen": scene.shown(_bytes(scene, changed[at]))}
        for at in range(mixed, min(len(labels), asked.count + mixed))]}


def _next(place: dict[str, Any], examples: int) -> tuple[int, int]:
    """Return the epoch of the next batch and the examples before it."""
    seen = round((place["x"] - place["epoch"]) * examples)
    return (place["epoch"], seen) if seen < examples else (place["epoch"] + 1, 0)


def _bytes(scene: Scene, image: Tensor) -> Tensor:
    """Return a normalised image (c, h, w) as uint8 (h, w, c) in the dataset's own values."""
    values = image / scene.data.scale[0] + scene.data.mean[0]
    return values.round_().clamp_(0, scene.brightest).to(torch.uint8).permute(1, 2, 0)
