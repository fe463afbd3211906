"""What a trainer reports is checked before it becomes a fact."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils.core.messages import EVENTS
from ml_utils.core.reports import REPORTS
from ml_utils.core.snapshot import empty_state
from ml_utils.web.ledger import Room
from ml_utils.web.reports import checked
from tests.strategies import bad_data

POSITION = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 0, "batches": 1, "x": 0.5}
GOOD = {"t": "event", "n": 1, "name": "training_started", "data": {"until": 3}, "position": POSITION, "command": None,
        "moved": 0}


@pytest.fixture(scope="module")
def room() -> Room:
    state = empty_state("aaaaaaaa")
    state["session"]["position"] = POSITION
    return Room("aaaaaaaa", state)


def test_a_report_becomes_a_draft(room: Room) -> None:
    draft = checked(room, {**GOOD, "command": "id-1"})
    assert draft
    assert (draft.room, draft.name, draft.data) == ("aaaaaaaa", "training_started", {"until": 3, "stop": None})
    assert (draft.n, draft.command) == (1, "id-1")


@pytest.mark.parametrize("moved", [None, 1, -1, "0", [], {}])
def test_what_was_told_of_an_earlier_stand_is_dropped_but_its_checkpoints_are_kept(room: Room, moved: Any) -> None:
    assert checked(room, {**GOOD, "moved": moved}) is None
    known = {"branch": "b1", "epoch": 0, "batch": 1, "digest": "a" * 64, "message": "torn"}
    damaged = {**GOOD, "name": "checkpoint_damaged", "data": known, "moved": moved}
    with pytest.raises(ValueError, match="another run"):
        checked(room, damaged)
    room.state["branches"]["b1"] = {"run": "r1"}
    assert checked(room, damaged)
    del room.state["branches"]["b1"]


@pytest.mark.parametrize("n", [0, -1, True, None, "1", 1.0, 2**53 + 1, 2**64 - 1])
def test_a_number_that_no_outbox_gives_is_refused(room: Room, n: Any) -> None:
    with pytest.raises(ValueError):
        checked(room, {**GOOD, "n": n})


@pytest.mark.parametrize("name", [*sorted(set(EVENTS) - REPORTS), "unknown", "", None, 1, [], {}, "x" * 1000])
def test_what_only_the_server_says_or_nobody_is_refused(room: Room, name: Any) -> None:
    with pytest.raises(ValueError):
        checked(room, {**GOOD, "name": name})


@pytest.mark.parametrize("change", [{"run": "r2"}, {"branch": "b2"}, {"epoch": -1}, {"x": float("nan")}, {"x": -1.0},
                                    {"more": 1}, {"batch": True}])
def test_another_run_or_an_impossible_position_is_refused(room: Room, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        checked(room, {**GOOD, "position": {**POSITION, **change}})


@pytest.mark.parametrize("part", ["data", "position"])
@pytest.mark.parametrize("value", [None, 1, "x", [], [[]]])
def test_a_report_without_its_parts_is_refused(room: Room, part: str, value: Any) -> None:
    with pytest.raises(ValueError):
        checked(room, {**GOOD, part: value})
    with pytest.raises(ValueError):
        checked(room, {name: one for name, one in GOOD.items() if name != part})


def test_before_any_run_every_report_is_refused() -> None:
    with pytest.raises(ValueError, match="another run"):
        checked(Room("aaaaaaaa", empty_state("aaaaaaaa")), GOOD)


@pytest.mark.parametrize("name", sorted(REPORTS))
@given(data=st.data())
@settings(max_examples=20)
def test_bad_data_of_every_report_are_refused(room: Room, name: str, data: st.DataObject) -> None:
    values, _ = data.draw(bad_data(name, 1000))
    with pytest.raises(ValueError):
        checked(room, {**GOOD, "name": name, "data": values})
