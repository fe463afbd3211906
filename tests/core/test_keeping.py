"""Which Checkpoints stay where the quota is full."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils.core.keeping import to_drop
from ml_utils.core.tree import place_of


def room(branches: dict[str, tuple[str | None, int, int]], size: int = 10,
         pinned: tuple[tuple[str, int], ...] = ()) -> dict[str, Any]:
    """A Snapshot with Branches {name: (parent, fork, tip)}, a Checkpoint of `size` bytes at the end of each epoch."""
    rows = {name: {"run": "r1", "parent": parent, "epoch": fork, "tip": {"epoch": tip, "batch": 0, "x": float(tip)}}
            for name, (parent, fork, tip) in branches.items()}
    known = [{"seq": number, "branch": name, "epoch": epoch, "batch": 0, "x": float(epoch), "digest": "d", "bytes": size}
             for number, (name, epoch) in enumerate((name, epoch) for name, (_, fork, tip) in branches.items()
                                                    for epoch in range(fork + 1, tip + 1))]
    return {"branches": rows, "checkpoints": known, "plan": [], "session": {"position": None}, "runs": {},
            "pinned": [{"branch": branch, "epoch": epoch} for branch, epoch in pinned]}


def dropped(state: dict[str, Any], quota: int) -> list[tuple[str, int]]:
    return [(row["branch"], row["epoch"]) for row in to_drop(state, quota)]


def test_within_the_quota_everything_stays() -> None:
    assert dropped(room({"b1": (None, 0, 10)}), 100) == []


def test_what_is_old_goes_first_and_becomes_sparse_not_empty() -> None:
    state = room({"b1": (None, 0, 64)})
    gone = {epoch for _, epoch in dropped(state, 160)}
    kept = [epoch for epoch in range(1, 65) if epoch not in gone]
    assert len(kept) == 16
    gaps = [after - before for before, after in zip([0, *kept], kept, strict=False)]
    assert gaps[-1] == 1 and max(gaps) <= 20 and gaps[0] >= gaps[-1]
    assert sum(gaps[:4]) > sum(gaps[-4:])


def test_tips_fork_points_pinned_planned_and_taken_over_places_stay() -> None:
    state = room({"b1": (None, 0, 12), "b2": ("b1", 5, 9)}, pinned=(("b1", 3), ("b2", 7)))
    state["plan"] = [{"parent": "b1", "epoch": 8}]
    state["session"]["position"] = {"branch": "b1", "epoch": 10, "batch": 0}
    state["runs"] = {"r1": {"warm": None}, "r2": {"warm": {"run": "r1", "branch": "b1", "epoch": 2, "batch": 0}}}
    left = {(row["branch"], row["epoch"]) for row in state["checkpoints"]} - set(dropped(state, 0))
    assert left == {("b1", 2), ("b1", 3), ("b1", 5), ("b1", 8), ("b1", 10), ("b1", 12), ("b2", 7), ("b2", 9)}


@given(st.integers(1, 40), st.integers(0, 39), st.integers(1, 20), st.integers(0, 700))
@settings(max_examples=100)
def test_no_more_goes_than_must_and_the_room_is_within_its_quota_where_that_can_be(
        tip: int, fork: int, more: int, quota: int) -> None:
    fork = min(fork, tip)
    state = room({"b1": (None, 0, tip), "b2": ("b1", fork, fork + more)})
    rows = to_drop(state, quota)
    total = sum(row["bytes"] for row in state["checkpoints"])
    left = [row for row in state["checkpoints"] if row not in rows]
    after = sum(row["bytes"] for row in left)
    fixed = {("b1", tip, 0), ("b2", fork + more, 0), ("b1", fork, 0)}
    assert all((row["branch"], *place_of(row)) not in fixed for row in rows)
    if after > quota:
        assert {(row["branch"], *place_of(row)) for row in left} <= fixed
    assert not rows or total - sum(row["bytes"] for row in rows[:-1]) > quota
    assert to_drop({**state, "checkpoints": left}, quota) == []


@given(st.integers(2, 60), st.integers(20, 200))
@settings(max_examples=50)
def test_dropping_one_by_one_as_they_come_keeps_the_whole_line_in_reach(epochs: int, quota: int) -> None:
    """Between two kept ones there is never more to train again than a fair share of the age."""
    state = room({"b1": (None, 0, epochs)})
    everything, state["checkpoints"] = state["checkpoints"], []
    for row in everything:
        state["branches"]["b1"]["tip"] = {"epoch": row["epoch"], "batch": 0, "x": row["x"]}
        state["checkpoints"] = [*state["checkpoints"], row]
        gone = to_drop(state, quota)
        state["checkpoints"] = [one for one in state["checkpoints"] if one not in gone]
    kept = [row["epoch"] for row in state["checkpoints"]]
    assert kept[-1] == epochs and len(kept) == min(epochs, max(1, quota // 10))
