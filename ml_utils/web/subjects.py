"""Which model a question is about: what the process that answers needs to have it."""

from __future__ import annotations

from typing import Any

from ..core.blueprint import Blueprint
from ..core.checkpoints import epoch_checkpoint
from ..core.errors import Refused
from ..core.questions import At, Subject
from ..core.tree import checkpoints_on, place_of
from .decision import branch_of

State = dict[str, Any]


def subject_of(state: State, model: At | str) -> Subject:
    """Return a stored model: the one asked for, or of `now` the newest that the log knows on the way here."""
    position = state["session"]["position"]
    if isinstance(model, At):
        return _at(state, branch_of(state, model.branch), model.epoch)
    if position is None or model == "untrained":
        return _subject(state, position, untrained=position is None or model == "untrained")
    known = [one for one in checkpoints_on(state, position["branch"], place_of(position)) if one["finite"]]
    return of_checkpoint(state, position["branch"], known[0]) if known else _subject(state, position)


def trained_on(state: State, branch: str, epoch: int) -> str:
    """Return the Branch on which an epoch was trained: one that ends at a fork was so before the fork."""
    while (row := state["branches"][branch])["parent"] is not None and epoch <= row["epoch"]:
        branch = row["parent"]
    return branch


def _at(state: State, branch: str, epoch: int) -> Subject:
    row = state["branches"][branch]
    if epoch > row["tip"]["epoch"]:
        raise Refused("not_trained", f"Branch {branch} has been trained up to epoch {row['tip']['x']:g} only.",
                      f"Choose an epoch from 0 to {row['tip']['epoch']}.", "epoch")
    if epoch == 0:
        return _subject(state, {"run": row["run"], "branch": branch})
    kept = epoch_checkpoint(state, trained_on(state, branch, epoch), epoch)
    if kept is None:
        raise Refused("not_kept", f"No checkpoint is kept at the end of epoch {epoch} of {branch}.",
                      "Choose another epoch, or go back there and train on: then it is made again.", "epoch")
    return of_checkpoint(state, branch, kept)


def of_checkpoint(state: State, branch: str, kept: dict[str, Any]) -> Subject:
    """Return the model that a Checkpoint on the way of a Branch holds."""
    run = state["branches"][branch]["run"]
    return Subject(run=run, branch=branch, epoch=kept["epoch"], batch=kept["batch"], x=kept["x"], digest=kept["digest"],
                   home=kept["branch"], **_made(state, run))


def _subject(state: State, position: dict[str, Any] | None, untrained: bool = False) -> Subject:
    """Return the model with which a Run begins."""
    run, branch = (position["run"], position["branch"]) if position else ("none", "none")
    return Subject(run=run, branch=branch, epoch=0, batch=0, x=0.0, untrained=untrained, **_made(state, run))


def _made(state: State, run: str) -> dict[str, Any]:
    row = state["runs"].get(run) or {"blueprint": state["blueprint"], "threads": 1}
    return {"blueprint": Blueprint.model_validate(row["blueprint"]), "threads": row["threads"], "warm": row.get("warm")}
