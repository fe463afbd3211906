"""A new Run that takes over weights; networks that are too large for a room; and trainers that are busy, not hanging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.patience import busy_seconds, hangs
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_keep import SavingTrainer, files
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
CNN = cnn().model_dump(mode="json")
WIDE = {**CNN, "layers": [*CNN["layers"][:-3], {"kind": "linear", "features": 99}, *CNN["layers"][-2:]]}


class PassingTrainer(SavingTrainer):
    """Pauses in the middle of an epoch, where only a passing Checkpoint is."""

    def go(self, asked: str | None, until: int) -> None:
        self.event("training_started", {"until": until, "stop": None}, asked)
        self.x = 0.5
        self.event("checkpoint_saved", {
            "branch": "b1", "epoch": 0, "batch": 0, "x": 0.5, "digest": "5" * 64, "kind": "interval", "bytes": 9,
            "seconds": 0.1, "finite": True, "build": "fake"})
        self.event("training_paused", {"reason": "interrupted"})


@pytest.fixture
def trained(bench_of: BenchOf) -> Browser:
    me = joined(bench_of(SavingTrainer, checkpoint_quota=1))
    me.command("start", {"epochs": 10})
    me.sees(lambda state: state["session"]["reason"] == "finished" and len(state["checkpoints"]) == 3)
    return me


def test_a_new_run_takes_over_the_layers_that_fit_and_says_which(trained: Browser) -> None:
    assert trained.command("new_run", {"blueprint": WIDE, "warm": True})["ok"]
    state = trained.sees(lambda state: "r2" in state["runs"])
    assert state["runs"]["r2"]["warm"] == {"run": "r1", "branch": "b1", "epoch": 10, "batch": 0, "digest": f"{10:064x}",
                                           "layers": ["conv1", "conv2"]}
    assert state["runs"]["r1"]["warm"] is None


def test_the_trainer_is_given_what_to_take_over(trained: Browser) -> None:
    trained.command("new_run", {"blueprint": WIDE, "warm": True})
    trainer = trained.bench.launcher.started[-1]
    until(lambda: trainer.work["position"]["run"] == "r2", what="the new place")
    assert trainer.work["warm"]["layers"] == ["conv1", "conv2"] and trainer.work["checkpoints"] == []


def test_what_a_run_began_with_stays_whatever_the_quota(trained: Browser) -> None:
    there = files(trained.bench, trained, range(1, 11))
    trained.command("revert", {"branch": "b1", "epoch": 9})
    trained.sees(lambda state: state["session"]["position"]["epoch"] == 9)
    kept = max(row["epoch"] for row in trained.state["checkpoints"] if row["epoch"] <= 9)
    assert trained.command("new_run", {"blueprint": CNN, "warm": True})["ok"]
    state = trained.sees(lambda state: "r2" in state["runs"])
    assert state["runs"]["r2"]["warm"]["epoch"] == kept
    trained.bench.lab.keep.thin(trained.room)
    assert there[kept].exists()


def test_a_passing_checkpoint_that_a_run_began_with_becomes_one_that_stays(bench_of: BenchOf) -> None:
    me = joined(bench_of(PassingTrainer))
    me.command("start")
    me.status("paused")
    assert me.command("new_run", {"blueprint": CNN, "warm": True})["ok"]
    state = me.sees(lambda state: "r2" in state["runs"])
    assert [row["digest"] for row in state["checkpoints"]] == ["5" * 64] and state["passing"] == []


@pytest.mark.parametrize(("begin", "blueprint", "code"), [
    (False, CNN, "nothing_trained"),
    (True, mlp("mnist").model_dump(mode="json"), "nothing_fits")])
def test_without_anything_to_take_over_it_is_refused_and_nothing_happens(
        bench_of: BenchOf, begin: bool, blueprint: dict[str, Any], code: str) -> None:
    me = joined(bench_of(SavingTrainer))
    if begin:
        me.command("start", {"epochs": 10})
        me.sees(lambda state: state["session"]["reason"] == "finished")
    blueprint = {**blueprint, "layers": [{**one, "features": 11} if one.get("features", 10) != 10 else one
                                         for one in blueprint["layers"]]}
    before = me.state["seq"]
    error = me.command("new_run", {"blueprint": blueprint, "warm": True})["error"]
    assert error["code"] == code and error["hint"] and error["field"] == "warm"
    me.listen()
    assert me.state["seq"] == before


# ── size ────────────────────────────────────────────────────────────────────────────────────────────────────

LARGE = {**CNN, "dataset": "cifar10", "layers": [
    {"kind": "conv", "channels": 512}, {"kind": "conv", "channels": 512}, {"kind": "adaptiveavgpool"}, *CNN["layers"][-5:]]}


def test_a_network_that_is_too_large_is_refused_before_it_is_built(bench_of: BenchOf) -> None:
    me = joined(bench_of(trainer_memory=1500))
    error = me.command("new_run", {"blueprint": LARGE, "settings": {"batch_size": 1024}})["error"]
    assert error["code"] == "too_large" and "GB" in error["message"] and "batch size" in error["hint"]
    assert me.command("new_run", {"blueprint": LARGE, "settings": {"batch_size": 8}})["ok"]
    assert me.command("set_settings", {"batch_size": 1024})["error"]["code"] == "too_large"
    assert me.command("set_settings", {"batch_size": 16})["ok"]


def test_a_step_that_would_take_too_long_is_refused(bench_of: BenchOf) -> None:
    me = joined(bench_of(trainer_memory=0))
    error = me.command("new_run", {"blueprint": LARGE, "settings": {"batch_size": 1024}})["error"]
    assert error["code"] == "too_slow" and "multiply-adds" in error["message"]


def test_a_large_network_may_be_silent_for_longer() -> None:
    state = {"blueprint": LARGE, "settings": {"batch_size": 64}}
    small = {"blueprint": CNN, "settings": {"batch_size": 64}}
    assert busy_seconds(CNN, {"batch_size": 64}) < 0.5 < 60 < busy_seconds(LARGE, {"batch_size": 64})
    assert hangs(11, 10, small) and not hangs(60, 10, state) and hangs(600, 10, state) and not hangs(9, 10, small)
