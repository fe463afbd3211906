"""Who sits at the terminal."""

from __future__ import annotations

import getpass
from typing import Any

from ..core.fields import one_line
from .ledger import ROOM

LONGEST_NAME = 40


def person() -> dict[str, Any]:
    """Return who trains here, as a room has its people."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody by this number
        name = ""
    return {"id": ROOM, "name": one_line(name)[:LONGEST_NAME].rstrip() or ROOM}
