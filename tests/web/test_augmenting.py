"""Settings that name classes, and questions about augmented images, as the web process hands them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.core.augmentation import Augmentation
from ml_utils.core.blueprint import mlp
from tests.web.conftest import Bench, Browser
from tests.web.test_questions import AnsweringTrainer
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
NONE = Augmentation().model_dump()


def ask(me: Browser, **args: Any) -> Any:
    return me.post(f"/api/rooms/{me.room}/ask", {"id": "question-1", "name": "augmented", "args": args}).get_json()


@pytest.fixture
def me(bench_of: BenchOf) -> Browser:
    found = joined(bench_of(AnsweringTrainer))
    found.command("start", {"epochs": 3})
    found.status("training")
    return found


def test_a_question_without_settings_gets_those_of_the_room(me: Browser) -> None:
    assert ask(me)["args"] == {"model": "now", "settings": NONE, "epoch": None, "count": 8, "batch_size": 64}
    me.command("set_settings", {"rotation": 12.0, "batch_size": 32})
    me.sees(lambda state: state["settings"]["rotation"] == 12.0)
    assert ask(me, count=3)["args"] == {"model": "now", "settings": {**NONE, "rotation": 12.0}, "epoch": None, "count": 3,
                                        "batch_size": 32}


def test_settings_that_are_not_set_yet_can_be_tried_and_change_nothing(me: Browser) -> None:
    before = me.sees(lambda state: state)["settings"]
    assert ask(me, settings={"mixup": 0.5}, epoch=7)["args"]["settings"] == {**NONE, "mixup": 0.5}
    assert me.sees(lambda state: state)["settings"] == before


@pytest.mark.parametrize("args", [
    {"settings": {"mixup": 3.0}}, {"settings": {"learning_rate": 0.1}}, {"count": 17}, {"count": 0}, {"epoch": -1},
    {"model": "untrained"}, {"batch_size": 10**9}, {"settings": {"flip": 1}}])
def test_a_bad_question_is_refused(me: Browser, args: dict[str, Any]) -> None:
    assert ask(me, **args)["error"]["code"] == "invalid"


def test_a_class_that_is_not_there_is_refused_like_a_layer(bench_of: BenchOf) -> None:
    me = joined(bench_of(AnsweringTrainer))
    refused = me.command("set_settings", {"class_weights": {"10": 2.0}})
    assert refused["error"]["code"] == "unknown_class" and refused["error"]["field"] == "class_weights"
    assert "0 to 9" in refused["error"]["hint"]
    assert me.command("set_settings", {"class_weights": {"9": 2.0, "0": 0.5}})["ok"]
    me.sees(lambda state: state["settings"]["class_weights"] == {"0": 0.5, "9": 2.0})
    assert me.command("set_settings", {"class_weights": {"9": None, "77": None}})["ok"]  # there is nothing to remove
    me.sees(lambda state: state["settings"]["class_weights"] == {"0": 0.5})


def test_weights_of_classes_stay_with_their_dataset(bench_of: BenchOf) -> None:
    me = joined(bench_of(AnsweringTrainer))
    assert me.command("set_settings", {"class_weights": {"9": 2.0}, "balanced": True})["ok"]
    assert me.command("new_run", {"blueprint": mlp("digits").model_dump(mode="json")})["ok"]
    state = me.sees(lambda state: "r1" in state["runs"])
    assert state["settings"]["class_weights"] == {"9": 2.0}
    assert me.command("new_run", {"blueprint": mlp("mnist").model_dump(mode="json")})["ok"]
    state = me.sees(lambda state: "r2" in state["runs"])
    assert state["settings"]["class_weights"] == {} and state["settings"]["balanced"]
