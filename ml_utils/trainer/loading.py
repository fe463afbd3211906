"""Does what may take long beside the training thread, so that waiting for a download is not hanging."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from .fetch import Report

TICK_SECONDS = 0.1
T = TypeVar("T")


class _Loading(Thread, Generic[T]):
    """Ends with what was loaded as the only one of `found`, or with the `error` that it died of."""

    def __init__(self, load: Callable[[Report], T]) -> None:
        super().__init__(name="loading", daemon=True)
        self.found: list[T] = []
        self.error: BaseException | None = None
        self.done = 0  # bytes
        self._load = load

    def run(self) -> None:
        try:
            self.found.append(self._load(self._report))
        except BaseException as error:
            self.error = error

    def _report(self, done: int) -> None:
        self.done = done


def beside(load: Callable[[Report], T], tick: Callable[[int], None]) -> T:
    """Return what `load` returns; meanwhile call `tick` with the bytes fetched since it was last told of any, or 0."""
    loading, told = _Loading(load), 0
    loading.start()
    while loading.is_alive():
        done = loading.done
        tick(done if done > told else 0)
        told = done
        loading.join(TICK_SECONDS)
    if loading.error:
        raise loading.error
    return loading.found[0]
