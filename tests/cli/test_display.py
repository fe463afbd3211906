"""What people see: a picture for every moment, a line for each epoch elsewhere, a last line for every end."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from ml_utils.cli.display import Display, picture
from ml_utils.cli.output import Output
from ml_utils.cli.told import Teller, duration, farewell
from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import Fact, State, empty_state
from ml_utils.core.timeline import fold

SCORE = {"loss": 0.5, "accuracy": 0.875, "examples": 10}


class Story:
    """A run, Event by Event."""

    def __init__(self) -> None:
        self.state: State = empty_state("terminal")
        self.facts: list[Fact] = []
        self.tell("run_started", {"run": "r1", "branch": "b1", "blueprint": cnn().model_dump(mode="json"), "threads": 1,
                                  "settings": Settings().model_dump(mode="json"), "warm": None}, None)
        self.tell("training_requested", {"until": 4}, None)

    def tell(self, name: str, data: dict[str, Any], x: float | None = 0.0) -> Fact:
        here = None if x is None else {"run": "r1", "branch": "b1", "epoch": int(x), "batch": round(23 * (x % 1)),
                                       "batches": 23, "x": x}
        fact = {"seq": self.state["seq"] + 1, "name": name, "data": data, "position": here, "by": None, "at": 1.0}
        fold(self.state, fact)
        self.facts.append(fact)
        return fact

    def metrics(self, x: float) -> Fact:
        return self.tell("metrics", {"x": [x], "train_loss": [0.25], "train_accuracy": [0.9], "rate": 143.7, "step": 7,
                                     "took": 0.1, "learning_rate": 0.05}, x)

    def epoch(self, epoch: int, accuracy: float = 0.875) -> Fact:
        self.tell("checkpoint_saved", {
            "branch": "b1", "epoch": epoch, "batch": 0, "x": float(epoch), "digest": f"{epoch:064}", "kind": "epoch",
            "bytes": 9, "seconds": 0.1, "finite": True, "build": "torch"}, float(epoch))
        return self.tell("epoch_finished", {"train": SCORE, "test": {**SCORE, "accuracy": accuracy}, "seconds": 30.0},
                         float(epoch))


def drawn(state: State) -> str:
    out = StringIO()
    Console(file=out, width=110, force_terminal=True, color_system=None).print(picture(state))
    return out.getvalue()


def test_every_moment_has_a_picture() -> None:
    story = Story()
    assert "Starting" in drawn(story.state)
    story.tell("dataset_progress", {"what": "dataset", "dataset": "mnist", "done": 3_000_000, "total": 12_000_000})
    assert "Fetching mnist (dataset): 3.0 of 12.0 MB" in drawn(story.state)
    story.tell("training_started", {"until": 4})
    assert "epoch 1/4" in drawn(story.state)
    story.metrics(0.5)
    text = drawn(story.state)
    assert "epoch 1/4  batch 12/23" in text and "0:35 left" in text  # 3.5 epochs of 1437 images at 143.7 a second
    assert "loss 0.2500  accuracy 90.00 %  144 images/s  learning rate 0.05" in text
    story.epoch(1)
    story.metrics(1.5)
    text = drawn(story.state)
    assert "epoch 2/4" in text and "1:15 left" in text and "test 87.50 %" in text  # by the epoch that took 30 s
    story.tell("trainer_lost", {"attempt": 1, "reason": "x"}, None)
    assert "another one takes over" in drawn(story.state)


def test_without_a_terminal_there_is_a_line_for_each_epoch_and_quiet_means_quiet() -> None:
    story = Story()
    facts = [story.tell("training_started", {"until": 4}), story.metrics(0.5), story.epoch(1)]
    for quiet in (False, True):
        out = StringIO()
        with Display(Console(file=out, width=200), story.state, quiet) as display:
            for fact in facts:
                display.see(fact)
                display.tick()
        assert out.getvalue().count("\n") == (0 if quiet else 1)
        assert quiet or "epoch ends: train loss 0.5000, accuracy 87.50 %; test" in out.getvalue()


def test_a_terminal_is_left_as_it_was() -> None:
    story, out = Story(), StringIO()
    story.tell("training_started", {"until": 4})
    with Display(Console(file=out, width=80, force_terminal=True), story.state) as display:
        display.tick(at_once=True)
        display.note("Writing …")
        display.see(story.epoch(1))
    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h") == 1
    assert "epoch ends" in out.getvalue() and "Writing …" in out.getvalue()


@pytest.mark.parametrize(("name", "data", "words"), [
    ("training_paused", {"reason": "finished"}, "Finished at epoch 2; best epoch 1 (test accuracy 90.00 %). runs/x"),
    ("training_paused", {"reason": "interrupted"}, "Interrupted, with a checkpoint at epoch 2; best epoch 1"),
    ("training_paused", {"reason": "stopped_early"}, "Stopped early"),
    ("training_paused", {"reason": "loss_not_finite"}, "the loss is no number any more"),
    ("session_failed", {"code": "x", "message": "Too much.", "hint": "Less."}, "Failed: Too much; best epoch 1"),
    ("trainer_lost", {"attempt": 1, "reason": "x"}, "--resume goes on")])
def test_every_end_has_a_last_line(name: str, data: dict[str, Any], words: str) -> None:
    story = Story()
    story.tell("training_started", {"until": 4})
    story.epoch(1, 0.9)
    story.epoch(2, 0.8)
    story.tell(name, data, 2.0)
    assert words in farewell(story.state, "runs/x")


def test_programs_are_told_measurements_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    story, teller = Story(), Teller(Output(as_json=True))
    story.tell("training_started", {"until": 4})
    for number in range(20):
        teller.see(story.metrics(number / 23))
    teller.see(story.epoch(1))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split('"')[3] for line in lines] == ["metrics", "epoch"]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (61.9, "1:01"), (3600, "1:00:00"), (90_061, "25:01:01")])
def test_durations_are_those_of_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text
