"""What a trainer may report: its words are checked before they become facts."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ..core.events import EventData
from ..core.fields import Position
from ..core.messages import EVENTS
from ..line import Frame
from .ledger import Draft, Room

REPORTS = frozenset(EVENTS) - {"run_started", "training_requested", "training_queued", "trainer_started", "trainer_lost"}

LARGEST_NUMBER = 2**53  # of an Event in its outbox; databases end at 2⁶³


def checked(room: Room, frame: Frame) -> Draft:
    """Return a trainer's report as a draft; ValueError where it cannot be true."""
    name, n, command = frame.get("name"), frame.get("n"), frame.get("command")
    if not isinstance(name, str) or name not in REPORTS or type(n) is not int or not 0 < n <= LARGEST_NUMBER:
        raise ValueError(f"no trainer reports {str(name)[:40]}")
    kind: type[EventData] = EVENTS[name]
    try:
        data = kind.model_validate(frame.get("data"))
        position = Position.model_validate(frame.get("position"))
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from None
    here: dict[str, Any] | None = room.state["session"]["position"]
    if here is None or (position.run, position.branch) != (here["run"], here["branch"]):
        raise ValueError(f"{name} of another run")
    return Draft(room.code, name, data.model_dump(mode="json"), position.model_dump(mode="json"),
                 command=command if isinstance(command, str) else None, n=n)
