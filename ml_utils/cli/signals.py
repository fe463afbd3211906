"""Ctrl-C and its like as wishes that are looked at between two turns, not as exceptions in the middle of one."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType
from typing import Any

from . import exits

HEARD = tuple(found for name in ("SIGINT", "SIGTERM", "SIGHUP") if (found := getattr(signal, name, None)))


class Signals:
    """While it is open, signals are counted; `bell` is a descriptor that becomes readable with each."""

    def __init__(self) -> None:
        self.count = 0
        self.code = exits.INTERRUPTED  # how to exit because of the first one

    def __enter__(self) -> Signals:
        self.bell, self._rope = os.pipe()
        os.set_blocking(self.bell, False)
        os.set_blocking(self._rope, False)
        self._before: dict[Any, Any] = {one: signal.signal(one, self._hear) for one in HEARD}
        self._rung = signal.set_wakeup_fd(self._rope, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._rung)
        for one, handler in self._before.items():
            signal.signal(one, handler)
        os.close(self.bell)
        os.close(self._rope)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the next signal; return whether there was one."""
        if not select.select([self.bell], [], [], seconds)[0]:
            return False
        os.read(self.bell, 4096)
        return True

    def _hear(self, number: int, _: FrameType | None) -> None:
        if not self.count:
            self.code = 128 + number
        self.count += 1
