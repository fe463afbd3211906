"""Who is calling: lines of trainers and of errands, told apart by their first word."""

from __future__ import annotations

from ..line import Frame
from .errands import Errands
from .ledger import Ledger
from .line_server import Line
from .trainers import Trainers


class DialIn:
    """Hands each frame to those it is for, one at a time."""

    def __init__(self, ledger: Ledger, trainers: Trainers, errands: Errands) -> None:
        self._ledger, self._trainers, self._errands = ledger, trainers, errands

    def take(self, line: Line, frame: Frame) -> None:
        """One frame; raises ValueError (the line is closed) where it is not what a trainer says."""
        with self._ledger.lock:
            attempt = frame.get("attempt")
            if frame["t"] == "hello" and type(attempt) is int and attempt < 0:
                self._errands.hello(line, frame)
            elif line.errand:
                self._errands.take(line, frame)
            else:
                self._trainers.take(line, frame)

    def gone(self, line: Line) -> None:
        """A line ended."""
        with self._ledger.lock:
            (self._errands if line.errand else self._trainers).gone(line)
