"""The marks of a room as a file; and what a question about a passport needs of the room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response

from ..tables import cell, written
from .downloads import charge, download
from .http import checked_code
from .lab import Lab
from .marking import marks_of, with_branches

COLUMNS = ("dataset", "split", "number", "mark", "note", "person", "at")


def add_marks(app: Flask, lab: Lab) -> None:
    """Register the route; questions about a passport get the room's Branches."""
    lab.questions.prepare.append(with_branches)

    @app.get("/api/rooms/<code>/marks.csv")
    def marks_file(code: str) -> Response:
        """Every mark on an example that stands."""
        code = checked_code(code)
        charge(lab)
        with lab.ledger.lock:
            rows = marks_of(lab.ledger.room(code).state)
        return download(lab.offload(marks_csv, rows), f"lockstep-{code}-marks.csv")


def marks_csv(rows: list[dict[str, Any]]) -> bytes:
    """Return marks as CSV; notes and names are text, whatever a spreadsheet would like to read in them."""
    return written([COLUMNS, *([cell(value) for value in _line(row)] for row in rows)])


def _line(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in COLUMNS[:-1]] + [datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds")]
