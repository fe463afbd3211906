"""Images as they are decoded go into one file; then the files that trainers read are made of it. Nothing is held in memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import constants

Array = NDArray[Any]
BLOCK = 4_000_000  # bytes that are copied at once
TEST_SHARE = 0.2
SPLIT_SEED = 1  # where no test split was brought


@dataclass(frozen=True)
class Chosen:
    """Which rows of the file of pixels are a split, and the number of the class of each."""

    rows: Array
    labels: Array


def divided(labels: Array) -> tuple[Array, Array]:
    """Return which examples to train with and which to test with: a fifth of each class, picked by a fixed seed.

    A class of one image is trained with only; of each other at least one is tested with.
    """
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        count = max(1, round(TEST_SHARE * len(mine))) if len(mine) > 1 else 0
        test[np.random.default_rng([SPLIT_SEED, int(label)]).permutation(mine)[:count]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)


def write(ready: Path, pixels: Path, shape: tuple[int, int, int], classes: list[str], splits: dict[str, Chosen],
          tick: Callable[[], None]) -> tuple[str, int]:
    """Write the files into a new folder; return the name that their content gives them, and how many bytes they are.

    `shape`: channels, height, width. The name is made of shape, classes, labels and pixels, in the order of the splits.
    """
    ready.mkdir(mode=0o700)
    channels, height, width = shape
    source = np.memmap(pixels, np.uint8, "r").reshape(-1, height, width, channels)
    facts = {"shape": shape, "classes": classes, **{name: len(split.rows) for name, split in splits.items()}}
    digest = hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode())
    for name, split in splits.items():
        np.save(ready / f"{name}_labels.npy", split.labels)
        digest.update(split.labels.astype("<i8").tobytes())
        _copy(ready / f"{name}_images.npy", source, split.rows, digest.update, tick)
    np.save(ready / "constants.npy", _constants(np.load(ready / "train_images.npy", mmap_mode="r")))
    for file in ready.iterdir():
        with file.open("r+b") as written:
            os.fsync(written.fileno())  # what the log tells of outlives a power cut
        tick()
    return f"own_{digest.hexdigest()[:16]}", sum(file.stat().st_size for file in ready.iterdir())


def _copy(file: Path, source: Array, rows: Array, seen: Callable[[bytes], None], tick: Callable[[], None]) -> None:
    head = {"descr": "|u1", "fortran_order": False, "shape": (len(rows), *source.shape[1:])}
    block = max(1, BLOCK // source[0].size)
    with file.open("wb") as target:  # a file that is mapped would end the process where the disk is full
        np.lib.format.write_array_header_1_0(target, head)
        for first in range(0, len(rows), block):
            part = source[rows[first:first + block]].tobytes()
            target.write(part)
            seen(part)
            tick()


def _constants(images: Array) -> Array:
    """Return the constants of normalisation; a channel that is the same everywhere is left as wide as it is."""
    with np.errstate(divide="ignore"):
        found = constants(images)
    return np.where(np.isfinite(found), found, 1.0)
