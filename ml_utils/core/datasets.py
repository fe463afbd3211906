"""The datasets of the lab: facts that the rules, the page and the trainer share. Loading is the trainer's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

DatasetName = Literal["digits", "mnist", "fashion_mnist", "kmnist", "cifar10"]
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Dataset:
    """One dataset: image shape (channels, height, width), class names, examples per split, where it comes from."""

    name: DatasetName
    title: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    train: int
    test: int
    source: str
    megabytes: int  # to download, 0 if bundled


DATASETS: dict[str, Dataset] = {
    row.name: row
    for row in (
        Dataset("digits", "Digits 8×8", (1, 8, 8), DIGITS, 1437, 360, "bundled with scikit-learn", 0),
        Dataset("mnist", "MNIST", (1, 28, 28), DIGITS, 60_000, 10_000, "torchvision", 12),
        Dataset("fashion_mnist", "Fashion-MNIST", (1, 28, 28), (
            "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"),
            60_000, 10_000, "torchvision", 31),
        Dataset("kmnist", "KMNIST", (1, 28, 28), ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
                60_000, 10_000, "torchvision", 21),
        Dataset("cifar10", "CIFAR-10", (3, 32, 32), (
            "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            50_000, 10_000, "torchvision", 171),
    )
}


def dataset_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON."""
    return [asdict(row) for row in DATASETS.values()]
