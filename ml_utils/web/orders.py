"""What a trainer process is started with, and the token that proves it is the one that was started."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from .config import Config


def order_for(config: Config, address: str, room: str, attempt: int) -> dict[str, Any]:
    """Return the order of one process; its token is in there and nowhere else."""
    return {"line": address, "room": room, "attempt": attempt, "token": secrets.token_urlsafe(24),
            "checkpoints": str(config.checkpoints), "data": str(config.data_folder), "device": config.device,
            "memory": config.memory_bytes}


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def proves(token: object, expected: str) -> bool:
    """Whether this is the token whose hash is kept."""
    return bool(expected) and hmac.compare_digest(hashed(str(token)), expected)
