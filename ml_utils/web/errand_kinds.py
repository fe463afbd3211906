"""Kinds of errands: what each needs to know, what its process may report, how it ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..core.errors import Refused
from ..core.patches_inside import evaluation_id
from ..core.patience import busy_seconds
from ..core.questions import At
from ..core.standing import proof_of
from ..core.work import Evaluate
from ..line import Frame
from .line_server import Line
from .store import Store
from .subjects import subject_of

State = dict[str, Any]
Data = dict[str, Any]
Rows = Callable[[str, str], list[dict[str, Any]]]  # the drawings of a room that are of a dataset: id, label, pixels


@dataclass
class Errand(ABC):
    """One thing that a process beside the Session does for a room. `number` to `line` are of the process under way."""

    kind: ClassVar[str]  # what it is called where it fails
    result: ClassVar[str]  # the report that ends it
    reports: ClassVar[tuple[str, ...]]  # others that are stored
    passing: ClassVar[tuple[str, ...]] = ()  # those of them that may wait for the next tick

    room: str
    branch: str
    epoch: int
    number: int = field(default=0, init=False)  # its attempt is the negative of it
    token: str = field(default="", init=False)  # hashed
    tries: int = field(default=0, init=False)
    deadline: float = field(default=float("inf"), init=False)
    busy: float = field(default=0.0, init=False)  # seconds that it may be silent for, beyond the usual
    line: Line | None = field(default=None, init=False)

    @abstractmethod
    def welcome(self, state: State, store: Store, drawings: Rows) -> Frame:
        """Return what its process is welcomed with; raise `Refused` where it cannot be done any more."""

    @abstractmethod
    def failure(self, message: str) -> tuple[str, Data]:
        """Return the Event that says why there is no result."""

    @abstractmethod
    def by(self, state: State) -> dict[str, Any] | None:
        """Return who asked for it."""

    def failed_by(self, name: str, data: Data) -> str | None:
        """Return why, where this report says that it failed."""
        return str(data["message"]) if name == "session_failed" else None

    def concerns(self, data: Data) -> bool:
        """Whether a result or a report of how far it is is of this errand."""
        return (data["branch"], data["epoch"]) == (self.branch, self.epoch)

    def busy_seconds(self, state: State) -> float:
        """Return how long its process may be silent for, beyond the usual."""
        run = state["runs"][state["branches"][self.branch]["run"]]
        return busy_seconds(run["blueprint"], run["settings"])


@dataclass
class Proof(Errand):
    """Prove that `epoch` of `branch` ends with the digest in the log."""

    kind = "prove it"
    result = "epoch_proved"
    reports = ("checkpoint_damaged",)

    def welcome(self, state: State, store: Store, drawings: Rows) -> Frame:
        told = [fact["data"] for fact in store.events(self.room, 0, ["checkpoint_saved"])]
        mine = [one for one in told if (one["branch"], one["epoch"], one["batch"]) == (self.branch, self.epoch, 0)]
        if not mine:
            raise Refused("unknown", "The log knows no digest of the end of this epoch.", "Prove another epoch.")
        return {"work": proof_of(state, self.branch, self.epoch, mine[-1]).model_dump(mode="json")}

    def failure(self, message: str) -> tuple[str, Data]:
        return "proof_failed", {"branch": self.branch, "epoch": self.epoch, "message": message}

    def by(self, state: State) -> dict[str, Any] | None:
        mine = [row for row in state["proofs"] if (row["branch"], row["epoch"]) == (self.branch, self.epoch)]
        return mine[0]["by"] if mine else None


@dataclass
class Evaluation(Errand):
    """Evaluate the model at the end of `epoch` of `branch` on a split, or on drawings."""

    kind = "evaluate it"
    result = "evaluated"
    reports = passing = ("evaluation_progress",)

    split: str
    drawings: list[str]

    @property
    def data(self) -> Data:
        """What every Event of it says."""
        return {"branch": self.branch, "epoch": self.epoch, "split": self.split, "drawings": self.drawings}

    def welcome(self, state: State, store: Store, drawings: Rows) -> Frame:
        subject = subject_of(state, At(branch=self.branch, epoch=self.epoch))
        rows = drawings(self.room, subject.blueprint.dataset) if self.split == "drawings" else []
        found = sorted(({name: row[name] for name in ("id", "label", "pixels")} for row in rows if row["id"] in self.drawings),
                       key=lambda row: str(row["id"]))
        if self.drawings and not found:
            raise Refused("no_drawings", "These drawings were taken out of the room.", "Evaluate again.")
        self.drawings = [row["id"] for row in found]
        asked = Evaluate.model_validate({"subject": subject, "of": self.data, "drawings": found})
        return {"work": None, "evaluate": {**asked.model_dump(mode="json", exclude={"drawings"}), "drawings": found}}

    def failure(self, message: str) -> tuple[str, Data]:
        return "evaluation_failed", {**self.data, "message": message}

    def failed_by(self, name: str, data: Data) -> str | None:
        return str(data["message"]) if name == "evaluation_failed" else super().failed_by(name, data)

    def concerns(self, data: Data) -> bool:
        return all(data[name] == value for name, value in self.data.items())

    def by(self, state: State) -> dict[str, Any] | None:
        row = state["evaluations"].get(evaluation_id(self.data))
        return row["by"] if row else None
