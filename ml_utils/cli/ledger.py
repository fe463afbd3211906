"""The log of a run that has no server: numbers Events, folds them, writes each into `events.jsonl` before it counts."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any, BinaryIO

from .. import logs
from ..core.errors import Refused
from ..core.reports import PASSING, reported
from ..core.snapshot import Fact, State, empty_state
from ..core.timeline import fold
from ..line import Frame

log = logging.getLogger(__name__)
ROOM = "terminal"  # the code of a run without a room
LOG = "events.jsonl"
TAIL = 65_536  # bytes looked at at once, from the end of a log, for the last line
Seen = Callable[[Fact], None]


class Unreadable(Exception):
    """The fold cannot read this Event; nothing has changed."""


class Ledger:
    """One run folder's log, open and locked; `state` is its fold. Only one process has it at a time."""

    def __init__(self, folder: Path, file: BinaryIO, state: State) -> None:
        self.folder, self.state = folder, state
        self.seen: list[Seen] = []  # told of each Event when it is written
        self.attempt = 0  # of the newest trainer
        self.acked = 0  # number of the last Event of that trainer that is in the log
        self.device: str | None = None  # where the newest Checkpoint was computed
        self.ended = True  # whether that trainer is known to be gone
        self._file = file

    @classmethod
    def new(cls, folder: Path) -> Ledger:
        """Begin a log in a folder that has none."""
        file = (folder / LOG).open("xb", buffering=0)
        _lock(file, folder)
        file.write(logs.head(ROOM).encode())
        return cls(folder, file, empty_state(ROOM))

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """Go on with the log of a folder; what was cut off at its end is removed. Raises `Refused`."""
        try:
            file = (folder / LOG).open("r+b", buffering=0)
        except PermissionError as error:
            raise Refused("read_only", f"The log in {folder} cannot be written: {error.strerror}.",
                          "Make the folder writable, or go on with a copy of it.", "resume") from None
        except FileNotFoundError:
            raise Refused("no_run", f"There is no run in {folder}.", f"A run folder has {LOG} in it; `train` makes one.",
                          "resume") from None
        try:
            _lock(file, folder)
            found = cls(folder, file, empty_state(ROOM))
            found._read()
            file.truncate(_whole(file))
        except BaseException:
            file.close()
            raise
        file.seek(0, os.SEEK_END)
        return found

    def _read(self) -> None:
        file = self.folder / LOG
        try:
            code = logs.code_of(file)
            if code != ROOM:
                raise Refused("of_a_room", f"The run in {self.folder} was trained by a server, in room {code}.",
                              "Go on with it in that room, or train its recipe.yaml anew.", "resume")
            for fact in logs.read(file):
                fold(self.state, fact)
                self._remember(fact)
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
            raise Refused("bad_log", f"The log of {self.folder} cannot be read: {error}.",
                          "Train its recipe.yaml anew.", "resume") from None

    def _remember(self, fact: Fact) -> None:
        if fact["name"] == "trainer_started":
            self.attempt, self.ended = fact["data"]["attempt"], False
        elif fact["name"] == "trainer_lost":
            self.ended = True
        elif fact["name"] == "checkpoint_saved":
            self.device = next((part for part in fact["data"]["build"].split(", ") if part in ("cpu", "cuda", "mps")), None)

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.state["session"])

    @property
    def training(self) -> bool:
        """Whether training was asked for, or goes on."""
        return self.session["status"] == "training" or self.session["waiting"] is not None

    def commit(self, name: str, data: dict[str, Any], position: dict[str, Any] | None = None,
               by: dict[str, Any] | None = None) -> None:
        """The one function that numbers Events here: number, fold, write. OSError where it cannot be written."""
        fact = {"seq": self.state["seq"] + 1, "name": name, "data": data, "position": position, "by": by,
                "at": round(time(), 3)}
        try:
            fold(self.state, fact)
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(name) from error
        self._write(logs.line_of(fact).encode(), name not in PASSING)
        self._remember(fact)
        if name == "trainer_started":
            self.acked = 0
        for see in self.seen:
            see(fact)

    def _write(self, line: bytes, durable: bool) -> None:
        while line:  # an unbuffered file may take only a part
            line = line[self._file.write(line):]
        if durable:
            os.fsync(self._file.fileno())

    def take(self, frame: Frame, by_of: Callable[[str | None], dict[str, Any] | None]) -> None:
        """Commit what a trainer reports, once; `by_of`: who gave a Command. ValueError where it cannot be true."""
        found = reported(self.state, frame)
        if frame["n"] <= self.acked:
            return
        self.acked = frame["n"]
        if found:
            by = found["by"] or by_of(found["command"])
            try:
                self.commit(found["name"], found["data"], found["position"], by)
            except Unreadable as error:  # it is dropped, as in a room
                log.exception("dropped %s", error)

    def close(self) -> None:
        self._file.close()


def _whole(file: BinaryIO) -> int:
    """Return how many bytes of a log are whole lines."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - TAIL)
        file.seek(start)
        if (found := file.read(end - start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0


def _lock(file: BinaryIO, folder: Path) -> None:
    """Keep others away for as long as this process lives; raise `Refused` where one was faster."""
    if sys.platform == "win32":
        return
    import fcntl
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Refused("in_use", f"Another process trains in {folder}.", "Wait for it, or end it, then try again.",
                      "resume") from None
