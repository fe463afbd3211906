"""Which units of a layer fire for which class?"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...core.errors import Refused
from ...core.questions import Neurons
from ...core.rules import report
from ..lens import tidy
from .fitting import named, unknown
from .layers_of import Passed, passing
from .scene import Scene

MOST = 64  # units in one answer
EXAMPLES = 1_000
FEWEST = 20
MOST_MACS = 1e11  # multiply-adds of one answer: less than ten seconds of one core


def neurons(scene: Scene, asked: Neurons) -> dict[str, Any]:
    """Return the mean of each unit over the test examples of each class, the most selective units first.

    A unit is a channel (its mean over the map), a neuron, or a feature (its mean over the steps). Selective is one whose
    best class lies far above the mean of the others, counted in standard deviations over all examples.
    """
    counted = _examples(scene)
    labels = scene.data.test.labels[:counted].cpu()
    classes = len(scene.dataset.classes)
    sums, squares = _sums(scene, asked.layer, labels, classes)
    counts = torch.bincount(labels, minlength=classes).double()[:, None]
    means = sums / counts
    selective = _selectivity(means[counts[:, 0] > 0], sums.sum(0) / counted, squares / counted).nan_to_num(-1.0, -1.0, -1.0)
    first = selective.argsort(descending=True, stable=True)[:MOST].tolist()
    return {"path": asked.layer, "classes": classes, "examples": counted, "of": means.shape[1],
            "units": [{"unit": unit, "means": [tidy(value) for value in means[:, unit].tolist()],
                       "best": int(means[:, unit].nan_to_num(-torch.inf).argmax()), "selectivity": tidy(float(selective[unit]))}
                      for unit in first]}


def _examples(scene: Scene) -> int:
    """Return over how many examples: fewer where one takes long."""
    allowed = int(MOST_MACS // max(report(scene.blueprint)["macs"], 1))
    return min(EXAMPLES, max(FEWEST, allowed), len(scene.data.test))


def _sums(scene: Scene, path: str, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Return sums by class (classes, units) and the sum of squares (units), float64."""
    sums = squares = torch.zeros(0)
    for first in range(0, len(labels), scene.lot):
        lot = labels[first:first + scene.lot]
        units = _units(scene, scene.batch(scene.data.test.images[first:first + len(lot)]), path)
        if not first:
            sums, squares = torch.zeros(classes, units.shape[1]).double(), torch.zeros(units.shape[1]).double()
        sums.index_add_(0, lot, units)
        squares += units.square().sum(0)
    return sums, squares


def _units(scene: Scene, images: Tensor, path: str) -> Tensor:
    """Return what the units of a layer give: float64 (examples, units)."""
    found: list[Tensor] = []
    passing(scene, images, lambda one: found.append(_each(scene, one, len(images))), frozenset((path,)))
    if not found:
        raise unknown(scene.model, path, _paths(scene), "layer that an image passes")
    return found[-1]


def _each(scene: Scene, one: Passed, examples: int) -> Tensor:
    gave = one.gave
    if len(gave) != examples or not gave.is_floating_point():
        raise Refused("no_units", f"{named(scene.model, one.path)} gives words, whose numbers mean nothing by themselves.",
                      "Choose the Embedding after it, or a later layer.", "layer")
    rest = [side for side in range(1, gave.dim()) if side != (1 if gave.dim() == 4 else gave.dim() - 1)]
    return (gave.mean(rest) if rest else gave).cpu().to(torch.float64, copy=True)


def _selectivity(means: Tensor, overall: Tensor, squares: Tensor) -> Tensor:
    """Return (units) from the means of the classes that have examples; a unit that always gives the same has 0."""
    best = means.amax(0)
    others = (means.sum(0) - best) / max(len(means) - 1, 1)
    spread = (squares - overall.square()).clamp_min(0).sqrt()
    return torch.where(spread > 1e-6 * squares.sqrt(), (best - others) / spread.clamp_min(1e-300), 0.0)


def _paths(scene: Scene) -> list[str]:
    found: dict[str, None] = {}
    passing(scene, scene.batch(scene.data.test.images[:1]), lambda one: found.update({one.path: None}))
    return list(found)
