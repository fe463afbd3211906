"""How often the trainer of a room was lost of late: a few restarts help, more do not."""

from __future__ import annotations

MOST, SECONDS = 3, 300.0  # restarts allowed in this time


class Crashes:
    """Counts losses by room."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def add(self, code: str, now: float) -> int:
        """Note a loss; return how many there were lately where that is too many, else 0. Too many are forgotten."""
        times = [at for at in self._times.pop(code, []) if now - at < SECONDS] + [now]
        if len(times) > MOST:
            return len(times)
        self._times[code] = times
        return 0
