"""Runs with a log whose Events have times of their own, and what a run folder has to have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml_utils import logs
from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.settings import Settings
from ml_utils.trainer.out.boards import EMPTY
from ml_utils.trainer.out.folder import make
from tests.trainer.taken import Taken

BEGAN = 1_700_000_000.0  # Unix seconds
ALWAYS = {"recipe.yaml", "summary.txt", "metrics.csv", "session.yaml", "events.jsonl", "logs/log.txt", "plots/curves.png"}
EVERYTHING = ALWAYS | {"weights/best.pt", "weights/last.pt", "logs/report-train.txt", "logs/report-test.txt",
                       "plots/confusion-train.png", "plots/confusion-test.png"}
HELD = {"logs/report-validation.txt", "plots/confusion-validation.png"}
EVIL = '=HYPERLINK("http://x","<script>\x1b[31m")'


class Run(Taken):
    """A room without a page, in which half a second passes from Event to Event."""

    def note(self, name: str, data: dict[str, Any], position: dict[str, Any] | None = None) -> None:
        super().note(name, data, position)
        self.facts[-1]["at"] = BEGAN + len(self.facts) / 2

    def save(self) -> Run:
        logs.write(self.log, self.order.room, self.facts)
        return self

    def change(self, reason: str | None = None, **values: Any) -> None:
        old = self.state["settings"]
        changes = {name: {"from": old[name], "to": value} for name, value in values.items()}
        self.note("settings_changed", {"changes": changes, "settings": {**old, **values}, "until": None, "reason": reason,
                                       "replays": None})

    def fork(self, epoch: int) -> None:
        """Go on from the end of an epoch as a Branch of its own."""
        here = self.state["session"]["position"]
        settings = self.state["settings"]
        place = {**here, "epoch": epoch, "batch": 0, "x": float(epoch)}
        self.note("reverted", {"branch": here["branch"], "epoch": epoch, "settings": settings, "reason": None}, place)
        name = f"b{len(self.state['branches']) + 1}"
        self.note("branch_started", {
            "branch": name, "run": here["run"], "parent": here["branch"], "epoch": epoch, "kind": "fork", "settings": settings,
            "replay": [], "of": None, "group": None, "before": None, "planned": False}, {**place, "branch": name})

    def folder(self, target: Path, final: bool = True, branch: str | None = None) -> dict[str, Any]:
        return make(self.log, self.order, target, lambda **_: None, final, branch=branch)

    def without(self, keep: int) -> Run:
        """The same with only so many of its Events."""
        self.facts = self.facts[:keep]
        return self.save()


def run(folder: Path, epochs: int = 2, blueprint: Blueprint | None = None, room: str = "abcdefgh", **settings: Any) -> Run:
    """Train some epochs."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Run(folder, room)
    made.begin(blueprint, Settings(**settings))
    made.train(epochs)
    return made


def changing(folder: Path, room: str = "abcdefgh") -> Run:
    """Train with examples held back and augmented images, change the rate on the way, train on."""
    held = Blueprint.model_validate({**cnn().model_dump(mode="json"), "validation": 0.2, "without": [3, 5]})
    made = run(folder, 1, held, room, flip=True, rotation=10.0)
    made.change(EVIL, learning_rate=0.02)
    made.train(3)
    return made


def names(target: Path) -> set[str]:
    """Return the files of a folder; that of TensorBoard has a name of its own and is left out."""
    found = {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}
    return {name for name in found if not name.startswith(("tensorboard/events.out.tfevents.", "checkpoints/", "records/"))}


def board(target: Path) -> Path:
    """Return the one file of TensorBoard that is not empty."""
    [file] = [file for file in (target / "tensorboard").iterdir() if file.stat().st_size > EMPTY]
    return file
