"""The store: one transaction or nothing, a log in order, and curves that are the same after every reopening."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from ml_utils.web import store as module
from ml_utils.web.chunks import CHUNK
from ml_utils.web.store import Accepted, Store, Writes

ROOM = "aaaaaaaa"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'lab.db'}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(url(tmp_path))
    yield one
    one.close()


def fact(seq: int, name: str = "training_requested") -> dict[str, Any]:
    return {"seq": seq, "name": name, "data": {"until": seq}, "position": None, "by": {"id": "p", "name": "Ünï"}, "at": 1.5}


def rows(xs: list[float]) -> tuple[list[float], list[list[float]]]:
    return xs, [[x / 2, 0.5] for x in xs]


def add(store: Store, xs: list[float], branch: str = "b1") -> None:
    store.write(Writes(curves=[(ROOM, branch, rows(xs))]))


def curve(store: Store, first: float = 0, last: float = 1e9, branch: str = "b1") -> list[float]:
    x, y = store.points(ROOM, branch, first, last)
    assert y.tolist() == [[value / 2, 0.5] for value in x.tolist()]
    found: list[float] = x.tolist()
    return found


# ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_events_come_back_as_they_were_after_a_number_by_name_and_limited(store: Store) -> None:
    facts = [fact(seq, "metrics" if seq % 2 else "training_started") for seq in range(1, 8)]
    store.write(Writes(events=[(ROOM, one) for one in facts]))
    assert store.events(ROOM, 0) == facts
    assert store.events(ROOM, 5) == facts[5:]
    assert store.events(ROOM, 7) == store.events("bbbbbbbb", 0) == []
    assert [one["seq"] for one in store.events(ROOM, 1, ["metrics"])] == [3, 5, 7]
    assert [one["seq"] for one in store.events(ROOM, 1, limit=2)] == [2, 3]


def test_a_number_is_given_once(store: Store) -> None:
    store.write(Writes(events=[(ROOM, fact(1))]))
    with pytest.raises(Exception, match="UNIQUE"):
        store.write(Writes(events=[(ROOM, fact(2)), (ROOM, fact(1))], rooms={ROOM: {"seq": 2}}))
    assert [one["seq"] for one in store.events(ROOM, 0)] == [1]
    assert store.room(ROOM) is None


def test_a_command_is_found_by_its_id_with_its_first_answer_until_it_is_done(store: Store, tmp_path: Path) -> None:
    by = {"id": "p", "name": "Ada"}
    store.write(Writes(accepted=[Accepted(ROOM, "id-1", "interrupt", {}, by, {"ok": True, "seq": 4}, done=False)]))
    again = Store(url(tmp_path))
    assert again.answer(ROOM, "id-1") == {"ok": True, "seq": 4}
    assert again.answer(ROOM, "id-2") is again.answer("bbbbbbbb", "id-1") is None
    assert again.asked_by(ROOM, "id-1") == by
    assert [one.id for one in again.undone(ROOM)] == ["id-1"]
    again.close()
    store.write(Writes(done=[(ROOM, "id-1")]))
    assert store.undone(ROOM) == []
    assert store.answer(ROOM, "id-1")


def test_a_room_keeps_the_columns_that_are_not_written(store: Store) -> None:
    store.write(Writes(rooms={ROOM: {"attempt": 3, "busy": True}}))
    store.write(Writes(rooms={ROOM: {"seq": 9}}))
    assert store.room(ROOM) == {"code": ROOM, "seq": 9, "attempt": 3, "token": "", "acked": 0, "busy": True}
    assert store.busy_rooms() == [ROOM]


def test_a_cached_snapshot_is_replaced_by_the_newer_one(store: Store) -> None:
    for seq in (200, 400):
        store.write(Writes(snapshots={ROOM: {"seq": seq, "text": "ü" * 1000}}))
    assert store.snapshot(ROOM) == {"seq": 400, "text": "ü" * 1000}
    assert store.snapshot("bbbbbbbb") is None


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────

def test_while_another_writer_holds_the_lock_nothing_is_written_and_afterwards_it_is(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    store = Store(url(tmp_path))
    add(store, [1.0])
    other = sqlite3.connect(tmp_path / "lab.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        store.write(Writes(events=[(ROOM, fact(1))], curves=[(ROOM, "b1", rows([2.0]))], durable=True))
    assert store.events(ROOM, 0) == []
    assert curve(store) == [1.0]
    other.rollback()
    other.close()
    store.write(Writes(events=[(ROOM, fact(1))], curves=[(ROOM, "b1", rows([2.0]))], durable=True))
    assert [one["seq"] for one in store.events(ROOM, 0)] == [1]
    assert curve(store) == [1.0, 2.0]
    store.close()


def test_when_the_disk_is_full_nothing_is_half_written(store: Store) -> None:
    store.write(Writes(events=[(ROOM, fact(1))]))
    pages = store._writer.exec_driver_sql("PRAGMA page_count").scalar_one()
    store._writer.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    store._writer.rollback()
    many = [(ROOM, fact(seq)) for seq in range(2, 2000)]
    with pytest.raises(OperationalError, match="full"):
        store.write(Writes(events=many, rooms={ROOM: {"seq": 1999}}))
    assert [one["seq"] for one in store.events(ROOM, 0)] == [1]
    assert store.room(ROOM) is None
    store._writer.exec_driver_sql("PRAGMA max_page_count=1000000")
    store._writer.rollback()
    store.write(Writes(events=many))
    assert len(store.events(ROOM, 0)) == 1999


# ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_curve_fills_chunks_and_a_window_reads_across_them(store: Store) -> None:
    xs = [number / 8 for number in range(3 * CHUNK + 100)]
    for start in range(0, len(xs), 77):
        add(store, xs[start:start + 77])
    assert curve(store) == xs
    assert curve(store, 100.0, 200.0) == [x for x in xs if 100 <= x <= 200]
    with store.engine.connect() as reader:
        assert 3 <= len(reader.exec_driver_sql("SELECT number FROM points").all()) <= 5


def test_the_tail_is_continued_after_a_restart(store: Store, tmp_path: Path) -> None:
    add(store, [1.0, 2.0])
    store.close()
    again = Store(url(tmp_path))
    add(again, [3.0])
    assert curve(again) == [1.0, 2.0, 3.0]
    with again.engine.connect() as reader:
        assert len(reader.exec_driver_sql("SELECT number FROM points").all()) == 1
    again.close()


def test_branches_and_rooms_do_not_mix(store: Store) -> None:
    add(store, [1.0], "b1")
    add(store, [2.0], "b2")
    store.write(Writes(curves=[("bbbbbbbb", "b1", rows([3.0])), (ROOM, "b2", 0.0)]))
    assert curve(store) == [1.0]
    assert curve(store, branch="b2") == []


STEPS = st.lists(st.one_of(
    st.tuples(st.just("add"), st.integers(1, 2 * CHUNK)), st.tuples(st.just("cut"), st.integers(0, 2500)),
    st.tuples(st.just("reopen"), st.just(0)), st.tuples(st.just("fail"), st.integers(1, 50))), max_size=8)


@given(steps=STEPS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_whatever_is_added_cut_reopened_or_fails_the_curve_is_what_a_list_would_be(
        tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]) -> None:
    address = url(tmp_path_factory.mktemp("curve"))
    store, model = Store(address), []
    for what, size in steps:
        following = int(model[-1]) + 1 if model else 0
        new = [float(following + number) for number in range(size)]
        if what == "add":
            add(store, new)
            model += new
        elif what == "cut":
            store.write(Writes(curves=[(ROOM, "b1", float(size))]))
            model = [x for x in model if x <= size]
        elif what == "reopen":
            store.close()
            store = Store(address)
        else:
            broken = Writes(curves=[(ROOM, "b1", rows(new)), (ROOM, "b1", (["x"], [[0.0, 0.5]]))])  # type: ignore[list-item]
            with pytest.raises(ValueError):
                store.write(broken)
        assert curve(store) == model
    store.close()
