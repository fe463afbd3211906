"""The scheduled learning rate, as a function of the Position x (in epochs).

    rate = learning_rate · warm-up · shape

Both factors lie in (0, 1]; see `rate`. All that a schedule remembers is in `Schedule`; it begins anew where a setting
in `SHAPING` changes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import cos, floor, isfinite, log, pi
from typing import Any

from .settings import Settings

SHAPING = frozenset({"learning_rate", "scheduler", "warmup", "schedule_epochs", "schedule_factor"})
COLD = 0.01  # where a warm-up begins
COSINE_END = 0.01
CYCLE_BEGIN, CYCLE_TOP, CYCLE_END = 1 / 25, 0.3, 1e-4  # shares of: the rate, the length, the rate
LEAST = 1e-6  # steps go down to this share of the rate, never to zero
BETTER = 1e-4  # by this share a loss has to fall to count as progress


@dataclass
class Schedule:
    """What a Checkpoint keeps: where the schedule began (x), and what the plateau has seen since."""

    begun: float = 0.0
    drops: int = 0
    best: float | None = None  # lowest mean loss of an epoch
    bad: int = 0  # epochs in a row without progress

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def begins_anew(old: Settings, new: Settings) -> bool:
    """Whether a schedule begins again with these Settings."""
    return any(getattr(old, name) != getattr(new, name) for name in SHAPING)


def is_constant(settings: Settings) -> bool:
    """Whether the rate is the learning rate everywhere."""
    return settings.scheduler == "constant" and settings.warmup == 0


def rate(settings: Settings, schedule: Schedule, x: float) -> float:
    """Return the learning rate at x; positive, and at most `learning_rate`."""
    since = max(0.0, x - schedule.begun)
    return settings.learning_rate * _warmth(settings, since) * _shape(settings, schedule, since)


def epoch_ended(settings: Settings, schedule: Schedule, loss: float) -> None:
    """Tell the plateau the mean training loss of an epoch; other schedules do not listen."""
    if settings.scheduler != "plateau":
        return
    if isfinite(loss) and (schedule.best is None or loss < schedule.best - BETTER * abs(schedule.best)):
        schedule.best, schedule.bad = loss, 0
        return
    schedule.bad += 1
    if schedule.bad >= settings.schedule_epochs:
        schedule.drops, schedule.bad = schedule.drops + 1, 0


def future(settings: Settings, schedule: Schedule, x: float, until: float, points: int) -> list[list[float]]:
    """Return ``[[x, rate], …]`` from x to `until`, `points` (2 or more) of them; a plateau goes on as it is."""
    if until <= x:
        return []
    width = (until - x) / (points - 1)
    return [[at, rate(settings, schedule, at)] for at in (min(until, x + number * width) for number in range(points))]


def _warmth(settings: Settings, since: float) -> float:
    return min(1.0, COLD + (1 - COLD) * since / settings.warmup) if settings.warmup else 1.0


def _shape(settings: Settings, schedule: Schedule, since: float) -> float:
    if settings.scheduler == "constant":
        return 1.0
    if settings.scheduler == "plateau":
        return _down(settings.schedule_factor, schedule.drops)
    done = since / settings.schedule_epochs
    if settings.scheduler == "step":
        return _down(settings.schedule_factor, floor(done))
    if settings.scheduler == "cosine":
        return _glide(1.0, COSINE_END, done)
    if done < CYCLE_TOP:
        return _glide(CYCLE_BEGIN, 1.0, done / CYCLE_TOP)
    return _glide(1.0, CYCLE_END, (done - CYCLE_TOP) / (1 - CYCLE_TOP))


def _down(factor: float, times: int) -> float:
    return factor ** times if times < log(LEAST) / log(factor) else LEAST


def _glide(first: float, last: float, part: float) -> float:
    """Return a value on half a cosine wave between two; `part` 1 and beyond is the last."""
    return last + (first - last) * (1 + cos(pi * part)) / 2 if part < 1 else last
