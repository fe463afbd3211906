"""The Session of one room: begins where the log says, obeys Commands, reports Events."""

from __future__ import annotations

import logging
import os
from collections import deque
from time import monotonic
from typing import Any

import torch
from pydantic import ValidationError

from ..core.datasets import DATASETS
from ..core.settings import Settings, changes_between
from ..core.work import Known, Work
from ..line import Frame
from .data import Batches
from .evaluate import evaluate
from .keeper import Keeper
from .learner import Learner
from .loading import load_beside
from .measure import Progress, Rows
from .order import Leave, Order, Patience
from .wire import Wire

log = logging.getLogger(__name__)


class Session:
    """All state of the training; `loop.train` moves it on, batch by batch."""

    def __init__(self, order: Order, patience: Patience, wire: Wire, work: Work) -> None:
        torch.set_num_threads(work.threads)
        self.wire, self.progress = wire, Progress()
        self.dataset = DATASETS[work.blueprint.dataset]
        self.learner = Learner(work.blueprint, work.settings, _device(order.device))
        self.keeper = Keeper(order, work, patience.checkpoint)
        self.rows = Rows(self.dataset.train, patience.report)
        self._order, self._patience, self._work = order, patience, work
        self._replay = deque(work.replay)
        self._behind = True  # not yet where the log says the Session stands
        self._going, self._until = False, work.until or 0
        self._reason = "interrupted"  # of the last pause
        self._done: set[str] = set()  # ids of Commands
        self._seconds = 0.0  # of training in this epoch, before `_since`
        self._since = monotonic()

    def begin(self) -> None:
        """Stand at the newest sound Checkpoint that the log knows of, or at the start."""
        work = self._work
        if checkpoint := self.keeper.newest(self._damaged):
            self.progress = checkpoint.progress
            self.learner.obey(checkpoint.settings)
            self.learner.restore(checkpoint.tensors)
        self._replay = deque(change for change in work.replay if (change.epoch, change.batch) >= self.progress.place)
        self.data = load_beside(work.blueprint, self._order, self.learner.device, self._loading)
        self.batches = Batches(self.data, work.blueprint.seed)
        if work.recovering or self.progress.place != (work.position.epoch, work.position.batch):
            self.tell("trainer_recovered", {"attempt": self._order.attempt})

    def _loading(self, done: int) -> None:
        self.wire.progress += 1
        self._leave_if_asked()
        if done:
            total = max(done, self.dataset.megabytes * 1_000_000)
            self.tell("dataset_progress", {"dataset": self.dataset.name, "done": done, "total": total})

    def _damaged(self, known: Known, why: str) -> None:
        place = known.model_dump(exclude={"x"})
        self.tell("checkpoint_damaged", {**place, "message": f"A checkpoint could not be used: {why}."})

    # ── reporting ───────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, name: str, data: dict[str, Any], command: str | None = None) -> None:
        """Report an Event at the present Position; what was measured before it goes first."""
        self.report(monotonic())
        self.wire.tell(name, data, self._position(), command)

    def report(self, now: float) -> None:
        if self.rows:
            self.wire.tell("metrics", self.rows.take(now), self._position())

    def save(self, kind: str) -> None:
        """Write a Checkpoint, unless this place has one that lasts as long."""
        if not self.keeper.has(self.progress.place, kind):
            saved = self.keeper.save(self.learner, self.progress, self.progress.x(self.dataset.train), kind)
            self.tell("checkpoint_saved", saved)
            self.keeper.passed(saved, self.wire.outbox.told, self.wire.outbox.acked)

    def _position(self) -> dict[str, Any]:
        at = self._work.position
        return self.progress.as_position(at.run, at.branch, self.dataset, self.learner.settings.batch_size)

    # ── between two batches ─────────────────────────────────────────────────────────────────────────────────

    def obey(self) -> bool:
        """Do what is asked; return whether to train on. Called before each batch, and between those of an evaluation."""
        self.wire.progress += 1
        self._leave_if_asked()
        while self._replay and (self._replay[0].epoch, self._replay[0].batch) <= self.progress.place:
            self.learner.obey(self._replay.popleft().settings)
        if self._behind and not self._caught_up():
            return True
        while not self.wire.notes.empty():
            self._take(self.wire.notes.get())
        if self._going and self.progress.epoch >= self._until:
            self.pause("finished")
        return self._going

    def stand(self) -> None:
        """Wait while paused; leave after a while, since everything is on disk and in the log."""
        ends = monotonic() + self._patience.idle
        while not self.obey():
            if note := self.wire.wait(ends - monotonic()):
                self._take(note)
            elif monotonic() >= ends and not self.wire.outbox.waiting:
                raise Leave("idle")

    def start_clock(self) -> None:
        self._since = self.rows.due = monotonic()
        self.rows.restart(self._since)
        self.keeper.rest()

    def stop_clock(self) -> None:
        self._seconds += monotonic() - self._since

    def pause(self, reason: str, command: str | None = None) -> None:
        self._behind = False
        if self._going:
            self._going, self._reason = False, reason
            self.save("interrupt")
        self.tell("training_paused", {"reason": self._reason}, command)

    def finish_epoch(self) -> None:
        """Evaluate, report and begin the next epoch; where something stops it, it is done again later."""
        test = evaluate(self.learner, self.data, self.obey)
        if test is None:
            return
        self.report(now := monotonic())
        train, seconds = self.progress.score(), self._seconds + now - self._since
        self.progress.next_epoch()
        self._seconds = 0.0
        self.tell("epoch_finished", {"train": train, "test": test, "seconds": round(seconds, 4)})
        self.save("epoch")
        self._since = monotonic()
        self.rows.restart(self._since)

    def _caught_up(self) -> bool:
        if self.progress.place < (self._work.position.epoch, self._work.position.batch):
            return False
        self._behind = False
        if self._work.go:
            self._going = True
            if not self._work.started:
                self.tell("training_started", {"until": self._until})
        return True

    def _leave_if_asked(self) -> None:
        if self.wire.leaving:
            raise self.wire.leaving

    # ── Commands ────────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, note: Frame) -> None:
        if note["t"] == "welcome":
            self._welcomed_again(note)
        elif note["t"] == "command" and note["id"] not in self._done:
            self._done.add(note["id"])
            self._command(note["id"], note["name"], note["args"])

    def _welcomed_again(self, note: Frame) -> None:
        """A web process that began anew may have lost its `go`; where it knows all that was told, it is heard."""
        work = Work.model_validate(note["work"])
        if work.go and not self._going and not self._behind and note["acked"] == self.wire.outbox.told:
            settings = work.replay[-1].settings if work.replay else work.settings
            self._go(work.until or 0, settings, None)

    def _command(self, command: str, name: str, args: dict[str, Any]) -> None:
        try:
            if name == "go":
                self._go(int(args["until"]), Settings.model_validate(args["settings"]), command)
            elif name == "interrupt":
                self.pause("interrupted", command)
            elif name == "set_settings":
                self._set_settings(args, command)
            else:
                log.error("unknown command %s", name)
        except (ValidationError, KeyError) as error:
            log.error("command %s %s: %s", name, args, error)

    def _go(self, until: int, settings: Settings, command: str | None) -> None:
        """Train; these Settings are in the log already."""
        self.learner.obey(settings)
        self._until, self._going = until, True
        self.tell("training_started", {"until": until}, command)

    def _set_settings(self, asked: dict[str, Any], command: str) -> None:
        old = self.learner.settings
        new = Settings.model_validate({**old.model_dump(), **asked})
        self.report(monotonic())
        self.learner.obey(new)
        data: dict[str, Any] = {"changes": changes_between(old.model_dump(), new.model_dump()), "settings": new.model_dump()}
        if "epochs" in asked:
            self._until = data["until"] = self.progress.epoch + new.epochs
        self.tell("settings_changed", data, command)


def _device(name: str) -> torch.device:
    """Return the device; on a GPU only ways of computing that give the same bits each time."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)  # pooling warns, but its windows do not overlap
    return torch.device(name)
