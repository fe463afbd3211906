"""Curves on disk: chunks of up to 1,000 batches. x float64 (float32 cannot tell batches apart at epoch 10,000), y float32."""

from __future__ import annotations

from typing import Any

import numpy as np

CHUNK = 1000  # batches
SERIES = ("train_loss", "train_accuracy")  # the columns of y
LARGEST = float(np.finfo("<f4").max)  # beyond it float32 knows only infinity, which JSON does not
Rows = tuple[list[float], list[list[float]]]


def pack(xs: list[float], rows: list[list[float]]) -> dict[str, Any]:
    """Return the columns of a chunk."""
    y = np.clip(np.asarray(rows, "<f8"), -LARGEST, LARGEST).astype("<f4")
    return {"first": xs[0], "last": xs[-1], "x": np.asarray(xs, "<f8").tobytes(), "y": y.tobytes()}


def unpack(x: bytes, y: bytes) -> Rows:
    """Return the rows of a chunk."""
    return np.frombuffer(x, "<f8").tolist(), np.frombuffer(y, "<f4").reshape(-1, len(SERIES)).tolist()


def shortened(x: bytes, y: bytes, limit: float) -> dict[str, Any]:
    """Return the columns of a chunk without the points after `limit`; at least one must stay."""
    xs, rows = unpack(x, y)
    keep = sum(value <= limit for value in xs)
    return pack(xs[:keep], rows[:keep])


def joined(chunks: list[tuple[bytes, bytes]], first: float, last: float) -> tuple[Any, Any]:
    """Return x (n) and y (n, 2) of all chunks between `first` and `last`."""
    x = np.frombuffer(b"".join(bytes(chunk[0]) for chunk in chunks), "<f8")
    y = np.frombuffer(b"".join(bytes(chunk[1]) for chunk in chunks), "<f4").reshape(-1, len(SERIES))
    inside = (x >= first) & (x <= last)
    return x[inside], y[inside]


def thinned(x: Any, y: Any, most: int) -> list[list[float]]:
    """Return at most `most` points ``[x, y]``, minimum and maximum of each bucket, in the order of x."""
    if len(x) <= most:
        return [[float(a), float(b)] for a, b in zip(x, y, strict=True)]
    kept: set[int] = set()
    for bucket in np.array_split(np.arange(len(x)), max(1, most // 2)):
        kept |= {int(bucket[0] + y[bucket].argmin()), int(bucket[0] + y[bucket].argmax())}
    return [[float(x[index]), float(y[index])] for index in sorted(kept)]
