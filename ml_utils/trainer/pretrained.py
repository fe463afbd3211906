"""Published weights of torchvision's models: found in the folders of the installation, or downloaded into them."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import get_model_weights

from .fetch import Report, download
from .order import Failure, Order
from .prepare import places, sweep
from .zoo import Backbone

log = logging.getLogger(__name__)
FOLDER = "hub/checkpoints"  # below a folder of datasets, as torch.hub has it
MIB = 2**20  # bytes
FRESH = "or switch Pretrained off, to begin with fresh weights"


def load_pretrained(model: nn.Module, order: Order, report: Report) -> None:
    """Give published weights to all that asked for them; raises Failure where they cannot be had."""
    done = 0

    def added(more: int) -> None:
        report(done + more)

    for backbone in wanting(model):
        file, fetched = _file(backbone.model, order, added)
        done += fetched
        _take(backbone, file)


def wanting(model: nn.Module) -> list[Backbone]:
    """Return the parts of a model that ask for published weights."""
    return [part for part in model.modules() if isinstance(part, Backbone) and part.pretrained]


def megabytes(model: nn.Module) -> int:
    """Return about how much there is to download for these, where nothing is here yet."""
    return sum(round(_published(backbone.model).meta["_file_size"] * MIB / 1e6) for backbone in wanting(model))


def _published(model: str) -> Any:
    return get_model_weights(model)["DEFAULT"]


def file_name(model: str) -> str:
    """Return how the file is called; in the end stands how its SHA-256 begins."""
    return str(_published(model).url).rpartition("/")[2]


def _file(model: str, order: Order, report: Report) -> tuple[Path, int]:
    """Return the file, and the bytes that were downloaded for it."""
    name = file_name(model)
    for place in places(order):
        if (place / FOLDER / name).is_file():
            return place / FOLDER / name, 0
    folder = order.library / "data" / FOLDER
    try:
        return folder / name, _fetch(_published(model).url, folder / name, report)
    except OSError as error:
        log.warning("weights of %s: %s", model, error)
        raise Failure("weights_missing", f"Pretrained weights of {model} are not on this server and could not be downloaded.",
                      f"Put the file {name} into {places(order)[0] / FOLDER}, {FRESH}.") from error


def _fetch(address: str, file: Path, report: Report) -> int:
    """Download beside the place and move it there in one step: two trainers may do this at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sweep(file.parent)
    begins = re.findall(r"-([0-9a-f]+)\.", file.name)[-1]
    with tempfile.TemporaryDirectory(prefix=f".{file.stem}-", dir=file.parent, ignore_cleanup_errors=True) as temp:
        done = download(address, Path(temp) / file.name, hashlib.sha256(), begins, 0, report)
        (Path(temp) / file.name).replace(file)
    return done


def _take(backbone: Backbone, file: Path) -> None:
    try:
        backbone.take(_read(file))
    except ValueError as error:
        log.warning("weights %s: %s", file, error)
        raise Failure("weights_damaged", f"The file {file.name} is damaged, or does not hold weights of {backbone.model}.",
                      f"Remove {file}, so that it is downloaded again, {FRESH}.") from error


def _read(file: Path) -> dict[str, Tensor]:
    """Return named tensors; ValueError: the file holds something else."""
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (MemoryError, OSError):
        raise
    except Exception as error:  # a damaged file may bring up anything
        raise ValueError(f"{type(error).__name__}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) and isinstance(one, Tensor) for name, one in found.items()):
        raise ValueError("no weights by name")
    return found
