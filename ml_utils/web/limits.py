"""How often one may ask: a token bucket per key. Time is passed in."""

from __future__ import annotations

from collections import OrderedDict

MAX_KEYS = 10_000  # oldest are forgotten; a forgotten key starts with a full bucket


class Limiter:
    """`rate` tokens a second flow in, at most `burst` are kept."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens for `key` at `now` (seconds); False where there are not so many."""
        tokens, since = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - since) * self._rate)
        allowed = tokens >= cost
        self._buckets[key] = (tokens - cost * allowed, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return allowed
