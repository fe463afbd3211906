"""What was seen while training."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from ..core.batches import count

RATE_SECONDS = 1.0  # the rate is that of about the last second
ROWS = 5000  # reported at the latest


@dataclass
class Progress:
    """The place in the Run, and the sums of the epoch so far."""

    steps: int = 0  # batches done since the Run began
    epoch: int = 0
    batch: int = 0  # batches done in this epoch
    seen: int = 0  # examples seen in this epoch
    loss: float = 0.0  # summed over examples
    correct: int = 0

    @property
    def place(self) -> tuple[int, int]:
        return self.epoch, self.batch

    def add(self, loss: float, correct: int, size: int) -> None:
        self.steps += 1
        self.batch += 1
        self.seen += size
        self.loss += loss * size
        self.correct += correct

    def score(self) -> dict[str, Any]:
        return {"loss": self.loss / self.seen, "accuracy": self.correct / self.seen, "examples": self.seen}

    def next_epoch(self) -> None:
        self.epoch, self.batch, self.seen, self.loss, self.correct = self.epoch + 1, 0, 0, 0.0, 0

    def x(self, examples: int) -> float:
        return round(self.epoch + self.seen / examples, 6)

    def as_position(self, run: str, branch: str, examples: int, batch_size: int) -> dict[str, Any]:
        left = count(examples - self.seen, batch_size)  # a batch size may change inside an epoch
        return {"run": run, "branch": branch, "epoch": self.epoch, "batch": self.batch, "batches": self.batch + left,
                "x": self.x(examples)}


class Rows:
    """Measurements of batches that are not reported yet, and how fast it goes."""

    def __init__(self, examples: int, every: float) -> None:
        self.due = 0.0  # time of the next report
        self.muted = False  # what is measured is known to everybody
        self._since = 0.0
        self._examples, self._every = examples, every
        self._rows: list[tuple[int, int, float, int, int]] = []
        self._marks: deque[tuple[float, int]] = deque()
        self._total = 0

    def __len__(self) -> int:
        return len(self._rows)

    def restart(self, now: float) -> None:
        """Training goes (on) from now: the first batch is reported at once."""
        self.due = self._since = now
        self._marks.clear()
        self._marks.append((now, self._total))

    def add(self, progress: Progress, loss: float, correct: int, size: int) -> None:
        if self.muted:
            return
        self._rows.append((progress.epoch, progress.seen, loss, correct, size))
        if len(self._rows) >= ROWS:
            self.due = 0.0

    def take(self, now: float) -> dict[str, Any]:
        """Return the columns of the Event and begin anew."""
        rows, self._rows, self.due = self._rows, [], now + self._every
        took, self._since = now - self._since, now
        self._total += sum(row[4] for row in rows)
        return {"x": [round(epoch + seen / self._examples, 6) for epoch, seen, *_ in rows],
                "train_loss": [float(f"{row[2]:.5g}") for row in rows],
                "train_accuracy": [round(row[3] / row[4], 4) for row in rows],
                "rate": round(self._rate(now), 1), "took": round(took, 4)}

    def _rate(self, now: float) -> float:
        then, total = self._marks[0]
        self._marks.append((now, self._total))
        while len(self._marks) > 2 and now - self._marks[1][0] >= RATE_SECONDS:
            self._marks.popleft()
        return (self._total - total) / max(now - then, 1e-6)
