"""What a room does by clicking, a script does by a file: the same digests, the same curves, in both directions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ml_utils import logs, session_file
from tests.journeys.conftest import Stage
from tests.journeys.test_travel import digests, finished
from tests.server import DATA, ROOT, Page, Server
from tests.waiting import until

SECONDS = 120
NETWORK = {"dataset": "digits", "seed": 5, "validation": 0.1, "layers": [
    {"kind": "conv", "channels": 4}, {"kind": "relu"}, {"kind": "flatten"}, {"kind": "dropout"},
    {"kind": "linear", "features": 10}]}
BEGUN = {"optimizer": "adam", "learning_rate": 0.002, "scheduler": "cosine", "epochs": 2}


def command_line(folder: Path, *args: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOCKSTEP_INSTANCE": str(folder / "shared"), "LOCKSTEP_DATA": DATA}
    done = subprocess.run([sys.executable, "-m", "ml_utils", *args], cwd=folder, env=environment, text=True, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout + done.stderr


def trained_there(folder: Path, *args: str) -> dict[int, str]:
    """Train on the command line; return the digest of each epoch."""
    code, said = command_line(folder, "train", *args, "--quiet")
    assert code == 0, said
    return epochs_of(folder / "runs" / args[args.index("--name") + 1] / "events.jsonl")


def epochs_of(log: Path) -> dict[int, str]:
    return {fact["data"]["epoch"]: fact["data"]["digest"] for fact in logs.read(log)
            if fact["name"] == "checkpoint_saved" and fact["data"]["batch"] == 0}


def taken(page: Page, what: str, file: Path) -> Path:
    answer = page.http.get(f"{page.server.url}/api/rooms/{page.room}/{what}", timeout=30)
    assert answer.ok, answer.text
    file.write_bytes(answer.content)
    return file


def opened(stage: Stage, server: Server, log: Path) -> Page:
    """Open a log as a new room, and look at it."""
    owner = stage.page(server, name="Ben")
    headers = {"X-Lockstep-Token": owner.token}
    data = log.read_bytes()
    wish = owner.http.post(f"{server.url}/api/uploads", json={"name": "events.jsonl", "bytes": len(data), "of": "x"},
                           headers=headers, timeout=10).json()
    for at in range(0, len(data), wish["chunk"]):
        owner.http.put(f"{server.url}/api/uploads/{wish['id']}?at={at}", data=data[at:at + wish["chunk"]], timeout=10,
                       headers={**headers, "Content-Type": "application/octet-stream"}).raise_for_status()
    answer = owner.http.post(f"{server.url}/api/open", json={"upload": wish["id"]}, headers=headers, timeout=60).json()
    assert answer["ok"], answer
    return stage.page(server, answer["room"], "Ben")


def test_a_recipe_of_a_room_is_trained_on_the_command_line_to_the_same_bits(stage: Stage, tmp_path: Path) -> None:
    server = stage.server()
    ada = stage.page(server, name="Ada")
    assert ada.command("new_run", {"blueprint": NETWORK, "settings": BEGUN})["ok"]
    assert ada.command("start")["ok"]
    finished(ada)
    room = {epoch: digest for (_, epoch), digest in digests(ada).items()}
    recipe = taken(ada, "recipe.yaml", tmp_path / "recipe.yaml")
    assert sorted(room) == [1, 2] and trained_there(tmp_path, str(recipe), "--name", "there") == room


def test_a_run_of_the_command_line_shows_the_same_curves_in_a_room_and_goes_on_to_the_same_bits(
        stage: Stage, tmp_path: Path) -> None:
    trained_there(tmp_path, "--template", "cnn", "--set", "settings.epochs=2", "--name", "mine")
    log = tmp_path / "runs" / "mine" / "events.jsonl"
    theirs: dict[str, Any] = logs.folded("terminal", logs.read(log))
    server = stage.server()
    page = opened(stage, server, log)
    assert page.state["series"] == theirs["series"] and page.state["session"]["status"] == "paused"
    assert {"train_loss", "test_loss", "test_accuracy"} <= set(page.state["series"]["b1"])
    assert page.command("continue", {"epochs": 1})["ok"]
    page.sees(lambda state: state["session"]["reason"] == "finished" and state["session"]["position"]["epoch"] == 3, 60)
    before = [point for point in page.state["series"]["b1"]["train_loss"] if point[0] <= 2]
    assert before == theirs["series"]["b1"]["train_loss"]
    code, said = command_line(tmp_path, "train", "--resume", "runs/mine", "--epochs", "1", "--quiet")
    assert code == 0, said
    room = {epoch: digest for (_, epoch), digest in digests(page).items()}
    assert room == epochs_of(log) and sorted(room) == [1, 2, 3]


def test_a_whole_session_is_replayed_and_one_flipped_rate_is_found(stage: Stage, tmp_path: Path) -> None:
    server = stage.server()
    ada = stage.page(server, name="Ada")
    assert ada.command("new_run", {"blueprint": NETWORK, "settings": {**BEGUN, "pace": 20.0, "epochs": 3}})["ok"]
    assert ada.command("start")["ok"]
    ben = stage.page(server, ada.room, "Ben")
    ada.sees(lambda state: state["session"]["position"]["x"] > 0.2)
    assert ben.command("set_settings", {"learning_rate": 0.004, "reason": "faster"})["ok"]
    ada.sees(lambda state: state["markers"])
    assert ada.command("interrupt")["ok"]
    ada.status("paused")
    assert ada.command("set_settings", {"dropout": 0.4, "pace": 0.0})["ok"]
    assert ada.command("continue")["ok"]
    finished(ada)
    other = {"optimizer": "sgd", "learning_rate": 0.03}
    assert ben.command("fork", {"branch": "b1", "epoch": 1, "settings": other, "epochs": 2})["ok"]
    finished(ada, "b2")
    until(lambda: ada.state["session"]["status"] == "paused", what="the end")
    file = taken(ada, "session.yaml", tmp_path / "session.yaml")
    told = session_file.read(file.read_text(encoding="utf-8"))
    kinds = {row.kind for branch in told.branches for row in branch.expected}
    assert [one.branch for one in told.branches] == ["b1", "b2"] and kinds >= {"epoch", "interrupt"}
    code, said = command_line(tmp_path, "replay", "session.yaml", "--verify")
    assert code == 0 and "to the bit" in said, said
    text = file.read_text(encoding="utf-8")
    assert text.count("learning_rate: 0.004") == 1 and "Ben: faster" in text
    (tmp_path / "flipped.yaml").write_text(text.replace("learning_rate: 0.004", "learning_rate: 0.0041"), encoding="utf-8")
    code, said = command_line(tmp_path, "replay", "flipped.yaml", "--verify")
    assert code == 3 and "the first is b1, epoch 0" in said, said
    log = taken(ada, "events.jsonl", tmp_path / "events.jsonl")
    page = opened(stage, server, log)
    assert page.state["series"] == ada.state["series"] and set(page.state["branches"]) == {"b1", "b2"}
