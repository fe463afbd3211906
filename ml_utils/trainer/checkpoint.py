"""A Checkpoint: all that is needed to go on from a Position, bit for bit, in one file that is never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.blueprint import Blueprint
from ..core.settings import Settings, learned
from .learner import Tensors
from .measure import Progress

FORMAT = 2
Owner = dict[str, str]  # room, run, branch


class Damaged(Exception):
    """The file is not there, not whole, or not of this run; the text says which."""


@dataclass(frozen=True)
class Checkpoint:
    """What the digest covers. Whose it is stands beside it, so that equal trainings have equal digests."""

    tensors: Tensors
    progress: Progress
    settings: Settings
    schedule: dict[str, Any]
    blueprint: str  # digest
    threads: int

    def meta(self) -> str:
        return json.dumps({"format": FORMAT, "progress": asdict(self.progress), "settings": learned(self.settings),
                           "schedule": self.schedule, "blueprint": self.blueprint, "threads": self.threads}, sort_keys=True)

    def digest(self) -> str:
        """Return SHA-256 over meta data, names, types, shapes, strides and bytes."""
        found = hashlib.sha256(self.meta().encode())
        for name, tensor in sorted(self.tensors.items()):
            found.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)} {tensor.stride()}\n".encode())
            found.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy().data)
        return found.hexdigest()


def build_of(device: torch.device, threads: int) -> str:
    """Return what else results depend on, in words: the same build gives the same bits."""
    return (f"torch {torch.__version__}, NumPy {np.__version__}, {device.type}, "
            f"{threads} thread{'s' * (threads > 1)}, {platform.machine()}, "
            f"{torch.backends.cpu.get_cpu_capability()}")


def blueprint_digest(blueprint: Blueprint) -> str:
    return hashlib.sha256(blueprint.model_dump_json().encode()).hexdigest()


def save(checkpoint: Checkpoint, digest: str, owner: Owner, file: Path) -> int:
    """Write the file, whole or not at all; return its bytes."""
    if not file.exists():  # equal digests: equal contents
        file.parent.mkdir(parents=True, exist_ok=True)
        temp = file.with_suffix(f".{os.getpid()}.tmp")
        tensors = {name: tensor.cpu() for name, tensor in checkpoint.tensors.items()}
        try:
            with temp.open("wb") as out:
                torch.save({"meta": checkpoint.meta(), "settings": checkpoint.settings.model_dump_json(), "owner": owner,
                            "digest": digest, "tensors": tensors}, out)
                out.flush()
                os.fsync(out.fileno())
            temp.rename(file)
        finally:
            temp.unlink(missing_ok=True)
        _sync_folder(file.parent)
    return file.stat().st_size


def load(file: Path, digest: str, owner: Owner) -> Checkpoint:
    """Return a sound Checkpoint of this owner; raises Damaged."""
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
        checkpoint = _parsed(stored["tensors"], json.loads(stored["meta"]), stored["settings"])
        found = checkpoint.digest()
        theirs = stored["owner"]
    except FileNotFoundError:
        raise Damaged("the file is missing") from None
    except Exception as error:  # damaged bytes can raise anything
        raise Damaged(f"the file cannot be read ({type(error).__name__})") from error
    if theirs != owner:
        raise Damaged("the file belongs to another room, run or branch")
    if found != digest or stored["digest"] != digest:
        raise Damaged("the contents differ from what was saved")
    return checkpoint


def set_aside(file: Path) -> None:
    """Keep a damaged file, but out of the way of a sound one with the same contents."""
    if file.exists():
        file.rename(file.with_suffix(f".{os.getpid()}.damaged"))


def _parsed(tensors: Tensors, meta: dict[str, Any], settings: str) -> Checkpoint:
    if meta["format"] != FORMAT:
        raise ValueError(f"format {meta['format']}")
    progress = Progress(**{field.name: meta["progress"][field.name] for field in fields(Progress)})
    return Checkpoint(tensors, progress, Settings.model_validate_json(settings), meta["schedule"], meta["blueprint"],
                      meta["threads"])


def _sync_folder(folder: Path) -> None:
    """Make the new name last too; Windows cannot and need not."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
