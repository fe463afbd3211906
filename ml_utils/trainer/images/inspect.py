"""The job `inspect_images`: an archive becomes a dataset in the job's own folder, with a report for people to decide on.

Nothing is kept by it: the web process, or the command line, moves the folder `ready` to its place where that is wanted.
"""

from __future__ import annotations

import errno
import os
import warnings
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from ... import own_images
from ...core.datasets import SIDES, Images
from ...core.errors import Refused, parse
from ..jobs import Desk
from ..order import Order
from .archive import Archive, bad
from .decode import Decoded, Unreadable, decoded
from .keep import Array, Chosen, divided, write
from .layouts import Item, check_classes, class_order, plan
from .problems import Problems

ARCHIVE, PIXELS, READY = "archive.zip", "pixels", "ready"  # in the job's folder
AT_ONCE = 64  # files from one sign of life to the next
MOST_SECONDS = 600.0  # of decoding
LEAST = 10  # training images
SAMPLES, SAMPLED = 6, 60  # images of a class that are shown, classes
MOST_SHOWN = 450_000  # bytes of pixels
Data = dict[str, Any]


@dataclass
class Read:
    """What was decoded: items whose pixels lie, one after the other, in the file."""

    items: list[Item] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)


def inspect_images(args: Data, order: Order, desk: Desk) -> Data:
    """Return the report; args: side, channels, title. Raises `Refused` where no dataset can be made of it."""
    shape = args["channels"], args["side"], args["side"]
    check_shape(shape)
    problems = Problems()
    try:
        with Archive(desk.folder / ARCHIVE) as archive, (desk.folder / PIXELS).open("wb") as target, \
                warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower
            found = plan(archive, problems)
            read = _read(archive, found.items, shape, target, problems, desk)
        return {**_made(desk, read, shape, args["title"], problems), "layout": found.layout, **problems.as_json()}
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refused("storage_failed", "The server has no room left for these images.",
                      "Ask whoever runs the server to make room, or take fewer or smaller images.") from error
    finally:
        (desk.folder / PIXELS).unlink(missing_ok=True)


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raise `Refused` where images cannot be of this size."""
    channels, side, _ = shape
    if side not in SIDES.get(channels, ()):
        raise Refused("invalid", f"Images cannot be {side}×{side} with {channels} channels.",
                      "; ".join(f"{one} channel{'s' * (one > 1)}: {', '.join(map(str, sides))}"
                                for one, sides in SIDES.items()), "side")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────

def _read(archive: Archive, items: list[Item], shape: tuple[int, int, int], target: BinaryIO, problems: Problems,
          desk: Desk) -> Read:
    """Decode all of them, two at a time where there are two cores; write what could be read into `target`."""
    read, workers = Read(), min(2, os.cpu_count() or 1)
    channels, side, _ = shape
    ends = monotonic() + MOST_SECONDS

    def some(part: list[Item]) -> list[tuple[Item, Decoded | Unreadable]]:
        return [(item, _one(archive, item, side, channels)) for item in part]

    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(items), AT_ONCE):
            desk.tick(done=first, total=len(items))
            if monotonic() > ends:
                raise bad(f"These images take longer than {MOST_SECONDS / 60:.0f} minutes to read.",
                          "Make them smaller, or take a part of them.", "archive_too_large")
            part = items[first:first + AT_ONCE]
            share = -(-len(part) // workers)
            for done in pool.map(some, [part[at:at + share] for at in range(0, len(part), share)]):
                for item, found in done:
                    _take(item, found, read, target, problems)
    desk.tick(done=len(items), total=len(items))
    return read


def _one(archive: Archive, item: Item, side: int, channels: int) -> Decoded | Unreadable:
    try:
        return decoded(archive.read(item.entry), side, channels)
    except Unreadable as error:
        return error


def _take(item: Item, found: Decoded | Unreadable, read: Read, target: BinaryIO, problems: Problems) -> None:
    if isinstance(found, Unreadable):
        problems.add(found.kind, item.path, found.detail)
        return
    read.items.append(item)
    read.sizes[found.size] += 1
    target.write(found.pixels)


# ── what comes of it ────────────────────────────────────────────────────────────────────────────────────────

def _made(desk: Desk, read: Read, shape: tuple[int, int, int], title: str, problems: Problems) -> Data:
    """Write the files of the dataset and return what is told of it."""
    splits, classes, made_test = _chosen(read.items, problems)
    if len(splits["train"].rows) < LEAST:
        raise bad(f"There are {len(splits['train'].rows)} training images; at least {LEAST} are needed.", "Add some more.",
                  "too_few_images")
    name, size = write(desk.folder / READY, desk.folder / PIXELS, shape, classes, splits, desk.tick)
    counts = {split: np.bincount(one.labels, minlength=len(classes)).tolist() for split, one in splits.items()}
    for label, count in zip(classes, counts["train"], strict=True):
        if count == 1:
            problems.add("one_image", label, "only one training image of this class")
    facts = parse(Images, {"title": title, "shape": shape, "classes": classes,
                           **{split: len(one.rows) for split, one in splits.items()}}).model_dump(mode="json")
    own_images.describe(desk.folder / READY, {"images": facts, "bytes": size, "made_test": made_test, "counts": counts})
    sizes = {f"{width}×{height}": count for (width, height), count in read.sizes.most_common(5)}
    return {"name": name, "images": facts, "counts": counts, "made_test": made_test, "sizes": sizes, "bytes": size,
            "samples": samples(desk.folder / READY, shape, len(classes))}


def _chosen(items: list[Item], problems: Problems) -> tuple[dict[str, Chosen], list[str], bool]:
    """Return both splits, the classes in order, and whether the test split was made here."""
    known = {item.label for item in items if item.split == "train"}
    for label in {item.label for item in items} - known:
        problems.add("only_in_test", label, "no training image of this class could be read: its test images are left out")
    classes = sorted(known, key=class_order)
    check_classes(classes)
    number = {label: place for place, label in enumerate(classes)}
    rows = {split: np.array([row for row, item in enumerate(items) if item.split == split and item.label in known], np.int64)
            for split in ("train", "test")}
    labels = np.array([number.get(item.label, -1) for item in items], np.int64)
    made_test = not len(rows["test"])
    if made_test:
        train, test = divided(labels[rows["train"]])
        rows = {"train": rows["train"][train], "test": rows["train"][test]}
    return {split: Chosen(found, labels[found]) for split, found in rows.items()}, classes, made_test


def samples(folder: Path, shape: tuple[int, int, int], classes: int) -> list[list[Data]]:
    """Return the first images of each class as a page shows them; of the first classes only where they are many."""
    images, labels = (np.load(folder / f"train_{part}.npy", mmap_mode="r") for part in ("images", "labels"))
    size = images[0].size
    shown_classes = max(1, min(classes, SAMPLED, MOST_SHOWN // size))
    each = max(1, min(SAMPLES, MOST_SHOWN // (size * shown_classes)))
    return [[_shown(images[row], shape) for row in np.flatnonzero(labels == label)[:each]] for label in range(shown_classes)]


def _shown(image: Array, shape: tuple[int, int, int]) -> Data:
    channels, height, width = shape
    return {"width": width, "height": height, "channels": channels, "pixels": b64encode(image.tobytes()).decode()}
