"""What does the model say of an image?"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...core.questions import Classify
from ..lens import tidy
from .scene import Scene


def classify(scene: Scene, asked: Classify) -> dict[str, Any]:
    """Return class and softmax, and the image as the network got it."""
    image = scene.image(asked.image)
    with torch.no_grad():
        outputs = scene.model(scene.batch(image[None]))[0]
    return {"image": scene.shown(image), **said(outputs)}


def said(outputs: Tensor) -> dict[str, Any]:
    """Return softmax (null where no number) and predicted class of one example's outputs."""
    softmax = outputs.detach().softmax(0)
    return {"prediction": int(softmax.argmax()), "softmax": [tidy(value) for value in softmax.tolist()]}
