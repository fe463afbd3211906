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

    @property
    def split_by_seed(self) -> bool:
        """Whether a Run's seed says which examples are held back for testing."""
        return self.name == "digits"


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


def examples_key(blueprint: dict[str, Any]) -> str:
    """Return what names the examples of a Blueprint: with the same key, a number means the same image."""
    row = DATASETS[blueprint["dataset"]]
    return f"{row.name}-{blueprint['seed']}" if row.split_by_seed else row.name


def examples_of(blueprint: dict[str, Any]) -> int:
    """Return how many training examples an epoch has: those of the dataset, less those that the Blueprint leaves out."""
    return DATASETS[blueprint["dataset"]].train - len(blueprint.get("without", ()))


def dataset_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON."""
    return [{**asdict(row), "split_by_seed": row.split_by_seed} for row in DATASETS.values()]
