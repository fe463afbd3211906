"""Galleries: examples of an evaluated split, the most telling first; read from the Record of the model."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ...core.datasets import examples_key
from ...core.errors import Refused
from ...core.questions import Gallery, OfPixels, OfSplit
from ..lens import tidy
from .records import Record, found
from .scene import Scene

Numbers = npt.NDArray[np.intp]
SPLITS = {"train": "the training examples", "validation": "the validation examples", "test": "the test examples",
          "drawings": "the drawings"}


def gallery(scene: Scene, asked: Gallery) -> dict[str, Any]:
    """Return one part of the examples that fit, in the order asked for; `total` are all that fit."""
    record = recorded(scene, asked.split)
    found = chosen(record, asked, _there(scene, record))
    part = found[asked.offset:asked.offset + asked.count]
    return {"total": len(found), "offset": asked.offset, "examples": _told(scene, asked.split, record, part)}


def recorded(scene: Scene, split: str) -> Record:
    """Return what the model said of each example of a split; raises `Refused` where that is not known of just this model."""
    place = scene.place
    if place.get("untrained"):
        raise Refused("not_evaluated", "What the untrained network says of all examples is not known.",
                      "Choose the end of an epoch, or epoch 0.", "model")
    if place["batch"]:
        raise Refused("not_evaluated", f"The newest stored model is from inside of an epoch (at {place['x']:g}); only those "
                      "at an epoch's end are evaluated.", "Choose the end of an epoch.", "model")
    home = {**place, "branch": scene.home or place["branch"]}
    if split != "drawings":
        scene.split(split)  # there may be none
    record = found(scene.order.instance, scene.order.room, home, split, scene.digest)
    if record is None or not _fits(scene, split, record):
        raise Refused("not_evaluated", f"Epoch {place['epoch']} of branch {place['branch']} has not been evaluated on "
                      f"{SPLITS[split]} yet.", "Evaluate this model on this split first.", "model")
    return record


def chosen(record: Record, asked: Gallery, there: npt.NDArray[np.bool_] | None = None) -> Numbers:
    """Return the numbers of the examples that fit, in the order asked for; where two are equal the smaller number is first.

    `there`: which of them can be shown (all).
    """
    confidence = record.confidence.astype(np.float64)
    fits = np.ones(len(record), bool) if there is None else there
    fits = fits & (confidence <= asked.high) & ((confidence > asked.low) | (asked.low == 0))
    if asked.wrong:
        fits &= ~record.right
    for name in ("label", "prediction"):
        if (wanted := getattr(asked, name)) is not None:
            fits &= getattr(record, name) == wanted
    if asked.only is not None:
        fits &= np.isin(numbers_in(record), asked.only)
    numbers = np.flatnonzero(fits)
    keys: dict[str, npt.NDArray[Any]] = {
        "confident": -confidence, "smallest_loss": record.loss, "largest_loss": -record.loss,
        "closest": record.margin}
    return numbers[np.argsort(keys[asked.order][numbers], kind="stable")]


def numbers_in(record: Record) -> npt.NDArray[np.integer[Any]]:
    """Return the number of each example: of what is held back to validate those that it has among the training examples."""
    return np.arange(len(record)) if record.numbers is None else record.numbers


def _fits(scene: Scene, split: str, record: Record) -> bool:
    key, digest = examples_key(scene.blueprint.model_dump(include={"dataset", "seed"})), scene.digest or ""
    if (record.key, record.digest) != (key, digest):
        return False
    if split == "drawings":
        return len(record.ids) == len(record)
    examples = scene.split(split)
    numbers = np.arange(len(examples)) if examples.numbers is None else examples.numbers.cpu().numpy()
    return np.array_equal(numbers, numbers_in(record))


def _told(scene: Scene, split: str, record: Record, numbers: Numbers) -> list[dict[str, Any]]:
    """Return rows for a page; image and softmax are made anew, in one pass of these examples."""
    if not len(numbers):
        return []
    images = torch.stack([scene.image(_image(scene, split, record, number)) for number in numbers])
    of, own = "train" if split == "validation" else split, numbers_in(record)
    with torch.no_grad():
        outputs = torch.cat([scene.model(scene.batch(lot)) for lot in torch.split(images, scene.lot)])
    softmax = outputs.softmax(1).tolist()
    return [{"split": of, "number": int(own[number]), **({"drawing": record.ids[number]} if record.ids else {}),
             **{name: int(getattr(record, name)[number]) for name in ("label", "prediction", "second")},
             **{name: tidy(float(getattr(record, name)[number])) for name in ("confidence", "margin", "loss")},
             "softmax": [tidy(value) for value in row], "image": scene.shown(image)}
            for number, row, image in zip(numbers, softmax, images, strict=True)]


def _image(scene: Scene, split: str, record: Record, number: Any) -> Any:
    if split != "drawings":
        of = "train" if split == "validation" else split
        return OfSplit.model_validate({"split": of, "number": int(numbers_in(record)[number])})
    return OfPixels(kind="pixels", pixels=b64encode(_drawing(scene, record.ids[number]).read_bytes()).decode())


def _drawing(scene: Scene, name: str) -> Path:
    """Return the file with the pixels of a drawing of the room."""
    return scene.order.instance / "drawings" / scene.order.room / name


def _there(scene: Scene, record: Record) -> npt.NDArray[np.bool_] | None:
    """Return which drawings the room still keeps; None: these are no drawings, and all are there."""
    return np.array([_drawing(scene, name).is_file() for name in record.ids]) if record.ids else None
