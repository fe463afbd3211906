"""CSV (RFC 4180, UTF-8) that a spreadsheet opens without obeying it: text that looks like a formula is escaped.

And what the batches and epochs of a Branch become in it: rooms give that out, run folders have it.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np

Row = dict[str, Any]
Cells = list[Any]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # a spreadsheet takes the wide ones, too
ROWS_A_PIECE = 5000
REPORTED = ("metrics", "epoch_finished", "trainer_recovered")
ALL = 1e9  # epochs; no curve is longer
SAME = 1e-9  # epochs; nearer than that is the same batch
SIDES = ("train", "test", "validation")  # of an epoch's scores
NO_SCORES = (None,) * 10

METRICS = ("run", "branch", "parent", "from_epoch", "x", "step", "learning_rate", "train_loss", "train_accuracy", "epoch",
           "epoch_loss", "epoch_accuracy", "epoch_examples", "test_loss", "test_accuracy", "test_examples", "validation_loss",
           "validation_accuracy", "validation_examples")


def cell(value: Any) -> Any:
    """Return a value as it may stand in a cell: numbers stay numbers, lists and maps become JSON, formulas become text."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    value = value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{value}" if value.startswith(FORMULA) or value.lstrip().startswith(FORMULA) else value


def written(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as CSV; the cells must be fit for it (`cell`)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


# ── metrics: a row per batch ────────────────────────────────────────────────────────────────────────────────

class Reports:
    """What the log says of a Branch beside its batches: ends of reports [x, step, learning rate], and scores of epochs."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, int | None, float | None]] = []
        self.epochs: dict[int, Row] = {}

    def take(self, fact: Row) -> None:
        data, position = fact["data"], fact["position"]
        if fact["name"] == "metrics":
            self.ends.append((position["x"], data.get("step"), data.get("learning_rate")))
        elif fact["name"] == "epoch_finished":
            self.epochs[position["epoch"]] = {side: data.get(side) or {} for side in SIDES}
        else:  # what came after is trained again
            self.ends = [end for end in self.ends if end[0] <= position["x"]]
            self.epochs = {epoch: scores for epoch, scores in self.epochs.items() if epoch <= position["epoch"]}


class BranchTable:
    """The rows of a Branch's own batches, made a piece at a time; where no batch ended with an epoch, its scores have a row."""

    def __init__(self, branch: str, row: Row, xs: Any, values: Any, reports: Reports) -> None:
        """`row`: the Branch in the Snapshot; `xs` (n) in epochs, `values` (n, 2) float32: loss and accuracy of its batches."""
        self._xs, self._values = xs, values
        self._head = [row["run"], branch, row["parent"], row["epoch"] if row["parent"] else None]
        self._steps, self._rates = at_batches(self._xs, reports.ends)
        self._epochs = sorted(reports.epochs.items())

    @property
    def pieces(self) -> int:
        return max(1, -(-len(self._xs) // ROWS_A_PIECE))

    def piece(self, number: int) -> bytes:
        """Return the rows of one piece as CSV."""
        part = slice(number * ROWS_A_PIECE, (number + 1) * ROWS_A_PIECE)
        xs = self._xs[part].tolist()
        first = xs[0] - SAME if number else 0.0
        end = float(self._xs[part.stop]) - SAME if number + 1 < self.pieces else ALL
        measured = self._values[part].astype("U").tolist()  # float32 as short as it reads back the same
        cells = zip(xs, self._steps[part], self._rates[part], measured, strict=True)
        rows = {x: [*self._head, x, step, rate, *values, *NO_SCORES] for x, step, rate, values in cells}
        for epoch, scores in self._epochs:
            if first <= epoch < end:
                at = _nearest(xs, epoch)
                row = rows.setdefault(at, [*self._head, at, *[None] * 4])
                row[len(self._head) + 5:] = _scores(epoch, scores)
        return written(rows[x] for x in sorted(rows))


def _nearest(xs: list[float], epoch: int) -> float:
    """Return the x of the batch that ended with the epoch, or the epoch itself."""
    at = bisect_left(xs, epoch - SAME)
    return xs[at] if at < len(xs) and xs[at] <= epoch + SAME else float(epoch)


def at_batches(xs: Any, ends: list[tuple[float, int | None, float | None]]) -> tuple[Cells, Cells]:
    """Return step and learning rate of each batch; the rate is known where a report ended, steps are counted back from it."""
    steps: Cells = [None] * len(xs)
    rates: Cells = [None] * len(xs)
    begin = 0
    for x, step, rate in ends:
        last = int(np.searchsorted(xs, x - SAME))
        if last < len(xs) and xs[last] <= x + SAME and last >= begin:
            if step is not None:
                steps[begin:last + 1] = range(step - (last - begin), step + 1)
            rates[last] = rate
            begin = last + 1
    return steps, rates


def _scores(epoch: int, scores: Row) -> Cells:
    return [epoch, *(scores[side].get(what) for side in SIDES for what in ("loss", "accuracy", "examples"))]
