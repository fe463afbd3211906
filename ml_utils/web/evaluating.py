"""Use case of the evaluator: evaluate a stored model apart from the Session; what was evaluated is not computed again."""

from __future__ import annotations

from typing import Any

from ..core.commands_inside import Evaluate
from ..core.datasets import held_back
from ..core.errors import Refused
from ..core.patches_inside import evaluation_id
from ..core.questions import At
from .decision import By, Case, Decision, branch_of
from .errand_kinds import Evaluation
from .errands import Errands
from .ledger import Draft, Ledger, Room
from .subjects import subject_of, trained_on

MOST_EVALUATIONS = 500  # that a room has
MOST_RUNNING = 4  # of a room at a time: the server makes one after the other, for all rooms
State = dict[str, Any]


class Evaluating:
    """evaluate."""

    def __init__(self, ledger: Ledger, errands: Errands) -> None:
        self._ledger, self._errands = ledger, errands
        self.cases: dict[str, Case] = {"evaluate": self._evaluate}

    def _evaluate(self, room: Room, command: Evaluate, by: By, _: str) -> Decision:
        state, wanted = room.state, _wanted(room, command)
        known = state["evaluations"]
        before = known.get(evaluation_id(wanted.data))
        if _same(before, wanted):
            return Decision()
        if before and before["state"] == "running":
            raise Refused("evaluating", "The drawings that were there before are being evaluated.", "Wait for the result.")
        requested = Draft(room.code, "evaluation_requested", wanted.data, room.session["position"], by)
        if len(known) >= MOST_EVALUATIONS and evaluation_id(wanted.data) not in known:
            raise Refused("too_many", f"This room has {MOST_EVALUATIONS} evaluations already.",
                          "Look at those that are there, or go on in another room.")
        if copy := self._copied(room, wanted):
            return Decision([requested, Draft(room.code, "evaluated", copy, room.session["position"], by)])
        if sum(row["state"] == "running" for row in known.values()) >= MOST_RUNNING:
            raise Refused("evaluating", f"{MOST_RUNNING} evaluations of this room are waiting already.", "Wait for a result.")
        return Decision([requested], lambda: self._errands.want(wanted))

    def _copied(self, room: Room, wanted: Evaluation) -> dict[str, Any] | None:
        """Return the result for the same model where it was evaluated as one of another Branch."""
        state = room.state
        at = trained_on(state, wanted.branch, wanted.epoch)
        for row in state["evaluations"].values():
            place = row["branch"], row["epoch"], row["split"]
            if (place[1:] == (wanted.epoch, wanted.split) and _same(row, wanted) and row["state"] == "done"
                    and trained_on(state, row["branch"], row["epoch"]) == at):
                facts = self._ledger.store.events(room.code, row["seq"] - 1, ["evaluated"], limit=1)
                return {**facts[0]["data"], "branch": wanted.branch} if facts else None
        return None


def _wanted(room: Room, command: Evaluate) -> Evaluation:
    """Return what is to be evaluated; raise `Refused` where there is no such model, or nothing to evaluate it on."""
    state, position = room.state, room.session["position"]
    if position is None:
        raise Refused("not_begun", "Nothing has been trained in this room yet.", "Start a training first.")
    branch = command.branch or position["branch"]
    last = position if branch == position["branch"] else state["branches"][branch_of(state, branch)]["tip"]
    epoch = last["epoch"] if command.epoch is None else command.epoch
    subject = subject_of(state, At(branch=branch, epoch=epoch))
    if command.split == "validation" and not held_back(subject.blueprint.model_dump()):
        raise Refused("no_validation", "This run holds no examples back to validate.",
                      "Choose the test split, or begin a run that holds some back.", "split")
    drawings = _drawings(state, subject.blueprint.dataset) if command.split == "drawings" else []
    return Evaluation(room.code, branch, epoch, command.split, drawings)


def _drawings(state: State, dataset: str) -> list[str]:
    found = sorted(name for name, row in state["drawings"].items() if row["dataset"] == dataset)
    if not found:
        raise Refused("no_drawings", "The room keeps no drawings of this dataset.", "Draw and keep some first.", "split")
    return found


def _same(row: dict[str, Any] | None, wanted: Evaluation) -> bool:
    """Whether an evaluation is the wanted one: there is a result, or there will be one. Drawings come and go."""
    return row is not None and row["state"] != "failed" and list(row["drawings"]) == wanted.drawings
