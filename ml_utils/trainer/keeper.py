"""Keeps Checkpoints: when one is due, where it goes, which passing ones may go, which is sound."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from ..core.checkpoints import checkpoint_file
from ..core.work import Known, Work
from .checkpoint import Checkpoint, Damaged, Owner, blueprint_digest, build_of, load, save, set_aside
from .learner import Learner, Tensors
from .measure import Progress
from .order import Order

log = logging.getLogger(__name__)
SHARE = 50  # an interval is at least so many times as long as writing took: under 2 %


class Keeper:
    """The Checkpoints of one Run; they are written for `branch`."""

    def __init__(self, order: Order, work: Work, every: float) -> None:
        self.due = float("inf")
        self._folder, self._every, self._cost = Path(order.checkpoints), every, 0.0
        self._work, self._blueprint = work, blueprint_digest(work.blueprint)
        self.branch = work.position.branch
        self._room, self._run = order.room, work.position.run
        self._passing: deque[tuple[Path, int]] = deque()  # those in between, and the number of the Event that told of them
        self.digest = ""  # of the last that was written
        self._saved = (0, 0), "epoch"  # place and kind of the last; the start needs none
        if not work.proof:  # beside it a trainer may be writing
            self._sweep()

    def has(self, place: tuple[int, int], kind: str) -> bool:
        """Whether this place has a Checkpoint that lasts as long as one of this kind."""
        return self._saved[0] == place and (kind == "interval" or self._saved[1] != "interval")

    def save(self, learner: Learner, progress: Progress, x: float, kind: str) -> dict[str, Any]:
        """Write a Checkpoint; return the data of its Event."""
        begun = monotonic()
        checkpoint = self.checkpoint(learner, progress)
        digest = checkpoint.digest()
        known = {"branch": self.branch, "epoch": progress.epoch, "batch": progress.batch, "x": x, "digest": digest}
        size = save(checkpoint, digest, self._owner(self.branch), self._file(known))
        self._saved, self.digest = (progress.place, kind), digest
        self._cost = monotonic() - begun
        self.rest()
        return {**known, "kind": kind, "bytes": size, "seconds": round(self._cost, 4), "finite": _finite(checkpoint.tensors),
                "build": build_of(learner.device, self._work.threads)}

    def checkpoint(self, learner: Learner, progress: Progress) -> Checkpoint:
        """Return what would be written here."""
        return Checkpoint(learner.tensors(), progress, learner.settings, learner.schedule_state(), self._blueprint,
                          self._work.threads)

    def rest(self) -> None:
        """The next one in between is due a while from now."""
        self.due = monotonic() + max(self._every, SHARE * self._cost)

    def passed(self, told: dict[str, Any], number: int, acked: int) -> None:
        """Remember what Event `number` told of; remove a passing one where two newer are stored."""
        file = self._file(told)
        self._passing = deque(one for one in self._passing if one[0] != file)
        if told["kind"] == "interval":
            self._passing.append((file, number))
        while len(self._passing) > 2 and self._passing[2][1] <= acked:
            self._passing.popleft()[0].unlink(missing_ok=True)

    def newest(self, damaged: Callable[[Known, str], None]) -> Checkpoint | None:
        """Return the first sound one the log knows of, telling of each that is not."""
        for known in self._work.checkpoints:
            file = self._file(known.model_dump())
            try:
                checkpoint = self._fitting(load(file, known.digest, self._owner(known.branch)))
            except Damaged as error:
                log.warning("%s: %s", file, error)
                set_aside(file)
                damaged(known, str(error))
                continue
            self._saved = checkpoint.progress.place, "epoch"
            return checkpoint
        return None

    def _fitting(self, checkpoint: Checkpoint) -> Checkpoint:
        if checkpoint.blueprint != self._blueprint or checkpoint.threads != self._work.threads:
            raise Damaged("the file is of another blueprint or thread count")
        return checkpoint

    def _file(self, known: dict[str, Any]) -> Path:
        return self._folder / checkpoint_file(self._room, self._run, known)

    def _owner(self, branch: str) -> Owner:
        return {"room": self._room, "run": self._run, "branch": branch}

    def _sweep(self) -> None:
        """Remove what was half written when an earlier attempt was killed."""
        for left in (self._folder / self._room / self._run).glob("*/*.tmp"):
            left.unlink(missing_ok=True)


def _finite(tensors: Tensors) -> bool:
    """Whether every weight is a number."""
    weights = [tensor for name, tensor in tensors.items() if name.startswith("model.") and tensor.is_floating_point()]
    return not weights or bool(torch.isfinite(torch.stack(torch._foreach_norm(weights))).all())
