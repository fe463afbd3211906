"""Who is calling: lines of trainers, of errands, of jobs and of examiners, told apart by their first word."""

from __future__ import annotations

from collections.abc import Callable

from ..line import Frame
from .errands import Errands
from .examiners import Examiners
from .jobs import Jobs
from .ledger import Ledger
from .line_server import Line
from .questions import Questions
from .trainers import Trainers


class DialIn:
    """Hands each frame to those it is for, one at a time."""

    def __init__(self, ledger: Ledger, trainers: Trainers, errands: Errands, examiners: Examiners,
                 jobs: Jobs, questions: Questions) -> None:
        self._ledger, self._trainers, self._errands = ledger, trainers, errands
        self._examiners, self._jobs, self._questions = examiners, jobs, questions
        self.welcomed: list[Callable[[Line], None]] = []  # told of each trainer that was welcomed

    def take(self, line: Line, frame: Frame) -> None:
        """One frame; raises ValueError (the line is closed) where it is not what such a process says."""
        with self._ledger.lock:
            attempt = frame.get("attempt")
            if frame["t"] == "hello" and type(attempt) is int and attempt < 0:
                line.owner = next((one for one in (self._examiners, self._jobs) if one.knows(attempt)), self._errands)
                line.owner.hello(line, frame)
            elif frame["t"] == "answer":
                self._questions.answered(line, frame)
            else:
                (line.owner or self._trainers).take(line, frame)
                if frame["t"] == "hello" and self._trainers.lines.get(line.room) is line:
                    for told in self.welcomed:
                        told(line)

    def exited(self, room: str, attempt: int, status: int) -> None:
        """The launcher saw a process end; one that never said a word has no line that could tell."""
        with self._ledger.lock:
            if attempt >= 0:
                self._trainers.on_exit(room, attempt, status)
                return
            for owner in (self._examiners, self._jobs, self._errands):
                owner.exited(attempt)

    def gone(self, line: Line) -> None:
        """A line ended."""
        with self._ledger.lock:
            (line.owner or self._trainers).gone(line)
            if line.owner is None and line.room:
                self._questions.lost(line.room, line)
