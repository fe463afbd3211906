"""What each Event of the Session changes in the Snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .batches import count
from .datasets import examples_of
from .patches_seen import cut_trends
from .series import LIVE_LIMIT, SERIES_LIMIT, thin
from .snapshot import Fact, Patch, State, empty_state
from .tree import place_of

EPOCH_SERIES = ("epoch_", "test_", "validation_", "drawings_")  # one point an epoch; all others have one a batch or a report


def batches_per_epoch(blueprint: dict[str, Any], batch_size: int) -> int:
    """Return the number of batches in an epoch, the last and smaller one included."""
    return count(examples_of(blueprint), batch_size)


def start_of(run: str, branch: str, blueprint: dict[str, Any], settings: dict[str, Any], epoch: int = 0) -> dict[str, Any]:
    """Return the Position at the end of an epoch."""
    batches = batches_per_epoch(blueprint, settings["batch_size"])
    return {"run": run, "branch": branch, "epoch": epoch, "batch": 0, "batches": batches, "x": float(epoch)}


def inside(run: str, branch: str, blueprint: dict[str, Any], settings: dict[str, Any], tip: dict[str, Any]) -> dict[str, Any]:
    """Return the Position in the middle of an epoch; with what is left of it, cut into batches of the present size."""
    examples = examples_of(blueprint)
    left = count(examples - round((tip["x"] - tip["epoch"]) * examples), settings["batch_size"])
    return {"run": run, "branch": branch, "epoch": tip["epoch"], "batch": tip["batch"], "batches": tip["batch"] + left,
            "x": tip["x"]}


def tip_of(position: dict[str, Any]) -> dict[str, Any]:
    return {name: position[name] for name in ("epoch", "batch", "x")}


def _run_started(state: State, event: Fact) -> Patch:
    data = event["data"]
    run, branch, settings = data["run"], data["branch"], data["settings"]
    position = start_of(run, branch, data["blueprint"], settings)
    about = {"blueprint": data["blueprint"], "settings": settings, "threads": data["threads"],
             "warm": data.get("warm"), "at": event["at"], "by": event["by"]}
    first = {"run": run, "parent": None, "epoch": 0, "name": None, "changes": {}, "kind": "first", "of": None, "group": None,
             "before": None, "seq": event["seq"], "by": event["by"], "at": event["at"], "tip": tip_of(position), "last": None,
             "replay": []}
    warm = data.get("warm") or {}
    kept = [one for one in state["passing"] if one["digest"] == warm.get("digest")]  # this Run begins with it: it stays
    return {"append": {"checkpoints": kept}, "set": {
        f"runs.{run}": about, f"branches.{branch}": first, f"series.{branch}": {}, "passing": [], "plan": [],
        "blueprint": data["blueprint"], "settings": settings, "layers": {}, "trends": {},
        "session": {**empty_state("")["session"], "position": position, "moved": event["seq"]}}}


def _training_requested(state: State, event: Fact) -> Patch:
    data = event["data"]
    return {"set": {"session.until": data["until"], "session.steps": data.get("steps"), "session.stop": None,
                    "session.waiting": {"reason": "starting"}, "session.error": None}}


def _training_queued(state: State, event: Fact) -> Patch:
    return {"set": {"session.waiting": {"reason": "queued", "place": event["data"]["place"]}}}


def _trainer_started(state: State, event: Fact) -> Patch:
    training = state["session"]["status"] == "training"
    return {"set": {"session.waiting": {"reason": "recovering" if training else "starting"}}}


def _dataset_progress(state: State, event: Fact) -> Patch:
    return {"set": {"session.waiting": {"reason": "preparing", **event["data"]}}}


def _training_started(state: State, event: Fact) -> Patch:
    return {"set": {**_standing("training", event), "session.until": event["data"]["until"],
                    "session.stop": event["data"].get("stop"), "session.begun": event["position"]["x"], "session.rate": None}}


def _training_paused(state: State, event: Fact) -> Patch:
    """Where a training stopped early the Branch remembers it: from there on the patience is counted anew."""
    name, reason = event["position"]["branch"], event["data"]["reason"]
    begun = event["position"]["x"] > 0 or state["branches"][name]["tip"]["x"] > 0
    patch: Patch = {"set": {**_standing("paused" if begun else "idle", event), "session.reason": reason,
                            "session.steps": None, "session.stop": None}}
    if reason == "stopped_early":
        patch["append"] = {f"branches.{name}.stops": [{"epoch": event["position"]["epoch"], "seq": event["seq"]}]}
    return patch


def _standing(status: str, event: Fact) -> dict[str, Any]:
    return {"session.status": status, "session.position": event["position"], "session.waiting": None,
            "session.error": None, "session.reason": None}


def _settings_changed(state: State, event: Fact) -> Patch:
    """What is changed off the tip of a Branch is held: it belongs to the Branch that will start there."""
    data, position = event["data"], event["position"]
    changed: Patch = {"set": {"settings": data["settings"]}}
    if data.get("until") is not None:
        changed["set"]["session.until"] = data["until"]
    if position:
        marker = {"seq": event["seq"], "branch": position["branch"], "epoch": position["epoch"], "batch": position["batch"],
                  "x": position["x"], "changes": data["changes"], "by": event["by"], "at": event["at"],
                  "reason": data.get("reason")}
        if data.get("replays") is not None:
            marker["replays"] = data["replays"]
        held = state["session"]["held"] is not None
        changed["append"] = {"session.held" if held else "markers": [marker]}
        if place_of(position) == place_of(state["session"]["position"]):
            changed["set"]["session.position"] = position  # another batch size: another number of batches
    return changed


def _metrics(state: State, event: Fact) -> Patch:
    data, position = event["data"], event["position"]
    branch, x = position["branch"], position["x"]
    rows = {name: [[x, y] for x, y in zip(data["x"], data[name], strict=True)] for name in ("train_loss", "train_accuracy")}
    points = {name: thin(row, LIVE_LIMIT) for name, row in rows.items()}
    seconds = round(_seconds(state, branch) + data["took"], 3)
    points |= {"learning_rate": [[x, data["learning_rate"]]], "step": [[x, data["step"]]], "seconds": [[x, seconds]]}
    grown = _grown(state, branch, points)
    return {"set": {"session.position": position, "session.rate": data["rate"], **_tip(state, position)}, **grown}


def _tip(state: State, position: dict[str, Any]) -> dict[str, Any]:
    """Return what moves the tip of the Branch; it never moves back, even where a stretch is trained again."""
    path = f"branches.{position['branch']}.tip"
    tip = state["branches"][position["branch"]]["tip"]
    return {path: tip_of(position)} if place_of(position) > place_of(tip) else {}


def _seconds(state: State, branch: str) -> float:
    """Return the seconds of training so far, those on the way to the Branch included."""
    limit = float("inf")
    while True:
        points = state["series"].get(branch, {}).get("seconds", [])
        before = next((y for x, y in reversed(points) if x <= limit), None)
        row = state["branches"][branch]
        if before is not None or row["parent"] is None:
            return float(before or 0.0)
        branch, limit = row["parent"], row["epoch"]


def _epoch_finished(state: State, event: Fact) -> Patch:
    data, position = event["data"], event["position"]
    branch, epoch = position["branch"], position["epoch"]
    others = {name: data.get(name) or {} for name in ("validation", "drawings")}
    sides = {"epoch": data["train"], "test": data["test"], **others}
    values = {f"{split}_{what}": score.get(what) for split, score in sides.items() for what in ("loss", "accuracy")}
    rows = {name: [[epoch, value]] for name, value in values.items() if value is not None}
    last = {"epoch": epoch, "train": data["train"], "test": data["test"], "validation": data.get("validation"),
            "seconds": data["seconds"]}
    return {"set": {"session.position": position, f"branches.{branch}.last": last, **_tip(state, position)},
            **_grown(state, branch, rows)}


def _grown(state: State, branch: str, rows: dict[str, list[list[Any]]]) -> Patch:
    present = state["series"].get(branch, {})
    full = [name for name, points in rows.items() if len(present.get(name, ())) + len(points) > SERIES_LIMIT]
    return {"append": {f"series.{branch}.{name}": points for name, points in rows.items()},
            "thin": {f"series.{branch}.{name}": SERIES_LIMIT for name in full}}


def _checkpoint_saved(state: State, event: Fact) -> Patch:
    """Those at an epoch's end and at an interrupt stay; of those in between (`passing`) the newest two."""
    data = event["data"]
    known = {"seq": event["seq"], **{name: data[name] for name in (
        "branch", "epoch", "batch", "x", "digest", "kind", "bytes", "finite")}}
    if data["kind"] == "interval":
        return {"set": {"passing": [*state["passing"][-1:], known]}}
    return {"append": {"checkpoints": [known]}}


