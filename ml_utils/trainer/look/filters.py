"""What does a layer look for: its weights, as images?"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...core.errors import Refused
from ...core.questions import Filters
from .fitting import named, unknown
from .layers_of import seen_once
from .parts import is_image, marked
from .scene import Scene, encoded

MOST = 64  # filters in one answer
MOST_INPUTS = 16  # channels of a filter that are shown, each by itself
MOST_NUMBERS = 300_000  # in one answer


def filters(scene: Scene, asked: Filters) -> dict[str, Any]:
    """Return the first filters; each is float32 (per × channels, height, width): `per` grey images, or one in colours."""
    weight, channels = _weights(scene, asked.layer)
    per = 1 if channels == 3 else min(weight.shape[1], MOST_INPUTS)
    height, width = weight.shape[2:]
    shown = max(1, min(MOST, MOST_NUMBERS // (per * channels * height * width)))
    found = weight[:shown, :per * channels].detach().float().cpu()
    if not bool(found.isfinite().all()):
        raise Refused("not_finite", "The weights of this layer are not finite any more.", "Choose an earlier epoch.", "model")
    return {"path": asked.layer, "width": width, "height": height, "channels": channels, "per": per, "of": len(weight),
            "inputs": weight.shape[1], "filters": [encoded(one) for one in found], "most": float(found.abs().max())}


def _weights(scene: Scene, path: str) -> tuple[Tensor, int]:
    """Return weights (outputs, inputs, height, width) and how many channels make one image of them."""
    layers = dict(scene.model.named_modules())
    module = layers.get(path)
    if isinstance(module, nn.Conv2d):
        return module.weight, 3 if module.weight.shape[1] == 3 else 1
    if isinstance(module, nn.Linear):
        return _of_image(scene, path, module)
    raise unknown(scene.model, path, [name for name, one in layers.items() if isinstance(one, nn.Conv2d)],
                  "convolution or first layer of an MLP, whose weights are images")


def _of_image(scene: Scene, path: str, module: nn.Linear) -> tuple[Tensor, int]:
    picture = marked(scene)
    passed = seen_once(scene, picture, path)
    if passed is None or not is_image(passed.came, picture):
        raise Refused("no_image", f"What comes into {named(scene.model, path)} are not the pixels of the image, so that its "
                      "weights are no image.", "Ask for a convolution, or for the first layer of an MLP.", "layer")
    channels = scene.dataset.shape[0]
    return module.weight.view(-1, *scene.dataset.shape), 3 if channels == 3 else 1
