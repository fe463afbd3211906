"""The fold: a room's Events become its Snapshot. A function for each Event says, as a patch, what it changes."""

from __future__ import annotations

from collections.abc import Callable

from . import patches, patches_draft, patches_files, patches_inside, patches_seen, patches_tree
from .snapshot import Fact, Patch, State, apply

_PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    **patches.PATCHES, **patches_tree.PATCHES, **patches_seen.PATCHES, **patches_draft.PATCHES,
    **patches_inside.PATCHES, **patches_files.PATCHES}


def fold(state: State, event: Fact) -> Patch:
    """Apply one Event to the Snapshot in place and return the patch that did it."""
    patch = _PATCHES[event["name"]](state, event)
    patch.setdefault("set", {})["seq"] = event["seq"]
    apply(state, patch)
    return patch
