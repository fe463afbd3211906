"""What becomes of an image, layer by layer, up to the softmax?"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...core.questions import Way
from ..lens import tidy
from ..zoo import Backbone
from .classify import said
from .fitting import kind_of
from .layers_of import Passed, in_bytes, order_of, passing, small
from .scene import Scene, encoded

MOST_STEPS = 64
MOST_MAPS, MOST_SIDE = 8, 32  # of a step, and pixels of a side
MOST_VALUES = 64
TERMS = 10  # of the formula, the largest


def way(scene: Scene, asked: Way) -> dict[str, Any]:
    """Return a step for each layer, and how the last Linear makes the logit of the predicted class."""
    image = scene.image(asked.image)
    steps: dict[str, dict[str, Any]] = {}
    last: list[Passed] = []
    paths = steps_of(scene)

    def look(one: Passed) -> None:
        steps[one.path] = _step(one)
        if one.path == paths[-1]:
            last.append(one)  # nothing comes after it that could write into it

    outputs = passing(scene, scene.batch(image[None]), look, frozenset(paths))[0]
    return {"image": scene.shown(image), "steps": list(steps.values()),
            "formula": formula(last[-1], outputs) if last else None,
            "logits": [tidy(value) for value in outputs.tolist()], **said(outputs)}


def steps_of(scene: Scene) -> list[str]:
    """Return the paths of the steps: the Blueprint's layers; of a ready network those inside, if not too many."""
    found = [name for name, _ in order_of(scene).values()]
    while len(wider := [inner for path in found for inner in _inside(scene.model, path)]) <= MOST_STEPS and wider != found:
        found = wider
    return found


def _inside(model: nn.Module, path: str) -> list[str]:
    part = model.get_submodule(path)
    if isinstance(part, Backbone):
        return [f"{path}.net.{name}" for name, _ in part.net.named_children()]
    if type(part) is nn.Sequential:
        return [f"{path}.{name}" for name, _ in part.named_children()]
    return [path]


def _step(one: Passed) -> dict[str, Any]:
    gave = one.gave[0]
    told = {"path": one.path, "kind": kind_of(one.module), "shape": list(gave.shape)}
    if gave.dim() in (2, 3):  # a sequence is one map: a row for each step
        found, low, high = in_bytes(small((gave if gave.dim() == 3 else gave[None])[:MOST_MAPS].float(), MOST_SIDE))
        return {**told, "of": gave.shape[0] if gave.dim() == 3 else 1, "width": found.shape[2], "height": found.shape[1],
                "maps": [{"values": encoded(values), "low": at, "high": to}
                         for values, at, to in zip(found, low, high, strict=True)]}
    row = gave.flatten()
    return {**told, "of": len(row), "values": [tidy(float(value)) for value in row[:MOST_VALUES].tolist()]}


def formula(last: Passed, outputs: Tensor) -> dict[str, Any] | None:
    """Return how the logit of the predicted class comes about: Σ activation · weight + bias; None where no Linear makes it."""
    module = last.module
    if not isinstance(module, nn.Linear) or last.came.dim() != 2 or not bool(outputs.isfinite().all()):
        return None
    best = int(outputs.argmax())
    activations, weights = last.came[0].detach().cpu().double(), module.weight[best].detach().cpu().double()
    products = activations * weights
    order = products.abs().argsort(descending=True, stable=True)
    terms = [{"unit": unit, "activation": float(activations[unit]), "weight": float(weights[unit]),
              "product": float(products[unit])} for unit in order[:TERMS].tolist()]
    return {"class": best, "bias": 0.0 if module.bias is None else float(module.bias.detach()[best]), "terms": terms,
            "rest": float(products[order[TERMS:]].sum()), "of": len(products), "logit": float(outputs[best])}
