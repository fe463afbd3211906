"""Which stored model is meant: "best", "last" or the number of an epoch, and before it "<branch>:" for another Branch."""

from __future__ import annotations

import re
from typing import Any

from .best import best_of
from .errors import Refused, shown
from .tree import checkpoints_on, place_of

State = dict[str, Any]
Row = dict[str, Any]  # of a Checkpoint
NOT_TRAINED = Refused("not_trained", "Nothing has been trained that could be taken out.", "Train first.", "epoch")
WHICH = re.compile(r"(?:(?P<branch>[A-Za-z0-9_-]{1,64}):)?(?P<epoch>best|last|\d{1,7})", re.ASCII)


def chosen(state: State, which: str) -> Row:
    """Return the row of the Checkpoint that is meant; its `branch` is the one that wrote it. Raises `Refused`."""
    branch, wanted = branch_of(state, which), _parts(which)["epoch"]
    here = state["session"]["position"]
    place = place_of(here if here["branch"] == branch else state["branches"][branch]["tip"])
    if wanted == "last":
        return _last(state, branch, place)
    if wanted != "best":
        return _at(state, branch, int(wanted))
    best = best_of(state, branch)  # none where no epoch has ended
    return _at(state, branch, best["epoch"]) if best else _last(state, branch, place)


def branch_of(state: State, which: str) -> str:
    """Return the Branch that is meant, the Session's present one where none is named; raises `Refused`: there is none."""
    position, asked = state["session"]["position"], _parts(which)["branch"]
    if position is None:
        raise NOT_TRAINED
    branch: str = asked or position["branch"]
    if branch not in state["branches"]:
        raise Refused("unknown_branch", f"There is no branch {shown(branch)}.",
                      f"Branches are {', '.join(state['branches'])}.", "branch")
    return branch


def _parts(which: str) -> dict[str, Any]:
    found = WHICH.fullmatch(which)
    if not found:
        raise Refused("invalid", f"{shown(which)} names no stored model.",
                      "Use best, last or the number of an epoch, with a branch before it if need be: b2:5.", "epoch")
    return found.groupdict()


def _last(state: State, branch: str, place: tuple[int, int]) -> Row:
    rows = checkpoints_on(state, branch, place)
    row = next((one for one in rows if one["finite"]), None)
    if row is None:
        raise NOT_TRAINED if not rows else Refused(
            "not_finite", "The weights of every checkpoint are no numbers.", "Train again with a smaller rate.", "epoch")
    return row


def _at(state: State, branch: str, epoch: int) -> Row:
    tip = state["branches"][branch]["tip"]
    rows = checkpoints_on(state, branch, (epoch, 0)) if epoch <= tip["epoch"] else []
    rows = sorted((one for one in rows if place_of(one) == (epoch, 0)), key=lambda one: not one["finite"])
    if not rows:
        raise Refused("not_kept", f"No checkpoint is kept at the end of epoch {epoch} of {branch}.",
                      f"{branch} was trained for {tip['x']:g} epochs; use `last` or `best`, or another epoch.", "epoch")
    return rows[0]
