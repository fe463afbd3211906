"""The fold: a room's Events become its Snapshot.

A function for each Event says what it changes; `apply` does it, here and in the browser (static/lib/fold.js) alike:

    set {path: value} · cut {path: x} (drop later points) · append {path: [items]} · thin {path: limit}

in that order. A path is dotted names. Nothing else ever changes a Snapshot, so equal logs give equal Snapshots.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import ceil
from typing import Any

from .blueprint import cnn
from .datasets import DATASETS
from .series import LIVE_LIMIT, SERIES_LIMIT, cut, thin
from .settings import Settings

State = dict[str, Any]
Patch = dict[str, dict[str, Any]]
Fact = dict[str, Any]  # an Event as plain JSON: seq, name, data, position, by, at


def empty_state(code: str) -> State:
    """Return the Snapshot of a room in which nothing has happened yet: `seq` 0, the default Blueprint, no Run."""
    return {
        "seq": 0,
        "room": {"code": code, "mode": "open"},
        "session": {"status": "idle", "reason": None, "waiting": None, "position": None, "begun": None, "until": None,
                    "rate": None, "error": None},
        "blueprint": cnn().model_dump(mode="json"),
        "settings": Settings().model_dump(mode="json"),
        "runs": {}, "branches": {}, "checkpoints": [], "passing": [], "markers": [], "series": {},
    }


def fold(state: State, event: Fact) -> Patch:
    """Apply one Event to the Snapshot in place and return the patch that did it."""
    patch = _PATCHES[event["name"]](state, event)
    patch.setdefault("set", {})["seq"] = event["seq"]
    apply(state, patch)
    return patch


def apply(state: State, patch: Patch) -> None:
    """Change the Snapshot in place as the patch says."""
    for path, value in patch.get("set", {}).items():
        holder, name = _find(state, path)
        holder[name] = deepcopy(value)  # the patch stays as it is while the Snapshot goes on
    for path, x in patch.get("cut", {}).items():
        holder, name = _find(state, path)
        holder[name] = cut(holder.get(name, []), x)
    for path, items in patch.get("append", {}).items():
        holder, name = _find(state, path)
        holder.setdefault(name, []).extend(items)
    for path, limit in patch.get("thin", {}).items():
        holder, name = _find(state, path)
        holder[name] = thin(holder[name], limit)


def _find(state: State, path: str) -> tuple[State, str]:
    *parents, name = path.split(".")
    for parent in parents:
        state = state.setdefault(parent, {})
    return state, name


def batches_per_epoch(dataset: str, batch_size: int) -> int:
    """Return the number of batches in an epoch, the last and smaller one included."""
    return ceil(DATASETS[dataset].train / batch_size)


# ── one function per Event ──────────────────────────────────────────────────────────────────────────────────

def _run_started(state: State, event: Fact) -> Patch:
    data = event["data"]
    run, branch, settings = data["run"], data["branch"], data["settings"]
    batches = batches_per_epoch(data["blueprint"]["dataset"], settings["batch_size"])
    position = {"run": run, "branch": branch, "epoch": 0, "batch": 0, "batches": batches, "x": 0.0}
    about = {"blueprint": data["blueprint"], "settings": settings, "threads": data["threads"],
             "at": event["at"], "by": event["by"]}
    return {"set": {
        f"runs.{run}": about, f"branches.{branch}": {"run": run, "parent": None, "epoch": 0, "last": None},
        f"series.{branch}": {}, "passing": [], "blueprint": data["blueprint"], "settings": settings,
        "session": {**empty_state("")["session"], "position": position}}}


def _training_requested(state: State, event: Fact) -> Patch:
    return {"set": {"session.until": event["data"]["until"], "session.waiting": {"reason": "starting"}, "session.error": None}}


def _training_queued(state: State, event: Fact) -> Patch:
    return {"set": {"session.waiting": {"reason": "queued", "place": event["data"]["place"]}}}


def _trainer_started(state: State, event: Fact) -> Patch:
    training = state["session"]["status"] == "training"
    return {"set": {"session.waiting": {"reason": "recovering" if training else "starting"}}}


def _dataset_progress(state: State, event: Fact) -> Patch:
    return {"set": {"session.waiting": {"reason": "preparing", **event["data"]}}}


def _training_started(state: State, event: Fact) -> Patch:
    return {"set": {**_standing("training", event), "session.until": event["data"]["until"],
                    "session.begun": event["position"]["x"], "session.rate": None}}


def _training_paused(state: State, event: Fact) -> Patch:
    begun = event["position"]["x"] > 0
    return {"set": {**_standing("paused" if begun else "idle", event), "session.reason": event["data"]["reason"]}}


def _standing(status: str, event: Fact) -> dict[str, Any]:
    return {"session.status": status, "session.position": event["position"], "session.waiting": None,
            "session.error": None, "session.reason": None}


def _settings_changed(state: State, event: Fact) -> Patch:
    data, position = event["data"], event["position"]
    changed: Patch = {"set": {"settings": data["settings"]}}
    if data.get("until") is not None:
        changed["set"]["session.until"] = data["until"]
    if position:
        marker = {"seq": event["seq"], "branch": position["branch"], "epoch": position["epoch"], "batch": position["batch"],
                  "x": position["x"], "changes": data["changes"], "by": event["by"], "at": event["at"]}
        changed["append"] = {"markers": [marker]}
        changed["set"]["session.position"] = position
    return changed


def _metrics(state: State, event: Fact) -> Patch:
    data = event["data"]
    rows = {name: [[x, y] for x, y in zip(data["x"], data[name], strict=True)] for name in ("train_loss", "train_accuracy")}
    grown = _grown(state, event["position"]["branch"], {name: thin(points, LIVE_LIMIT) for name, points in rows.items()})
    return {"set": {"session.position": event["position"], "session.rate": data["rate"]}, **grown}


def _epoch_finished(state: State, event: Fact) -> Patch:
    data, position = event["data"], event["position"]
    branch, epoch = position["branch"], position["epoch"]
    values = {f"{split}_{what}": data[side][what]
              for split, side in (("epoch", "train"), ("test", "test")) for what in ("loss", "accuracy")}
    rows = {name: [[epoch, value]] for name, value in values.items() if value is not None}
    last = {"epoch": epoch, "train": data["train"], "test": data["test"], "seconds": data["seconds"]}
    return {"set": {"session.position": position, f"branches.{branch}.last": last}, **_grown(state, branch, rows)}


def _grown(state: State, branch: str, rows: dict[str, list[list[Any]]]) -> Patch:
    present = state["series"].get(branch, {})
    full = [name for name, points in rows.items() if len(present.get(name, ())) + len(points) > SERIES_LIMIT]
    return {"append": {f"series.{branch}.{name}": points for name, points in rows.items()},
            "thin": {f"series.{branch}.{name}": SERIES_LIMIT for name in full}}


def _checkpoint_saved(state: State, event: Fact) -> Patch:
    """Those at an epoch's end and at an interrupt stay; of those in between (`passing`) the newest two."""
    data = event["data"]
    known = {"seq": event["seq"], **{name: data[name] for name in ("branch", "epoch", "batch", "x", "digest")}}
    if data["kind"] == "interval":
        return {"set": {"passing": [*state["passing"][-1:], known]}}
    return {"append": {"checkpoints": [known]}}


def _checkpoint_damaged(state: State, event: Fact) -> Patch:
    digest = event["data"]["digest"]
    return {"set": {name: [known for known in state[name] if known["digest"] != digest] for name in ("checkpoints", "passing")}}


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
            "cut": {f"series.{branch}.{name}": position["x"] if name.startswith("train_") else epoch
                    for name in state["series"][branch]}}


_PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "run_started": _run_started, "training_requested": _training_requested,
    "training_queued": _training_queued, "trainer_started": _trainer_started,
    "dataset_progress": _dataset_progress, "training_started": _training_started, "training_paused": _training_paused,
    "settings_changed": _settings_changed, "metrics": _metrics, "epoch_finished": _epoch_finished,
    "checkpoint_saved": _checkpoint_saved, "checkpoint_damaged": _checkpoint_damaged, "session_failed": _session_failed,
    "trainer_lost": _trainer_lost, "trainer_recovered": _trainer_recovered,
}
