"""Datasets are prepared once, into files that all trainers of an installation share."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.datasets import DATASETS, OWN
from .data import Data, constants, digits, prepared
from .fetch import SOURCES, Report, expected, fetch
from .order import Failure, Order

log = logging.getLogger(__name__)
STALE_SECONDS = 3600.0


def load(name: str, seed: int, order: Order, device: torch.device, report: Report) -> Data:
    """Return the dataset, prepared, found or fetched; raises Failure where it cannot be had."""
    if name == "digits":
        return digits(seed, device)
    if OWN.fullmatch(name):
        return _own(own_folder(order.library, name), device)
    folder = order.library / "prepared" / name
    if not folder.exists():
        _prepare(name, folder, places(order), report)
    return prepared(folder, device)


def own_folder(instance: Path, name: str) -> Path:
    """Return where own images lie, in the same files as those that are prepared here."""
    return instance / "datasets" / name


def _own(folder: Path, device: torch.device) -> Data:
    try:
        return prepared(folder, device)
    except (OSError, ValueError) as error:
        raise Failure("dataset_missing", "These images are not on this server any more.",
                      "Upload them again: the same files get the same name.") from error


def places(order: Order) -> list[Path]:
    """Return where datasets and pretrained weights are looked for."""
    return ([Path(order.data)] if order.data else []) + [order.library / "data"]


def _prepare(name: str, folder: Path, roots: list[Path], report: Report) -> None:
    """Write the files beside their place and move them there in one step: two trainers may do this at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder.parent, ignore_cleanup_errors=True) as temp:
        root = next((root for root in roots if all((root / file).is_file() for file in expected(name))), None)
        if root is None:
            root = Path(temp) / "fetched"
            _fetch(name, root, roots[0], report)
        _write(name, root, Path(temp) / "ready")
        try:
            (Path(temp) / "ready").rename(folder)
        except OSError:
            if not folder.exists():  # else another trainer was faster, with the same files
                raise


def _fetch(name: str, root: Path, place: Path, report: Report) -> None:
    try:
        fetch(name, root, report)
    except OSError as error:
        log.warning("dataset %s: %s", name, error)
        files = expected(name)
        listed = f"{files[0]} and {len(files) - 1} more"
        raise Failure("dataset_missing", f"{DATASETS[name].title} is not on this server and could not be downloaded.",
                      f"Put its files ({listed}) into {place}, or choose the digits, which are always here.") from error


def _write(name: str, root: Path, folder: Path) -> None:
    folder.mkdir()
    for split in ("train", "test"):
        images, labels = _arrays(name, root, split == "train")
        np.save(folder / f"{split}_images.npy", images)
        np.save(folder / f"{split}_labels.npy", labels)
        if split == "train":
            np.save(folder / "constants.npy", constants(images))


def _arrays(name: str, root: Path, train: bool) -> tuple[Any, Any]:
    """Return images uint8 (n, h, w, c) and labels int64 (n), as the core's table describes them."""
    found, row = SOURCES[name](root, train=train), DATASETS[name]
    channels, height, width = row.shape
    images = np.asarray(found.data, dtype=np.uint8).reshape(-1, height, width, channels)
    if len(images) != (row.train if train else row.test):
        raise Failure("dataset_damaged", f"{row.title} in {root} has {len(images)} images.", "Remove the folder and try again.")
    return images, np.asarray(found.targets, dtype=np.int64)


def sweep(folder: Path) -> None:
    """Remove what killed trainers left."""
    for left in folder.glob(".*-*"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
