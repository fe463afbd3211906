"""What a class does in its first hour: it learns, on real images; and what happens without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_utils.core.blueprint import cnn, mlp
from tests.journeys.conftest import Stage
from tests.server import DATA, Page

needs_mnist = pytest.mark.skipif(not (Path(DATA) / "MNIST" / "raw").exists(), reason=f"no MNIST in {DATA} (LOCKSTEP_DATA)")


def best_accuracy(page: Page, seconds: float) -> float:
    page.sees(lambda state: state["session"]["reason"] == "finished", seconds, "the end")
    (series,) = [series for series in page.state["series"].values() if series.get("test_accuracy")]
    return max(point[1] for point in series["test_accuracy"])


def test_digits_reach_96_percent_with_what_a_newcomer_gets(stage: Stage) -> None:
    page = stage.page(stage.server())
    page.command("start")
    assert best_accuracy(page, 60) >= 0.96


@needs_mnist
@pytest.mark.timeout(400)
def test_mnist_reaches_98_percent_within_three_epochs(stage: Stage) -> None:
    page = stage.page(stage.server())
    assert page.command("new_run", {"blueprint": cnn("mnist").model_dump(mode="json")})["ok"]
    assert page.command("start", {"epochs": 3})["ok"]
    assert best_accuracy(page, 300) >= 0.98


def test_a_dataset_that_cannot_be_had_is_explained_and_the_room_stays_usable(stage: Stage, tmp_path: Path) -> None:
    server = stage.server(data=tmp_path / "empty")
    page = stage.page(server)
    page.command("new_run", {"blueprint": mlp("kmnist").model_dump(mode="json")})
    page.command("start")
    error = page.sees(lambda state: state["session"]["error"], 60, "the error")["session"]["error"]
    assert error["code"] == "dataset_missing"
    assert str(tmp_path / "empty") in error["hint"]
    assert page.command("new_run", {"blueprint": mlp("digits").model_dump(mode="json")})["ok"]
    assert page.command("start", {"epochs": 1})["ok"]
    page.sees(lambda state: state["session"]["reason"] == "finished", 30, "the end")


def test_more_rooms_than_places_wait_and_say_so(stage: Stage) -> None:
    server = stage.server(max_trainers=1)
    first, second = stage.page(server), stage.page(server)
    first.command("start", {"epochs": 5000})
    first.status("training")
    second.command("start", {"epochs": 1})
    second.sees(lambda state: state["session"]["waiting"] == {"reason": "queued", "place": 1})
    first.command("interrupt")
    second.sees(lambda state: state["session"]["reason"] == "finished", 30, "its turn")
    first.command("continue", {"epochs": 1})
    first.sees(lambda state: state["session"]["reason"] == "finished", 30)