def _checkpoint_damaged(state: State, event: Fact) -> Patch:
    return without(state, [event["data"]])


def without(state: State, gone: list[dict[str, Any]]) -> Patch:
    """Return the patch that forgets these Checkpoints."""
    places = {(row["branch"], *place_of(row), row["digest"]) for row in gone}
    return {"set": {name: [one for one in state[name] if (one["branch"], *place_of(one), one["digest"]) not in places]
                    for name in ("checkpoints", "passing")}}


def _session_failed(state: State, event: Fact) -> Patch:
    return {"set": {"session.status": "failed", "session.waiting": None, "session.error": event["data"]}}


def _trainer_lost(state: State, event: Fact) -> Patch:
    return {"set": {"session.waiting": {"reason": "recovering"}, "session.rate": None}}


def _trainer_recovered(state: State, event: Fact) -> Patch:
    """Batches are kept up to x, what was measured at an epoch's end up to the last epoch that is finished."""
    position = event["position"]
    branch, epoch = position["branch"], position["epoch"]
    last = state["branches"][branch]["last"]
    return {"set": {"session.position": position, "session.waiting": None,
                    f"branches.{branch}.last": last if last and last["epoch"] <= epoch else None},
            "cut": {f"series.{branch}.{name}": epoch if name.startswith(EPOCH_SERIES) else position["x"]
                    for name in state["series"][branch]} | cut_trends(state, position["x"])}


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "run_started": _run_started, "training_requested": _training_requested,
    "training_queued": _training_queued, "trainer_started": _trainer_started,
    "dataset_progress": _dataset_progress, "training_started": _training_started, "training_paused": _training_paused,
    "settings_changed": _settings_changed, "metrics": _metrics, "epoch_finished": _epoch_finished,
    "checkpoint_saved": _checkpoint_saved, "checkpoint_damaged": _checkpoint_damaged, "session_failed": _session_failed,
    "trainer_lost": _trainer_lost, "trainer_recovered": _trainer_recovered,
}
