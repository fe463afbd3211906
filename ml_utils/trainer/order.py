"""What a trainer is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Order:
    """Where to dial, for which room, where files are. `line`: path of a Unix socket, or ``tcp://host:port``."""

    line: str
    room: str
    attempt: int
    token: str
    checkpoints: str
    data: str | None = None  # where datasets may be found
    device: str = "cpu"  # cpu, cuda, mps or auto
    memory: int = 0  # bytes of data the process may hold, 0: no limit
    shared: str | None = None  # the folder in which datasets lie ready; usually the one beside the checkpoints

    @property
    def instance(self) -> Path:
        """The folder beside the checkpoints: Records live in it."""
        return Path(self.checkpoints).resolve().parent

    @property
    def library(self) -> Path:
        """The folder of prepared, downloaded and own datasets."""
        return Path(self.shared).resolve() if self.shared else self.instance


@dataclass(frozen=True)
class Patience:
    """How long a trainer waits, in seconds."""

    beat: float = 2.0  # between two signs of life
    silence: float = 30.0  # without a line, then it leaves
    idle: float = 60.0  # paused, then it leaves
    farewell: float = 2.0  # for the last Events to be stored
    redial: float = 0.1  # at first, five times that later
    report: float = 0.1  # between two Events of measurement
    checkpoint: float = 5.0  # at least, between two Checkpoints inside an epoch


class Leave(Exception):
    """The trainer leaves on purpose, with this exit code."""

    def __init__(self, why: str, code: int = 0, save: bool = True) -> None:
        super().__init__(why)
        self.why, self.code, self.save = why, code, save


class Failure(Exception):
    """The Session cannot go on: a code, and words for students."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
