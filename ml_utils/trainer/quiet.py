"""A Wire without a line: for a Session, or whatever tells how far it is, in a process that nobody listens to."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from ..line import Frame
from .order import Leave
from .outbox import Outbox
from .wire import Wire

Told = Callable[[str, dict[str, Any], dict[str, Any]], None]  # name, data, position


class _Nowhere(Outbox):
    """Counts Events; all of them count as stored at once."""

    def put(self, name: str, data: dict[str, Any], position: dict[str, Any], command: str | None, moved: int) -> None:
        self.told += 1
        self.acked = self.told


class QuietWire(Wire):
    """Hands each Event to `told`; has no thread and no socket. `leave` works as on a line."""

    def __init__(self, told: Told = lambda name, data, position: None) -> None:
        self.progress = self.moved = 0
        self.notes: SimpleQueue[Frame] = SimpleQueue()
        self.heard: set[str] = set()
        self.drawings: list[dict[str, Any]] = []
        self.leaving: Leave | None = None
        self.outbox = _Nowhere()
        self._handed = told

    def tell(self, name: str, data: dict[str, Any], position: dict[str, Any], command: str | None = None) -> None:
        self.outbox.put(name, data, position, command, self.moved)
        self._handed(name, data, position)

    def say(self, frame: Frame) -> None:
        """Nobody listens."""

    def wait(self, seconds: float) -> Frame | None:
        try:
            return self.notes.get_nowait()
        except Empty:
            return None

    def start(self) -> None:
        """There is no thread."""

    def farewell(self) -> None:
        """There is nothing left to send."""
