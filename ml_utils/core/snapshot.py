"""The Snapshot of a room, and the one way it changes: by patches.

    set {path: value} · cut {path: x} (drop later points) · append {path: [items]} · thin {path: limit}

in that order. A path is dotted names. `apply` does it here and in the browser (static/lib/fold.js) alike; nothing else
ever changes a Snapshot, so equal logs give equal Snapshots.
"""

from __future__ import annotations

from typing import Any

from .blueprint import cnn
from .series import cut, thin
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
                    "steps": None, "stop": None, "rate": None, "error": None, "moved": 0, "held": None, "shown": None},
        "blueprint": cnn().model_dump(mode="json"),
        "settings": Settings().model_dump(mode="json"),
        "runs": {}, "branches": {}, "checkpoints": [], "passing": [], "pinned": [], "proofs": [], "plan": [], "markers": [],
        "series": {}, "layers": {}, "trends": {},
        "draft": None, "library": {},
        "evaluations": {}, "drawings": {}, "marks": {}, "spotlight": None,
        "images": {},
    }


def apply(state: State, patch: Patch) -> None:
    """Change the Snapshot in place as the patch says."""
    for path, value in patch.get("set", {}).items():
        holder, name = _find(state, path)
        holder[name] = _copied(value)  # the patch stays as it is while the Snapshot goes on
    for path, x in patch.get("cut", {}).items():
        holder, name = _find(state, path)
        holder[name] = cut(holder.get(name, []), x)
    for path, items in patch.get("append", {}).items():
        holder, name = _find(state, path)
        holder.setdefault(name, []).extend(items)
    for path, limit in patch.get("thin", {}).items():
        holder, name = _find(state, path)
        holder[name] = thin(holder[name], limit)


def _copied(value: Any) -> Any:
    """Return a copy of plain JSON; three times as fast as `copy.deepcopy`, and a whole network is copied at each edit."""
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _find(state: State, path: str) -> tuple[State, str]:
    *parents, name = path.split(".")
    for parent in parents:
        state = state.setdefault(parent, {})
    return state, name
