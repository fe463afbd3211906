"""The tree of Branches in a Snapshot: what lies on the way to a place, and which Settings hold there. Pure.

A place is ``(epoch, batch)``. The way to a place leads from the first Branch of the Run through each fork; of an
ancestor it takes what happened up to the fork, and only what had happened when the fork was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

State = dict[str, Any]
Place = tuple[int, int]


def place_of(one: dict[str, Any]) -> Place:
    """Return where a Position, a marker, a Checkpoint or a tip stands."""
    return one["epoch"], one["batch"]


def home(state: State, branch: str, epoch: int) -> str:
    """Return the Branch on whose own line this epoch lies: `branch`, or the ancestor it came from."""
    while epoch < state["branches"][branch]["epoch"]:
        branch = state["branches"][branch]["parent"]
    return branch


def target(state: State) -> dict[str, Any]:
    """Return where the Session has to stand before it goes on: off the tip where somebody went back, else at the tip.

    A trainer that is lost while it trains again what an earlier one had trained leaves a Position before the tip.
    """
    session = state["session"]
    tip: dict[str, Any] = state["branches"][session["position"]["branch"]]["tip"]
    return tip if session["held"] is None else session["position"]


def segments(state: State, branch: str, place: Place, before: int | None = None) -> list[tuple[str, Place, int]]:
    """Return the way to a place, from the Run's start: (Branch, up to which place, known before which `seq`)."""
    found = [(branch, place, before or state["seq"] + 1)]
    while (row := state["branches"][found[-1][0]])["parent"] is not None:
        found.append((row["parent"], (row["epoch"], 0), row["before"] or row["seq"]))
    return found[::-1]


def on_the_way(state: State, rows: list[dict[str, Any]], branch: str, place: Place,
               before: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield those `rows` (markers or Checkpoints, in the order of the log) that lie on the way to a place."""
    for name, limit, known in segments(state, branch, place, before):
        for row in rows:
            if row["branch"] == name and place_of(row) <= limit and (row["seq"] < known or "digest" in row):
                yield row


def changes_on(state: State, branch: str, place: Place, held: Iterable[dict[str, Any]] = (),
               before: int | None = None) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield (place, all Settings from there on) for each change on the way, held ones last."""
    settings = state["runs"][state["branches"][branch]["run"]]["settings"]
    for marker in chain(on_the_way(state, state["markers"], branch, place, before), held):
        settings = settings | {name: change["to"] for name, change in marker["changes"].items()}
        yield place_of(marker), settings


def settings_at(state: State, branch: str, place: Place, before: int | None = None) -> dict[str, Any]:
    """Return the Settings with which this Branch went on from a place; or, there, before the Event of this `seq`."""
    settings: dict[str, Any] = state["runs"][state["branches"][branch]["run"]]["settings"]
    for _, changed in changes_on(state, branch, place, before=before):
        settings = changed
    return settings


def checkpoints_on(state: State, branch: str, place: Place) -> list[dict[str, Any]]:
    """Return the Checkpoints from which a place can be reached, nearest first."""
    known = list(on_the_way(state, state["checkpoints"] + state["passing"], branch, place))
    return sorted(known, key=lambda one: (place_of(one), one["seq"]), reverse=True)


def net_changes(markers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return ``{name: {from, to}}`` of several changes together."""
    net: dict[str, dict[str, Any]] = {}
    for marker in markers:
        for name, change in marker["changes"].items():
            net[name] = {"from": net.get(name, change)["from"], "to": change["to"]}
    return {name: change for name, change in net.items() if change["from"] != change["to"]}


def next_branch(state: State) -> str:
    return f"b{len(state['branches']) + 1}"
