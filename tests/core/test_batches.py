"""Batches of an epoch: all examples once, never one alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_utils.core.batches import count, next_size


@given(left=st.integers(2, 3000), size=st.integers(2, 200))
def test_an_epoch_is_cut_without_rest_and_without_a_batch_of_one(left: int, size: int) -> None:
    sizes, total = [], left
    while left:
        sizes.append(next_size(left, size))
        left -= sizes[-1]
    assert sum(sizes) == total and min(sizes) >= 2 and max(sizes) <= size + 1
    assert len(sizes) == count(total, size)


def test_nothing_left_makes_no_batch() -> None:
    assert count(0, 64) == 0 and count(1, 64) == 1 and next_size(1, 64) == 1
