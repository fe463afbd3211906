"""Curves on disk: nothing is lost in packing, windows are exact, and thinning keeps the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_utils.web.chunks import joined, pack, shortened, thinned, unpack
from ml_utils.web.strict_json import dumps

FLOATS = st.floats(-1e6, 1e6, width=32)
CURVES = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=300)


@given(CURVES)
def test_what_was_packed_is_unpacked(rows: list[tuple[float, float]]) -> None:
    xs = [10_000 + number / 23 for number in range(len(rows))]
    packed = pack(xs, [list(row) for row in rows])
    assert (packed["first"], packed["last"]) == (xs[0], xs[-1])
    assert unpack(packed["x"], packed["y"]) == (xs, [list(row) for row in rows])


def test_batches_of_late_epochs_stay_apart() -> None:
    xs = [10_000 + number / 938 for number in range(938)]
    packed = pack(xs, [[0.0, 0.0]] * 938)
    assert len(set(unpack(packed["x"], packed["y"])[0])) == 938


def test_values_beyond_float32_stay_numbers() -> None:
    packed = pack([0.0, 1.0], [[1e300, 0.5], [-1e300, 0.5]])
    _, rows = unpack(packed["x"], packed["y"])
    dumps(rows)
    assert rows[0][0] > 3e38 and rows[1][0] < -3e38


@given(CURVES, st.integers(0, 299))
def test_a_shortened_chunk_ends_at_the_limit(rows: list[tuple[float, float]], at: int) -> None:
    xs = [number / 8 for number in range(len(rows))]
    packed = pack(xs, [list(row) for row in rows])
    short = shortened(packed["x"], packed["y"], at / 8)
    kept = min(at + 1, len(rows))
    assert unpack(short["x"], short["y"]) == (xs[:kept], [list(row) for row in rows[:kept]])
    assert short["last"] == xs[kept - 1]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(-5, 110), st.integers(-5, 110))
def test_a_window_holds_exactly_what_lies_in_it(sizes: list[int], first: int, last: int) -> None:
    chunks, xs = [], []
    for size in sizes:
        own = [float(len(xs) + number) for number in range(size)]
        packed = pack(own, [[value, -value] for value in own])
        chunks.append((packed["x"], packed["y"]))
        xs += own
    x, y = joined(chunks, first, last)
    assert x.tolist() == [value for value in xs if first <= value <= last]
    assert y[:, 1].tolist() == [-value for value in x.tolist()]


def test_no_chunks_are_an_empty_window() -> None:
    x, y = joined([], 0, 1)
    assert x.shape == (0,) and y.shape == (0, 2)


@given(st.lists(FLOATS, max_size=400), st.integers(2, 60))
def test_thinning_keeps_few_points_in_order_and_every_bucket_its_extremes(values: list[float], most: int) -> None:
    x, y = np.arange(float(len(values))), np.asarray(values, "<f4")
    points = thinned(x, y, most)
    kept = {int(point[0]): point[1] for point in points}
    assert [point[0] for point in points] == sorted(kept)
    assert all(values[place] == value for place, value in kept.items())
    assert len(points) <= max(most, 0) or len(values) <= most
    if len(values) <= most:
        assert len(points) == len(values)
        return
    for bucket in np.array_split(np.arange(len(values)), most // 2):
        inside = [kept[place] for place in bucket.tolist() if place in kept]
        assert min(inside) == min(values[place] for place in bucket)
        assert max(inside) == max(values[place] for place in bucket)


@pytest.mark.parametrize("most", [2, 3, 7])
def test_a_small_limit_is_kept(most: int) -> None:
    assert len(thinned(np.arange(100.0), np.arange(100.0, dtype="<f4"), most)) <= most
