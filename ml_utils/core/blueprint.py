"""Blueprint: what fixes a run, as a list of layers, with the rule of each layer's shape."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, FailFast, Field

from .datasets import DATASETS, Dataset, DatasetName
from .errors import Refused
from .settings import Strict

Shape = tuple[int, ...]
MAX_LAYERS = 64
MAX_PARAMETERS = 20_000_000
MAX_ACTIVATIONS = 2_000_000  # numbers per example, over all layers


def _whole(value: Any) -> Any:
    if type(value) is not int:  # a Literal takes True and 1.0 for 1
        raise ValueError("should be a valid integer")
    return value


class Conv(Strict):
    """Convolution, stride 1, padded so that height and width stay; `kernel` is odd."""

    kind: Literal["conv"] = "conv"
    channels: Annotated[int, Field(ge=1, le=512)]
    kernel: Annotated[Literal[1, 3, 5, 7], BeforeValidator(_whole)] = 3

    def shape(self, shape: Shape) -> Shape:
        _images(self.kind, shape)
        return (self.channels, *shape[1:])

    def parameters(self, shape: Shape) -> int:
        return self.channels * (shape[0] * self.kernel**2 + 1)


class Pool(Strict):
    """Max-pooling over non-overlapping windows of `size` × `size`."""

    kind: Literal["pool"] = "pool"
    size: Annotated[int, Field(ge=2, le=8)] = 2

    def shape(self, shape: Shape) -> Shape:
        _images(self.kind, shape)
        if min(shape[1:]) < self.size:
            raise ShapeMismatch(f"pooling by {self.size} needs images of at least {self.size}×{self.size}, "
                                f"but gets {shape[1]}×{shape[2]}", "Leave this pooling layer out.")
        return (shape[0], shape[1] // self.size, shape[2] // self.size)

    def parameters(self, shape: Shape) -> int:
        return 0


class Relu(Strict):
    """Negative values become zero."""

    kind: Literal["relu"] = "relu"

    def shape(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        return 0


class Dropout(Strict):
    """Switches units off at random while training; how many is the setting `dropout`."""

    kind: Literal["dropout"] = "dropout"

    def shape(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        return 0


class Flatten(Strict):
    """Images become one row of numbers."""

    kind: Literal["flatten"] = "flatten"

    def shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def parameters(self, shape: Shape) -> int:
        return 0


class Linear(Strict):
    """Every output is a weighted sum of all inputs."""

    kind: Literal["linear"] = "linear"
    features: Annotated[int, Field(ge=1, le=4096)]

    def shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeMismatch(f"a linear layer needs one row of numbers, but gets {_text(shape)}",
                                "Insert a flatten layer before it.")
        return (self.features,)

    def parameters(self, shape: Shape) -> int:
        return self.features * (shape[0] + 1)


Layer = Annotated[Conv | Pool | Relu | Dropout | Flatten | Linear, Field(discriminator="kind")]


class Blueprint(Strict):
    """What fixes a run: task, dataset, layers, seed. Cannot change inside a run."""

    task: Literal["image_classification"] = "image_classification"
    dataset: DatasetName
    layers: Annotated[tuple[Layer, ...], FailFast(), Field(min_length=1, max_length=MAX_LAYERS, strict=False)]
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1


class ShapeMismatch(Exception):
    """Two neighbouring layers do not fit: what is wrong, and the nearest fix."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why, self.fix = why, fix


def shapes(blueprint: Blueprint) -> list[Shape]:
    """Return the shape after each layer, without the batch; raise `Refused` where the network cannot work."""
    dataset = DATASETS[blueprint.dataset]
    current: Shape = dataset.shape
    found: list[Shape] = []
    parameters = 0
    for number, layer in enumerate(blueprint.layers):
        try:
            parameters += layer.parameters(current) if len(current) else 0
            current = layer.shape(current)
        except ShapeMismatch as mismatch:
            raise Refused("shape_mismatch", f"Layer {number + 1} ({layer.kind}): {mismatch.why}.", mismatch.fix,
                          f"blueprint.layers.{number}") from None
        found.append(current)
    _check_sizes(dataset, found, parameters)
    return found


def parameter_count(blueprint: Blueprint) -> int:
    """Return how many numbers the network learns."""
    before = [DATASETS[blueprint.dataset].shape, *shapes(blueprint)]
    return sum(layer.parameters(shape) for layer, shape in zip(blueprint.layers, before, strict=False))


def layer_names(blueprint: Blueprint) -> list[str]:
    """Return a name for each layer: its kind and its number among its kind, such as ``conv2``."""
    counts: dict[str, int] = {}
    names = []
    for layer in blueprint.layers:
        counts[layer.kind] = counts.get(layer.kind, 0) + 1
        names.append(f"{layer.kind}{counts[layer.kind]}")
    return names


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


def _check_sizes(dataset: Dataset, found: list[Shape], parameters: int) -> None:
    if found[-1] != (len(dataset.classes),):
        raise Refused("shape_mismatch", f"The last layer gives {_text(found[-1])}, but {dataset.title} has "
                      f"{len(dataset.classes)} classes.", f"End with a linear layer of {len(dataset.classes)} features.",
                      f"blueprint.layers.{len(found) - 1}")
    activations = sum(prod(shape) for shape in found)
    if parameters > MAX_PARAMETERS or activations > MAX_ACTIVATIONS:
        raise Refused("too_large", f"The network has {parameters:,} parameters and {activations:,} activations per image; "
                      f"{MAX_PARAMETERS:,} and {MAX_ACTIVATIONS:,} are allowed.", "Use fewer channels or features.",
                      "blueprint.layers")


def _images(kind: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise ShapeMismatch(f"a {kind} layer needs images, but gets {_text(shape)}",
                            f"Move the {kind} layer before the flatten layer.")


def _text(shape: Shape) -> str:
    return "×".join(str(side) for side in shape) + (" values" if len(shape) == 1 else "")
