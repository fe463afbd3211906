"""Which pixels made the model say so?"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ...core.errors import Refused
from ...core.explanations import METHODS
from ...core.questions import MANY_PASSES, Explain
from ...core.rules import report
from ..lens import tidy
from .apart import apart
from .classify import said
from .fitting import check_gradient, convolution
from .methods import Case, Found, attributed
from .scene import Scene, encoded

BY_GRADIENT = frozenset(METHODS) - {"occlusion"}
LISTED = 20  # classes that a hint names


def explain(scene: Scene, asked: Explain) -> dict[str, Any]:
    """Return for each pixel what it has to do with the logit of a class, the predicted one by default.

    `values`: float32 (height, width), summed over the channels; `delta`: how far their sum is from what it should be;
    `passes`: how many images went through the network; `baseline`: "black" where the image was compared with a black one.
    """
    began = perf_counter()
    image = scene.image(asked.image)
    case, outputs = _case(scene, asked, image)
    found = attributed(asked.method, case)
    values = found.values.sum(0).to(torch.float32).cpu()
    _check_finite(values)
    height, width = values.shape
    return {**said(outputs), "image": scene.shown(image), "method": asked.method, "target": case.target, "layer": case.layer,
            "width": width, "height": height, "values": encoded(values), "most": float(values.abs().max()),
            **_cost(asked.method, found), "seconds": round(perf_counter() - began, 4)}


def _cost(method: str, found: Found) -> dict[str, Any]:
    return {"delta": tidy(found.delta), "passes": found.passes, "baseline": "black" if METHODS[method].black else None}


def _case(scene: Scene, asked: Explain, image: Tensor) -> tuple[Case, Tensor]:
    """Return what is to be explained, and what the network says of it; raises Refused where the method cannot work."""
    model = apart(scene.model)
    layer = convolution(model, asked.layer) if METHODS[asked.method].layer else None
    both = scene.batch(torch.stack((image, torch.zeros_like(image))))
    batch = both[:1].clone().requires_grad_()
    with torch.set_grad_enabled(asked.method in BY_GRADIENT):
        outputs = model(batch)
    _check_finite(outputs)
    if asked.method in BY_GRADIENT:
        check_gradient(model, batch, outputs)
    target = _target(scene, asked.target, outputs)
    macs = report(scene.blueprint)["macs"] if asked.method in MANY_PASSES else 0
    return Case(model, batch, both[1:], target, layer, macs, scene.lot), outputs[0].detach()


def _target(scene: Scene, asked: int | None, outputs: Tensor) -> int:
    if asked is None:
        return int(outputs[0].argmax())
    if asked >= outputs.shape[1]:
        names = ", ".join(f"{number} {name}" if str(number) != name else name
                          for number, name in enumerate(scene.dataset.classes[:LISTED]))
        raise Refused("unknown_class", f"There is no class {asked}.", f"Classes are {names}.", "target")
    return asked


def _check_finite(values: Tensor) -> None:
    if not bool(values.isfinite().all()):
        raise Refused("not_finite", "The numbers of this network are not finite any more, so nothing can be explained.",
                      "Choose an earlier epoch, and train on from there with a smaller learning rate.", "model")
