"""Datasets as the loop needs them: uint8 images that all trainers share, normalised batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor

from ..core.batches import next_size
from ..core.blueprint import Blueprint
from ..core.datasets import DATASETS, held_back

Array = NDArray[Any]
ORDER, SPLIT, HELD = 1, 2, 3  # streams of random numbers drawn from one seed


@dataclass(frozen=True)
class Split:
    """Images uint8 (examples, height, width, channels), labels int64 (examples).

    `numbers`: where the examples are some of a larger split, which of its images they are.
    """

    images: Tensor
    labels: Tensor
    numbers: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """Both splits, and the constants of normalisation, computed from the training split."""

    train: Split
    test: Split
    mean: Tensor
    scale: Tensor  # 1 / standard deviation

    def picked(self, split: Split, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the images (float32, channels last) and labels of these examples."""
        return self.normal(split.images.index_select(0, index)), split.labels.index_select(0, index)

    def sliced(self, split: Split, first: int, size: int) -> tuple[Tensor, Tensor]:
        """Return neighbouring examples."""
        part = slice(first, first + size)
        images = split.images[part] if split.numbers is None else split.images.index_select(0, split.numbers[part])
        return self.normal(images), split.labels[part]

    def normal(self, images: Tensor) -> Tensor:
        """Return uint8 images (n, h, w, c) as the network gets them."""
        # (n, h, w, c) seen as (n, c, h, w) is the memory format channels last: nothing is moved
        return images.permute(0, 3, 1, 2).to(torch.float32).sub_(self.mean).mul_(self.scale)


def digits(seed: int, device: torch.device) -> Data:
    """The bundled digits, values 0 … 16, split by the seed."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng([seed, 0, SPLIT]).permutation(len(labels))
    pixels = images.astype(np.uint8).reshape(-1, 8, 8, 1)[order]
    cut = DATASETS["digits"].train
    return _data(pixels[:cut], labels[order][:cut], pixels[cut:], labels[order][cut:], constants(pixels[:cut]), device)


def prepared(folder: Path, device: torch.device) -> Data:
    """A dataset in its memory-mapped files, as `prepare` wrote them."""
    # copy-on-write: torch wants memory it may write to; nobody does, so all trainers share the pages
    train_images, train_labels, test_images, test_labels, normal = (
        np.load(folder / f"{name}.npy", mmap_mode="c")
        for name in ("train_images", "train_labels", "test_images", "test_labels", "constants"))
    return _data(train_images, train_labels, test_images, test_labels, normal, device)


def constants(images: Array) -> Array:
    """Return mean and 1 / standard deviation of each channel, float64 (2, channels)."""
    values = np.arange(256)
    found = []
    for channel in range(images.shape[-1]):
        share = sum(np.bincount(part[..., channel].ravel(), minlength=256) for part in np.array_split(images, 50))
        mean = np.average(values, weights=share)
        found.append((mean, 1 / np.sqrt(np.average((values - mean) ** 2, weights=share))))
    return np.array(found).T


def _data(train_images: Array, train_labels: Array, test_images: Array, test_labels: Array, normal: Array,
          device: torch.device) -> Data:
    def tensor(array: Array) -> Tensor:
        return torch.from_numpy(array).to(device)

    mean, scale = torch.from_numpy(np.array(normal)).to(device, torch.float32).view(2, 1, -1, 1, 1)
    return Data(Split(tensor(train_images), tensor(train_labels)), Split(tensor(test_images), tensor(test_labels)), mean, scale)


def validation_numbers(blueprint: Blueprint) -> Array:
    """Return which training examples are held back to validate, rising; the seed alone picks them, never one left out."""
    plain = blueprint.model_dump(include={"dataset", "images", "without", "validation"})
    order = np.random.default_rng([blueprint.seed, 0, HELD]).permutation(blueprint.row.train)
    return np.sort(order[~np.isin(order, blueprint.without)][:held_back(plain)])


def validation_of(data: Data, blueprint: Blueprint) -> Split | None:
    """Return the examples that are held back to validate; None where there are none."""
    if not blueprint.validation or not len(found := validation_numbers(blueprint)):
        return None
    numbers = torch.from_numpy(found).to(data.train.labels.device)
    return Split(data.train.images, data.train.labels.index_select(0, numbers), numbers)


def left_out(blueprint: Blueprint) -> Array:
    """Return the numbers of the training examples that no epoch has."""
    held = validation_numbers(blueprint) if blueprint.validation else ()
    return np.union1d(blueprint.without, held).astype(np.int64)


class Batches:
    """The training examples, in an order that depends on (seed, epoch) only.

    Those that a Blueprint is `without` or holds back are left out of that order: all others keep their places among each
    other.
    """

    def __init__(self, data: Data, seed: int, without: Array | tuple[int, ...] = ()) -> None:
        self._data, self._seed, self._without = data, seed, without
        self._epoch = -1
        self._order = torch.empty(0)

    @property
    def labels(self) -> Tensor:
        """The labels of all of them, in the order of the dataset."""
        stay = np.delete(np.arange(len(self._data.train)), np.asarray(self._without, np.int64))
        return self._data.train.labels.index_select(0, torch.from_numpy(stay).to(self._data.train.labels.device))

    def take(self, epoch: int, seen: int, size: int) -> tuple[Tensor, Tensor]:
        """Return the next `size` examples of the epoch after the `seen` first ones (fewer, or one more, at its end)."""
        if epoch != self._epoch:
            order = np.random.default_rng([self._seed, epoch, ORDER]).permutation(len(self._data.train))
            if len(self._without):
                order = order[~np.isin(order, self._without)]
            self._order, self._epoch = torch.from_numpy(order).to(self._data.train.images.device), epoch
        return self._data.picked(self._data.train, self._order[seen:seen + next_size(len(self._order) - seen, size)])
