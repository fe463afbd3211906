"""What a log tells along the line of a Branch: its batches, epochs, histograms and changes, each with when it was told."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ... import logs
from ...core.errors import Refused, shown
from ...core.patches import tip_of
from ...core.snapshot import Fact, State, empty_state
from ...core.timeline import fold
from ...core.tree import on_the_way, place_of
from ...tables import ALL, SAME, Reports, Row, at_batches
from .textlog import line_of

EVENTS_A_TICK = 2000
LARGEST = float(np.finfo("<f4").max)  # beyond it float32 knows only infinity
Floats = npt.NDArray[np.float64]
NO_RUN = Refused("no_run", "There is no run that could be taken out.", "Start a training first.", "branch")


class BranchTold:
    """What was told of one Branch; what a recovery trained again counts once."""

    def __init__(self) -> None:
        self.reports = Reports()
        self.xs, self.losses, self.accuracies = array("d"), array("d"), array("d")
        self.ends: list[tuple[float, float]] = []  # of reports: x, and when
        self.epochs: dict[int, tuple[float, float]] = {}  # when it ended, and how many seconds it took
        self.histograms: list[tuple[float, float, Row]] = []  # x, when, layers

    def metrics(self, fact: Fact) -> None:
        data = fact["data"]
        self.reports.take(fact)
        self.xs.extend(data["x"])
        self.losses.extend(data["train_loss"])
        self.accuracies.extend(data["train_accuracy"])
        self.ends.append((fact["position"]["x"], fact["at"]))

    def epoch_finished(self, fact: Fact) -> None:
        self.reports.take(fact)
        self.epochs[fact["position"]["epoch"]] = fact["at"], fact["data"]["seconds"]

    def histograms_measured(self, fact: Fact) -> None:
        layers = {name: {what: look[what] for what in ("weights", "gradients")}
                  for name, look in fact["data"]["layers"].items()}
        self.histograms.append((fact["position"]["x"], fact["at"], layers))

    def trainer_recovered(self, fact: Fact) -> None:
        """What came after is trained again."""
        self.reports.take(fact)
        x, epoch = fact["position"]["x"], fact["position"]["epoch"]
        kept = int(np.searchsorted(self.xs, x, "right"))
        for column in (self.xs, self.losses, self.accuracies):
            del column[kept:]
        self.ends = [end for end in self.ends if end[0] <= x]
        self.epochs = {one: found for one, found in self.epochs.items() if one <= epoch}
        self.histograms = [found for found in self.histograms if found[0] <= x]

    def values(self) -> npt.NDArray[np.float32]:
        """Return loss and accuracy of its batches (n, 2) as a server keeps them."""
        both = np.column_stack((np.asarray(self.losses), np.asarray(self.accuracies))) if self.xs else np.empty((0, 2))
        return np.clip(both, -LARGEST, LARGEST).astype("<f4")


TAKEN: dict[str, Callable[[BranchTold, Fact], None]] = {
    "metrics": BranchTold.metrics, "epoch_finished": BranchTold.epoch_finished,
    "histograms_measured": BranchTold.histograms_measured, "trainer_recovered": BranchTold.trainer_recovered}


@dataclass
class Told:
    """A whole log, read once: the Snapshot that it makes, and what was told of each Branch."""

    state: State
    branches: dict[str, BranchTold] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)  # for people
    saved: list[Fact] = field(default_factory=list)  # Events that told of a Checkpoint
    at: float = 0.0  # of the newest Event

    def take(self, fact: Fact) -> None:
        fold(self.state, fact)
        self.at = fact["at"]
        if fact["name"] in TAKEN:
            TAKEN[fact["name"]](self.branches.setdefault(fact["position"]["branch"], BranchTold()), fact)
        if fact["name"] == "checkpoint_saved":
            self.saved.append(fact)
        if line := line_of(fact):
            self.lines.append(line)

    @property
    def build(self) -> str:
        """What the newest Checkpoint was made with."""
        return str(self.saved[-1]["data"]["build"]) if self.saved else ""

    def line(self, run: str | None, branch: str | None) -> Line:
        """Return the line of a Branch: of the one that is named, else of the Session's, else of the newest of the Run."""
        branches = self.state["branches"]
        here = (self.state["session"]["position"] or {}).get("branch")
        wanted = branch or (here if here and run in (None, branches[here]["run"]) else
                            next((name for name in reversed(branches) if branches[name]["run"] == run), None))
        if wanted is None:
            raise NO_RUN
        if wanted not in branches or run not in (None, branches[wanted]["run"]):
            raise Refused("not_found", f"There is no branch {shown(wanted)} here.", f"Branches are {', '.join(branches)}.",
                          "branch")
        return Line(self, wanted)


