"""`replay` in this process: exit codes, words, JSON lines, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_utils import logs, session_file
from ml_utils.cli.main import main
from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.datasets import Images
from ml_utils.core.settings import Settings
from tests.trainer.played import Played

SMALL = Blueprint.model_validate({**mlp().model_dump(mode="json"), "without": list(range(1200))})


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session.yaml and its log: two branches, and a second run."""
    folder = tmp_path_factory.mktemp("session")
    played = Played(folder)
    played.run(SMALL, Settings(batch_size=64))
    played.train(2, {(1, 1): ("set_settings", {"learning_rate": 0.01})})
    played.back("b1", 1)
    played.change(learning_rate=0.2)
    played.fork()
    played.train(2)
    played.run(SMALL, Settings(batch_size=32))
    played.train(1)
    (folder / "session.yaml").write_text(session_file.of_log(played.state, played.facts), encoding="utf-8")
    logs.write(folder / "events.jsonl", "abcdefgh", played.facts)
    return folder


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_INSTANCE", str(tmp_path / "instance"))


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", ["session.yaml", "events.jsonl", "."])
def test_the_same_session_is_the_same(session: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(session / name), "--verify"]) == 0
    assert "All 4 checkpoints are the same, to the bit." in capsys.readouterr().out


def test_programs_are_told_of_each_checkpoint(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(session), "--verify", "--json"]) == 0
    lines = told(capsys)
    assert [(line["branch"], line["epoch"], line["same"]) for line in lines[:-1]] == [
        ("b1", 1, True), ("b1", 2, True), ("b2", 2, True), ("b3", 1, True)]
    assert lines[-1] == {"type": "replayed", "same": True, "compared": 4, "different": 0, "first": None}


def flipped(session: Path, folder: Path) -> Path:
    """The session with one learning rate changed."""
    text = (session / "session.yaml").read_text(encoding="utf-8")
    assert text.count("learning_rate: 0.2") == 1
    (folder / "flipped.yaml").write_text(text.replace("learning_rate: 0.2", "learning_rate: 0.21"), encoding="utf-8")
    return folder / "flipped.yaml"


def test_one_flipped_learning_rate_is_found(session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(flipped(session, tmp_path))
    assert main(["replay", file, "--verify", "--json"]) == 3
    last = told(capsys)[-1]
    assert (last["different"], last["first"]["branch"], last["first"]["epoch"]) == (1, "b2", 2)
    assert "build is the same" in last["first"]["because"]
    assert main(["replay", file, "--verify"]) == 3
    assert "the first is b2, epoch 2" in capsys.readouterr().out
    assert main(["replay", file]) == 0, "without --verify it is told, and that is all"
    assert "DIFFERENT" in capsys.readouterr().out


def test_runs_and_branches_can_be_chosen(session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(flipped(session, tmp_path))
    assert main(["replay", file, "--verify", "--run", "r2", "--json"]) == 0
    assert {line["branch"] for line in told(capsys)[:-1]} == {"b3"}
    assert main(["replay", file, "--verify", "--branch", "b1"]) == 0
    assert main(["replay", file, "--verify", "--branch", "b2"]) == 3
    assert main(["replay", file, "--verify", "--branch", "b2", "--run", "r2"]) == 2
    assert "b1 of r1, b2 of r1, b3 of r2" in capsys.readouterr().err


def test_what_is_no_session_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").write_text("blueprint: {}", encoding="utf-8")
    for name in ("x.yaml", "missing", "."):
        assert main(["replay", name, "--verify"]) == 2 and capsys.readouterr().err
    (tmp_path / "empty.yaml").write_text("lockstep: session\nformat: 1\nruns: []\nbranches: []\n", encoding="utf-8")
    assert main(["replay", "empty.yaml"]) == 2


def test_images_that_are_not_here_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = Images(title="cats", shape=(1, 8, 8), classes=("a", "b"), train=20, test=5)
    plain = cnn("own_0123456789abcdef", 1, images).model_dump(mode="json")
    rows = [{"branch": "b1", "run": "r1", "tip": [1, 0], "expected": [{"at": [1, 0], "digest": "0" * 64}]}]
    told = {"lockstep": "session", "format": 1, "runs": [{"run": "r1", "blueprint": plain}], "branches": rows}
    (tmp_path / "own.yaml").write_text(session_file.dumped(told), encoding="utf-8")
    assert main(["replay", "own.yaml"]) == 2 and "Upload" in capsys.readouterr().err
