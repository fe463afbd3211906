"""Classification reports: what a stored model says of every example of a split, as text that tells what it is of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import classification_report, confusion_matrix

from ...core.blueprint import Blueprint
from ...core.datasets import examples_key
from ..data import Data, Split, left_out
from ..look.evaluation import outputs_of
from ..look.records import COLUMNS, Record, found, keep, made, record_file
from ..order import Order
from .stored import Stored
from .textlog import plain

MOST_MISTAKES = 10
SPLITS = ("train", "validation", "test")
SAMPLE = 2000  # training examples that are evaluated while it trains
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """What a model says of a split. `total`: examples that the split has; the Record may be of the first ones only."""

    split: str
    model: Stored
    record: Record
    total: int

    @property
    def matrix(self) -> Whole:
        """Return examples by label (row) and prediction (column)."""
        names = np.arange(len(self.model.blueprint.row.classes))
        matrix: Whole = confusion_matrix(self.record.label, self.record.prediction, labels=names)
        return matrix


def splits_of(blueprint: Blueprint) -> tuple[str, ...]:
    """Return the splits that a Run has."""
    return tuple(split for split in SPLITS if split != "validation" or blueprint.validation)


def kept(model: Stored, split: str, order: Order) -> Seen | None:
    """Return what is written down of a model, by a training or by an evaluation; None where that is not the whole split."""
    record = found(order.instance, order.room, model.place, split, model.place["digest"])
    row = model.blueprint.row
    if record is None or len(record) != {"train": row.train, "test": row.test}.get(split, len(record)):
        return None
    if split == "train":
        record = some(record, learned(model.blueprint))
    return Seen(split, model, record, len(record))


def evaluated(model: Stored, split: str, order: Order, data: Data, tick: Callable[..., None], most: int | None = None) -> Seen:
    """Run a split, or its first examples, through a model; a whole split is written down for those who ask again."""
    torch.set_num_threads(model.threads)
    scene = model.scene(order, data)
    asked = _trained_on(data, model.blueprint) if split == "train" else scene.split(split)
    total = len(asked)
    part = asked if most is None or total <= most else _first(asked, most)
    outputs = outputs_of(scene, part, lambda done, of: tick(doing=f"report-{split}", done=done, total=of))
    record = made(outputs, part.labels, examples_key(model.blueprint.model_dump()), model.place["digest"], numbers=part.numbers)
    if part is (data.train if split == "train" else asked):
        place = model.place
        keep(record_file(order.instance, order.room, place["run"], model.home, place["epoch"], place["batch"], split), record)
    return Seen(split, model, record, total)


def _trained_on(data: Data, blueprint: Blueprint) -> Split:
    numbers = learned(blueprint)
    if len(numbers) == len(data.train):
        return data.train
    index = torch.from_numpy(numbers).to(data.train.labels.device)
    return Split(data.train.images, data.train.labels.index_select(0, index), index)


def learned(blueprint: Blueprint) -> Whole:
    """Return the numbers of the training examples that an epoch has, rising."""
    return np.delete(np.arange(blueprint.row.train), left_out(blueprint))


def _first(split: Split, most: int) -> Split:
    if split.numbers is not None:
        return Split(split.images, split.labels[:most], split.numbers[:most])
    return Split(split.images[:most], split.labels[:most])


def some(record: Record, index: Whole) -> Record:
    """Return these examples of a Record."""
    return Record(**{name: getattr(record, name)[index] for name in COLUMNS}, key=record.key, digest=record.digest)


def text(seen: Seen, called: str) -> str:
    """Return the report. `called`: what the model is, such as "the best epoch"."""
    record, place, classes = seen.record, seen.model.place, [plain(name) for name in seen.model.blueprint.row.classes]
    whole = len(record) == seen.total
    loss = float(np.mean(record.loss, dtype=np.float64))
    numbers = np.arange(len(classes))
    table = classification_report(record.label, record.prediction, labels=numbers, target_names=classes, digits=4,
                                  zero_division=0.0)
    how_many = f"all {seen.total:,}" if whole else f"the first {len(record):,} of {seen.total:,}; all, when the run ends"
    return "\n".join([
        f"Classification report of the {seen.split} split", "",
        f"model      {called}: {where(place)}, digest {place['digest']}",
        f"examples   {how_many}; eval mode, not augmented, each once",
        f"loss       {f'{loss:.4f}' if isfinite(loss) else 'not finite'} (cross-entropy, mean)",
        f"accuracy   {float(np.mean(record.right)) * 100:.2f} %", "", str(table), *_mistakes(seen.matrix, classes), ""])


def where(place: dict[str, Any]) -> str:
    """Return a place in words."""
    return f"epoch {place['epoch']}{' batch ' + str(place['batch']) if place['batch'] else ''} of {place['branch']}"


def _mistakes(matrix: Whole, classes: list[str]) -> list[str]:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    most = [(int(wrong.flat[one]), *divmod(int(one), len(classes))) for one in np.argsort(-wrong, axis=None, kind="stable")]
    told = [f"  {count:6,} × {classes[label]} taken for {classes[taken]}"
            for count, label, taken in most[:MOST_MISTAKES] if count]
    return ["Most frequent mistakes", *told] if told else ["No mistakes."]