def read(log: Path, tick: Callable[..., None]) -> Told:
    """Return what a log tells; raises `Refused` where it is none."""
    try:
        told = Told(empty_state(logs.code_of(log)))
        for number, fact in enumerate(logs.read(log)):
            if number % EVENTS_A_TICK == 0:
                tick(doing="log", done=number)
            told.take(fact)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refused("no_log", f"The log {log.name} cannot be read ({type(error).__name__}: {shown(str(error))}).",
                      "Take a log that a room or a run has written.", "log") from error
    return told


class Line:
    """A Branch from the start of its Run; of an ancestor what lies before the fork."""

    def __init__(self, told: Told, branch: str) -> None:
        self.told, self.state, self.branch = told, told.state, branch
        self.row: Row = self.state["branches"][branch]
        self.run: str = self.row["run"]
        self.about: Row = self.state["runs"][self.run]
        self.tip = tip_of(self.row["tip"])
        self.parts = self._parts()
        self.batches = Batches(self.parts)

    def _parts(self) -> list[tuple[str, float, BranchTold]]:
        found, name, limit = [], self.branch, ALL
        while True:
            found.append((name, limit, self.told.branches.get(name) or BranchTold()))
            row = self.state["branches"][name]
            if row["parent"] is None:
                return found[::-1]
            name, limit = row["parent"], float(row["epoch"])

    @property
    def epochs(self) -> list[tuple[int, Row, float, float]]:
        """Return (epoch, scores by split, when it ended, its seconds), in order."""
        return [(epoch, scores, *part.epochs[epoch]) for _, limit, part in self.parts
                for epoch, scores in sorted(part.reports.epochs.items()) if epoch <= limit and epoch in part.epochs]

    @property
    def histograms(self) -> list[tuple[float, float, Row]]:
        """Return (x, when, layers), in order."""
        return [found for _, limit, part in self.parts for found in part.histograms if found[0] <= limit + SAME]

    @property
    def changes(self) -> list[Row]:
        """Return the markers on the way to the tip, in order."""
        return list(on_the_way(self.state, self.state["markers"], self.branch, place_of(self.tip)))


class Batches:
    """The batches of a line: x in epochs, loss and accuracy (float32), batches since the Run began, learning rate and when.

    `rates` (NaN elsewhere) are known where a report ended, `ats` are those of the report a batch came in.
    """

    def __init__(self, parts: list[tuple[str, float, BranchTold]]) -> None:
        columns = [_columns(part, limit) for _, limit, part in parts]
        self.xs, self.losses, self.accuracies, steps, self.rates, self.ats = (
            np.concatenate([found[place] for found in columns]) for place in range(6))
        self.steps = _counted(steps)

    def __len__(self) -> int:
        return len(self.xs)

    def step_at(self, x: float) -> int:
        """Return the batches since the Run began up to a place."""
        place = int(np.searchsorted(self.xs, x + SAME, "right"))
        return int(self.steps[place - 1]) if place else 0


def _columns(part: BranchTold, limit: float) -> tuple[Floats, ...]:
    xs = np.asarray(part.xs, dtype=float)
    steps, rates = at_batches(xs, part.reports.ends)
    ends = np.array([x for x, _ in part.ends] or [0.0])
    ats = np.array([at for _, at in part.ends] or [0.0])[np.minimum(np.searchsorted(ends, xs - SAME), len(ends) - 1)]
    kept = slice(0, int(np.searchsorted(xs, limit + SAME, "right")))
    values = part.values().astype(float)
    found = (xs, values[:, 0], values[:, 1], np.array(steps, dtype=float), np.array(rates, dtype=float), ats)
    return tuple(column[kept] for column in found)


def _counted(steps: Floats) -> npt.NDArray[np.int64]:
    """Return steps; where one is not known it is one more than that before it."""
    unknown = np.isnan(steps)
    places = np.arange(len(steps))
    known = np.maximum.accumulate(np.where(unknown, -1, places)) if len(steps) else places
    base = np.where(known < 0, places + 1, np.nan_to_num(steps)[np.maximum(known, 0)] + places - known)
    return base.astype(np.int64)
