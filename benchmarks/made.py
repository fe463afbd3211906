"""What a trainer would report, made up: a CNN on MNIST that is only told, batch by batch."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from typing import Any

from ml_utils.core.blueprint import Blueprint, layer_names
from ml_utils.core.events_seen import BINS
from ml_utils.core.freezing import LEARNING, kind

BATCHES = 938  # of 64 examples, in an epoch
SPEED = 300.0  # batches per second
BYTES = 1_300_000  # of a Checkpoint
Told = tuple[str, dict[str, Any], dict[str, Any]]  # name, data, Position


class Made:
    """Goes on from a Position; the curves fall towards a floor, and are noisy."""

    def __init__(self, position: dict[str, Any], blueprint: Blueprint, rate: float, seed: int = 1) -> None:
        self.run, self.branch, self.epoch, self.batch = (position[name] for name in ("run", "branch", "epoch", "batch"))
        self.rate = rate
        self._layers = layer_names(blueprint)
        self._rng = random.Random(seed)

    @property
    def position(self) -> dict[str, Any]:
        return {"run": self.run, "branch": self.branch, "epoch": self.epoch, "batch": self.batch, "batches": BATCHES,
                "x": round(self.epoch + self.batch / BATCHES, 6)}

    def report(self, rows: int, look: bool = False) -> Iterator[Told]:
        """Yield the Events of so many batches, or fewer up to the end of the epoch; `look`: into the layers, too."""
        batches = range(self.batch + 1, min(self.batch + rows, BATCHES) + 1)
        self.batch = batches[-1]
        yield "metrics", self._metrics([round(self.epoch + batch / BATCHES, 6) for batch in batches]), self.position
        if look:
            yield "layers_measured", {"layers": {name: self._look(name) for name in self._layers}}, self.position
        if self.batch == BATCHES:
            self.epoch, self.batch = self.epoch + 1, 0
            yield from self._ended()

    def _metrics(self, xs: list[float]) -> dict[str, Any]:
        return {"x": xs, "train_loss": [self._loss(x) for x in xs], "train_accuracy": [self._accuracy(x) for x in xs],
                "rate": SPEED * 64, "step": round(xs[-1] * BATCHES), "took": round(len(xs) / SPEED, 4),
                "learning_rate": self.rate}

    def _loss(self, x: float) -> float:
        return float(f"{2 * math.exp(-x / 2) + 0.02 + self._rng.random() * (0.05 + 0.3 * math.exp(-x / 6)):.5g}")

    def _accuracy(self, x: float) -> float:
        return round(1 - math.exp(-x / 2) * 0.9 - self._rng.random() * 0.06 * math.exp(-x / 20), 4)

    def _ended(self) -> Iterator[Told]:
        position, x = self.position, float(self.epoch)
        train, test = ({"loss": self._loss(x), "accuracy": self._accuracy(x), "examples": count} for count in (60_000, 10_000))
        yield "epoch_finished", {"train": train, "test": test, "seconds": BATCHES / SPEED}, position
        learning = [name for name in self._layers if kind(name) in LEARNING]
        yield "histograms_measured", {"layers": {name: {"weights": self._bars(), "gradients": self._bars()}
                                                 for name in learning}}, position
        digest = hashlib.sha256(f"{self.branch} {self.epoch}".encode()).hexdigest()
        yield "checkpoint_saved", {
            "branch": self.branch, "epoch": self.epoch, "batch": 0, "x": x, "digest": digest, "kind": "epoch", "bytes": BYTES,
            "seconds": 0.01, "finite": True, "build": "made up"}, position

    def _look(self, name: str) -> dict[str, Any]:
        learns, number = kind(name) in LEARNING, self._rng.random
        norms = {"gradient_norm": number(), "weight_norm": 3 + number(), "update_ratio": number() / 500} if learns else \
            dict.fromkeys(("gradient_norm", "weight_norm", "update_ratio"))
        return {"kind": kind(name), **norms, "dead": number() / 4 if kind(name) == "relu" else None, "saturated": None,
                "mean": number(), "spread": 1 + number()}

    def _bars(self) -> dict[str, Any]:
        return {"low": -0.5, "high": 0.5, "counts": [self._rng.randrange(500) for _ in range(BINS)]}
