"""Thinning: fewer points, the same picture."""

from __future__ import annotations

from copy import deepcopy
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils.core.series import LIVE_LIMIT, SERIES_LIMIT, SMALLEST_LIMIT, Points, cut, thin

Y = st.floats(-1e6, 1e6)
STEP = st.floats(1e-4, 3.0)
LIMITS = st.sampled_from([LIVE_LIMIT, 100, SERIES_LIMIT])


def points_of(steps: list[float], ys: list[float]) -> Points:
    return [[x, y] for x, y in zip(accumulate(steps), ys, strict=False)]


SHORT = st.builds(points_of, st.lists(STEP, min_size=1, max_size=300), st.lists(Y, min_size=300, max_size=300))


@st.composite
def long_series(draw: st.DrawFn) -> Points:
    """Some thousand points, evenly placed, with drawn values in drawn places."""
    count, step = draw(st.integers(2, 6000)), draw(STEP)
    spikes = draw(st.dictionaries(st.integers(0, count - 1), Y, max_size=10))
    return [[index * step, spikes.get(index, index * 7919 % 61 / 61)] for index in range(count)]


ANY = st.one_of(SHORT, long_series())
MANY = settings(max_examples=50)


@given(ANY, LIMITS)
@MANY
def test_never_more_points_than_the_limit(points: Points, limit: int) -> None:
    assert len(thin(points, limit)) <= limit


@given(ANY, LIMITS)
@MANY
def test_lowest_and_highest_value_stay(points: Points, limit: int) -> None:
    kept = [y for _, y in thin(points, limit)]
    assert min(kept) == min(y for _, y in points) and max(kept) == max(y for _, y in points)


@given(ANY, LIMITS)
@MANY
def test_x_goes_on_rising_and_no_point_is_invented(points: Points, limit: int) -> None:
    kept = thin(points, limit)
    assert all(left[0] < right[0] for left, right in pairwise(kept))
    assert {tuple(point) for point in kept} <= {tuple(point) for point in points}


@given(ANY, LIMITS)
@MANY
def test_thinning_what_is_thin_changes_nothing(points: Points, limit: int) -> None:
    once = thin(points, limit)
    assert thin(once, limit) == once


@given(ANY, LIMITS)
@MANY
def test_equal_inputs_give_equal_outputs_and_stay_as_they_are(points: Points, limit: int) -> None:
    copy = deepcopy(points)
    assert thin(points, limit) == thin(copy, limit)
    assert points == copy


@given(ANY, LIMITS)
@MANY
def test_first_and_last_x_stay_within_a_bucket(points: Points, limit: int) -> None:
    kept = thin(points, limit)
    bucket = max(2.0**-20, 2 * (points[-1][0] - points[0][0]) / (limit // 4 - 2))
    assert kept[0][0] - points[0][0] <= bucket and points[-1][0] - kept[-1][0] <= bucket


@given(st.lists(st.integers(1, LIVE_LIMIT), min_size=80, max_size=200), st.dictionaries(st.integers(0, 3000), Y, max_size=8))
@settings(max_examples=20)
def test_growing_and_thinning_again_and_again_keeps_the_extremes(parts: list[int], spikes: dict[int, float]) -> None:
    kept: Points = []
    told: list[float] = []
    for part in parts:
        new = [[(len(told) + step) / 719, spikes.get(len(told) + step, step / 50)] for step in range(part)]
        told += [y for _, y in new]
        kept = thin(kept + new, SERIES_LIMIT)
    assert (min(y for _, y in kept), max(y for _, y in kept)) == (min(told), max(told))
    assert len(kept) <= SERIES_LIMIT and all(left[0] < right[0] for left, right in pairwise(kept))


@pytest.mark.parametrize("limit", range(SMALLEST_LIMIT, 50))
def test_any_limit_is_held_and_found_quickly(limit: int) -> None:
    points = [[float(index), float(index % 7)] for index in range(500)]
    assert 0 < len(thin(points, limit)) <= limit


@pytest.mark.parametrize("limit", [-1, 0, 1, SMALLEST_LIMIT - 1])
def test_a_limit_that_cannot_be_held_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="below 12"):
        thin([[0.5, 1.0], [0.75, 0.5]], limit)


def test_few_points_stay_as_they_are() -> None:
    points = [[0.5, 1.0], [0.75, 0.5]]
    assert thin(points, LIVE_LIMIT) is points and thin([], LIVE_LIMIT) == []


@pytest.mark.parametrize("span", [0.0, 1e-300, 1e300])
def test_a_tiny_or_huge_span_is_no_trouble(span: float) -> None:
    points = [[span * index / 5000, float(index)] for index in range(5001)]
    assert len(thin(points, SERIES_LIMIT)) <= SERIES_LIMIT


@given(ANY, st.floats(-1, 2000))
@MANY
def test_cut_keeps_exactly_the_points_up_to_x(points: Points, x: float) -> None:
    kept = cut(points, x)
    assert kept == [point for point in points if point[0] <= x]
    assert all(point in kept or point[0] > x for point in points)


def test_the_point_at_the_cut_itself_stays() -> None:
    assert cut([[1, 0.1], [2, 0.2], [2.5, 0.3]], 2) == [[1, 0.1], [2, 0.2]]
