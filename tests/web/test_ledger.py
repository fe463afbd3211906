"""The ledger: numbers without a gap, nothing changed by a commit that fails, and the same Snapshot after a restart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core import crashes
from ml_utils.core.blueprint import cnn
from ml_utils.core.errors import Refused
from ml_utils.core.settings import Settings
from ml_utils.line import Frame
from ml_utils.web import store as store_module
from ml_utils.web import trainers
from ml_utils.web.ledger import SNAPSHOT_EVERY, Draft, Ledger
from ml_utils.web.store import Accepted, Store, Writes
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import Bench

ROOM, OTHER = "aaaaaaaa", "bbbbbbbb"
POSITION = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 0, "batches": 1, "x": 0.0}
BenchOf = Callable[..., Bench]


class BreakableStore(Store):
    """A store that refuses to write while `broken`."""

    broken = False

    def write(self, writes: Writes) -> None:
        if self.broken:
            raise OSError("no space left on device")
        super().write(writes)


class Desk:
    """A ledger, its store, and what was published."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.store = BreakableStore(f"sqlite:///{folder / 'lab.db'}")
        self.ledger = Ledger(self.store, lambda room, name, payload: self.sent.append((room, payload)), lambda: 12.3456)

    def begin(self, room: str = ROOM) -> None:
        data = {"run": "r1", "branch": "b1", "blueprint": cnn().model_dump(mode="json"),
                "settings": Settings().model_dump(mode="json"), "threads": 1}
        self.ledger.commit([Draft(room, "run_started", data)])

    def seqs(self, room: str = ROOM) -> list[int]:
        return [fact["seq"] for fact in self.store.events(room, 0)]

    def points(self, room: str = ROOM) -> list[float]:
        found: list[float] = self.store.points(room, "b1", 0, 1e9)[0].tolist()
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    yield one
    one.store.close()


def request(until: int, room: str = ROOM) -> Draft:
    return Draft(room, "training_requested", {"until": until})


