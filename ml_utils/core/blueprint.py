"""Blueprint: what fixes a run. Layers are entries of `kinds`; the ready networks are in `templates`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, FailFast, Field, ValidationInfo, field_validator, model_validator

from .datasets import DATASETS, OWN, Dataset, DatasetName, Images, examples_of, own
from .fields import Count
from .kinds import Layer
from .kinds.activations import Relu
from .kinds.base import Form, Kind, names_of
from .kinds.convolutions import Conv
from .kinds.pooling import Pool
from .kinds.rows import Dropout, Flatten, Linear
from .settings import Strict

MAX_LAYERS = 64  # one after another
MAX_NESTED = 256  # with those inside of blocks
MAX_DEPTH = 4  # lists in each other, the outermost counted
TOO_MANY = (f"at most {MAX_LAYERS} layers one after another, {MAX_NESTED} with those inside of blocks, "
            f"and blocks at most {MAX_DEPTH - 1} deep in each other")
MOST_LEFT_OUT = 2_000
LEAST_EXAMPLES = 10  # that stay
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]


def shallow(layers: Any) -> Any:
    """Refuse what is too many, or nested too deeply, before it is looked at; a ValueError names the limits."""
    if isinstance(layers, list | tuple) and len(layers) > MAX_LAYERS:
        raise ValueError(TOO_MANY)
    waiting, count = [(layers, 1)], 0
    while waiting:
        group, depth = waiting.pop()
        if not isinstance(group, list | tuple) or not group:
            continue
        count += len(group)
        if depth > MAX_DEPTH or count > MAX_NESTED:
            raise ValueError(TOO_MANY)
        waiting += [(_inside(layer), depth + 1) for layer in group]
    return layers


def _inside(layer: Any) -> Any:
    return layer.get("layers") if isinstance(layer, dict) else layer.inside if isinstance(layer, Kind) else None


def count_of(layers: Iterable[Kind]) -> int:
    """Return how many layers these are, with those inside of blocks."""
    return sum(1 + count_of(layer.inside) for layer in layers)


class Blueprint(Strict):
    """What fixes a run: task, dataset, layers, seed. Cannot change inside a run.

    `without` are numbers of training examples that no epoch has; the constants of normalisation stay those of them all.
    `validation` is the share of the training examples that is held back to validate, picked by the seed. `images` describes
    the dataset where it is somebody's own. What has its usual value here is not written down, so that what was made before
    there were such fields keeps its digest.
    """

    task: Literal["image_classification"] = "image_classification"
    dataset: DatasetName
    images: Annotated[Images | None, Field(exclude_if=lambda images: images is None)] = None
    layers: Annotated[tuple[Layer, ...], FailFast(), Field(min_length=1, max_length=MAX_LAYERS, strict=False),
                      BeforeValidator(shallow)]
    seed: Seed = 1
    validation: Annotated[float, Field(ge=0.0, le=0.5, exclude_if=lambda share: share == 0)] = 0.0
    without: Annotated[tuple[Count, ...], FailFast(), Field(max_length=MOST_LEFT_OUT, strict=False,
                                                            exclude_if=lambda numbers: not numbers, validate_default=True)] = ()

    @field_validator("without")
    @classmethod
    def _left_out(cls, numbers: tuple[int, ...], found: ValidationInfo) -> tuple[int, ...]:
        """Return them in rising order, each once; a ValueError says which there are, or how many may go."""
        name, images, numbers = found.data.get("dataset", ""), found.data.get("images"), tuple(sorted(set(numbers)))
        row = own(name, images) if images else DATASETS.get(name)
        if row and numbers and numbers[-1] >= row.train:
            raise ValueError(f"training examples of {row.title} are 0 to {row.train - 1}")
        if row and (row.train - len(numbers)) * (1 - found.data.get("validation", 0)) < LEAST_EXAMPLES:
            raise ValueError(f"at least {LEAST_EXAMPLES} training examples have to stay")
        return numbers

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse a description of images that are not one's own; a ValueError says so."""
        if bool(OWN.fullmatch(self.dataset)) != (self.images is not None):
            raise ValueError("own images are described by `images`, and only they are")
        return self

    @property
    def row(self) -> Dataset:
        """The dataset."""
        return own(self.dataset, self.images) if self.images else DATASETS[self.dataset]

    @property
    def examples(self) -> int:
        """Training examples in an epoch."""
        return examples_of(self.model_dump(include={"dataset", "images", "without", "validation"}))


class Sketch(Blueprint):
    """A Blueprint in the making: it may still have no layers."""

    layers: Annotated[tuple[Layer, ...], FailFast(), Field(max_length=MAX_LAYERS, strict=False), BeforeValidator(shallow)]


def input_of(blueprint: Blueprint) -> Form:
    """Return what the dataset gives to the first layer."""
    return Form(blueprint.row.shape)


def layer_names(blueprint: Blueprint) -> list[str]:
    """Return a name for each layer: its kind and its number among its kind, such as ``conv2``."""
    return names_of(blueprint.layers)


def cnn(dataset: str = "digits", seed: int = 1, images: Images | None = None) -> Blueprint:
    """The small convolutional network, fitted to the dataset: two blocks, one hidden layer."""
    row = own(dataset, images) if images else DATASETS[dataset]
    wide = 2 if row.shape[0] == 3 else 1
    layers = (Conv(channels=16 * wide), Relu(), Pool(), Conv(channels=32 * wide), Relu(), Pool(),
              Flatten(), Dropout(), Linear(features=64 * wide), Relu(), Linear(features=len(row.classes)))
    return Blueprint(dataset=dataset, layers=layers, seed=seed, images=images)


def mlp(dataset: str = "digits", seed: int = 1, images: Images | None = None) -> Blueprint:
    """The multi-layer perceptron, fitted to the dataset: one hidden layer."""
    row = own(dataset, images) if images else DATASETS[dataset]
    head = (Flatten(), Linear(features=128), Relu(), Dropout(), Linear(features=len(row.classes)))
    return Blueprint(dataset=dataset, layers=head, seed=seed, images=images)


PRESETS = {"cnn": cnn, "mlp": mlp}
