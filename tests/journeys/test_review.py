"""The review with real processes: galleries, passports, marks of two people, and a Run without some examples."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Stage
from tests.journeys.test_inside import ask
from tests.journeys.test_training import agree
from tests.journeys.test_travel import digests, finished, trained
from tests.server import Page

AT_2 = {"branch": "b1", "epoch": 2}


def marked(page: Page, key: str = "digits-1") -> list[int]:
    """The training examples that somebody marked as wrongly labelled, as a page finds them."""
    rows = page.state["marks"].get(key, {})
    return [int(example.partition("-")[2]) for example, marks in rows.items()
            if example.startswith("train-") and any(mark["mark"] == "wrong_label" for mark in marks.values())]


def test_two_people_mark_examples_and_train_without_them(stage: Stage) -> None:
    ada, ben = trained(stage, stage.server(), 1)
    everything = digests(ada)["b1", 1]
    assert ada.command("mark_example", {"split": "train", "number": 700, "mark": "wrong_label", "note": "a nine"})["ok"]
    assert ben.command("mark_example", {"split": "train", "number": 12, "mark": "wrong_label"})["ok"]
    assert ben.command("mark_example", {"split": "train", "number": 13, "mark": "ambiguous"})["ok"]
    ada.sees(lambda state: len(state["marks"].get("digits-1", {})) == 3)
    assert marked(ada) == [700, 12] == marked(ben)
    assert ada.command("new_run", {"blueprint": {**ada.state["blueprint"], "without": marked(ada)}})["ok"]
    assert ben.command("start", {"epochs": 1})["ok"]
    state = finished(ben, "b2")
    assert state["runs"]["r2"]["blueprint"]["without"] == [12, 700] and "without" not in state["runs"]["r1"]["blueprint"]
    assert state["branches"]["b2"]["last"]["train"]["examples"] == 1435
    rows = [event for event in ben.log() if event["name"] == "metrics" and event["position"]["branch"] == "b2"]
    xs = [x for event in rows for x in event["data"]["x"]]
    assert len(xs) == 23 == rows[-1]["position"]["batches"]
    assert xs == [round(min(64 * batch, 1435) / 1435, 6) for batch in range(1, 24)]
    assert digests(ada)["b2", 1] != everything
    agree(ada, ben)
    assert ben.command("prove", {"branch": "b2", "epoch": 1})["ok"]
    state = ada.sees(lambda state: state["proofs"] and state["proofs"][-1]["state"] != "running", 60)
    assert state["proofs"][-1]["state"] == "same"
    assert ben.command("revert", {"branch": "b2", "epoch": 0})["ok"]
    ada.sees(lambda state: state["session"]["reason"] == "reverted")
    assert ada.command("continue", {"epochs": 1})["ok"]
    finished(ada, "b3")
    assert digests(ada)["b3", 1] == digests(ada)["b2", 1]
    agree(ada, ben)


def test_galleries_and_passports_of_what_was_trained(stage: Stage) -> None:
    ada, ben = trained(stage, stage.server(), 2)
    gallery: dict[str, Any] = ask(ada, "gallery", model=AT_2, split="test", wrong=True, count=48)
    right = ada.state["series"]["b1"]["test_accuracy"][-1][1]
    assert gallery["ok"] and gallery["total"] == round(360 * (1 - right))
    assert all(one["label"] != one["prediction"] for one in gallery["examples"])
    assert ask(ben, "gallery", split="test", wrong=True, count=48)["examples"] == gallery["examples"]  # now: where it stands
    assert ask(ada, "gallery", model=AT_2, split="train")["error"]["code"] == "not_evaluated"
    worst = gallery["examples"][0]
    one = ask(ada, "classify", model=AT_2, image={"kind": "example", "split": "test", "number": worst["number"]})
    assert one["prediction"] == worst["prediction"] and one["image"] == worst["image"]
    assert ben.command("revert", {"branch": "b1", "epoch": 1})["ok"]
    ada.sees(lambda state: state["session"]["reason"] == "reverted")
    assert ada.command("continue", {"epochs": 1})["ok"]
    finished(ada, "b2")
    passport = ask(ada, "passport", split="test", number=worst["number"])
    first, second = passport["runs"]
    assert [row["epoch"] for row in first["epochs"]] == [1, 2] and [row["epoch"] for row in second["epochs"]] == [2]
    assert first["epochs"][1]["prediction"] == worst["prediction"] and first["wrong"] and passport["label"] == worst["label"]
    assert second["epochs"][0] == first["epochs"][1]  # to the bit the same epoch
    assert ask(ada, "passport", split="test", number=360)["error"]["code"] == "unknown_example"
