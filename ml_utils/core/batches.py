"""How an epoch is cut into batches. A single example left over goes with the batch before: batch norm needs two."""

from __future__ import annotations


def next_size(left: int, size: int) -> int:
    """Return how many of the examples that are left make the next batch."""
    return left if left <= size + 1 else size


def count(left: int, size: int) -> int:
    """Return how many batches the examples that are left make."""
    return max(-(-(left - 1) // size), min(left, 1))
