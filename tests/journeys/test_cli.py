"""Rooms and the command line: what one made the other trains to the same bits, and a run of the terminal is a live room."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_utils import logs, recipes
from ml_utils.core.blueprint import cnn
from tests.cli.conftest import Terminal, digests, named
from tests.journeys.conftest import Stage
from tests.server import Page
from tests.waiting import until

RECIPE = """\
blueprint:
  template: cnn
settings:
  epochs: 2
  optimizer: adam
  learning_rate: 0.002
  dropouts: {dropout1: 0.1}
"""
SLOW = ("--set", "settings.pace=20", "--epochs", "50")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    folder = tmp_path / "terminal"
    folder.mkdir()
    made = Terminal(folder)
    (folder / "small.yaml").write_text(RECIPE)
    yield made
    made.clear()


def of_page(page: Page) -> dict[int, str]:
    return {row["epoch"]: row["digest"] for row in page.snapshot()["checkpoints"] if row["kind"] == "epoch"}


def test_a_rooms_recipe_trains_to_the_same_bits_on_the_command_line(stage: Stage, terminal: Terminal) -> None:
    page = stage.page(stage.server())
    blueprint = cnn(seed=5).model_dump(mode="json")
    settings = {"epochs": 2, "optimizer": "rmsprop", "learning_rate": 0.002, "dropouts": {"dropout1": 0.1}, "frozen": ["conv1"]}
    assert page.command("new_run", {"blueprint": blueprint, "settings": settings})["ok"]
    assert page.command("start")["ok"]
    page.sees(lambda state: state["session"]["reason"] == "finished", 60)
    answer = page.http.get(f"{page.server.url}/api/rooms/{page.room}/recipe.yaml?run=r1", timeout=10)
    assert answer.ok, answer.text
    (terminal.folder / "room.yaml").write_bytes(answer.content)
    code, lines = terminal.lines("train", "room.yaml")
    assert (code, lines[-1]["digest"]) == (0, of_page(page)[2])
    assert digests(terminal.log("room")) == of_page(page)


def test_a_joined_run_is_a_live_room_with_exactly_this_recipe(stage: Stage, terminal: Terminal) -> None:
    page = stage.page(stage.server())
    page.command("set_settings", {"momentum": 0.5, "dropouts": {"dropout1": 0.9}})  # what a room has set is not what is trained
    joined = terminal.start("train", "small.yaml", "--join", page.room, "--server", page.server.url, "--name", "live", "--json")
    page.sees(lambda state: state["session"]["status"] == "training" or state["session"]["reason"] == "finished", 60)
    code, out, complaints = terminal.end(joined)
    assert code == 0, complaints
    lines = [json.loads(line) for line in out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert (kinds[0], kinds[-1], kinds.count("epoch")) == ("started", "ended", 2)
    log = terminal.log("live")
    assert list(logs.read(log)) == page.log()
    assert logs.folded(page.room, logs.read(log)) == page.snapshot()
    for name in ("recipe.yaml", "summary.txt", "weights/best.pt", "logs/log.txt", "metrics.csv"):
        assert (log.parent / name).stat().st_size, name
    blueprint, settings = recipes.read_recipe(RECIPE)
    run = page.snapshot()["runs"]["r1"]
    assert (run["blueprint"], run["settings"]) == (blueprint.model_dump(mode="json"), settings.model_dump(mode="json"))
    assert digests(log) == of_page(page)
    code, _, complaints = terminal.run("train", "--resume", "runs/live")
    assert code == 2 and f"in room {page.room}" in complaints


def test_ctrl_c_interrupts_the_room_and_a_busy_room_is_not_disturbed(stage: Stage, terminal: Terminal) -> None:
    page = stage.page(stage.server())
    to = ("--join", page.room, "--server", page.server.url)
    joined = terminal.start("train", "small.yaml", *to, "--name", "cut", *SLOW)
    page.status("training", 60)
    code, _, complaints = terminal.run("train", "small.yaml", *to, "--name", "late")
    assert code == 2 and "while this one trains" in complaints
    assert not (terminal.folder / "runs" / "late").exists()
    page.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    os.kill(joined.pid, signal.SIGINT)
    code, out, complaints = terminal.end(joined)
    assert code == 130, complaints
    assert "Interrupted, with a checkpoint" in out
    assert page.status("paused")["session"]["reason"] == "interrupted"
    assert named(terminal.log("cut"), "training_paused")


def test_a_server_that_goes_away_is_waited_for(stage: Stage, terminal: Terminal) -> None:
    page = stage.page(stage.server())
    server = page.server
    joined = terminal.start("train", "small.yaml", "--join", page.room, "--server", server.url, "--name", "hurt",
                            "--set", "settings.pace=10")
    page.status("training", 60)
    server.kill()
    server.start()
    code, _, complaints = terminal.end(joined)
    assert code == 0, complaints
    until(lambda: page.joined, 20)
    assert digests(terminal.log("hurt")) == of_page(page)
