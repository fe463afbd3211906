"""Thinning of series: what stays when a curve has more points than a page can use.

A series is a list of ``[x, y]`` with x rising. Buckets have a power-of-two width, so the result is the same to the
bit in Python and in `static/lib/fold.js`, and thinning what is already thin loses no extreme value.
"""

from __future__ import annotations

from typing import Any

Points = list[list[Any]]
SERIES_LIMIT = 2000  # points of one series in a Snapshot
LIVE_LIMIT = 40  # points of one series in one Event
SMALLEST_LIMIT = 12  # fewer would not fill one bucket beside the two at the ends


def thin(points: Points, limit: int) -> Points:
    """Return at most `limit` (12 or more) points, keeping minimum and maximum of each bucket; unchanged where few enough."""
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"limit {limit} is below {SMALLEST_LIMIT}")
    if len(points) <= limit:
        return points
    width = 2.0**-20
    while (points[-1][0] - points[0][0]) / width > limit // 4 - 2:
        width *= 2
    return _extremes(points, width)


def _extremes(points: Points, width: float) -> Points:
    kept: Points = []
    bucket = None
    low = high = points[0]
    for point in points:
        mine = point[0] // width
        if mine != bucket:
            if bucket is not None:
                kept += _pair(low, high)
            bucket, low, high = mine, point, point
        elif point[1] < low[1]:
            low = point
        elif point[1] > high[1]:
            high = point
    return kept + _pair(low, high)


def _pair(low: list[Any], high: list[Any]) -> Points:
    if low is high:
        return [low]
    return [low, high] if low[0] < high[0] else [high, low]


def cut(points: Points, x: float) -> Points:
    """Return the points up to and including `x`."""
    return [point for point in points if point[0] <= x]
