"""The fold of the draft and of the room's library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .blueprint import Sketch
from .rules import report
from .snapshot import Fact, Patch, State

MOST_STEPS = 100  # that can be taken back


def _draft_edited(state: State, event: Fact) -> Patch:
    """The draft, with what the rules say of it, and the way back and forth through the log."""
    data = event["data"]
    return {"set": {"draft": {
        "blueprint": data["blueprint"], "report": report(Sketch.model_validate(data["blueprint"])), "seq": event["seq"],
        "by": event["by"], "at": event["at"], "edits": data["edits"], "step": data["step"],
        **_stacks(state["draft"], data["step"])}}}


def _stacks(old: dict[str, Any] | None, step: str) -> dict[str, list[int]]:
    """Return the Events whose Blueprints are one step back, two and so on (last first), and those that were taken back."""
    if old is None:
        return {"undo": [], "redo": []}
    undo, redo, left = old["undo"], old["redo"], old["seq"]
    if step == "undo":
        return {"undo": undo[:-1], "redo": [*redo, left]}
    if step == "redo":
        return {"undo": [*undo, left], "redo": redo[:-1]}
    return {"undo": undo if step == "continue" else [*undo, left][-MOST_STEPS:], "redo": []}


def _blueprint_saved(state: State, event: Fact) -> Patch:
    data = event["data"]
    entry = {"title": data["title"], "blueprint": data["blueprint"], "by": event["by"], "at": event["at"]}
    return {"set": {f"library.{data['id']}": entry}}


def _blueprint_dropped(state: State, event: Fact) -> Patch:
    return {"set": {"library": {name: entry for name, entry in state["library"].items() if name != event["data"]["id"]}}}


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "draft_edited": _draft_edited, "blueprint_saved": _blueprint_saved, "blueprint_dropped": _blueprint_dropped,
}
