"""What every ready network says of itself: names, words, options, and the layers it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from ..datasets import Dataset
from ..kinds.activations import Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh
from ..kinds.base import Kind, Words, field_words
from ..kinds.rows import Linear
from ..settings import Strict

Layers = tuple[Kind, ...]
Group = Literal["classic", "course", "deep", "sequence", "ready"]


class NoOptions(Strict):
    """For a network that is as it is."""


@dataclass(frozen=True)
class Template:
    """One ready network; `layers` gives those that fit a dataset, whatever the options are."""

    name: str
    title: Words
    help: Words
    group: Group
    options: type[Strict]
    layers: Callable[[Dataset, Any], Layers]


ActivationName = Literal["relu", "leakyrelu", "gelu", "silu", "tanh", "sigmoid", "softplus"]
ACTIVATIONS: dict[str, type[Relu | LeakyRelu | Gelu | Silu | Tanh | Sigmoid | Softplus]] = {
    "relu": Relu, "leakyrelu": LeakyRelu, "gelu": Gelu, "silu": Silu, "tanh": Tanh, "sigmoid": Sigmoid, "softplus": Softplus}
Activation = Annotated[ActivationName, Field(json_schema_extra=field_words(
    ("Activation", "Aktivierung"), ("What bends the numbers after each layer with weights.",
                                    "Was die Zahlen nach jeder Schicht mit Gewichten biegt."),
    **{name: kind.about.title for name, kind in ACTIVATIONS.items()}))]


def side(dataset: Dataset) -> int:
    """Return height and width of its images, in pixels."""
    return dataset.shape[1]


def in_colour(dataset: Dataset) -> bool:
    return dataset.shape[0] == 3


def head(dataset: Dataset) -> Linear:
    """Return the last layer: a number for each class."""
    return Linear(features=len(dataset.classes))
