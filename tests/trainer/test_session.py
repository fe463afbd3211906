"""A Session, seen from the web process."""

from __future__ import annotations

import errno

import pytest

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.settings import Settings
from ml_utils.trainer.order import Patience

from .conftest import QUICK, Lab
from .fake_web import FakeWeb

LONG = 1000  # epochs: longer than any test


def paused(lab: Lab, until: int = 1) -> FakeWeb:
    """Return a room that has trained to this epoch and stands paused."""
    web = lab.web()
    web.work = web.known_work(go=True, until=until)
    lab.trainer(web)
    web.event("training_paused", reason="finished")
    return web


def test_a_trainer_trains_to_the_end_it_was_given_and_stays(lab: Lab) -> None:
    web = paused(lab, until=2)
    names = [event["name"] for event in web.events if event["name"] not in ("metrics", "layers_measured")]
    assert names == ["training_started", *["epoch_finished", "histograms_measured", "checkpoint_saved"] * 2, "training_paused"]
    assert web.events[0]["data"] == {"until": 2, "stop": None}
    assert web.position.epoch == 2 and web.position.batch == 0
    assert web.answer(web.go(3))["data"] == {"until": 3, "stop": None}
    web.event("training_paused", 2, reason="finished")
    assert web.position.epoch == 3


def test_the_first_batch_is_reported_at_once_and_every_batch_is_there(lab: Lab) -> None:
    web = paused(lab, until=2)
    metrics = web.told("metrics")
    assert len(metrics[0]["data"]["x"]) == 1
    rows = [x for event in metrics for x in event["data"]["x"]]
    assert len(rows) == 46 and rows == sorted(set(rows))
    assert all(event["position"]["x"] == event["data"]["x"][-1] for event in metrics)


def test_the_score_of_an_epoch_is_the_mean_of_its_batches(lab: Lab) -> None:
    web = paused(lab)
    data = [event["data"] for event in web.told("metrics")]
    sizes = [64] * 22 + [29]
    losses = [loss for one in data for loss in one["train_loss"]]
    train = web.told("epoch_finished")[0]["data"]["train"]
    assert train["examples"] == 1437
    assert train["loss"] == pytest.approx(sum(map(float.__mul__, losses, map(float, sizes))) / 1437, rel=1e-4)


