"""Loads a dataset beside the training thread, so that waiting for a download is not hanging."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import torch

from ..core.blueprint import Blueprint
from .data import Data
from .order import Order
from .prepare import load

TICK_SECONDS = 0.1


class _Loading(Thread):
    """Ends with `data`, or with the `error` that it died of."""

    def __init__(self, blueprint: Blueprint, order: Order, device: torch.device) -> None:
        super().__init__(name="loading", daemon=True)
        self.data: Data | None = None
        self.error: BaseException | None = None
        self.done = 0  # bytes
        self._asked = blueprint, order, device

    def run(self) -> None:
        blueprint, order, device = self._asked
        try:
            self.data = load(blueprint.dataset, blueprint.seed, order, device, self._report)
        except BaseException as error:
            self.error = error

    def _report(self, done: int) -> None:
        self.done = done


def load_beside(blueprint: Blueprint, order: Order, device: torch.device, tick: Callable[[int], None]) -> Data:
    """Return the dataset; meanwhile call `tick` with the bytes fetched since it was called last told of any, or 0."""
    loading, told = _Loading(blueprint, order, device), 0
    loading.start()
    while loading.is_alive():
        done = loading.done
        tick(done if done > told else 0)
        told = done
        loading.join(TICK_SECONDS)
    if loading.data is None:
        raise loading.error or RuntimeError("the dataset was not loaded")
    return loading.data
