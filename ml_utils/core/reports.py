"""What a trainer may report: its words are checked before they become facts."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from .events import EventData
from .fields import Position
from .messages import EVENTS

State = dict[str, Any]
Report = dict[str, Any]  # name, data, position, by, command, n

REPORTS = frozenset({
    "dataset_progress", "training_started", "training_paused", "settings_changed", "metrics", "epoch_finished",
    "checkpoint_saved", "checkpoint_damaged", "session_failed", "trainer_recovered", "layers_measured", "histograms_measured",
    "batch_shown"})
TIMELESS = ("checkpoint_saved", "checkpoint_damaged")  # true wherever the Session stands by now
PASSING = frozenset({  # need not survive a power cut
    "metrics", "dataset_progress", "layers_measured", "histograms_measured", "batch_shown", "evaluation_progress"})

LARGEST_NUMBER = 2**53  # of an Event in its outbox; databases end at 2⁶³


def reported(state: State, frame: dict[str, Any]) -> Report | None:
    """Return what a trainer reports, None where it is out of date; ValueError where it cannot be true."""
    name, n, command = frame.get("name"), frame.get("n"), frame.get("command")
    if not isinstance(name, str) or name not in REPORTS or type(n) is not int or not 0 < n <= LARGEST_NUMBER:
        raise ValueError(f"no trainer reports {str(name)[:40]}")
    kind: type[EventData] = EVENTS[name]
    try:
        data = kind.model_validate(frame.get("data"))
        position = Position.model_validate(frame.get("position"))
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from None
    if frame.get("moved") != state["session"]["moved"] and name not in TIMELESS:
        return None
    here: dict[str, Any] | None = state["session"]["position"]
    known = {(here["run"], here["branch"])} if here else set()
    if name in TIMELESS:
        known = {(row["run"], branch) for branch, row in state["branches"].items()}
    if (position.run, position.branch) not in known:
        raise ValueError(f"{name} of another run")
    plain = data.model_dump(mode="json")
    return {"name": name, "data": plain, "position": position.model_dump(mode="json"),
            "by": _first_by(state, plain.get("replays")), "command": command if isinstance(command, str) else None, "n": n}


def _first_by(state: State, seq: int | None) -> dict[str, Any] | None:
    """Return who made a change that is made again."""
    return next((one["by"] for one in state["markers"] if one["seq"] == seq), None)
