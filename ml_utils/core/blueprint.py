"""Blueprint: what fixes a run. Layers are entries of `kinds`; the ready networks are in `templates`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, FailFast, Field

from .datasets import DATASETS, DatasetName
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
    """What fixes a run: task, dataset, layers, seed. Cannot change inside a run."""

    task: Literal["image_classification"] = "image_classification"
    dataset: DatasetName
    layers: Annotated[tuple[Layer, ...], FailFast(), Field(min_length=1, max_length=MAX_LAYERS, strict=False),
                      BeforeValidator(shallow)]
    seed: Seed = 1


class Sketch(Blueprint):
    """A Blueprint in the making: it may still have no layers."""

    layers: Annotated[tuple[Layer, ...], FailFast(), Field(max_length=MAX_LAYERS, strict=False), BeforeValidator(shallow)]


def input_of(blueprint: Blueprint) -> Form:
    """Return what the dataset gives to the first layer."""
    return Form(DATASETS[blueprint.dataset].shape)


def layer_names(blueprint: Blueprint) -> list[str]:
    """Return a name for each layer: its kind and its number among its kind, such as ``conv2``."""
    return names_of(blueprint.layers)


def cnn(dataset: DatasetName = "digits", seed: int = 1) -> Blueprint:
    """The small convolutional network, fitted to the dataset: two blocks, one hidden layer."""
    wide = 2 if DATASETS[dataset].shape[0] == 3 else 1
    layers = (Conv(channels=16 * wide), Relu(), Pool(), Conv(channels=32 * wide), Relu(), Pool(),
              Flatten(), Dropout(), Linear(features=64 * wide), Relu(), Linear(features=_classes(dataset)))
    return Blueprint(dataset=dataset, layers=layers, seed=seed)


def mlp(dataset: DatasetName = "digits", seed: int = 1) -> Blueprint:
    """The multi-layer perceptron, fitted to the dataset: one hidden layer."""
    head = (Flatten(), Linear(features=128), Relu(), Dropout(), Linear(features=_classes(dataset)))
    return Blueprint(dataset=dataset, layers=head, seed=seed)


PRESETS = {"cnn": cnn, "mlp": mlp}


def _classes(dataset: DatasetName) -> int:
    return len(DATASETS[dataset].classes)