def metrics(n: int, x: float, room: str = ROOM) -> Draft:
    data = {"x": [x], "train_loss": [1 / (1 + x)], "train_accuracy": [0.5], "rate": 10.0, "step": n, "took": 0.1,
            "learning_rate": 0.05}
    return Draft(room, "metrics", data, {**POSITION, "x": x}, n=n)


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_numbers_have_no_gap_when_many_commit_at_once_and_are_sent_in_order(desk: Desk) -> None:
    def work(room: str) -> None:
        for number in range(25):
            desk.ledger.commit([request(number, room)])

    threads = [threading.Thread(target=work, args=(room,)) for room in (ROOM, OTHER) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for room in (ROOM, OTHER):
        assert desk.seqs(room) == list(range(1, 76))
        assert [event["seq"] for code, event in desk.sent if code == room] == list(range(1, 76))
        assert desk.ledger.room(room).seq == 75


def test_measurements_go_together_and_before_the_next_other_fact(desk: Desk) -> None:
    desk.begin()
    for number in (1, 2):
        desk.ledger.offer(metrics(number, number / 2))
    assert desk.seqs() == [1]
    desk.ledger.commit([request(5)])
    assert [fact["name"] for fact in desk.store.events(ROOM, 0)] == ["run_started", "metrics", "metrics", "training_requested"]
    desk.ledger.tick()
    assert desk.seqs() == [1, 2, 3, 4]


def test_what_is_sent_is_what_is_stored_with_the_patch(desk: Desk) -> None:
    desk.ledger.commit([request(5)])
    (room, sent), (fact,) = desk.sent[0], desk.store.events(ROOM, 0)
    assert room == ROOM
    assert {**fact, "patch": sent["patch"]} == sent
    assert sent["at"] == 12.346


@pytest.mark.allows_traceback
def test_a_fact_the_fold_cannot_read_is_dropped_where_a_trainer_reports_it(
        desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.begin()
    bad = Draft(ROOM, "trainer_recovered", {"attempt": 1}, {**POSITION, "branch": "nowhere"}, n=1)
    desk.ledger.commit([bad, request(3)])
    assert desk.seqs() == [1, 2]
    assert "dropped trainer_recovered" in caplog.text


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.allows_traceback
class TestWhenTheStoreFails:
    def test_nothing_changes_nothing_is_sent_and_no_number_is_skipped(self, desk: Desk) -> None:
        desk.begin()
        before, sent = desk.ledger.snapshot(ROOM), len(desk.sent)
        desk.store.broken = True
        with pytest.raises(Refused) as refused:
            desk.ledger.commit([request(7)], Accepted(ROOM, "id-1", "start", {}, None, {"ok": True}))
        assert refused.value.code == "storage_failed"
        assert desk.ledger.snapshot(ROOM) == before
        assert len(desk.sent) == sent
        assert desk.store.answer(ROOM, "id-1") is None
        desk.store.broken = False
        desk.ledger.commit([request(7)])
        assert desk.seqs() == [1, 2]

    def test_measurements_offered_are_kept_and_committed_later_in_order(self, desk: Desk) -> None:
        desk.begin()
        desk.ledger.offer(metrics(1, 0.5))
        desk.store.broken = True
        for _ in range(3):
            desk.ledger.tick()
        desk.ledger.offer(metrics(2, 1.0))
        with pytest.raises(Refused):
            desk.ledger.commit([request(7)])
        assert desk.points() == []
        desk.store.broken = False
        desk.ledger.tick()
        assert desk.points() == [0.5, 1.0]
        assert desk.seqs() == [1, 2, 3]
        assert desk.ledger.room(ROOM).acked == 2

    def test_measurements_told_again_after_a_redial_stand_there_once(self, desk: Desk) -> None:
        desk.begin()
        desk.store.broken = True
        for number in (1, 2):
            desk.ledger.offer(metrics(number, number / 2))
            desk.ledger.tick()
        for number in (1, 2, 3):
            desk.ledger.offer(metrics(number, number / 2))
        desk.store.broken = False
        desk.ledger.tick()
        assert desk.points() == [0.5, 1.0, 1.5]
        assert desk.seqs() == [1, 2, 3, 4]

    def test_the_log_tells_it_once_and_not_at_every_tick(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        desk.begin()
        desk.ledger.offer(metrics(1, 0.5))
        for _ in range(2):
            desk.store.broken = True
            for _ in range(20):
                desk.ledger.tick()
            desk.store.broken = False
            desk.ledger.commit([request(1)])
            desk.ledger.offer(metrics(desk.ledger.room(ROOM).acked + 1, 2.0))
        assert caplog.text.count("the store does not take") == 2

    def test_a_locked_database_refuses_and_goes_on_when_it_is_free(
            self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.05)
        desk = Desk(tmp_path)
        desk.begin()
        other = sqlite3.connect(tmp_path / "lab.db")
        other.execute("BEGIN IMMEDIATE")
        desk.ledger.offer(metrics(1, 0.5))
        with pytest.raises(Refused):
            desk.ledger.commit([request(3)])
        other.rollback()
        other.close()
        desk.ledger.commit([request(3)])
        assert desk.seqs() == [1, 2, 3]
        assert desk.points() == [0.5]
        desk.store.close()


# ── restart ─────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("events", [0, 3, SNAPSHOT_EVERY - 1, SNAPSHOT_EVERY, SNAPSHOT_EVERY + 57])
def test_a_restart_gives_an_equal_snapshot(tmp_path: Path, events: int) -> None:
    desk = Desk(tmp_path)
    desk.begin()
    for number in range(1, events + 1):
        desk.ledger.commit([metrics(number, number / 8)])
    before = desk.ledger.snapshot(ROOM)
    assert (desk.store.snapshot(ROOM) is not None) == (events + 1 >= SNAPSHOT_EVERY)
    desk.store.close()
    again = Desk(tmp_path)
    assert again.ledger.snapshot(ROOM) == before
    assert again.ledger.room(ROOM).acked == events
    again.ledger.commit([metrics(events + 1, (events + 1) / 8)])
    assert again.seqs() == list(range(1, events + 3))
    assert again.points() == [number / 8 for number in range(1, events + 2)]
    again.store.close()


def test_the_events_after_a_number_are_those_that_were_sent_or_the_snapshot_is_needed(desk: Desk) -> None:
    desk.begin()
    for number in range(450):
        desk.ledger.commit([request(number)])
    room = desk.ledger.room(ROOM)
    sent = [event for _, event in desk.sent]
    assert room.since(room.seq) == []
    assert room.since(room.seq - 3) == sent[-3:]
    assert room.since(room.seq - 400) == sent[-400:]
    assert room.since(room.seq - 401) is room.since(0) is room.since(None) is room.since(room.seq + 1) is None


def test_a_repeated_command_gives_the_first_answer_also_after_a_restart(bench_of: BenchOf) -> None:
    first = bench_of()
    me = first.browser().connect()
    me.join()
    answer = me.command("set_settings", {"dropout": 0.5}, id="once-and-only")
    room = me.room
    first.close()
    second = bench_of()
    again = second.browser().connect()
    again.join(room)
    assert again.command("set_settings", {"dropout": 0.1}, id="once-and-only") == answer == {"ok": True, "seq": 1}
    assert again.state["settings"]["dropout"] == 0.5
    assert again.command("set_settings", {"dropout": 0.1}, id="a-new-one") == {"ok": True, "seq": 2}


# ── with trainers ───────────────────────────────────────────────────────────────────────────────────────────

class StubbornTrainer(FakeTrainer):
    """Keeps what it told until it is acknowledged, and tells it again when it redials."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self.told: list[Frame] = []

    def say(self, frame: Frame) -> None:
        if frame["t"] == "event":
            self.told.append(frame)
        super().say(frame)

    def redial(self, before: StubbornTrainer) -> None:
        self.told, self.n, self.x = before.told, before.n, before.x
        self.start()

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and self.told:
            self.work = frame["work"]
            for one in [one for one in self.told if one["n"] > frame["acked"]]:
                FakeTrainer.say(self, one)
        else:
            super().obey(frame)


def breaking(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Return a switch that breaks the store of a lab and repairs it."""
    real, state = bench.lab.store.write, {"broken": False}

    def write(writes: Writes) -> None:
        if state["broken"]:
            raise OSError("no space left on device")
        real(writes)

    monkeypatch.setattr(bench.lab.store, "write", write)
    return lambda broken: state.update(broken=broken)


@pytest.mark.allows_traceback
def test_a_trainer_that_redials_while_the_disk_is_full_leaves_no_double_point(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(StubbornTrainer)
    me = bench.browser().connect()
    me.join()
    me.command("start")
    me.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    full = breaking(bench, monkeypatch)
    full(True)
    first = bench.launcher.started[0]
    assert isinstance(first, StubbornTrainer)
    first.row()
    first.row()
    until(lambda: len(bench.lab.ledger._offered) == 2, what="measurements that wait")
    second = StubbornTrainer(first.order)
    second.redial(first)
    until(lambda: len(bench.lab.ledger._offered) == 4, what="the same again")
    assert me.command("interrupt")["error"]["code"] == "storage_failed"
    full(False)
    me.sees(lambda state: len(state["series"]["b1"]["train_loss"]) == 3)
    assert me.command("interrupt")["ok"]
    me.status("paused")
    assert [point[0] for point in me.state["series"]["b1"]["train_loss"]] == [0.5, 1.0, 1.5]
    assert me.get(f"/api/rooms/{me.room}/points?branch=b1&series=train_loss").get_json()["points"] == [
        [0.5, pytest.approx(1 / 1.5)], [1.0, 0.5], [1.5, pytest.approx(1 / 2.5)]]
    second.stop()


@pytest.mark.allows_traceback
def test_a_trainer_lost_while_the_disk_is_full_is_replaced_when_there_is_space(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "REDIAL_SECONDS", 0.05)
    monkeypatch.setattr(trainers, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(crashes, "MOST", 1000)
    bench = bench_of()
    me = bench.browser().connect()
    me.join()
    me.command("start")
    me.status("training")
    full = breaking(bench, monkeypatch)
    full(True)
    bench.launcher.started[0].stop()
    until(lambda: bench.launcher.killed, what="the loss is noticed")
    full(False)
    me.sees(lambda state: len(bench.launcher.started) == 2 and state["session"]["waiting"] is None, "the second trainer")


@pytest.mark.allows_traceback
def test_a_start_accepted_just_before_the_disk_is_full_is_begun_when_there_is_space(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "RETRY_SECONDS", 0.05)
    bench = bench_of()
    me = bench.browser().connect()
    me.join()
    full = breaking(bench, monkeypatch)
    want = bench.lab.trainers.want

    def want_when_full(code: str) -> None:
        full(True)
        try:
            want(code)
        finally:
            full(False)

    monkeypatch.setattr(bench.lab.trainers, "want", want_when_full)
    assert me.command("start")["ok"]
    me.status("training")


@pytest.mark.allows_traceback
def test_over_http_a_full_disk_is_told_with_what_would_work(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of()
    me = bench.browser().connect()
    me.join()
    before = bench.trace(me.room)
    full = breaking(bench, monkeypatch)
    full(True)
    answer = me.post(f"/api/rooms/{me.room}/commands", {"id": "full-disk", "name": "set_settings", "args": {"dropout": 0.1}})
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "storage_failed"
    assert "disk" in answer.get_json()["error"]["hint"]
    assert bench.trace(me.room) == before
    full(False)
    assert me.command("set_settings", {"dropout": 0.1}, id="full-disk") == {"ok": True, "seq": 1}
