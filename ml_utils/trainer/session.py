"""The Session of one room: begins where the log says, trains on or stands, reports Events."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from ..core.fields import Position
from ..core.settings import PLANS, Settings
from ..core.work import Go, Known, Work
from .commands import Commands
from .data import Batches, Data, left_out, validation_of
from .device import device_of
from .keeper import Keeper
from .learner import Learner
from .lens import histograms
from .loading import beside
from .look.desk import Desk
from .look.eval_epoch import keep_seen, see
from .measure import Progress, Rows
from .order import Leave, Order, Patience
from .origin import originate
from .prepare import load
from .stopping import Stopping
from .watcher import Watcher
from .wire import Wire


class Session:
    """All state of the training; `loop.train` moves it on, batch by batch."""

    def __init__(self, order: Order, patience: Patience, wire: Wire, work: Work) -> None:
        torch.set_num_threads(work.threads)
        self.wire, self.progress, self.work = wire, Progress(), work
        wire.moved = work.moved
        self.dataset, self.examples = work.blueprint.row, work.blueprint.examples
        self.learner = Learner(work.blueprint, work.settings, device_of(order.device))
        self.keeper = Keeper(order, work, patience.checkpoint)
        self.rows = Rows(self.examples, patience.report)
        self.watcher = Watcher(self)
        self.commands, self.desk, self.stopping = Commands(self), Desk(self), Stopping(work.watched)
        self.going = False
        self.order, self._patience = order, patience
        self._branch, self._fork = work.position.branch, work.fork
        self.until, self.stop = work.until or 0, work.stop
        self._replay, self._script = deque(work.replay), deque(work.script)
        self._target = work.target.epoch, work.target.batch
        told = work.position.epoch, work.position.batch
        self._told = (work.fork, 0) if work.recovering else told  # before this place everything is told already
        self.behind = True  # not yet where the log says the Session stands
        self._recovering = work.recovering
        self._reason = "interrupted"  # of the last pause
        self.sick = False  # the last Checkpoint has weights that are no numbers
        self._seconds = 0.0  # of training in this epoch, before `_since`
        self._since = monotonic()

    def begin(self, data: Data | None = None) -> None:
        """Stand at the nearest sound Checkpoint that the log knows of, or at the start; `data` where it is here already."""
        work = self.work
        if checkpoint := self.keeper.newest(self._damaged):
            self.progress = checkpoint.progress
            self.learner.obey(checkpoint.settings, self.x)
            self.learner.restore(checkpoint.tensors)
            self.learner.restore_schedule(checkpoint.schedule)
        else:
            originate(self.learner, work.warm, self.order, self._loading)
        self._replay = deque(change for change in work.replay if (change.epoch, change.batch) >= self.progress.place)
        self.rows.muted = self.quiet
        self.data = data or beside(lambda report: load(
            self.dataset.name, work.blueprint.seed, self.order, self.learner.device, report),
            lambda done: self._loading(done, "dataset", self.dataset.megabytes))
        self.batches = Batches(self.data, work.blueprint.seed, left_out(work.blueprint))
        self.learner.know(self.batches.labels)
        self.validation = validation_of(self.data, work.blueprint)
        self._recover()

    def _loading(self, done: int, what: str, megabytes: int) -> None:
        self.wire.progress += 1
        self._leave_if_asked()
        if done:
            self.tell("dataset_progress", {"what": what, "dataset": self.dataset.name, "done": done,
                                           "total": max(done, megabytes * 1_000_000)})

    def _damaged(self, known: Known, why: str) -> None:
        place = known.model_dump(exclude={"x"})
        self.tell("checkpoint_damaged", {**place, "message": f"A checkpoint could not be used: {why}."})

    @property
    def x(self) -> float:
        return self.progress.x(self.examples)

    @property
    def quiet(self) -> bool:
        """Whether what is trained now is known to everybody."""
        return self.progress.place < self._told

    # ── reporting ───────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, name: str, data: dict[str, Any], command: str | None = None) -> None:
        """Report an Event at the present Position; what was measured before it goes first."""
        self.report(monotonic())
        self.wire.tell(name, data, self.position(), command)

    def report(self, now: float) -> None:
        if self.rows:
            found = {**self.rows.take(now), "step": self.progress.steps, "learning_rate": self.learner.rate(self.x)}
            self.wire.tell("metrics", found, self.position())

    def save(self, kind: str) -> None:
        """Write a Checkpoint, unless this place has one that lasts as long."""
        if not self.quiet and not self.keeper.has(self.progress.place, kind):
            saved = self.keeper.save(self.learner, self.progress, self.x, kind)
            self.tell("checkpoint_saved", saved)
            self.sick = not saved["finite"]
            self.keeper.passed(saved, self.wire.outbox.told, self.wire.outbox.acked)

    def position(self) -> dict[str, Any]:
        """Return where the Session stands."""
        run, batch_size = self.work.position.run, self.learner.settings.batch_size
        return self.progress.as_position(run, self._branch, self.examples, batch_size)

    # ── between two batches ─────────────────────────────────────────────────────────────────────────────────

    def obey(self) -> bool:
        """Do what is asked; return whether to train on. Called before each batch, and between those of an evaluation."""
        self.wire.progress += 1
        self._leave_if_asked()
        if self.behind:
            self._make_good()
        while self._replay and (self._replay[0].epoch, self._replay[0].batch) <= self.progress.place:
            self.learner.obey(self._replay.popleft().settings, self.x)
        if self.behind:
            self._catch_up()
        while not self.wire.notes.empty():
            self.commands.take(self.wire.notes.get())
        if self.behind:
            return True
        self.desk.serve()
        while self.going and self._script and self._script[0].x <= self.x:
            self.commands.replay(self._script.popleft())
        if self.going and (reason := self.stopping.reason(self)):
            self.pause(reason)
        return self.going

    def stand(self) -> None:
        """Wait while paused; leave after a while, since everything is on disk and in the log."""
        ends = monotonic() + self._patience.idle
        while not self.obey():
            if note := self.wire.wait(ends - monotonic()):
                self.commands.take(note)
            elif monotonic() >= ends and not self.wire.outbox.waiting:
                raise Leave("idle")

    def start_clock(self) -> None:
        self._since = monotonic()
        self.rows.restart(self._since)
        self.keeper.rest()

    def stop_clock(self) -> None:
        self._seconds += monotonic() - self._since

    def pause(self, reason: str, command: str | None = None) -> None:
        if self.going:
            self.going, self._reason = False, reason
            self.save("interrupt")
        self.tell("training_paused", {"reason": self._reason}, command)

    def stop_at_nonsense(self, images: Tensor) -> None:
        """The loss is no number: pause before this step, and tell in which layer it went wrong."""
        self.tell("layers_measured", self.watcher.lens.examine(self.learner, images).measured())
        self.pause("loss_not_finite")

    def go(self, order: Go, command: str | None = None) -> None:
        """Train; what led here is in the log already."""
        self._branch, self.until, self._script = order.branch, order.until, deque(order.script)
        self.keeper.branch, self.wire.moved, self.sick = order.branch, order.moved, False
        self._set_off(order.steps, command)

    def _set_off(self, steps: int | None, command: str | None = None) -> None:
        self.stop = self.progress.steps + steps if steps else None
        self.going = True
        self.tell("training_started", {"until": self.until, "stop": self.stop}, command)

    def obey_settings(self, new: Settings) -> None:
        """Take new Settings from here on."""
        self.stopping.changed(self.learner.settings, new, self.progress.epoch)
        self.learner.obey(new, self.x)

    def stands_at(self, position: Position) -> bool:
        return (self._branch, *self.progress.place) == (position.branch, position.epoch, position.batch)

    def finish_epoch(self) -> None:
        """Evaluate, report and begin the next epoch; where something stops it, it is done again later."""
        self.report(monotonic())
        seen = None if self.quiet else see(self)
        if seen is None and not self.quiet:
            return
        train, seconds = self.progress.score(), self._seconds + monotonic() - self._since
        self.learner.epoch_ended(train["loss"])
        counted = histograms(self.learner.model) if seen else {}
        self.progress.next_epoch()
        self._seconds = 0.0
        if seen:
            self.stopping.note(self.progress.epoch, seen.scores)
            self.tell("epoch_finished", {"train": train, **seen.scores, "seconds": round(seconds, 4)})
            self.tell("histograms_measured", counted)
            self.save("epoch")
            keep_seen(self, seen)
        self._since = monotonic()
        self.rows.restart(self._since)

    def _catch_up(self) -> None:
        """Where the Session has come to where the log says it stands, go on from there as it did."""
        self._recover()
        self.rows.muted = self.quiet
        if self.progress.place < self._target:
            return
        self.behind = False
        now = self.work.now  # what does not change the learning may be newer than the Checkpoint
        self.learner.obey(self.learner.settings.model_copy(update={name: getattr(now, name) for name in PLANS}), self.x)
        self.arrive()
        self.commands.catch_up()

    def _make_good(self) -> None:
        """The Checkpoint at the end of this epoch was missing: write it, before changes that were made here take effect."""
        place = self.progress.place
        if place == self._target and place[0] and not place[1] and not (self.work.recovering or self.work.proof):
            self.keeper.branch = self.work.parent or self._branch if place[0] == self._fork else self._branch
            self.save("epoch")
            self.keeper.branch = self._branch

    def arrive(self) -> None:
        """Go on as the log says, from where it says the Session stands."""
        if self.work.go and not self.work.started:
            self._set_off(self.work.steps)
        else:
            self.going = self.work.go

    def _recover(self) -> None:
        if self._recovering and not self.quiet:
            self._recovering = False
            self.tell("trainer_recovered", {"attempt": self.order.attempt})

    def _leave_if_asked(self) -> None:
        if self.wire.leaving:
            raise self.wire.leaving
