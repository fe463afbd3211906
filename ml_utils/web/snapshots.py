"""A room's Snapshot and windows of its curves, as they travel by HTTP: JSON, compressed, cached per number."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..core.errors import Refused
from . import chunks
from .ledger import Ledger
from .strict_json import dumps

CACHED = 64
MOST_POINTS = 5000


class Snapshots:
    """Answers for `GET /api/rooms/<code>` and `…/points`."""

    def __init__(self, ledger: Ledger, offload: Callable[..., Any]) -> None:
        self._ledger, self._offload = ledger, offload
        self._cache: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def of(self, code: str) -> tuple[bytes, str]:
        """Return the gzipped body ``{ok, seq, snapshot}`` and its entity tag."""
        with self._ledger.lock:
            room = self._ledger.room(code)
            seq = room.seq
            cached = self._cache.get(code)
            text = None if cached and cached[0] == seq else dumps({"ok": True, "seq": seq, "snapshot": room.state})
        if text is not None:
            cached = (seq, self._offload(_zip, text))
            self._cache[code] = cached
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        assert cached
        return cached[1], hashlib.sha256(cached[1]).hexdigest()[:20]

    def points(self, code: str, query: dict[str, str]) -> list[list[float]]:
        """Return a finer window of one curve: ``[[x, y], …]``, at most `max`, extremes kept."""
        branch, series = query.get("branch", ""), query.get("series", "")
        first, last = _number(query, "from", 0.0), _number(query, "to", 1e9)
        most = int(min(MOST_POINTS, max(2.0, _number(query, "max", 2000.0))))
        with self._ledger.lock:
            known = self._ledger.room(code).state["series"].get(branch)
        if known is None or series not in known:
            raise Refused("unknown_series", "There is no such branch or series in this room.",
                          "Take both from the Snapshot.", "series" if known is not None else "branch")
        if series not in chunks.SERIES:
            return [point for point in known[series] if first <= point[0] <= last]
        column = chunks.SERIES.index(series)
        found: list[list[float]] = self._offload(self._window, code, branch, column, first, last, most)
        return found

    def _window(self, code: str, branch: str, column: int, first: float, last: float, most: int) -> list[list[float]]:
        x, y = self._ledger.store.points(code, branch, first, last)
        return chunks.thinned(x, y[:, column], most)


def _zip(text: str) -> bytes:
    return gzip.compress(text.encode(), 4, mtime=0)


def _number(query: dict[str, str], name: str, default: float) -> float:
    try:
        value = float(query.get(name, default))
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1e9:
        raise Refused("invalid", f"{name} is not a number from 0 to 1,000,000,000.", "Leave it out or correct it.", name)
    return value
