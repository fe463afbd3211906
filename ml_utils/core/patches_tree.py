"""What each Event of the tree changes in the Snapshot: Branches, going back, forks to come, kept Checkpoints, proofs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patches import tip_of, without
from .patches_seen import cut_trends
from .snapshot import Fact, Patch, State
from .tree import net_changes, place_of


def _branch_started(state: State, event: Fact) -> Patch:
    """What was held while nobody trained belongs to the new Branch; its net effect names it."""
    data = event["data"]
    branch, epoch = data["branch"], data["epoch"]
    position = event["position"]
    held = [{**marker, "branch": branch} for marker in state["session"]["held"] or []]
    row = {"run": data["run"], "parent": data["parent"], "epoch": epoch, "name": None, "changes": net_changes(held),
           "kind": data["kind"], "of": data["of"], "group": data["group"], "before": data.get("before"), "seq": event["seq"],
           "by": event["by"], "at": event["at"], "tip": tip_of(position), "last": None, "replay": data["replay"]}
    found: Patch = {"set": {f"branches.{branch}": row, f"series.{branch}": {}, "session.position": position,
                            "session.held": None, "session.moved": event["seq"], "settings": data["settings"]},
                    "append": {"markers": held}}
    if data["planned"]:
        found["set"]["plan"] = state["plan"][1:]
    return found


def _branch_renamed(state: State, event: Fact) -> Patch:
    return {"set": {f"branches.{event['data']['branch']}.name": event["data"]["title"] or None}}


def _reverted(state: State, event: Fact) -> Patch:
    """Points of layers are kept up to there on the same Branch; those of another Branch are in the log."""
    data, position, here = event["data"], event["position"], state["session"]["position"]
    blueprint = state["runs"][position["run"]]["blueprint"]
    off = place_of(position) < place_of(state["branches"][position["branch"]]["tip"])
    found: Patch = {"set": {
        "session.status": "paused", "session.reason": "reverted", "session.position": position, "session.waiting": None,
        "session.error": None, "session.rate": None, "session.steps": None, "session.stop": None,
        "session.moved": event["seq"], "session.held": [] if off else None,
        "session.shown": None, "settings": data["settings"], "blueprint": blueprint, "layers": {}}}
    if here["branch"] == position["branch"]:
        found["cut"] = cut_trends(state, position["x"])
    else:
        found["set"]["trends"] = {}
    return found


def _forks_planned(state: State, event: Fact) -> Patch:
    return {"set": {"plan": event["data"]["forks"]}}


def _plan_dropped(state: State, event: Fact) -> Patch:
    return {"set": {"plan": []}}


def _epoch_pinned(state: State, event: Fact) -> Patch:
    return {"set": {"pinned": [*_others(state["pinned"], event), dict(event["data"])]}}


def _epoch_unpinned(state: State, event: Fact) -> Patch:
    return {"set": {"pinned": _others(state["pinned"], event)}}


def _others(rows: list[dict[str, Any]], event: Fact) -> list[dict[str, Any]]:
    data = event["data"]
    return [row for row in rows if (row["branch"], row["epoch"]) != (data["branch"], data["epoch"])]


def _checkpoints_thinned(state: State, event: Fact) -> Patch:
    return without(state, event["data"]["dropped"])


def _proof(standing: str) -> Callable[[State, Fact], Patch]:
    def patch(state: State, event: Fact) -> Patch:
        data = event["data"]
        known = standing if standing != "proved" else "same" if data["same"] else "differs"
        row = {"branch": data["branch"], "epoch": data["epoch"], "state": known, "at": event["at"], "by": event["by"],
               "because": data.get("because", data.get("message")), "seconds": data.get("seconds")}
        return {"set": {"proofs": [*_others(state["proofs"], event), row]}}

    return patch


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "branch_started": _branch_started, "branch_renamed": _branch_renamed, "reverted": _reverted,
    "forks_planned": _forks_planned, "plan_dropped": _plan_dropped, "epoch_pinned": _epoch_pinned,
    "epoch_unpinned": _epoch_unpinned, "checkpoints_thinned": _checkpoints_thinned,
    "proof_requested": _proof("running"), "epoch_proved": _proof("proved"), "proof_failed": _proof("failed"),
}
