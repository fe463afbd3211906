"""`train` with real trainers on the digits: to the end, interrupted, killed, resumed; always to the same bits."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from ml_utils.cli import watched
from ml_utils.cli.ledger import Ledger
from ml_utils.core.snapshot import State
from ml_utils.core.tree import changes_on
from tests.cli.conftest import Terminal, digests, events, meanwhile, mid_epoch, named, run, state_of, trainers

RECIPE = """\
blueprint:
  template: cnn
settings:
  epochs: 3
  optimizer: adam
  learning_rate: 0.002
  scheduler: cosine
"""
SLOW = ("--set", "settings.pace=20")  # batches a second: slow enough to be caught in the middle; the bits are the same
UNDISTURBED: dict[str, dict[int, str]] = {}


@pytest.fixture
def recipe(here: Path) -> Path:
    (here / "small.yaml").write_text(RECIPE)
    return here


@pytest.fixture
def undisturbed(recipe: Path, capsys: pytest.CaptureFixture[str]) -> dict[int, str]:
    """The digests of a run that nothing happened to; trained once."""
    if not UNDISTURBED:
        assert run("train", "small.yaml", "--name", "undisturbed", "--quiet") == 0
        UNDISTURBED["digests"] = digests(recipe / "runs" / "undisturbed" / "events.jsonl")
        capsys.readouterr()
    assert sorted(UNDISTURBED["digests"]) == [1, 2, 3]
    return UNDISTURBED["digests"]


def gapless(log: Path) -> None:
    """The log counts up, and no point of its fold is there twice."""
    assert [fact["seq"] for fact in events(log)] == list(range(1, len(events(log)) + 1))
    for points in state_of(log)["series"]["b1"].values():
        assert [x for x, _ in points] == sorted({x for x, _ in points})


def test_the_log_is_what_was_seen(recipe: Path, undisturbed: dict[int, str], monkeypatch: pytest.MonkeyPatch,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    live: list[State] = []
    leave = watched.Watched.__exit__
    monkeypatch.setattr(watched.Watched, "__exit__",
                        lambda self, *about: (live.append(self._ledger.state), leave(self, *about))[1])
    assert run("train", "small.yaml", "--json") == 0
    log = recipe / "runs" / "small" / "events.jsonl"
    assert live == [state_of(log)]
    assert digests(log) == undisturbed
    gapless(log)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert (kinds[0], kinds[-1], kinds.count("epoch"), kinds.count("checkpoint")) == ("started", "ended", 3, 3)
    assert lines[-1]["digest"] == undisturbed[3]
    assert (lines[-1]["reason"], lines[-1]["folder"]) == ("finished", "runs/small")
    best = lines[-1]["best"]
    scores = {line["epoch"]: line["test"]["accuracy"] for line in lines if line["type"] == "epoch"}
    assert best["value"] == max(scores.values()) == scores[best["epoch"]]
    assert best["digest"] == undisturbed[best["epoch"]]


def test_an_interrupted_run_goes_on_to_the_same_bits(recipe: Path, undisturbed: dict[int, str],
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    log = recipe / "runs" / "cut" / "events.jsonl"

    def interrupt() -> None:
        mid_epoch(log)
        os.kill(os.getpid(), signal.SIGINT)

    with meanwhile(interrupt):
        assert run("train", "small.yaml", "--name", "cut", *SLOW) == 130
    assert "Interrupted, with a checkpoint at epoch 0." in capsys.readouterr().out
    paused = events(log)[-1]
    assert (paused["name"], paused["data"]) == ("training_paused", {"reason": "interrupted"})
    assert paused["by"]["id"] == "terminal"
    assert paused["position"]["batch"] and named(log, "checkpoint_saved")[-1]["data"]["kind"] == "interrupt"
    assert not trainers()
    assert run("train", "--resume", "runs/cut", "--set", "settings.pace=0") == 0
    assert digests(log) == undisturbed
    gapless(log)
    assert not named(log, "trainer_lost")


def test_a_trainer_that_is_killed_is_replaced(recipe: Path, undisturbed: dict[int, str],
                                              capsys: pytest.CaptureFixture[str]) -> None:
    log = recipe / "runs" / "hurt" / "events.jsonl"

    def kill() -> None:
        mid_epoch(log, 1)
        trainers()[0].kill()

    with meanwhile(kill):
        assert run("train", "small.yaml", "--name", "hurt", *SLOW) == 0
    assert [fact["data"]["reason"] for fact in named(log, "trainer_lost")] == ["ended with status -9"]
    assert [fact["data"]["attempt"] for fact in named(log, "trainer_started")] == [1, 2]
    assert len(named(log, "trainer_recovered")) == 1
    assert digests(log) == undisturbed
    gapless(log)
    assert "the trainer is lost: ended with status -9" in capsys.readouterr().err


def test_after_kill_nine_of_everything_a_resume_ends_with_the_same_bits(terminal: Terminal,
                                                                        undisturbed: dict[int, str]) -> None:
    log = terminal.log("dead")
    process = terminal.start("train", "small.yaml", "--name", "dead", *SLOW)
    mid_epoch(log, 1)
    for one in (process, *trainers(process.pid)):
        one.kill()
    terminal.end(process)
    with log.open("ab") as out:
        out.write(b'{"seq":999,"name":"metrics","da')
    assert run("train", "--resume", "runs/dead", "--set", "settings.pace=0", "--quiet") == 0
    assert digests(log) == undisturbed
    gapless(log)
    assert [fact["data"]["attempt"] for fact in named(log, "trainer_lost")] == [1]


def test_a_trainer_that_outlives_its_terminal_is_refused_by_the_next_one(terminal: Terminal,
                                                                        undisturbed: dict[int, str]) -> None:
    log = terminal.log("orphan")
    process = terminal.start("train", "small.yaml", "--name", "orphan", *SLOW)
    mid_epoch(log)
    orphan = trainers(process.pid)[0]
    process.kill()
    terminal.end(process)
    assert run("train", "--resume", "runs/orphan", "--set", "settings.pace=0", "--quiet") == 0
    orphan.wait(10)
    assert digests(log) == undisturbed
    gapless(log)


def test_twice_ends_at_once_and_the_log_is_sound(recipe: Path, undisturbed: dict[int, str],
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    log = recipe / "runs" / "now" / "events.jsonl"

    def twice() -> None:
        mid_epoch(log)
        trainer = trainers()[0]
        trainer.suspend()  # it cannot answer the first one
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)  # two of the same kind may become one

    with meanwhile(twice):
        assert run("train", "small.yaml", "--name", "now", *SLOW) == 130
    assert "--resume goes on" in capsys.readouterr().out
    assert events(log)[-1]["name"] == "trainer_lost"
    assert not trainers()
    assert run("train", "--resume", "runs/now", "--set", "settings.pace=0", "--quiet") == 0
    assert digests(log) == undisturbed
    assert len(named(log, "trainer_lost")) == 1


def test_changes_on_the_way_take_effect_where_the_log_says(recipe: Path, undisturbed: dict[int, str]) -> None:
    log = recipe / "runs" / "small" / "events.jsonl"
    assert run("train", "small.yaml", "--quiet") == 0
    assert run("train", "--resume", "runs/small", "--epochs", "1", "--set", "settings.learning_rate=0.01", "--quiet") == 0
    state = state_of(log)
    assert [(marker["epoch"], marker["changes"]["learning_rate"]["to"]) for marker in state["markers"]] == [(3, 0.01)]
    assert [settings["learning_rate"] for _, settings in changes_on(state, "b1", (4, 0))] == [0.01]
    assert sorted(digests(log)) == [1, 2, 3, 4]
    assert {epoch: digests(log)[epoch] for epoch in undisturbed} == undisturbed
    before = log.read_bytes()
    assert run("train", "--resume", "runs/small", "--quiet") == 0  # it has finished: nothing is trained
    assert log.read_bytes() == before


def test_a_run_is_only_one_process_own(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "--template", "cnn", "--epochs", "1", "--name", "one", "--quiet") == 0
    mine = Ledger.open(recipe / "runs" / "one")
    assert run("train", "--resume", "runs/one", "--epochs", "1") == 2
    assert "Another process trains in runs/one." in capsys.readouterr().err
    mine.close()


def test_a_run_folder_is_whole_and_a_resume_completes_it(terminal: Terminal) -> None:
    code, lines = terminal.lines("train", "--template", "cnn", "--epochs", "1", "--name", "whole")
    folder = terminal.folder / "runs" / "whole"
    assert (code, lines[-1]["folder"]) == (0, "runs/whole")
    for name in ("recipe.yaml", "summary.txt", "weights/best.pt", "weights/last.pt", "logs/log.txt", "logs/report-test.txt",
                 "plots/curves.png", "plots/confusion-test.png", "metrics.csv", "events.jsonl"):
        assert (folder / name).stat().st_size, name
    (folder / "summary.txt").unlink()
    code, _, complaints = terminal.run("train", "--resume", "runs/whole")
    assert (code, (folder / "summary.txt").exists()) == (0, True), complaints
