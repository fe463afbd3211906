"""What the log says a trainer has to do: its Work when it begins or moves, and the order to go where it stands."""

from __future__ import annotations

from typing import Any

from .best import watched_on
from .patches import start_of
from .tree import Place, changes_on, checkpoints_on, place_of, target
from .work import Known, Work

State = dict[str, Any]


def work_of(state: State, go: bool) -> Work:
    """Return the Session as the log knows it."""
    session = state["session"]
    position = session["position"]
    training = session["status"] == "training"
    place, held = place_of(target(state)), session["held"] or []
    way = _way(state, position, place, held)
    return Work.model_validate({
        **way, "now": state["settings"], "moved": session["moved"], "go": go,
        "until": session["until"], "steps": session["steps"], "stop": session["stop"],
        "script": script_of(state, position["branch"]),
        "watched": watched_on(state, position["branch"], place, held), "recovering": training, "started": training})


def proof_of(state: State, branch: str, epoch: int, told: dict[str, Any]) -> Work:
    """Return the Work of proving the epoch that ends here; `told` is the data of the Event that told of its Checkpoint."""
    row = state["branches"][branch]
    run = state["runs"][row["run"]]
    way = _way(state, start_of(row["run"], branch, run["blueprint"], run["settings"], epoch), (epoch, 0), [], proof=True)
    now = way["replay"][-1]["settings"] if way["replay"] else run["settings"]
    return Work.model_validate({
        **way, "now": now, "moved": 0, "go": False, "until": None, "recovering": False, "started": False,
        "proof": {"digest": told["digest"], "build": told["build"]}})


def _way(state: State, position: dict[str, Any], place: Place, held: list[dict[str, Any]],
         proof: bool = False) -> dict[str, Any]:
    """Return what leads to a place: Checkpoints up to the Position, and changes. A proof has to get there by itself."""
    branch = position["branch"]
    run, row = state["runs"][position["run"]], state["branches"][branch]
    changes = [{"epoch": epoch, "batch": batch, "settings": settings}
               for (epoch, batch), settings in changes_on(state, branch, place, held) if not proof or (epoch, batch) < place]
    known = [{name: one[name] for name in Known.model_fields}
             for one in checkpoints_on(state, branch, place_of(position))
             if not proof or (place_of(one) < place and one["batch"] == 0)]  # a proof is of whole epochs
    return {"blueprint": run["blueprint"], "settings": run["settings"], "threads": run["threads"],
            "warm": run.get("warm"), "position": position,
            "target": {"epoch": place[0], "batch": place[1]}, "fork": row["epoch"], "parent": row["parent"],
            "checkpoints": known, "replay": changes}


def go_order(state: State) -> dict[str, Any]:
    """Return the arguments of `go` for a trainer that stands at the room's Position."""
    session = state["session"]
    branch = session["position"]["branch"]
    return {"branch": branch, "fork": state["branches"][branch]["epoch"], "until": session["until"], "steps": session["steps"],
            "script": script_of(state, branch), "moved": session["moved"]}


def script_of(state: State, branch: str) -> list[dict[str, Any]]:
    """Return the changes that a Branch has still to make again."""
    done = {marker.get("replays") for marker in state["markers"] if marker["branch"] == branch}
    return [row for row in state["branches"][branch]["replay"] if row["seq"] not in done]
