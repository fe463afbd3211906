"""Tables that a room gives out: the ledger of its changes, and its curves, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from ..tables import ALL, REPORTED, BranchTable, Cells, Reports, Row, cell, written
from .exports import pages
from .store import Store

CHANGES = ("seq", "at", "person", "person_id", "event", "kind", "run", "branch", "parent", "epoch", "batch", "x", "setting",
           "from", "to", "standing", "reason", "note", "of", "loss_before", "batches_before", "loss_after", "batches_after")


# ── the ledger: a line per change of a setting ──────────────────────────────────────────────────────────────

def ledger_csv(rows: list[Row]) -> bytes:
    """Return the ledger, oldest first; an Event with several changes has several lines, one without has one."""
    return written([CHANGES, *(line for row in reversed(rows) for line in _lines(row))])


def _lines(row: Row) -> Iterator[Cells]:
    by, before, after = row["by"] or {}, row["before"] or {}, row["after"] or {}
    at = datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds")
    for change in row["changes"] or [{}]:
        values = [row["seq"], at, by.get("name"), by.get("id"), row["name"], row["kind"], row["run"], row["branch"],
                  row["parent"], row["epoch"], row["batch"], row["x"], change.get("name"), change.get("from"), change.get("to"),
                  row["standing"], row["reason"], row["note"], row["of"], before.get("loss"), before.get("steps"),
                  after.get("loss"), after.get("steps")]
        yield [cell(value) for value in values]


# ── metrics: a row per batch ────────────────────────────────────────────────────────────────────────────────

def reports_of(store: Store, code: str, wanted: Iterable[str]) -> dict[str, Reports]:
    """Read the log once for several Branches."""
    found = {branch: Reports() for branch in wanted}
    for fact in pages(store, code, REPORTED):
        if fact["position"]["branch"] in found:
            found[fact["position"]["branch"]].take(fact)
    return found


def table_of(store: Store, code: str, branch: str, row: Row, reports: Reports) -> BranchTable:
    """Return the table of a Branch's own batches."""
    return BranchTable(branch, row, *store.points(code, branch, 0.0, ALL), reports)
