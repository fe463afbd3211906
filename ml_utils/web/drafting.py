"""Use cases of the draft, the network that a room is making, and of the room's library. The Session goes on meanwhile."""

from __future__ import annotations

import secrets
from typing import Any

from ..core.blueprint import Sketch
from ..core.commands import Command, DropBlueprint, EditDraft, SaveBlueprint
from ..core.editing import edited, inside
from ..core.edits import goes_on, told
from ..core.errors import Refused, shown
from .decision import By, Case, Decision, Known
from .ledger import Draft, Ledger, Room

MOST_SAVED = 100  # Blueprints in a room's library
MOST_SAVED_LAYERS = 4_000  # in all of them together: everybody who comes in gets the library
Plain = dict[str, Any]


class Drafting:
    """edit_draft, undo_edit, redo_edit, save_blueprint, drop_blueprint."""

    def __init__(self, ledger: Ledger, known: Known) -> None:
        self._ledger, self._known = ledger, known
        self.cases: dict[str, Case] = {
            "edit_draft": self._edit, "undo_edit": self._travel, "redo_edit": self._travel,
            "save_blueprint": self._save, "drop_blueprint": self._drop}

    def _edit(self, room: Room, command: EditDraft, by: By, _: str) -> Decision:
        """The first edit of all makes the draft, from the present Run's Blueprint: so it can be taken back, too."""
        draft = room.state["draft"]
        _check_fresh(draft, command.seq, by)
        before = present(room.state)
        sketch = edited(Sketch.model_validate(before), command.edits)
        after = sketch.model_dump(mode="json")
        if after == before:
            return Decision()
        if (after["dataset"], after.get("images")) != (before["dataset"], before.get("images")):
            self._known(sketch)
        asked = told(command.edits)
        mine = draft and draft["by"] and draft["by"]["id"] == by["id"]
        typing = command.continues and mine and goes_on(draft["edits"], asked)
        begun = [] if draft else [_draft_edited(room, before, [], "begin", by)]
        return Decision([*begun, _draft_edited(room, after, asked, "continue" if typing else "edit", by)])

    def _travel(self, room: Room, command: Command, by: By, _: str) -> Decision:
        step = command.name.removesuffix("_edit")
        way: list[int] = (room.state["draft"] or {}).get(step, [])
        if not way:
            raise Refused(f"nothing_to_{step}", f"There is no change of the network to {step}.", "Change something first.")
        fact = self._ledger.store.events(room.code, way[-1] - 1, limit=1)[0]
        return Decision([_draft_edited(room, fact["data"]["blueprint"], [], step, by)])

    def _save(self, room: Room, command: SaveBlueprint, by: By, _: str) -> Decision:
        library, blueprint = room.state["library"], present(room.state)
        check_kept(command.title, blueprint, [entry["title"] for entry in library.values()], MOST_SAVED)
        layers = count(blueprint["layers"]) + sum(count(entry["blueprint"]["layers"]) for entry in library.values())
        if layers > MOST_SAVED_LAYERS:
            raise Refused("library_full", f"All networks of a room's library have at most {MOST_SAVED_LAYERS:,} layers.",
                          "Take a large one out of the library, or keep this one in your own.")
        data = {"id": secrets.token_hex(8), "title": command.title, "blueprint": blueprint}
        return Decision([Draft(room.code, "blueprint_saved", data, room.session["position"], by)])

    def _drop(self, room: Room, command: DropBlueprint, by: By, _: str) -> Decision:
        if command.blueprint not in room.state["library"]:
            raise Refused("not_in_library", f"There is no {shown(command.blueprint)} in this room's library.",
                          "Somebody may have taken it out already.", "blueprint")
        return Decision([Draft(room.code, "blueprint_dropped", {"id": command.blueprint}, room.session["position"], by)])


def present(state: dict[str, Any]) -> Plain:
    """Return the Blueprint that the creator shows: the draft, or the present Run's where there is none yet."""
    blueprint: Plain = state["draft"]["blueprint"] if state["draft"] else state["blueprint"]
    return blueprint


def check_kept(title: str, blueprint: Plain, titles: list[str], most: int) -> None:
    """Raise `Refused` where this may not stand in a library beside those."""
    if not title:
        raise Refused("no_title", "A network in a library needs a name.", "Give it one, of up to 60 signs.", "title")
    if title in titles:
        raise Refused("title_taken", f"There is a network called {shown(title)} in this library already.",
                      "Choose another name, or take the old one out first.", "title")
    if not blueprint["layers"]:
        raise Refused("no_layers", "This network has no layers yet.", "Add a layer first.", "blueprint")
    if len(titles) >= most:
        raise Refused("library_full", f"A library holds {most} networks, and this one is full.", "Take one out first.")


def count(layers: list[Plain]) -> int:
    """Return how many layers there are, those inside of blocks included."""
    return sum(1 + count(inside(layer) or []) for layer in layers)


def _check_fresh(draft: dict[str, Any] | None, seq: int, by: By) -> None:
    if seq == (draft["seq"] if draft else 0):
        return
    who = draft["by"]["name"] if draft and draft["by"] else ""
    whose = "You have" if draft and draft["by"] and draft["by"]["id"] == by["id"] else f"{who or 'Somebody'} has"
    raise Refused("stale", f"{whose} changed the network in the meantime.",
                  "Nothing is lost: look at the network as it is now, and change it again.", "seq")


def _draft_edited(room: Room, blueprint: Plain, edits: list[Plain], step: str, by: By) -> Draft:
    data = {"blueprint": blueprint, "edits": edits, "step": step}
    return Draft(room.code, "draft_edited", data, room.session["position"], by)
