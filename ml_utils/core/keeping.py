"""Which Checkpoints stay where a room's quota is full: newer ones densely, older ones ever more sparsely. Pure."""

from __future__ import annotations

from typing import Any

from .best import bests_among
from .tree import place_of

State = dict[str, Any]
Row = dict[str, Any]


def to_drop(state: State, quota: int) -> list[Row]:
    """Return the Checkpoints to remove so that the rest has at most `quota` bytes, or as few as may be.

    Never a tip, a fork point, a pinned one, the newest or the best of a Branch: what can be reached now stays reachable at
    once, all else is reached by training again from the one before.
    """
    excess = sum(row["bytes"] for row in state["checkpoints"]) - quota
    if excess <= 0:
        return []
    rows = sorted(state["checkpoints"], key=lambda one: (one["branch"], place_of(one)))
    kept = {row["seq"]: row for row in rows}
    newest = {row["branch"]: row["x"] for row in rows}  # the last of each Branch; it never goes
    fixed = _fixed(state)
    dropped: list[Row] = []
    while excess > 0:
        scores = _scores(list(kept.values()), fixed, newest)
        if not scores:
            break
        row = kept.pop(min(scores)[1])
        dropped.append(row)
        excess -= row["bytes"]
    return dropped


def _fixed(state: State) -> set[tuple[str, int, int]]:
    """Return (branch, epoch, batch) of those that must stay."""
    forks = {(row["parent"], row["epoch"], 0) for row in state["branches"].values() if row["parent"]}
    forks |= {(fork["parent"], fork["epoch"], 0) for fork in state["plan"]}
    warm = {(run["warm"]["branch"], *place_of(run["warm"])) for run in state["runs"].values()
            if run.get("warm") and "branch" in run["warm"]}  # else they were brought in
    tips = {(name, *place_of(row["tip"])) for name, row in state["branches"].items()}
    pinned = {(pin["branch"], pin["epoch"], 0) for pin in state["pinned"]}
    return forks | warm | tips | pinned | bests_among(state) | _place(state["session"]["position"])


def _place(position: Row | None) -> set[tuple[str, int, int]]:
    return {(position["branch"], *place_of(position))} if position else set()


def _scores(rows: list[Row], fixed: set[tuple[str, int, int]], newest: dict[str, float]) -> list[tuple[float, int]]:
    """Return (gap it would leave in relation to its age, seq) for each one that may go."""
    found = []
    for number, row in enumerate(rows):
        after = rows[number + 1] if number + 1 < len(rows) and rows[number + 1]["branch"] == row["branch"] else None
        if after is None or (row["branch"], *place_of(row)) in fixed:
            continue
        before = rows[number - 1]["x"] if number and rows[number - 1]["branch"] == row["branch"] else 0.0
        found.append(((after["x"] - before) / (newest[row["branch"]] - row["x"] + 1.0), row["seq"]))
    return found
