"""The fold of files that people bring."""

from __future__ import annotations

from collections.abc import Callable

from .snapshot import Fact, Patch, State


def _images_kept(state: State, event: Fact) -> Patch:
    data = event["data"]
    row = {name: data[name] for name in ("images", "bytes", "shared")}
    return {"set": {f"images.{data['dataset']}": {**row, "by": event["by"], "at": event["at"]}}}


def _images_dropped(state: State, event: Fact) -> Patch:
    return {"set": {"images": {name: row for name, row in state["images"].items() if name != event["data"]["dataset"]}}}


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {"images_kept": _images_kept, "images_dropped": _images_dropped}
