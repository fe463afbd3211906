"""Events that are not known to be stored yet."""

from __future__ import annotations

from collections import deque
from typing import Any

from ..line import encode


class Outbox:
    """Numbers Events and keeps them until they are stored.

    `put` belongs to the training thread, all else to the thread of the line; the two meet in `_fresh` only, whose
    `append` and `popleft` are atomic, so no lock is needed.
    """

    def __init__(self) -> None:
        self.told = 0  # number of the last Event
        self.acked = 0  # Events up to here are stored
        self._fresh: deque[tuple[int, bytes]] = deque()
        self._sent: deque[tuple[int, bytes]] = deque()

    def put(self, name: str, data: dict[str, Any], position: dict[str, Any], command: str | None, moved: int) -> None:
        number = self.told + 1
        frame = encode({"t": "event", "n": number, "name": name, "data": data, "position": position, "command": command,
                        "moved": moved})
        self._fresh.append((number, frame))
        self.told = number

    @property
    def waiting(self) -> bool:
        """Whether an Event is not known to be stored."""
        return self.acked < self.told

    def take(self) -> bytes:
        """Return what was never sent."""
        first = len(self._sent)
        while self._fresh:
            self._sent.append(self._fresh.popleft())
        return b"".join(self._sent[place][1] for place in range(first, len(self._sent)))

    def again(self, acked: int) -> bytes:
        """Return what was sent on an earlier line and is not stored."""
        self.forget(acked)
        return b"".join(frame for _, frame in self._sent)

    def forget(self, acked: int) -> None:
        self.acked = max(self.acked, min(acked, self.told))
        while self._sent and self._sent[0][0] <= self.acked:
            self._sent.popleft()
