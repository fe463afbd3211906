"""Use cases of the review: marks on examples, and an example shown to all."""

from __future__ import annotations

from typing import Any

from ..core.commands_inside import MarkExample, ShowExample
from ..core.datasets import examples_key, row_in, row_of
from ..core.errors import Refused, shown
from ..core.questions import At, Lineage, OfRoom, OfSplit, Passport, PassportOf, Question
from .decision import By, Case, Decision
from .ledger import Draft, Ledger, Room
from .subjects import subject_of

MOST_MARKED = 2_000  # examples of a room
MOST_MARKS = 5_000  # on them: everybody who comes in gets them all
State = dict[str, Any]


class Marking:
    """mark_example, show_example."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.cases: dict[str, Case] = {"mark_example": self._mark, "show_example": self._show}

    def _mark(self, room: Room, command: MarkExample, by: By, _: str) -> Decision:
        """The same mark and note once more change nothing."""
        state, key = room.state, examples_key(room.state["blueprint"])
        _check_example(state, command.split, command.number, "number")
        mine = state["marks"].get(key, {}).get(f"{command.split}-{command.number}", {}).get(by["id"])
        if command.mark is None:
            _check_taken_back(command, mine)
        elif mine and (mine["mark"], mine["note"]) == (command.mark, command.note):
            return Decision()
        elif not mine:
            _check_full(state, key, f"{command.split}-{command.number}")
        data = {"dataset": key, **command.model_dump(mode="json")}
        return Decision([Draft(room.code, "example_marked", data, room.session["position"], by)])

    def _show(self, room: Room, command: ShowExample, by: By, _: str) -> Decision:
        state, image = room.state, command.image
        if isinstance(image, OfRoom):
            _check_drawing(state, image.drawing)
        elif isinstance(image, OfSplit):
            _check_example(state, image.split, image.number, "image.number")
        if isinstance(command.model, At):
            subject_of(state, command.model)
        data = {"dataset": examples_key(state["blueprint"]), **command.model_dump(mode="json")}
        return Decision([Draft(room.code, "example_shown", data, room.session["position"], by)])


def with_branches(room: Room, question: Question) -> Question:
    """Give a question about a passport the room's Branches."""
    if not isinstance(question, Passport):
        return question
    branches = {name: Lineage(run=row["run"], parent=row["parent"], epoch=row["epoch"])
                for name, row in room.state["branches"].items()}
    return PassportOf(model=question.model, split=question.split, number=question.number, branches=branches)


def marks_of(state: State) -> list[dict[str, Any]]:
    """Return all marks of a room, {dataset, split, number, mark, note, person, at}, in the order of the examples."""
    found = [{"dataset": key, "split": example.partition("-")[0], "number": int(example.partition("-")[2]),
              "mark": row["mark"], "note": row["note"], "person": row["name"], "at": row["at"]}
             for key, examples in state["marks"].items() for example, rows in examples.items() for row in rows.values()]
    return sorted(found, key=lambda row: (row["dataset"], row["split"], row["number"], row["at"]))


def _check_example(state: State, split: str, number: int, field: str) -> None:
    dataset = row_of(state["blueprint"])
    examples = dataset.train if split == "train" else dataset.test
    if number >= examples:
        raise Refused("unknown_example", f"{dataset.title} has no {split} example {number:,}.",
                      f"Examples are 0 to {examples - 1}.", field)


def _check_drawing(state: State, drawing: str) -> None:
    row, dataset = state["drawings"].get(drawing), row_of(state["blueprint"])
    if row is None:
        raise Refused("unknown_drawing", f"There is no drawing {shown(drawing)} in this room.",
                      "It may have been taken out by the one who made it.", "image.drawing")
    if row["dataset"] != dataset.name:
        other = row_in(state, row["dataset"])
        raise Refused("other_dataset", f"This drawing is of {other.title if other else row['dataset']}, and the network is for "
                      f"{dataset.title}.", "Show one of the present dataset.", "image.drawing")


def _check_taken_back(command: MarkExample, mine: State | None) -> None:
    if command.note:
        raise Refused("note_alone", "A note needs a mark.", "Choose a mark, or leave the note out.", "note")
    if mine is None:
        raise Refused("not_marked", "You have not marked this example.", "There is nothing to take back.", "mark")


def _check_full(state: State, key: str, example: str) -> None:
    marks = state["marks"]
    if example not in marks.get(key, {}) and sum(map(len, marks.values())) >= MOST_MARKED:
        raise Refused("marks_full", f"{MOST_MARKED:,} examples of this room are marked, and no more can be.",
                      "Take a mark back first.", "number")
    if sum(len(rows) for examples in marks.values() for rows in examples.values()) >= MOST_MARKS:
        raise Refused("marks_full", f"There are {MOST_MARKS:,} marks in this room, and no more can be.",
                      "Take a mark back first.", "mark")
