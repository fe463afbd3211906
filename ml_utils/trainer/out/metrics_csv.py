"""metrics.csv: a row per batch of a line, and the scores of an epoch in the row that ends it; as rooms give it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...tables import METRICS, SAME, BranchTable, Reports, written
from .files import replaced
from .told import Line


def write(file: Path, line: Line, tick: Callable[..., None]) -> None:
    """Write the rows of the Branch, after those of its ancestors up to the fork."""
    with replaced(file) as temp, temp.open("wb") as out:
        out.write(written([METRICS]))
        for name, limit, told in line.parts:
            xs = np.asarray(told.xs, dtype=float)
            kept = int(np.searchsorted(xs, limit + SAME, "right"))
            reports, row = _up_to(told.reports, limit), line.state["branches"][name]
            table = BranchTable(name, row, xs[:kept], told.values()[:kept], reports)
            for number in range(table.pieces):
                tick(doing="metrics.csv", done=number, total=table.pieces)
                out.write(table.piece(number))


def _up_to(reports: Reports, limit: float) -> Reports:
    found = Reports()
    found.ends = [end for end in reports.ends if end[0] <= limit + SAME]
    found.epochs = {epoch: scores for epoch, scores in reports.epochs.items() if epoch <= limit}
    return found
