"""Warm start: a new Run begins with weights of the present one, where its layers fit."""

from __future__ import annotations

from typing import Any

from ..core.blueprint import Blueprint, layer_names
from ..core.errors import Refused
from ..core.rules import taken_over
from ..core.tree import checkpoints_on, place_of

State = dict[str, Any]


def warm_source(state: State) -> dict[str, Any] | None:
    """Return the Checkpoint nearest to the Session (run, branch, epoch, batch, digest), or None: nothing is trained."""
    position = state["session"]["position"]
    known = checkpoints_on(state, position["branch"], place_of(position)) if position else []
    sound = next((one for one in known if one["finite"]), None)
    return {"run": position["run"], **{name: sound[name] for name in ("branch", "epoch", "batch", "digest")}} if sound else None


def warmth(state: State, blueprint: Blueprint) -> dict[str, Any]:
    """Return ``{from, layers, fresh}``: what a Run of this Blueprint would take over from the present one."""
    source = warm_source(state)
    taken = taken_over(blueprint, Blueprint.model_validate(state["blueprint"])) if source else []
    return {"from": source, "layers": taken, "fresh": [name for name in layer_names(blueprint) if name not in taken]}


def warm_start(state: State, blueprint: Blueprint) -> dict[str, Any]:
    """Return what `run_started` says of it; raise `Refused` where nothing can be taken over."""
    found = warmth(state, blueprint)
    if not found["from"]:
        raise Refused("nothing_trained", "There are no trained weights to take over yet.", "Begin without them.", "warm")
    if not found["layers"]:
        raise Refused("nothing_fits", "No layer of this network has the name and the shapes of a trained one.",
                      "Begin without trained weights.", "warm")
    return {**found["from"], "layers": found["layers"]}


def no_weights(digest: str, _: Blueprint) -> dict[str, Any]:
    """Refuse a file of weights that this server does not have."""
    raise Refused("unknown_weights", f"There are no weights {digest[:8]}… on this server any more.",
                  "Bring the file once more: a while after it was checked it is forgotten where no run begins with it.",
                  "weights")
