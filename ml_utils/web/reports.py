"""What a trainer reports, as a draft of the ledger."""

from __future__ import annotations

from ..core.reports import reported
from ..line import Frame
from .ledger import Draft, Room


def checked(room: Room, frame: Frame) -> Draft | None:
    """Return a trainer's report as a draft, None where it is out of date; ValueError where it cannot be true."""
    found = reported(room.state, frame)
    return Draft(room.code, **found) if found else None
