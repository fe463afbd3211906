from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.settings import Settings
from ml_utils.trainer.order import Leave, Order, Patience
from ml_utils.trainer.process import run
from ml_utils.trainer.wire import Wire

from .fake_web import TIMEOUT, FakeWeb

QUICK = Patience(beat=0.1, silence=20.0, idle=20.0, farewell=2.0, redial=0.02)


class Trainer:
    """A trainer in a thread of this process: at most one computes at a time, as they share torch's generator."""

    def __init__(self, web: FakeWeb, folder: Path, patience: Patience, order: dict[str, Any]) -> None:
        fixed = {"line": str(web.address), "room": "abcdefgh", "token": "t", "checkpoints": str(folder / "checkpoints")}
        self.order = Order(**{**fixed, **order})
        self.wire = Wire(self.order, patience)
        self.code: int | None = None
        self._thread = threading.Thread(target=self._run, args=(patience,), daemon=True)
        self._thread.start()

    def _run(self, patience: Patience) -> None:
        self.code = run(self.order, patience, self.wire)

    def die(self) -> None:
        """Stop without a word, as killed."""
        self.wire.leave(Leave("killed", save=False))
        self.end()

    def end(self) -> int | None:
        """Wait for its end; return the exit code."""
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), "the trainer does not end"
        return self.code


class Lab:
    """A web process and its trainers, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trainers: list[Trainer] = []
        self.webs: list[FakeWeb] = []

    def web(self, blueprint: Blueprint | None = None, settings: Settings | None = None) -> FakeWeb:
        folder = self.folder / str(len(self.webs))
        folder.mkdir()
        self.webs.append(FakeWeb(folder / "line", blueprint, settings))
        return self.webs[-1]

    def trainer(self, web: FakeWeb, patience: Patience = QUICK, **order: Any) -> Trainer:
        attempt = 1 + sum(one.order.line == str(web.address) for one in self.trainers)
        self.trainers.append(Trainer(web, web.address.parent, patience, {"attempt": attempt, **order}))
        return self.trainers[-1]

    def close(self) -> None:
        for trainer in self.trainers:
            trainer.die()
        for web in self.webs:
            web.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    before = set(threading.enumerate())
    made = Lab(tmp_path)
    yield made
    made.close()
    for thread in set(threading.enumerate()) - before:  # one that loads a dataset may outlive its trainer, but not long
        thread.join(TIMEOUT)
    assert set(threading.enumerate()) <= before, "a thread is left"