def test_an_interrupt_stops_before_the_next_batch_with_a_checkpoint(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    web.event("metrics")
    answer = web.answer(web.command("interrupt"))
    assert (answer["name"], answer["data"]) == ("training_paused", {"reason": "interrupted"})
    saved = web.told("checkpoint_saved")[-1]
    assert {name: saved["data"][name] for name in ("epoch", "batch", "x")} == {
        name: answer["position"][name] for name in ("epoch", "batch", "x")}


def test_an_interrupt_of_a_paused_session_is_answered_with_why_it_stands(lab: Lab) -> None:
    web = paused(lab)
    saved = len(web.told("checkpoint_saved"))
    assert web.answer(web.command("interrupt"))["data"] == {"reason": "finished"}
    assert len(web.told("checkpoint_saved")) == saved


def test_a_repeated_command_is_obeyed_once(lab: Lab) -> None:
    web = paused(lab)
    identity = web.command("set_settings", learning_rate=0.1)
    web.answer(identity)
    web.send({"t": "command", "id": identity, "name": "set_settings", "args": {"learning_rate": 0.1}})
    web.answer(web.command("set_settings", learning_rate=0.2))
    assert len(web.told("settings_changed")) == 2


def test_settings_change_between_two_batches(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    web.event("metrics")
    answer = web.answer(web.command("set_settings", learning_rate=0.02, batch_size=16))
    assert answer["data"]["changes"] == {"learning_rate": {"from": 0.05, "to": 0.02}, "batch_size": {"from": 64, "to": 16}}
    assert answer["data"]["settings"]["batch_size"] == 16
    rows = [x for event in web.events if event["name"] == "metrics" and event["n"] < answer["n"] for x in event["data"]["x"]]
    assert rows[-1] <= answer["position"]["x"]
    later = web.wait(lambda: next((event for event in web.told("metrics") if event["n"] > answer["n"]), None))
    left = (1 - answer["position"]["x"] % 1) * 1437 / 16
    assert answer["position"]["batches"] - answer["position"]["batch"] == pytest.approx(left, abs=1)
    assert later["position"]["x"] >= answer["position"]["x"]


def test_settings_change_while_paused(lab: Lab) -> None:
    web = paused(lab)
    answer = web.answer(web.command("set_settings", optimizer="adam"))
    assert answer["data"]["changes"] == {"optimizer": {"from": "sgd", "to": "adam"}}
    assert answer["position"] == web.told("training_paused")[0]["position"]


def test_a_change_to_the_same_value_is_answered_too(lab: Lab) -> None:
    web = paused(lab)
    answer = web.answer(web.command("set_settings", momentum=0.9))
    assert answer["data"]["changes"] == {} and answer["data"].get("until") is None


def test_epochs_to_go_count_from_the_epoch_in_which_they_are_set(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    web.event("epoch_finished", 2)
    answer = web.answer(web.command("set_settings", epochs=3))
    assert answer["data"]["until"] == answer["position"]["epoch"] + 3
    web.event("training_paused", reason="finished")
    assert web.position.epoch == answer["data"]["until"]


def test_commands_that_came_with_the_welcome_are_obeyed(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    web.commands = [{"id": "waiting-1", "name": "set_settings", "args": {"dropout": 0.5}},
                    {"id": "waiting-2", "name": "interrupt", "args": {}}]
    lab.trainer(web)
    assert web.answer("waiting-1")["data"]["changes"] == {"dropout": {"from": 0.25, "to": 0.5}}
    assert web.answer("waiting-2")["position"]["batch"] == 0


def test_a_command_nobody_understands_harms_nothing(lab: Lab) -> None:
    web = paused(lab)
    web.command("dance")
    web.command("set_settings", batch_size=-1)
    web.command("go")
    assert web.answer(web.command("set_settings", batch_size=32))["data"]["settings"]["batch_size"] == 32


def test_a_loss_that_is_not_finite_pauses_before_it_reaches_the_weights(lab: Lab) -> None:
    web = lab.web(cnn(), Settings(learning_rate=10.0, momentum=0.999, optimizer="sgd", weight_decay=1.0))
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    position = web.event("training_paused", reason="loss_not_finite")["position"]
    saved = web.told("checkpoint_saved")[-1]["data"]
    assert (saved["epoch"], saved["batch"]) == (position["epoch"], position["batch"])
    rows = [x for event in web.told("metrics") for x in event["data"]["x"]]
    assert rows[-1] == position["x"]
    web.answer(web.go(LONG))
    assert web.event("training_paused", 2)["data"] == {"reason": "loss_not_finite"}


@pytest.mark.parametrize("blueprint", [cnn(), mlp()], ids=["cnn", "mlp"])
def test_digits_reach_96_percent_in_ten_epochs(lab: Lab, blueprint: object) -> None:
    web = lab.web(blueprint)  # type: ignore[arg-type]
    web.work = web.known_work(go=True, until=10)
    lab.trainer(web)
    web.event("training_paused", reason="finished")
    assert max(event["data"]["test"]["accuracy"] for event in web.told("epoch_finished")) >= 0.96


def test_a_trainer_that_stands_idle_leaves(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=1)
    trainer = lab.trainer(web, Patience(beat=0.1, idle=0.2))
    assert trainer.end() == 0
    assert web.frames[-1] == {"t": "bye"}
    assert web.told("training_paused")


def test_a_trainer_asked_to_leave_tells_where_it_went_on_to(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    trainer = lab.trainer(web, QUICK)
    web.event("metrics")
    web.send({"t": "leave"})
    assert trainer.end() == 0
    last = web.events[-1]
    assert (last["name"], last["data"]["kind"]) == ("checkpoint_saved", "interval")
    assert not web.told("training_paused")


def test_an_error_in_the_training_is_told_in_words_for_students(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr("ml_utils.trainer.look.eval_epoch.evaluate", broken)
    web = lab.web()
    web.work = web.known_work(go=True, until=1)
    assert lab.trainer(web).end() == 1
    failed = web.events[-1]
    assert failed["name"] == "session_failed" and failed["data"]["code"] == "trainer_error"
    assert "secret" not in str(failed["data"])


@pytest.mark.parametrize(("error", "code"), [
    (MemoryError(), "out_of_memory"), (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried …"), "out_of_memory")])
def test_too_little_room_is_told_as_such(lab: Lab, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    def greedy(*_: object) -> None:
        raise error

    monkeypatch.setattr("ml_utils.trainer.look.eval_epoch.evaluate", greedy)
    web = lab.web()
    web.work = web.known_work(go=True, until=1)
    assert lab.trainer(web).end() == 1
    assert web.events[-1]["data"]["code"] == code
