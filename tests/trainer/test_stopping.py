"""Stopping early: at the epoch that the history says, whoever was interrupted, killed, sent back or forked on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint, mlp
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import empty_state
from ml_utils.core.standing import go_order, work_of
from ml_utils.core.timeline import fold
from ml_utils.core.work import Best, Watched, Work
from ml_utils.trainer import keeper
from ml_utils.trainer.order import Patience
from ml_utils.trainer.stopping import Stopping

from .conftest import Lab
from .fake_web import FakeWeb

OFTEN = Patience(beat=0.1, silence=20.0, idle=20.0, farewell=2.0, redial=0.02, checkpoint=0.0)
HELD = Blueprint.model_validate({**mlp().model_dump(mode="json"), "validation": 0.2})
LAST = 40  # epochs, if nothing stops it
# so large a rate and so small a batch that accuracy goes up and down early
ROUGH = Settings(batch_size=48, learning_rate=0.3, patience=3)
State = dict[str, Any]


def state_of(web: FakeWeb, *more: tuple[str, dict[str, Any]]) -> State:
    """The Snapshot of a room whose trainer told this; `more`: what the web process wrote after it."""
    begun = [("run_started", {"run": "r1", "branch": "b1", "blueprint": web.blueprint.model_dump(mode="json"),
                              "settings": web.begun_with.model_dump(mode="json"), "threads": 1}, None),
             ("training_requested", {"until": LAST}, None)]
    told = [(one["name"], one["data"], one["position"]) for one in web.events]
    here = told[-1][2] if told else None
    state = empty_state("abcdefgh")
    for seq, (name, data, position) in enumerate([*begun, *told, *((name, data, here) for name, data in more)], 1):
        fact = {"seq": seq, "name": name, "data": data, "position": position, "by": None, "at": 0.0}
        fold(state, json.loads(json.dumps(fact)))
    return state


def begun(lab: Lab, settings: Settings = ROUGH, blueprint: Blueprint = HELD) -> FakeWeb:
    web = lab.web(blueprint, settings)
    recover(lab, web)
    return web


def recover(lab: Lab, web: FakeWeb, *more: tuple[str, dict[str, Any]]) -> Work:
    """The next trainer, with the Work that the log gives it."""
    web.work = work_of(state_of(web, *more), True)
    lab.trainer(web, OFTEN)
    web.wait(lambda: len(web.hellos) == sum(one.order.line == str(web.address) for one in lab.trainers), "the next trainer")
    return web.work


def reach(web: FakeWeb, x: float) -> None:
    web.wait(lambda: web.position.x >= x, f"x = {x}")


def stop(web: FakeWeb, count: int = 1) -> tuple[int, str]:
    """Return after which epoch the `count`-th training stopped early, and the digest there."""
    at = web.event("training_paused", count, reason="stopped_early")["position"]
    assert at["batch"] == 0
    return at["epoch"], web.told("checkpoint_saved", epoch=at["epoch"], batch=0)[-1]["data"]["digest"]


def scores(web: FakeWeb, split: str = "validation", metric: str = "accuracy") -> dict[int, float]:
    return {one["position"]["epoch"]: one["data"][split][metric] for one in web.told("epoch_finished")}


def expected(found: dict[int, float], patience: int, since: int = 0, sign: int = 1) -> int:
    """By hand: the first epoch with so many in a row, from `since` on, that are not better than all before them."""
    bad, best = 0, float("-inf")
    for epoch in sorted(found):
        bad = 0 if sign * found[epoch] > best else bad + 1
        best = max(best, sign * found[epoch])
        bad = min(bad, epoch - since)
        if epoch > since and bad >= patience:
            return epoch
    raise AssertionError("it never stops")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)


@pytest.fixture
def calm(lab: Lab) -> tuple[FakeWeb, int, str]:
    """An undisturbed training that stopped early."""
    web = begun(lab)
    epoch, digest = stop(web)
    return web, epoch, digest


def test_it_stops_after_so_many_epochs_in_a_row_that_are_not_better(calm: tuple[FakeWeb, int, str]) -> None:
    web, epoch, _ = calm
    assert epoch == expected(scores(web), 3) < LAST
    assert not web.told("training_paused", reason="finished") and len(scores(web)) == epoch
    state = state_of(web)
    assert state["session"]["reason"] == "stopped_early" and state["session"]["status"] == "paused"
    assert [row["epoch"] for row in state["branches"]["b1"]["stops"]] == [epoch]


@pytest.mark.parametrize(("split", "metric"), [("test", "accuracy"), ("validation", "loss"), ("test", "loss")])
def test_by_what_is_told_by_watch_and_by_what_is_held_back(lab: Lab, split: str, metric: str) -> None:
    web = begun(lab, Settings.model_validate({**ROUGH.model_dump(), "watch": metric}), HELD if split == "validation" else mlp())
    epoch, _ = stop(web)
    assert epoch == expected(scores(web, split, metric), 3, sign=1 if metric == "accuracy" else -1)
    assert all((one["data"].get("validation") is None) == (split == "test") for one in web.told("epoch_finished"))


def test_interrupts_change_nothing(lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web = begun(lab)
    for count in range(1, 6):
        reach(web, count * calm[1] / 7)
        web.answer(web.command("interrupt"))
        web.answer(web.go(LAST))
    assert stop(web) == calm[1:]


def test_kills_change_nothing(lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web = begun(lab)
    for count in range(1, 5):
        reach(web, count * calm[1] / 5 - 0.1)
        lab.trainers[-1].die()
        recover(lab, web)
    assert stop(web) == calm[1:]


def test_a_trainer_that_dies_before_it_could_say_that_it_stopped_is_replaced_by_one_that_stops_there(
        lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web = begun(lab)
    stop(web)
    lab.trainers[-1].die()
    for lost in ("training_paused", "checkpoint_saved"):  # the latter: the epoch is trained again
        while any(one["name"] == lost and one["position"]["epoch"] == calm[1] for one in web.events):
            web.events.pop()
        recover(lab, web)
        assert stop(web) == calm[1:]
        lab.trainers[-1].die()


def test_whoever_trains_on_has_all_the_patience_again_and_a_kill_does_not_change_that(
        lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web, first, _ = calm
    web.answer(web.go(LAST))
    second = stop(web, 2)
    assert second[0] == expected(scores(web), 3, since=first) >= first + 3
    again = begun(lab)
    stop(again)
    lab.trainers[-1].die()
    asked = "training_requested", {"until": LAST}
    assert recover(lab, again, asked).watched.since == first
    reach(again, first + 1.5)
    lab.trainers[-1].die()
    recover(lab, again)
    assert stop(again, 2) == second


def test_a_branch_goes_on_with_the_history_of_its_way(lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web, epoch, digest = calm
    lab.trainers[-1].die()
    fork = epoch - 1
    settings = ROUGH.model_dump(mode="json")
    place = {**web.told("epoch_finished")[fork - 1]["position"]}
    branched = {"branch": "b2", "run": "r1", "parent": "b1", "epoch": fork, "kind": "fork", "settings": settings, "replay": [],
                "of": None, "group": None, "before": None, "planned": False}
    state = state_of(web)
    for name, data in (("reverted", {"branch": "b1", "epoch": fork, "settings": settings}), ("branch_started", branched),
                       ("training_requested", {"until": LAST})):
        at = {**place, "branch": "b2" if name != "reverted" else "b1"}
        fold(state, {"seq": state["seq"] + 1, "name": name, "data": data, "position": at, "by": None, "at": 0.0})
    web.work = work_of(state, True)
    web.events.clear()
    lab.trainer(web, OFTEN)
    found = stop(web)
    assert found == (epoch, digest) and web.told("training_paused")[-1]["position"]["branch"] == "b2"
    assert go_order(state)["branch"] == "b2"


def test_a_change_of_patience_on_the_way_counts_anew(lab: Lab) -> None:
    web = begun(lab, Settings.model_validate({**ROUGH.model_dump(), "patience": 0}))
    reach(web, 4.3)
    changed = web.answer(web.command("set_settings", patience=2))["position"]["epoch"]
    found = stop(web)
    assert found[0] == expected(scores(web), 2, since=changed)
    lab.trainers[-1].die()
    again = lab.web(HELD, web.begun_with)
    again.events += [one for one in web.events if one["position"]["x"] <= changed + 1]  # as it was soon after the change
    (again.address.parent / "checkpoints").symlink_to(web.address.parent / "checkpoints")
    for one in again.events:
        one["attempt"] = 0
    recover(lab, again)
    assert stop(again) == found


def test_steps_are_trained_as_many_as_were_asked_for(lab: Lab, calm: tuple[FakeWeb, int, str]) -> None:
    web = begun(lab, Settings.model_validate({**ROUGH.model_dump(), "patience": 1, "learning_rate": 1e-6}))
    stop(web)
    web.answer(web.go(LAST, steps=100))
    paused = web.event("training_paused", reason="stepped")["position"]
    assert paused["x"] > web.told("training_paused", reason="stopped_early")[0]["position"]["x"] + 3
    web.answer(web.go(LAST))  # more than one epoch was no better meanwhile
    assert stop(web, 2)[0] == paused["epoch"] + 1


def test_an_epoch_that_is_trained_again_counts_once_and_a_loss_that_is_none_is_not_better() -> None:
    stopping = Stopping(Watched(known=4, accuracy=Best(epoch=2, value=0.5)))
    good = {"accuracy": 0.75, "loss": None, "examples": 9}
    stopping.note(3, {"test": good})
    assert stopping._best["accuracy"] == Best(epoch=2, value=0.5)
    stopping.note(5, {"test": {**good, "accuracy": 0.5}})
    stopping.note(6, {"test": good, "validation": {**good, "accuracy": 0.25}})
    assert stopping._best == {"accuracy": Best(epoch=2, value=0.5), "loss": None}
    stopping.note(7, {"test": {**good, "accuracy": 0.25}, "validation": good})
    assert stopping._best["accuracy"] == Best(epoch=7, value=0.75)
