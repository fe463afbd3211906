"""The fixture of Events that the fold is held to in Python and in JavaScript: tests/fixtures/timeline.json.

Rewrite it with ``python -m tests.core.fixture`` after a wanted change of the fold; `test_timeline.py` fails until then.
Every number is made by plain arithmetic and rounding, so the file is the same on every machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold

PATH = Path(__file__).parents[1] / "fixtures" / "timeline.json"
CODE = "k7mwxhp4"
ADA, BOB = {"id": "ada", "name": "Ada"}, {"id": "bob", "name": "Bob <b>"}
ROWS = 40  # in a metrics Event


class Log:
    """Writes Events as a room would: numbered, timed, standing somewhere."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.place: dict[str, Any] = {}
        self.settings = Settings().model_dump(mode="json")

    def add(self, name: str, by: dict[str, Any] | None = None, **data: Any) -> None:
        seq = len(self.events) + 1
        self.events.append({"seq": seq, "name": name, "data": data, "position": dict(self.place) or None, "by": by,
                            "at": 1_750_000_000 + seq / 4})

    def run(self, run: str, branch: str, blueprint: Any, batches: int) -> None:
        self.place = {}
        self.add("run_started", ADA, run=run, branch=branch, blueprint=blueprint.model_dump(mode="json"),
                 settings=self.settings, threads=2)
        self.place = {"run": run, "branch": branch, "epoch": 0, "batch": 0, "batches": batches, "x": 0.0}

    def go(self, until: int, attempt: int = 1) -> None:
        self.add("training_requested", ADA, until=until, steps=None)
        self.add("trainer_started", attempt=attempt)
        self.add("training_started", until=until, stop=None)

    def stand(self, batches_done: int) -> None:
        epoch, batch = divmod(batches_done, self.place["batches"])
        self.place |= {"epoch": epoch, "batch": batch, "x": round(batches_done / self.place["batches"], 4)}

    def train(self, batches: int, rows: int = ROWS) -> None:
        """Train some batches, `rows` to an Event, and close each epoch that ends."""
        done = self.place["epoch"] * self.place["batches"] + self.place["batch"]
        end = done + batches
        while done < end:
            stop = min(done + rows, end, (done // self.place["batches"] + 1) * self.place["batches"])
            self._measure(done, stop)
            done = stop
            if done % self.place["batches"] == 0:
                self._close_epoch()

    def _measure(self, done: int, stop: int) -> None:
        numbers = range(done + 1, stop + 1)
        self.stand(stop)
        self.add("metrics", x=[round(n / self.place["batches"], 4) for n in numbers],
                 train_loss=[_loss(n) for n in numbers], train_accuracy=[n * 29 % 33 / 32 for n in numbers],
                 rate=1000.0 + stop, step=stop, took=round((stop - done) / 256, 4),
                 learning_rate=self.settings["learning_rate"])

    def _close_epoch(self) -> None:
        n = self.place["epoch"]
        self.add("epoch_finished", train={"loss": 2 / (n + 1), "accuracy": 1 - 1 / (n + 1), "examples": 1437},
                 test={"loss": None if n == 2 else 2 / (n + 2), "accuracy": 1 - 1 / (n + 2), "examples": 360}, seconds=1.5,
                 drawings={"loss": 1 / (n + 1), "accuracy": 0.5, "examples": 2} if n % 2 else None,
                 validation={"loss": 2 / (n + 1), "accuracy": 0.75, "examples": 144} if n % 2 else None)
        self.save("epoch")

    def save(self, kind: str) -> None:
        digest = f"{len(self.events):064x}"
        self.add("checkpoint_saved", branch=self.place["branch"], epoch=self.place["epoch"], batch=self.place["batch"],
                 x=self.place["x"], digest=digest, kind=kind, bytes=262_144, seconds=0.004,
                 finite=True, build="torch 2, cpu, 2 threads")

    def change(self, by: dict[str, Any], reason: str | None = None, until: int | None = None, **values: Any) -> None:
        changes = {name: {"from": self.settings[name], "to": value} for name, value in values.items()}
        self.settings = {**self.settings, **values}
        self.add("settings_changed", by, changes=changes, settings=self.settings, until=until, reason=reason, replays=None)

    def revert(self, branch: str, epoch: int) -> None:
        self.place |= {"branch": branch, "epoch": epoch, "batch": 0, "x": float(epoch)}
        self.add("reverted", ADA, branch=branch, epoch=epoch, settings=self.settings, reason=None)

    def fork(self, branch: str, parent: str, epoch: int, kind: str, group: str | None = None, planned: bool = False) -> None:
        self.place |= {"branch": branch}
        self.add("branch_started", ADA, branch=branch, run=self.place["run"], parent=parent, epoch=epoch, kind=kind,
                 settings=self.settings, replay=[{"seq": 5, "x": 2.5, "changes": {"momentum": {"from": 0.9, "to": 0.5}}}],
                 of=None, group=group, before=None, planned=planned)

    def look(self, show: bool = False) -> None:
        """Measure two layers; `show` the batch as well."""
        numbers = {"gradient_norm": 0.5, "weight_norm": 3.25, "update_ratio": 0.001, "mean": 0.125, "spread": 1.5}
        nothing = dict.fromkeys(("gradient_norm", "weight_norm", "update_ratio"))
        layers = {"linear1": {"kind": "linear", **numbers, "dead": None, "saturated": None},
                  "relu1": {"kind": "relu", **numbers, **nothing, "dead": 0.25, "saturated": None}}
        self.add("layers_measured", layers=layers)
        counts = {"low": -0.5, "high": 0.5, "counts": [3] * 32}
        self.add("histograms_measured", layers={"linear1": {"weights": counts, "gradients": None if show else counts}})
        if show:
            self.add("batch_shown", width=2, height=2, channels=1, shown=1, size=2, pixels="AAECAw==", labels=[3],
                     predictions=[5], confidences=[0.5], losses=[1.25], loss=1.5, accuracy=0.0, gradient_norm=0.5,
                     step_norm=0.25, learning_rate=0.05, layers={"linear1": {"gradient_norm": 0.5, "step_norm": 0.25}})


def _loss(number: int) -> float:
    """A falling curve with spikes, so that thinning has extremes to keep."""
    spike = 1.5 if number % 131 == 0 else 0.0
    return round(2.3 / (1 + number / 300) + number * 7919 % 61 / 400 + spike, 3)


def events() -> list[dict[str, Any]]:
    """A long run with changes, an interrupt, a lost trainer and a damaged Checkpoint; then a second run."""
    log = Log()
    log.change(BOB, batch_size=2)  # before any run: no Position, so no marker
    _draft(log)
    log.run("r1", "b1", mlp(), 719)
    log.add("training_requested", ADA, until=6)
    log.add("training_queued", place=2)
    log.add("training_queued", place=1)
    log.add("trainer_started", attempt=1)
    log.add("dataset_progress", dataset="digits", done=100, total=400)
    log.add("training_started", until=6)
    log.train(300)
    log.save("interval")
    log.change(ADA, learning_rate=0.01)
    log.train(500, rows=100)  # more rows than the live limit
    log.save("interval")
    log.train(200)
    log.save("interval")
    log.train(70)
    log.change(BOB, optimizer="adam", dropout=0.5, until=4)
    log.add("training_paused", ADA, reason="interrupted")
    log.save("interrupt")
    log.add("training_started", BOB, until=4)
    log.train(900)
    _lose_and_recover(log)
    log.train(1400)
    log.add("training_paused", reason="finished")
    log.go(8, attempt=4)
    log.train(700)
    log.add("training_paused", reason="loss_not_finite")
    _travel(log)
    _inside(log)
    _images(log)
    log.run("r2", "b4", cnn("cifar10", seed=7), 25_000)
    log.change(BOB, momentum=0.5)
    log.go(10, attempt=5)
    log.train(90)
    log.add("session_failed", code="out_of_memory", message="The network needs more memory than there is.",
            hint="Use fewer channels.")
    return log.events


def _draft(log: Log) -> None:
    """Ada begins, Bob types a number, the last step is taken back and made again; two networks are kept, one goes again."""
    begun = mlp().model_dump(mode="json")
    more = {**begun, "layers": [*begun["layers"][:2], {"kind": "sigmoid"}, *begun["layers"][3:]]}
    wide = {**more, "layers": [more["layers"][0], {**more["layers"][1], "features": 256}, *more["layers"][2:]]}
    steps: list[tuple[Any, Any, str, list[dict[str, Any]]]] = [
        (ADA, begun, "begin", []),
        (ADA, more, "edit", [{"op": "remove", "at": [2]}, {"op": "add", "at": [2], "layer": {"kind": "sigmoid"}}]),
        (BOB, wide, "edit", [{"op": "change", "at": [1], "fields": {"features": 25}}]),
        (BOB, wide, "continue", [{"op": "change", "at": [1], "fields": {"features": 256}}]),
        (ADA, more, "undo", []), (BOB, wide, "redo", []), (ADA, {**begun, "layers": []}, "edit", [{"op": "load"}])]
    for by, blueprint, step, edits in steps:
        log.add("draft_edited", by, blueprint=blueprint, edits=edits, step=step)
    log.add("blueprint_saved", ADA, id="a1", title="wide", blueprint=wide)
    log.add("blueprint_saved", BOB, id="b2", title="sigmoid", blueprint=more)
    log.add("blueprint_dropped", ADA, id="b2")


def _images(log: Log) -> None:
    """Own images come, from one person for the room, from another for all; one of them go again."""
    images = {"title": "Pets", "shape": [3, 32, 32], "classes": ["cat", "<b>"], "train": 100, "test": 20}
    log.add("images_kept", ADA, dataset="own_0123456789abcdef", images=images, bytes=368_640, shared=False)
    log.add("images_kept", BOB, dataset="own_fedcba9876543210", images={**images, "title": "Dogs"}, bytes=368_640, shared=True)
    log.add("images_dropped", ADA, dataset="own_0123456789abcdef")


def _inside(log: Log) -> None:
    """A model is evaluated, another cannot be; drawings come and one goes; an example is marked by two, one mark goes again."""
    first = {"branch": "b1", "epoch": 2, "split": "test", "drawings": []}
    drawn = {"branch": "b1", "epoch": 0, "split": "drawings", "drawings": ["d1"]}
    log.add("evaluation_requested", ADA, **first)
    log.add("evaluation_progress", done=100, total=360, **first)
    log.add("drawing_kept", ADA, id="d1", dataset="digits", label=3, source="pad", digest="ab" * 32)
    log.add("drawing_kept", BOB, id="d2", dataset="digits", label=0, source="pixels", digest="cd" * 32)
    log.add("drawing_dropped", BOB, id="d2")
    log.add("evaluation_requested", BOB, **drawn)
    log.add("evaluated", **first, digest="ef" * 32, **_results())
    log.add("evaluation_failed", message="The model could not be read.", **drawn)
    marks = (ADA, "wrong_label", "a seven"), (BOB, "ambiguous", "<b>"), (BOB, None, ""), (BOB, "model_fault", "")
    for by, mark, note in marks:
        log.add("example_marked", by, dataset="digits-1", split="train", number=12, mark=mark, note=note)
    for mark in ("ambiguous", None):  # the last mark of an example goes
        log.add("example_marked", ADA, dataset="digits-1", split="test", number=7, mark=mark, note="")
    log.add("example_shown", ADA, dataset="digits-1", image={"kind": "example", "split": "test", "number": 7}, model="now")
    log.add("example_shown", BOB, dataset="digits-1", image={"kind": "drawing", "drawing": "d1"},
            model={"branch": "b1", "epoch": 2})


def _results() -> dict[str, Any]:
    """What an evaluation of two classes finds."""
    classes = [{"accuracy": 0.75, "precision": 0.5, "recall": 1.0, "f1": 0.75, "support": 90, "auc": 0.875,
                "average_precision": 0.625},
               {"accuracy": 0.75, "precision": None, "recall": 0.5, "f1": None, "support": 270, "auc": None,
                "average_precision": None}]
    curve, empty = {"x": [0.0, 0.25, 1.0], "y": [0.0, 0.75, 1.0]}, {"x": [], "y": []}
    return {"examples": 360, "loss": 0.5, "accuracy": 0.625, "top": [0.625, 1.0], "classes": classes,
            "matrix": [[90, 0], [135, 135]],
            "calibration": [{"low": 0.0, "high": 0.5, "count": 0, "confidence": None, "accuracy": None},
                            {"low": 0.5, "high": 1.0, "count": 360, "confidence": 0.75, "accuracy": 0.625}],
            "calibration_error": 0.125, "roc": [curve, empty], "precision_recall": [curve, empty], "seconds": 0.5,
            "build": "torch, one thread"}


def _travel(log: Log) -> None:
    """Back, off the tip, on as a new Branch; kept, proved and named; then twins, of which the second is given up."""
    log.revert("b1", 2)
    log.change(BOB, learning_rate=0.2)
    log.change(BOB, learning_rate=0.1, dropout=0.25)
    log.fork("b2", "b1", 2, "fork")
    log.add("training_requested", ADA, until=4, steps=None)
    log.add("training_started", until=4, stop=None)
    log.look()
    log.train(800)
    log.add("training_paused", reason="stopped_early")
    log.add("branch_renamed", ADA, branch="b2", title="ten times faster")
    log.add("epoch_pinned", ADA, branch="b1", epoch=1)
    log.add("epoch_pinned", ADA, branch="b2", epoch=3)
    log.add("epoch_unpinned", BOB, branch="b1", epoch=1)
    saved = [event["data"] for event in log.events if event["name"] == "checkpoint_saved"]
    first = next(data for data in saved if data["kind"] == "epoch")
    log.add("checkpoints_thinned", dropped=[{name: first[name] for name in ("branch", "epoch", "batch", "digest")}], quota=9)
    log.add("proof_requested", ADA, branch="b2", epoch=3)
    log.add("proof_requested", ADA, branch="b1", epoch=2)
    log.add("epoch_proved", ADA, branch="b2", epoch=3, start=2.0, same=True, because=None, digest="a" * 64, expected="a" * 64,
            seconds=1.25)
    log.add("proof_failed", ADA, branch="b1", epoch=2, message="The process that should prove it ended.")
    log.revert("b1", 0)
    fork = {"parent": "b1", "epoch": 2, "epochs": 1, "settings": log.settings, "kind": "twin", "replay": [], "of": None,
            "group": "t9", "before": None, "reason": None, "by": ADA}
    log.add("forks_planned", ADA, forks=[fork, {**fork, "settings": {**log.settings, "dropout": 0.5}}])
    log.revert("b1", 2)
    log.fork("b3", "b1", 2, "twin", group="t9", planned=True)
    log.add("training_requested", ADA, until=3, steps=1)
    log.add("training_started", until=3, stop=1439)
    log.train(1, rows=1)
    log.look(show=True)
    log.add("training_paused", reason="stepped")
    log.change(ADA, "too fast", frozen=["linear1"], dropouts={"dropout1": 0.1})
    log.add("plan_dropped", ADA)
    log.revert("b1", 4)


def _lose_and_recover(log: Log) -> None:
    """Lost 200 batches after an epoch's Checkpoint; that one is damaged, so the one of the interrupt is used."""
    newest = next(event for event in reversed(log.events) if event["name"] == "checkpoint_saved")["data"]
    log.add("trainer_lost", attempt=1, reason="killed by signal 9")
    log.add("trainer_started", attempt=2)
    log.add("trainer_lost", attempt=2, reason="no beat for 10 s")
    log.add("trainer_started", attempt=3)
    log.add("checkpoint_damaged", branch="b1", epoch=newest["epoch"], batch=newest["batch"], digest=newest["digest"],
            message="The digest differs.")
    log.stand(1070)
    log.add("trainer_recovered", attempt=3)
    log.train(900)  # the same rows again


def build() -> dict[str, Any]:
    """Return the whole fixture: the empty Snapshot, each Event with its patch, and the Snapshot after the last."""
    facts, state = events(), empty_state(CODE)
    steps = [{"patch": json.loads(json.dumps(fold(state, json.loads(json.dumps(fact)))))} for fact in facts]
    return {"code": CODE, "empty": empty_state(CODE), "events": facts, "steps": steps, "snapshot": state}


def text() -> str:
    """Return the file's text: one Event or patch on a line, so that a change is readable as a diff."""
    fixture = build()
    parts = {name: json.dumps(fixture[name]) for name in ("code", "empty", "snapshot")}
    for name in ("events", "steps"):
        parts[name] = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in fixture[name]) + "\n]"
    return "{\n" + ",\n".join(f'"{name}": {parts[name]}' for name in ("code", "empty", "events", "steps", "snapshot")) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
