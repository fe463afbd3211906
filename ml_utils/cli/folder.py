"""The run folder, while it trains and afterwards: a process of its own writes it from the log; Checkpoints have a quota."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from ..core.best import best_of
from ..core.checkpoints import checkpoint_file
from ..core.keeping import to_drop
from ..core.snapshot import Fact
from ..trainer.out.textlog import line_of
from .ledger import ROOM, Ledger
from .place import Place, Process, ended
from .signals import Signals

log = logging.getLogger(__name__)
FIRST_SECONDS = 10.0  # of training, before the folder is written for the first time
REST = 50.0  # times as long as the last writing took, until the next: 2 % of the time
LOOK_SECONDS = 0.05
GIVEN_UP = "it was given up"


class Folder:
    """Has the run folder written: in passing after an epoch, and whole at the end."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._process: Process | None = None
        self._begun = monotonic()
        self._due = self._begun + FIRST_SECONDS
        self._news = False

    def see(self, fact: Fact) -> None:
        self._news |= fact["name"] == "epoch_finished"

    def tick(self) -> None:
        """Begin or end what is written in passing. That it fails now is only told at the end, if it fails then, too."""
        now = monotonic()
        if self._process and self._process.poll() is not None:
            self._process, self._due = None, now + REST * (now - self._begun)
        if self._news and not self._process and now >= self._due:
            self._news, self._begun = False, now
            self._process = self._place.writer("--passing")

    def stop(self) -> None:
        ended(self._process, 0.0)
        self._process = None

    def finish(self, signals: Signals, tick: Callable[[], None]) -> str | None:
        """Write all of it; return why that did not work. Another signal ends it."""
        self.stop()
        if signals.count > 1:
            return GIVEN_UP
        asked, process = signals.count, self._place.writer()
        try:
            while process.poll() is None and signals.count == asked:
                _wait_a_moment(process)
                tick()
        finally:
            ended(process, 0.0)
        if signals.count > asked:
            return GIVEN_UP
        return f"its process ended with status {process.returncode}" if process.returncode else None


def _wait_a_moment(process: Process) -> None:
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        pass


class TextLog:
    """`logs/log.txt` as it grows; at the end it is written anew from the log, with the same lines."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(exist_ok=True)
        self._file = file

    def see(self, fact: Fact) -> None:
        if text := line_of(fact):
            with self._file.open("a", encoding="utf-8") as out:
                out.write(text + "\n")


class Keep:
    """Lets Checkpoints go where they are too much: the log says it first. The best epoch stays. `quota`: bytes."""

    def __init__(self, ledger: Ledger, place: Place, quota: int) -> None:
        self._ledger, self._place, self._quota = ledger, place, quota

    def see(self, fact: Fact) -> None:
        if fact["name"] == "checkpoint_saved" and fact["data"]["kind"] != "interval":
            self._thin()

    def _thin(self) -> None:
        state = self._ledger.state
        best = best_of(state, state["session"]["position"]["branch"])
        pinned = [{"branch": best["branch"], "epoch": best["epoch"]}] if best else []
        rows = to_drop({**state, "pinned": [*state["pinned"], *pinned]}, self._quota)
        if rows:
            dropped = [{name: row[name] for name in ("branch", "epoch", "batch", "digest")} for row in rows]
            self._ledger.commit("checkpoints_thinned", {"dropped": dropped, "quota": self._quota}, state["session"]["position"])
            for row in rows:
                _remove(self._file(row))

    def sweep(self) -> None:
        """Remove what a trainer that was killed left, and the log does not know of. Only where no trainer runs."""
        known = {self._file(row) for row in (*self._ledger.state["checkpoints"], *self._ledger.state["passing"])}
        for file in (self._place.checkpoints / ROOM).glob("*/*/*"):
            if file.suffix in (".pt", ".tmp") and file not in known:
                _remove(file)

    def _file(self, row: dict[str, Any]) -> Path:
        run = self._ledger.state["branches"][row["branch"]]["run"]
        return self._place.checkpoints / checkpoint_file(ROOM, run, row)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("cannot remove %s: %s", file, error)
