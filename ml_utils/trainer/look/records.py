"""Records: what a model says of every example of a split, a few numbers each, in a file beside the Checkpoints.

Written at the end of every epoch (test split, and what is held back to validate) and by evaluations; galleries and passports
are read from them. A Record can always be made again from its Checkpoint, so it is written without fsync: a file that was cut
short is read as none.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

log = logging.getLogger(__name__)
Array = npt.NDArray[np.generic]

COLUMNS = {"prediction": np.uint16, "second": np.uint16, "confidence": np.float32, "margin": np.float32, "loss": np.float32,
           "label": np.uint16}


@dataclass
class Record:
    """One value per example, in the order of the split.

    `prediction`, `second`: the most and second most probable class; `confidence`: softmax of the prediction; `margin`: that
    minus the softmax of the second; `loss`: cross-entropy −log p(label), inf where that is no number. Where a softmax is
    no number, confidence and margin are 0. `key`: `examples_key` of the Blueprint; `digest`: of the model's Checkpoint,
    "" for the start of a Run; `ids`: of the drawings, for the split "drawings"; `numbers`: of the training examples,
    rising, for the split "validation".
    """

    prediction: npt.NDArray[np.uint16]
    second: npt.NDArray[np.uint16]
    confidence: npt.NDArray[np.float32]
    margin: npt.NDArray[np.float32]
    loss: npt.NDArray[np.float32]
    label: npt.NDArray[np.uint16]
    key: str = ""
    digest: str = ""
    ids: tuple[str, ...] = ()
    numbers: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.prediction, self.label)


def record_file(instance: Path, room: str, run: str, branch: str, epoch: int, batch: int, split: str) -> Path:
    """Return the file of a Record. `instance`: `order.instance`; `branch`: the one that the Checkpoint is of (its home)."""
    return Path(instance) / "records" / room / run / branch / f"{epoch:06d}-{batch:07d}-{split}.npz"


def made(outputs: Tensor, labels: Tensor, key: str = "", digest: str = "", ids: tuple[str, ...] = (),
         numbers: Tensor | None = None) -> Record:
    """Return the Record of a model's outputs (n, classes), before the softmax, labels (n) and, where it has them, numbers."""
    outputs, labels = outputs.detach().cpu(), labels.cpu().long()[:, None]
    prediction = outputs.argmax(1, keepdim=True)
    second = outputs.scatter(1, prediction, -torch.inf).argmax(1, keepdim=True)
    logs = outputs.double().log_softmax(1)
    found, other = logs.gather(1, prediction).exp(), logs.gather(1, second).exp()
    columns = {"prediction": prediction, "second": second, "confidence": torch.nan_to_num(found),
               "margin": torch.nan_to_num(found - other), "label": labels,
               "loss": torch.nan_to_num(-logs.gather(1, labels), nan=torch.inf, posinf=torch.inf)}
    arrays = {name: columns[name][:, 0].numpy().astype(kind) for name, kind in COLUMNS.items()}
    return Record(**arrays, key=key, digest=digest, ids=ids,
                  numbers=None if numbers is None else numbers.cpu().numpy())


def write(file: Path, record: Record) -> None:
    """Write a Record, whole or not at all; raises OSError. One of the same model that is there is replaced."""
    arrays: dict[str, Array] = {name: getattr(record, name) for name in COLUMNS}
    arrays |= {"key": np.array(record.key), "digest": np.array(record.digest)}
    if record.ids:
        arrays["ids"] = np.array(record.ids)
    if record.numbers is not None:
        arrays["numbers"] = record.numbers
    file.parent.mkdir(parents=True, exist_ok=True)
    passing = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        with passing.open("wb") as target:
            np.savez(target, **arrays)  # type: ignore[arg-type]
        passing.replace(file)
    except BaseException:
        with suppress(OSError):
            passing.unlink(missing_ok=True)
        raise


def keep(file: Path, record: Record) -> None:
    """Write a Record; where that fails the log says so, for it can be made again."""
    try:
        write(file, record)
    except OSError as error:
        log.warning("cannot write %s: %s", file, error)


def read(file: Path) -> Record | None:
    """Return a Record, or None where there is none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name].astype(kind, copy=False) for name, kind in COLUMNS.items()}
            ids = tuple(str(one) for one in found["ids"]) if "ids" in found else ()
            numbers = found["numbers"].astype(np.int64, copy=False) if "numbers" in found else None
            record = Record(**arrays, key=str(found["key"]), digest=str(found["digest"]), ids=ids, numbers=numbers)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    sizes = {getattr(record, name).shape for name in COLUMNS}
    numbered = record.numbers is None or record.numbers.shape == record.label.shape
    return record if numbered and sizes == {(len(record.label),)} and len(record.ids) in (0, len(record)) else None


def found(instance: Path, room: str, place: dict[str, Any], split: str, digest: str | None) -> Record | None:
    """Return the Record of the model at a place (of a Scene), on whatever Branch of its Run it was written."""
    if place.get("untrained"):
        return None
    own = record_file(instance, room, place["run"], place["branch"], place["epoch"], place["batch"], split)
    others = sorted(file for file in own.parent.parent.glob(f"*/{own.name}") if file != own)
    records = (read(file) for file in (own, *others))
    return next((one for one in records if one and one.digest == (digest or "")), None)
