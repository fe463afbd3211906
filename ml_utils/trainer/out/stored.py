"""A stored model that is taken out of a room: found in a log by words, or named by the web process, and loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ... import logs
from ...core.blueprint import Blueprint
from ...core.checkpoints import checkpoint_file
from ...core.errors import Refused, shown
from ...core.questions import Subject
from ...core.settings import Settings
from ...core.which import NOT_TRAINED
from ...core.which import branch_of as branch_of
from ...core.which import chosen as chosen
from ..checkpoint import Checkpoint, Damaged, load
from ..data import Data
from ..device import device_of
from ..evaluate import lot
from ..look.scene import Scene
from ..model import build
from ..order import Order

State = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """A Checkpoint with what it is of. `place`: run, branch, epoch, batch, x, digest; `home`: the Branch that wrote it."""

    blueprint: Blueprint
    settings: Settings
    checkpoint: Checkpoint
    place: dict[str, Any]
    threads: int
    home: str

    @property
    def weights(self) -> dict[str, Tensor]:
        """Weights and statistics of the network, by their names in it."""
        return {name.removeprefix("model."): values for name, values in self.checkpoint.tensors.items()
                if name.startswith("model.")}

    def network(self, device: str = "cpu") -> nn.Sequential:
        """Return the network with these weights, in eval mode. This sets torch's random states anew."""
        model = build(self.blueprint, device_of(device))
        model.load_state_dict(self.weights)
        return model.eval()

    def scene(self, order: Order, data: Data) -> Scene:
        """Return the same to be looked at, with its dataset."""
        place = {name: self.place[name] for name in ("run", "branch", "epoch", "batch", "x")}
        return Scene(self.network(order.device), self.blueprint, place, data, device_of(order.device), lot(self.blueprint),
                     order, self.place["digest"], self.home)


def stored(log: Path, order: Order, which: str) -> Stored:
    """Return a model that a log knows of (`which`: see `core/which.py`).

    Raises `Refused` where there is none, or its file cannot be read.
    """
    try:
        state = logs.folded(order.room, logs.read(log))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refused("no_log", f"The log {log.name} cannot be read: {shown(str(error))}.",
                      "Name a run folder as `train` made it, or as a room gave it out.") from error
    return of_state(state, order, which)


def of_state(state: dict[str, Any], order: Order, which: str) -> Stored:
    """Return the same of a Snapshot."""
    row = chosen(state, which)
    run = state["branches"][row["branch"]]["run"]
    return _loaded({**row, "branch": branch_of(state, which)}, row["branch"], {**state["runs"][run], "run": run}, order)


def of_subject(subject: Subject, order: Order) -> Stored:
    """Return a model that the web process has chosen; raises `Refused` where its file cannot be read."""
    if subject.digest is None or subject.home is None:
        raise NOT_TRAINED
    made = {"run": subject.run, "blueprint": subject.blueprint.model_dump(mode="json"), "threads": subject.threads}
    return _loaded(subject.model_dump(include={"branch", "epoch", "batch", "x", "digest"}), subject.home, made, order)


def _loaded(row: dict[str, Any], home: str, run: dict[str, Any], order: Order) -> Stored:
    name = run["run"]
    file = Path(order.checkpoints) / checkpoint_file(order.room, name, {**row, "branch": home})
    try:
        found = load(file, row["digest"], {"room": order.room, "run": name, "branch": home})
    except Damaged as error:
        raise Refused("model_damaged", f"This model could not be read: {error}.", "Choose another epoch.", "epoch") from error
    place = {"run": name, **{part: row[part] for part in ("branch", "epoch", "batch", "x", "digest")}}
    return Stored(Blueprint.model_validate(run["blueprint"]), found.settings, found, place, run["threads"], home)
