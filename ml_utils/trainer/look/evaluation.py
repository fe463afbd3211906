"""Evaluating a stored model: a process beside the Session runs every example of a split through it, tells, and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import isfinite
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from ...core.datasets import examples_key
from ...core.errors import Refused
from ...core.work import Drawn, Evaluate
from ..checkpoint import build_of
from ..data import Split
from ..order import Failure, Leave, Order
from ..wire import Wire
from .examine import dataset_of, scene_of
from .kept import images_of
from .metrics import measured
from .records import keep, made, record_file
from .scene import Scene

log = logging.getLogger(__name__)
BETWEEN = 0.5  # seconds at least, from one report of how far it is to the next
Data = dict[str, Any]


class Evaluation:
    """One stored model on one split. It needs no more memory than the evaluation at an epoch's end."""

    def __init__(self, order: Order, wire: Wire, asked: Evaluate) -> None:
        self._order, self._wire, self._asked = order, wire, asked
        self._of = asked.of.model_dump(mode="json")
        self._told = monotonic()

    def run(self) -> int:
        """Evaluate and tell how it ended; return the exit code."""
        try:
            self._tell("evaluated", self._result())
        except Leave:
            raise
        except Exception as error:
            log.error("cannot evaluate", exc_info=None if isinstance(error, Refused | Failure) else error)
            self._tell("evaluation_failed", {"message": _words(error)})
            return 1
        return 0

    def _result(self) -> Data:
        """Return what `evaluated` tells; the loss is plain cross-entropy, whatever the model learned with."""
        began, subject = monotonic(), self._asked.subject
        scene = scene_of(subject, self._order, self._wire, dataset_of(subject, self._order, self._wire))
        split = self._split(scene)
        outputs, labels = outputs_of(scene, split, self.tick), split.labels.cpu()
        logs = outputs.double().log_softmax(1)
        loss = float(torch.nn.functional.nll_loss(logs, labels))
        found = measured(logs.exp().numpy(), outputs.argmax(1).numpy(), labels.numpy())
        self._keep(outputs, split)
        return {**found, "digest": subject.digest, "examples": len(labels), "loss": loss if isfinite(loss) else None,
                "seconds": round(monotonic() - began, 3), "build": build_of(scene.device, subject.threads)}

    def _split(self, scene: Scene) -> Split:
        name = self._asked.of.split
        return drawn(scene, self._asked.drawings) if name == "drawings" else scene.split(name)

    def tick(self, done: int, total: int) -> None:
        """Give a sign of life; leave where that is asked for; tell how far it is, now and then."""
        self._wire.beat()
        if self._wire.leaving:
            raise self._wire.leaving
        if monotonic() - self._told >= BETWEEN and done < total:
            self._told = monotonic()
            self._tell("evaluation_progress", {"done": done, "total": total})

    def _tell(self, name: str, data: Data) -> None:
        place = self._asked.subject.model_dump(mode="json", include={"run", "branch", "epoch", "batch", "x"})
        self._wire.tell(name, {**self._of, **data}, place)

    def _keep(self, outputs: Tensor, split: Split) -> None:
        subject, of = self._asked.subject, self._asked.of
        file = record_file(self._order.instance, self._order.room, subject.run, subject.home or of.branch, subject.epoch,
                           subject.batch, of.split)
        key = examples_key(subject.blueprint.model_dump())
        ids = tuple(one.id for one in self._asked.drawings)
        keep(file, made(outputs, split.labels, key, subject.digest or "", ids, split.numbers))


def outputs_of(scene: Scene, split: Split, tick: Callable[[int, int], None]) -> Tensor:
    """Return the outputs (examples, classes) for a whole split, in eval mode; `tick` is told how many are done, of how many."""
    found, total = [], len(split)
    with torch.inference_mode():
        for first in range(0, total, scene.lot):
            images, labels = scene.data.sliced(split, first, scene.lot)
            found.append(scene.model(images).cpu())
            tick(first + len(labels), total)
        return torch.cat(found)


def drawn(scene: Scene, drawings: tuple[Drawn, ...]) -> Split:
    """Return drawings as examples of the dataset; raise `Refused` where their class or size is none of it."""
    channels, height, width = scene.dataset.shape
    if not drawings or any(len(one.pixels) != channels * height * width or one.label >= len(scene.dataset.classes)
                           for one in drawings):
        raise Refused("no_drawings", "These drawings do not fit the dataset of this model.", "Draw for this dataset.")
    images = images_of([{"pixels": one.pixels} for one in drawings], scene.dataset)
    return Split(images.to(scene.device), torch.tensor([one.label for one in drawings], device=scene.device))


def _words(error: Exception) -> str:
    """Return what students are told."""
    if isinstance(error, Refused | Failure):
        return f"{error.message} {error.hint}"
    text = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text or "out of memory" in text:
        return "The evaluation needed more memory than it may use."
    return f"The evaluation stopped on an error in the lab ({type(error).__name__}). Evaluate again, or choose another epoch."
