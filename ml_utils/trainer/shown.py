"""One batch for the eye: the images as the network got them, what it said of each, and what the step did."""

from __future__ import annotations

from base64 import b64encode
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn

from ..core.events_seen import MAX_PIXELS, MAX_SHOWN
from .data import Data
from .lens import Look, tidy
from .losses import shared

BRIGHTEST = {"digits": 16}  # the value of white; 255 elsewhere


def pictures(images: Tensor, data: Data, dataset: str) -> Tensor:
    """Return normalised images (n, c, h, w) as uint8 (n, h, w, c), 255 = white: the values they were made from."""
    values = (images / data.scale + data.mean).mul_(255 / BRIGHTEST.get(dataset, 255))
    return values.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


@torch.no_grad()
def shown(images: Tensor, labels: Tensor, outputs: Tensor, loss: nn.Module, learning_rate: float, look: Look,
          share: float = 1.0) -> dict[str, Any]:
    """Return the data of the Event `batch_shown`; images uint8 (n, h, w, c), outputs of the forward pass before the step.

    Labels are those of the larger `share` of each image; the losses are those that were learned from.
    """
    size, height, width, channels = images.shape
    some = min(size, MAX_SHOWN, MAX_PIXELS // (height * width * channels))
    confidences, predictions = outputs.detach().softmax(1).max(1)
    each = copy(loss)
    each.reduction = "none"  # type: ignore[assignment]  # every loss of the lab has it
    losses = shared(each, outputs.detach(), labels, share)
    return {
        "width": width, "height": height, "channels": channels, "shown": some, "size": size,
        "pixels": b64encode(images[:some].contiguous().cpu().numpy().tobytes()).decode("ascii"),
        "labels": labels[:some].tolist(), "predictions": predictions[:some].tolist(),
        "confidences": [tidy(value) for value in confidences[:some].tolist()],
        "losses": [tidy(value) for value in losses[:some].tolist()],
        "loss": tidy(float(shared(loss, outputs.detach(), labels, share))), "learning_rate": learning_rate,
        "accuracy": round(float((predictions == labels).float().mean()), 4), **look.stepped(),
    }
