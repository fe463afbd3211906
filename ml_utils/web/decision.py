"""What a Command leads to, and the drafts that several use cases make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ..core.blueprint import Blueprint, Sketch, layer_names
from ..core.errors import Refused, refusal, shown
from ..core.freezing import frozen_after, matching
from ..core.settings import Settings, changed, changes_between
from ..core.tree import target
from .ledger import Draft, Room

By = dict[str, Any]


@dataclass
class Decision:
    """Events now, and what is done after they are stored."""

    drafts: list[Draft] = field(default_factory=list)
    then: Callable[[], object] = lambda: None
    pending: bool = False  # its Event comes later: from the trainer, or when the training has stopped


Case = Callable[[Room, Any, By, str], Decision]  # the Command, who sends it, and its id
Known = Callable[[Blueprint], None]  # raises `Refused` where a Blueprint's own images are not on this server


def settings_after(old: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return all Settings after a change, as plain JSON."""
    try:
        return changed(Settings.model_validate(old), asked).model_dump(mode="json")
    except ValidationError as error:
        raise refusal(error) from None


def settings_for(state: dict[str, Any], blueprint: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return the room's Settings for a network, changed; what names layers or classes goes unless it has the same ones."""
    now, then = (Sketch.model_validate({**one, "without": (), "validation": 0.0}) for one in (state["blueprint"], blueprint))
    same = now == then  # as they are read: what is stored may lack newer fields
    fresh: dict[str, Any] = {} if same else {"frozen": [], "dropouts": {}}
    fresh |= {} if now.row == then.row else {"class_weights": {}}
    return settings_after({**state["settings"], **fresh}, asked)


def settings_draft(room: Room, asked: dict[str, Any], by: By | None, position: dict[str, Any] | None = None,
                   old: dict[str, Any] | None = None) -> Draft:
    """Return the Event of a change while nothing trains; `asked` may have a `reason`."""
    old, position = old or room.state["settings"], position or standpoint(room)
    asked, reason = {name: value for name, value in asked.items() if name != "reason"}, asked.get("reason")
    settings = settings_after(old, asked)
    until = position["epoch"] + asked["epochs"] if position and "epochs" in asked else None
    data = {"changes": changes_between(old, settings), "settings": settings, "until": until, "reason": reason, "replays": None}
    return Draft(room.code, "settings_changed", data, position, by)


def standpoint(room: Room) -> dict[str, Any] | None:
    """Return the Position at which what is decided now takes effect; it may be further than what was told again so far."""
    position: dict[str, Any] | None = room.session["position"]
    return {**position, **target(room.state)} if position else None


def freezing(state: dict[str, Any], name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Return what `freeze` or `unfreeze` asks of the Settings, and the layers it means."""
    asked = {"frozen": frozen_after(state["settings"].get("frozen", ()), name, layers_of(state, args["layer"]))}
    return {**asked, "reason": args["reason"]} if args.get("reason") else asked


def layers_of(state: dict[str, Any], pattern: str) -> list[str]:
    """Return the layers that a name or a pattern means; raise `Refused` where there is none that learns."""
    names = layer_names(Blueprint.model_validate(state["blueprint"]))
    found = matching(names, pattern)
    if not found:
        learning = ", ".join(matching(names, "*"))
        raise Refused("unknown_layer", f"There is no layer {shown(pattern)} that learns in this network.",
                      f"Layers that learn are {learning}; conv* means all convolutions, * all of them.", "layer")
    return found


def branch_of(state: dict[str, Any], branch: str) -> str:
    """Return the name of a Branch that is there; raise `Refused` where it is not."""
    if branch not in state["branches"]:
        known = ", ".join(state["branches"]) or "not there yet: start a training first"
        raise Refused("unknown_branch", f"There is no branch {shown(branch)} in this room.", f"Branches are {known}.", "branch")
    return branch
