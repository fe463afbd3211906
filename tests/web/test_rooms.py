"""What Commands do, as seen by the one who asked and by a second browser."""

from __future__ import annotations

from collections.abc import Callable

from ml_utils.core.blueprint import mlp
from tests.trainers import FakeTrainer, SilentTrainer, SlowTrainer
from tests.web.conftest import Bench, Browser

BenchOf = Callable[..., Bench]


def joined(bench: Bench, room: str | None = None) -> Browser:
    browser = bench.browser().connect()
    assert browser.join(room)["ok"]
    return browser


def test_an_untouched_room_has_the_default_blueprint_and_is_not_stored(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    assert me.state["seq"] == 0
    assert me.state["session"]["status"] == "idle"
    assert bench.lab.store.room(me.room) is None


def test_start_trains_and_a_second_browser_sees_it(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    other = joined(bench, me.room)
    assert me.command("start", {"epochs": 3})["ok"]
    me.sees(lambda state: state["series"].get("b1", {}).get("train_loss"), "a point")
    assert me.state["session"]["until"] == 3
    other.sees(lambda state: state["seq"] == me.state["seq"])
    assert other.state == me.state


def test_interrupt_and_continue_keep_the_position(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    me.command("start")
    me.status("training")
    me.sees(lambda state: state["series"]["b1"].get("train_loss"))
    assert me.command("interrupt")["ok"]
    assert me.status("paused")["session"]["position"]["x"] == 0.5
    assert me.command("continue")["ok"]
    me.status("training")
    me.sees(lambda state: len(state["series"]["b1"]["train_loss"]) == 2)


def test_a_setting_asked_for_while_training_comes_back_with_who_and_where(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    me.command("start")
    me.status("training")
    assert me.command("set_settings", {"learning_rate": 0.01})["ok"]
    marker = me.sees(lambda state: state["markers"], "a marker")["markers"][0]
    assert marker["by"]["id"] == me.person
    assert me.state["settings"]["learning_rate"] == 0.01


def test_a_setting_asked_for_while_idle_takes_effect_at_once(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    answer = me.command("set_settings", {"dropout": 0.5, "epochs": 4})
    me.listen()
    assert answer == {"ok": True, "seq": 1}
    assert me.state["settings"]["dropout"] == 0.5


def test_a_repeated_command_gives_the_first_answer_and_happens_once(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    first = me.command("set_settings", {"dropout": 0.5}, id="same-id-1")
    again = me.command("set_settings", {"dropout": 0.1}, id="same-id-1")
    assert first == again
    assert [event["data"]["settings"]["dropout"] for event in me.listen()] == [0.5]


def test_a_new_run_keeps_the_old_one(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    me.command("start")
    me.status("training")
    refused = me.command("new_run", {"blueprint": mlp().model_dump(mode="json")})
    assert refused["error"]["code"] == "training"
    me.command("interrupt")
    me.status("paused")
    assert me.command("new_run", {"blueprint": mlp("mnist").model_dump(mode="json"), "settings": {"batch_size": 32}})["ok"]
    state = me.sees(lambda state: "r2" in state["runs"])
    assert list(state["runs"]) == ["r1", "r2"]
    assert state["session"]["position"] == {"run": "r2", "branch": "b2", "epoch": 0, "batch": 0, "batches": 1875, "x": 0.0}
    assert state["series"]["b1"]["train_loss"]


def test_what_makes_no_sense_now_is_refused_with_a_way_out(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    for name, code in (("interrupt", "not_training"), ("continue", "not_begun")):
        error = me.command(name)["error"]
        assert error["code"] == code
        assert error["hint"]
    assert me.state["seq"] == 0


def test_more_starts_than_places_are_queued_in_order(bench_of: BenchOf) -> None:
    bench = bench_of(max_trainers=1)
    first, second, third = joined(bench), joined(bench), joined(bench)
    for browser in (first, second, third):
        assert browser.command("start")["ok"]
    first.status("training")
    second.sees(lambda state: state["session"]["waiting"] == {"reason": "queued", "place": 1})
    third.sees(lambda state: state["session"]["waiting"] == {"reason": "queued", "place": 2})
    first.command("interrupt")
    second.status("training")
    third.sees(lambda state: state["session"]["waiting"] == {"reason": "queued", "place": 1})
    assert third.command("interrupt")["ok"]
    third.sees(lambda state: state["session"]["waiting"] is None)
    assert third.state["session"]["status"] == "idle"


def test_interrupt_before_the_trainer_begins_gives_it_up(bench_of: BenchOf) -> None:
    bench = bench_of(SlowTrainer)
    me = joined(bench)
    me.command("start")
    assert me.command("interrupt")["ok"]
    assert me.status("idle")["session"]["waiting"] is None
    bench.launcher.started[0].begin.set()
    assert me.command("start")["ok"]
    assert bench.launcher.started[1].attempt == 2
    bench.launcher.started[1].begin.set()
    me.status("training")


def test_who_was_away_while_a_run_began_comes_back_to_the_same_state(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    away = joined(bench, me.room)
    away.socket.disconnect()
    me.command("start")
    me.sees(lambda state: state["series"].get("b1", {}).get("train_loss"), "a point")
    assert "events" in away.connect().join(me.room, since=0)
    assert away.state == me.state


def test_a_room_may_not_fill_the_queue_of_proofs(bench_of: BenchOf) -> None:
    me = joined(bench_of(FakeTrainer, SilentTrainer))  # the second one is the process of the first proof
    me.command("start", {"epochs": 30})
    trainer = me.bench.launcher.started[0]
    me.status("training")
    for epoch in range(1, 6):
        trainer.row()
        trainer.row()
        trainer.event("checkpoint_saved", {
            "branch": "b1", "epoch": epoch, "batch": 0, "x": float(epoch), "digest": f"{epoch:064x}", "kind": "epoch",
            "bytes": 9, "seconds": 0.1, "finite": True, "build": "fake"})
    me.sees(lambda state: len(state["checkpoints"]) == 5)
    answers = [me.command("prove", {"branch": "b1", "epoch": epoch}) for epoch in (1, 1, 2, 3, 4, 5)]
    assert [answer["ok"] for answer in answers] == [True, False, True, True, True, False]
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"proving"}
