"""The passport of an example: what every evaluated model of the room says of it, epoch by epoch, on every Branch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ...core.datasets import examples_key
from ...core.questions import Lineage, OfSplit, PassportOf
from ..lens import tidy
from .records import record_file
from .scene import Scene

MOST_READ = 2_000  # Records for one passport; where a room has more every n-th is read, the newest of each Branch first
Row = dict[str, Any]
Branches = Mapping[str, Lineage]


def passport(scene: Scene, asked: PassportOf) -> Row:
    """Return label and image of an example, and a row for each Branch on which it was evaluated.

    Of Runs whose examples are others there is none. `every`: of the Records of a Branch every n-th was read.
    """
    image = scene.image(OfSplit(split=asked.split, number=asked.number))
    label = int(scene.split(asked.split).labels[asked.number])
    key = examples_key(scene.blueprint.model_dump(include={"dataset", "seed"}))
    files = _files(scene, asked)
    every = max(1, -(-sum(map(len, files.values())) // MOST_READ))
    known: dict[str, dict[int, Row]] = {}
    for branch, found in files.items():
        for file in found[::-1][::every]:
            if row := _entry(file, asked.number, key, label):
                known.setdefault(_home(asked.branches, branch, row["epoch"]), {})[row["epoch"]] = row
    return {"split": asked.split, "number": asked.number, "label": label, "image": scene.shown(image), "every": every,
            "runs": [_of_branch(asked.branches, branch, known) for branch in asked.branches
                     if _line(asked.branches, branch, known)]}


def _files(scene: Scene, asked: PassportOf) -> dict[str, list[Path]]:
    """Return the Records of epochs' ends by Branch, oldest first; a training example may have been held back to validate."""
    splits = ("train", "validation") if asked.split == "train" else (asked.split,)
    return {branch: sorted(file for split in splits for file in record_file(
                scene.order.instance, scene.order.room, row.run, branch, 0, 0, split).parent.glob(f"*-0000000-{split}.npz"))
            for branch, row in asked.branches.items()}


def _entry(file: Path, number: int, key: str, label: int) -> Row | None:
    """Return what one model says of the example; None where the Record cannot be read, or is of other examples."""
    try:
        with np.load(file, allow_pickle=False) as found:  # only these columns are read
            if str(found["key"]) != key:
                return None
            at = _position(found["numbers"], number) if "numbers" in found else number
            if at is None:
                return None
            prediction, confidence, loss = (found[name][at].item() for name in ("prediction", "confidence", "loss"))
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile):
        return None
    return {"epoch": int(file.name.partition("-")[0]), "prediction": prediction, "confidence": tidy(confidence),
            "loss": tidy(loss), "right": prediction == label}


def _position(numbers: npt.NDArray[np.int64], number: int) -> int | None:
    """Return where an example stands among those that were held back; None: it is not one of them."""
    at = int(np.searchsorted(numbers, number))
    return at if at < len(numbers) and numbers[at] == number else None


def _home(branches: Branches, branch: str, epoch: int) -> str:
    """Return the Branch on which an epoch was trained: its Record may lie with one that begins at its end."""
    row = branches[branch]
    if row.parent is not None and row.parent in branches and epoch <= row.epoch:
        return _home(branches, row.parent, epoch)
    return branch


def _line(branches: Branches, branch: str, known: dict[str, dict[int, Row]]) -> list[Row]:
    """Return the epochs on the way to the tip of a Branch, those of its ancestors up to the forks included, oldest first."""
    found: list[Row] = []
    limit, at = float("inf"), branch
    while at in branches:
        found += [row for epoch, row in known.get(at, {}).items() if epoch <= limit]
        limit, at = min(limit, branches[at].epoch), branches[at].parent or ""
    return sorted(found, key=lambda row: row["epoch"])


def _of_branch(branches: Branches, branch: str, known: dict[str, dict[int, Row]]) -> Row:
    """`epochs` are the Branch's own; `first_right`, `forgotten` and `wrong` are of the whole way to its tip."""
    row, line = branches[branch], _line(branches, branch, known)
    own = known.get(branch, {})
    return {"run": row.run, "branch": branch, "parent": row.parent, "fork": row.epoch,
            "epochs": [own[epoch] for epoch in sorted(own)],
            "first_right": next((one["epoch"] for one in line if one["right"]), None),
            "forgotten": sum(one["right"] and not after["right"] for one, after in zip(line, line[1:], strict=False)),
            "wrong": not line[-1]["right"]}
