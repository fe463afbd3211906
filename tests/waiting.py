"""Waiting for something to become true, with a limit; no test sleeps for a guessed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
_NEVER = threading.Event()


def until(look: Callable[[], Found], seconds: float = 30.0, what: str = "it") -> Found:
    """Return the first true value of `look`; fail after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s; last seen: {found!r}")
        _NEVER.wait(0.01)


def quickest(act: Callable[[], object], times: int = 3) -> float:
    """Return the CPU seconds of the quickest go: one may hold a collection of what all tests before have left."""
    took = []
    for _ in range(times):
        begun = time.process_time()
        act()
        took.append(time.process_time() - begun)
    return min(took)
