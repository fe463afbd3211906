"""A Session that is trained in this process and leaves a log and Checkpoints, as those that are taken out of a room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ml_utils import logs
from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import State, empty_state
from ml_utils.core.standing import work_of
from ml_utils.core.timeline import fold
from ml_utils.trainer.checkpoint import Checkpoint, blueprint_digest
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.loop import train
from ml_utils.trainer.measure import Progress
from ml_utils.trainer.order import Order, Patience
from ml_utils.trainer.out.stored import Stored
from ml_utils.trainer.quiet import QuietWire
from ml_utils.trainer.session import Session

ROOM = "abcdefgh"
CPU = torch.device("cpu")


class Taken:
    """A room without a page: its Order, its log, its Snapshot."""

    def __init__(self, folder: Path, room: str = ROOM) -> None:
        self.order = Order(line="", room=room, attempt=1, token="t", checkpoints=str(folder / "checkpoints"))
        self.state: State = empty_state(room)
        self.facts: list[dict[str, Any]] = []
        self.log = folder / "events.jsonl"

    def note(self, name: str, data: dict[str, Any], position: dict[str, Any] | None = None) -> None:
        fact = {"seq": len(self.facts) + 1, "name": name, "data": data, "by": None, "at": 1.0,
                "position": position or self.state["session"]["position"]}
        self.facts.append(fact)
        fold(self.state, fact)

    def begin(self, blueprint: Blueprint | None = None, settings: Settings | None = None, **about: Any) -> None:
        self.note("run_started", {
            "run": f"r{len(self.state['runs']) + 1}", "branch": f"b{len(self.state['branches']) + 1}",
            "threads": 1, "warm": None,
            "blueprint": (blueprint or cnn()).model_dump(mode="json"),
            "settings": (settings or Settings()).model_dump(mode="json"), **about})

    def train(self, until: int, steps: int | None = None) -> Session:
        """Train to the end of an epoch, or so many batches, and write the log."""
        self.note("training_requested", {"until": until, "steps": steps})
        session = Session(self.order, Patience(), QuietWire(self.note), work_of(self.state, go=True))
        session.begin()
        train(session)
        logs.write(self.log, self.order.room, self.facts)
        return session


def trained(folder: Path, blueprint: Blueprint | None = None, epochs: int = 2) -> Taken:
    """Train a fresh Run for some epochs."""
    taken = Taken(folder)
    taken.begin(blueprint)
    taken.train(epochs)
    return taken


def kept(blueprint: Blueprint) -> Stored:
    """A stored model that was never trained, its statistics other than fresh ones."""
    learner = Learner(blueprint, Settings(), CPU)
    draws = torch.Generator().manual_seed(3)
    tensors = {name: values.clone() for name, values in learner.tensors().items()}
    for name, values in tensors.items():
        if name.endswith("running_mean"):
            values.normal_(generator=draws)
        elif name.endswith("running_var"):
            values.uniform_(0.5, 2.0, generator=draws)
    checkpoint = Checkpoint(tensors, Progress(epoch=3), Settings(), {}, blueprint_digest(blueprint), 1)
    place = {"run": "r1", "branch": "b1", "epoch": 3, "batch": 0, "x": 3.0, "digest": checkpoint.digest()}
    return Stored(blueprint, Settings(), checkpoint, place, 1, "b1")
