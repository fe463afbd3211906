"""The datasets of the lab: facts that the rules, the page and the trainer share. Loading is the trainer's."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from unicodedata import category

from pydantic import AfterValidator, Field

from .settings import Strict

DatasetName = Annotated[str, Field(pattern=r"^(digits|mnist|fashion_mnist|kmnist|cifar10|own_[0-9a-f]{16})$")]
OWN = re.compile(r"own_[0-9a-f]{16}")  # images that somebody brought; named after their content
DIGITS = tuple("0123456789")
SIDES = {1: (8, 16, 28, 32, 48, 64, 96, 128), 3: (8, 16, 28, 32, 48, 64)}  # of own images, by channels
MOST_CLASSES = 1_000
MOST_IMAGES = 200_000
LONGEST_CLASS = 60  # letters of a class name


@dataclass(frozen=True)
class Dataset:
    """One dataset: image shape (channels, height, width), class names, examples per split, where it comes from."""

    name: str
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


def _shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    channels, height, width = shape
    if height != width or height not in SIDES.get(channels, ()):
        raise ValueError(f"own images are square: {_sides(1)} pixels in grey (1 channel), {_sides(3)} in colour (3)")
    return shape


def _sides(channels: int) -> str:
    return ", ".join(map(str, SIDES[channels]))


def _one_line(name: str) -> str:
    if name != name.strip() or any(category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name):
        raise ValueError("a name stands on one line, without control characters and without spaces at its ends")
    return name


def _classes(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("two classes have the same name")
    return names


class Images(Strict):
    """What is known of own images: shape (channels, height, width), class names in order, examples per split."""

    title: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_one_line)]
    shape: Annotated[tuple[int, int, int], Field(strict=False), AfterValidator(_shape)]
    classes: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_CLASS), AfterValidator(_one_line)], ...],
                       Field(min_length=2, max_length=MOST_CLASSES, strict=False), AfterValidator(_classes)]
    train: Annotated[int, Field(ge=10, le=MOST_IMAGES)]
    test: Annotated[int, Field(ge=1, le=MOST_IMAGES)]


def own(name: str, images: Images) -> Dataset:
    """Return own images as a row like those of the table."""
    return Dataset(name, images.title, images.shape, images.classes, images.train, images.test, "own images", 0)


def row_of(blueprint: dict[str, Any]) -> Dataset:
    """Return the dataset of a Blueprint, as plain JSON: out of the table, or as the Blueprint itself describes it."""
    name = blueprint["dataset"]
    return DATASETS[name] if name in DATASETS else own(name, Images.model_validate(blueprint["images"]))


def row_in(state: dict[str, Any], name: str) -> Dataset | None:
    """Return a dataset as a room knows it: out of the table, or of one of its Blueprints."""
    blueprints = (state["blueprint"], *(run["blueprint"] for run in state["runs"].values()))
    return DATASETS.get(name) or next((row_of(one) for one in blueprints if one["dataset"] == name), None)


def examples_key(blueprint: dict[str, Any]) -> str:
    """Return what names the examples of a Blueprint: with the same key, a number means the same image."""
    name: str = blueprint["dataset"]
    return f"{name}-{blueprint['seed']}" if name in DATASETS and DATASETS[name].split_by_seed else name


def examples_of(blueprint: dict[str, Any]) -> int:
    """Return how many training examples an epoch has: those of the dataset, less those left out, or held back to validate."""
    return row_of(blueprint).train - len(blueprint.get("without", ())) - held_back(blueprint)


def held_back(blueprint: dict[str, Any]) -> int:
    """Return how many training examples are held back to validate; those left out are not among them."""
    return int(round(blueprint.get("validation", 0) * (row_of(blueprint).train - len(blueprint.get("without", ())))))


def dataset_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON."""
    return [{**asdict(row), "split_by_seed": row.split_by_seed} for row in DATASETS.values()]
