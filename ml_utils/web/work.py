"""What the log says a trainer has to do: its Work when it dials in, and the order to go when it is there already."""

from __future__ import annotations

from typing import Any

from ..core.work import Change, Known, Work
from .ledger import Room
from .store import Store


def work_of(room: Room, store: Store, go: bool) -> Work:
    """Return the Session as the log knows it, for the trainer that dialled in."""
    session, state = room.session, room.state
    position = session["position"]
    run = state["runs"][position["run"]]
    training = session["status"] == "training"
    return Work.model_validate({
        "blueprint": run["blueprint"], "settings": run["settings"], "threads": run["threads"], "position": position,
        "checkpoints": _checkpoints(state, position), "replay": _changes(store, room.code, position["branch"]),
        "go": go, "until": session["until"], "recovering": training, "started": training})


def go_order(room: Room) -> dict[str, Any]:
    """Return the arguments of `go` for a trainer that stands at the room's Position."""
    return {"until": room.session["until"], "settings": room.state["settings"]}


def _checkpoints(state: dict[str, Any], position: dict[str, Any]) -> list[Known]:
    """Those of the branch up to the Position, newest Position first."""
    known = [one for one in state["checkpoints"] + state["passing"]
             if one["branch"] == position["branch"] and one["x"] <= position["x"]]
    known.sort(key=lambda one: (one["x"], one["seq"]), reverse=True)
    return [Known(**{name: one[name] for name in Known.model_fields}) for one in known]


def _changes(store: Store, code: str, branch: str) -> list[Change]:
    return [Change.model_validate({"epoch": fact["position"]["epoch"], "batch": fact["position"]["batch"],
                                   "settings": fact["data"]["settings"]})
            for fact in store.events(code, 0, ["settings_changed"]) if (fact["position"] or {}).get("branch") == branch]
