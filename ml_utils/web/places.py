"""Who trains and who waits: a limited number of places, and a queue in order of arrival."""

from __future__ import annotations


class Places:
    """At most `limit` rooms train; the others stand in the queue."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.active: set[str] = set()
        self.queue: list[str] = []

    @property
    def free(self) -> bool:
        return len(self.active) < self._limit

    def enter(self, code: str) -> bool:
        """Take a place, or a place in the queue (False)."""
        if self.free and not self.queue:
            self.active.add(code)
            return True
        self.queue.append(code)
        return False

    def leave(self, code: str) -> None:
        self.active.discard(code)
        if code in self.queue:
            self.queue.remove(code)

    def promote(self) -> str | None:
        """Give a free place to the first in the queue and return its code."""
        if not self.queue or not self.free:
            return None
        code = self.queue.pop(0)
        self.active.add(code)
        return code

    def __contains__(self, code: str) -> bool:
        return code in self.active or code in self.queue
