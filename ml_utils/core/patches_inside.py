"""The fold of evaluations, drawings, marks, and of the example that is shown to all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .snapshot import Fact, Patch, State


def evaluation_id(data: dict[str, Any]) -> str:
    """Return under which name an evaluation stands in the Snapshot."""
    return f"{data['branch']}-{data['epoch']}-{data['split']}"


def _evaluation_requested(state: State, event: Fact) -> Patch:
    data = event["data"]
    row = {"run": state["branches"][data["branch"]]["run"], "branch": data["branch"], "epoch": data["epoch"],
           "split": data["split"], "drawings": data["drawings"], "state": "running", "done": 0, "total": 0,
           "seq": event["seq"], "accuracy": None, "loss": None, "examples": None, "message": None, "at": event["at"],
           "by": event["by"]}
    return {"set": {f"evaluations.{evaluation_id(data)}": row}}


def _evaluation_progress(state: State, event: Fact) -> Patch:
    data = event["data"]
    return _into(data, {"done": data["done"], "total": data["total"]})


def _evaluated(state: State, event: Fact) -> Patch:
    """The summary; the results themselves are in the log, under `seq`."""
    data = event["data"]
    summary = {name: data[name] for name in ("accuracy", "loss", "examples", "drawings")}
    return _into(data, {"state": "done", "seq": event["seq"], "at": event["at"], **summary})


def _evaluation_failed(state: State, event: Fact) -> Patch:
    data = event["data"]
    return _into(data, {"state": "failed", "seq": event["seq"], "at": event["at"], "message": data["message"]})


def _into(data: dict[str, Any], values: dict[str, Any]) -> Patch:
    return {"set": {f"evaluations.{evaluation_id(data)}.{name}": value for name, value in values.items()}}


def _drawing_kept(state: State, event: Fact) -> Patch:
    data = event["data"]
    row = {name: data[name] for name in ("dataset", "label", "source")}
    return {"set": {f"drawings.{data['id']}": {**row, "by": event["by"], "at": event["at"]}}}


def _drawing_dropped(state: State, event: Fact) -> Patch:
    return {"set": {"drawings": {name: row for name, row in state["drawings"].items() if name != event["data"]["id"]}}}


def _example_marked(state: State, event: Fact) -> Patch:
    """Marks by dataset, example and person; what has no mark any more is gone."""
    data, by = event["data"], event["by"]
    example = f"{data['split']}-{data['number']}"
    marks = dict(state["marks"].get(data["dataset"], {}).get(example, {}))
    marks.pop(by["id"], None)
    if data["mark"]:
        marks[by["id"]] = {"mark": data["mark"], "note": data["note"], "name": by["name"], "at": event["at"]}
    if marks:
        return {"set": {f"marks.{data['dataset']}.{example}": marks}}
    rest = {name: row for name, row in state["marks"].get(data["dataset"], {}).items() if name != example}
    return {"set": {f"marks.{data['dataset']}": rest}}


def _example_shown(state: State, event: Fact) -> Patch:
    return {"set": {"spotlight": {**event["data"], "seq": event["seq"], "by": event["by"], "at": event["at"]}}}


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "evaluation_requested": _evaluation_requested, "evaluation_progress": _evaluation_progress,
    "evaluated": _evaluated, "evaluation_failed": _evaluation_failed,
    "drawing_kept": _drawing_kept, "drawing_dropped": _drawing_dropped,
    "example_marked": _example_marked, "example_shown": _example_shown,
}
