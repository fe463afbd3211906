"""Trainers that crash, hang or lie; a server that is started again on what it left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ml_utils.web import trainers
from tests.trainers import CrashingTrainer, FakeTrainer, GarbageTrainer, LyingTrainer, SilentTrainer
from tests.waiting import until
from tests.web.conftest import Bench
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "REDIAL_SECONDS", 0.1)
    monkeypatch.setattr(trainers, "SILENT_SECONDS", 0.5)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bad", [CrashingTrainer, SilentTrainer, GarbageTrainer, LyingTrainer])
def test_a_bad_trainer_is_replaced_and_the_room_trains_on(bench_of: BenchOf, bad: type[FakeTrainer]) -> None:
    bench = bench_of(bad, FakeTrainer)
    me = joined(bench)
    other = joined(bench, me.room)
    me.command("start")
    me.sees(lambda state: state["session"]["status"] == "training" and state["session"]["waiting"] is None
            and len(bench.launcher.started) == 2 and state["series"]["b1"].get("train_loss"), "the second trainer")
    other.sees(lambda state: state["seq"] == me.state["seq"])
    assert other.state == me.state


@pytest.mark.usefixtures("quick")
def test_a_trainer_that_dies_again_and_again_fails_the_session_and_no_other_room(bench_of: BenchOf) -> None:
    bench = bench_of(CrashingTrainer)
    me = joined(bench)
    me.command("start")
    error = me.status("failed")["session"]["error"]
    assert error["code"] == "trainer_crashed"
    assert error["hint"]
    bench.launcher.kinds = [FakeTrainer]
    other = joined(bench)
    other.command("start")
    other.status("training")
    assert me.command("continue" if me.state["session"]["position"]["x"] else "start")["ok"]
    me.status("training")


@pytest.mark.usefixtures("quick")
def test_a_command_accepted_before_the_crash_reaches_the_next_trainer(bench_of: BenchOf) -> None:
    bench = bench_of(SilentTrainer, FakeTrainer)
    me = joined(bench)
    me.command("start")
    until(lambda: bench.lab.trainers.lines, what="the silent trainer's line")
    assert me.command("set_settings", {"momentum": 0.5})["ok"]
    me.sees(lambda state: state["settings"]["momentum"] == 0.5, "the setting in effect")
    assert bench.lab.store.undone(me.room) == []


def test_an_older_attempt_is_refused(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    me.command("start")
    me.status("training")
    order = {**bench.launcher.started[0].order, "attempt": 0}
    late = FakeTrainer(order)
    late.start()
    assert late.done.wait(10)
    assert [frame["t"] for frame in late.frames] == ["refused"]
    wrong = FakeTrainer({**bench.launcher.started[0].order, "token": "guessed"})
    wrong.start()
    assert wrong.done.wait(10)
    assert [frame["t"] for frame in wrong.frames] == ["refused"]
    me.command("interrupt")
    me.status("paused")


@pytest.mark.usefixtures("quick")
def test_a_restarted_server_goes_on_where_the_log_ends(bench_of: BenchOf, tmp_path: Path) -> None:
    first = bench_of(max_trainers=1)
    me, waiting = joined(first), joined(first)
    me.command("start")
    me.status("training")
    me.sees(lambda state: state["series"]["b1"].get("train_loss"))
    waiting.command("start")
    waiting.sees(lambda state: state["session"]["waiting"] == {"reason": "queued", "place": 1})
    before, queued = me.room, waiting.room
    cookie = me.http.get_cookie("lockstep", "localhost")
    first.close()

    second = bench_of(max_trainers=1)
    again = second.browser()
    assert cookie and second.lab.identity.read(cookie.value)
    again.connect().join(before)
    again.sees(lambda state: state["session"]["status"] == "training" and state["session"]["waiting"] is None)
    again.sees(lambda state: len(state["series"]["b1"]["train_loss"]) == 2)
    third = second.browser().connect()
    third.join(queued)
    assert third.state["session"]["waiting"] == {"reason": "queued", "place": 1}
    assert again.command("interrupt")["ok"]
    third.status("training")
