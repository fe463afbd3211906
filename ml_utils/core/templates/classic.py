"""The networks that textbooks begin with, and the CNN of teaching courses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..datasets import Dataset
from ..kinds.activations import Tanh
from ..kinds.base import field_words
from ..kinds.convolutions import Conv
from ..kinds.pooling import AvgPool, Pool
from ..kinds.rows import Dropout, Flatten, Linear
from ..settings import Strict
from .base import ACTIVATIONS, Activation, Layers, NoOptions, Template, head, in_colour, side

KERNELS = {"small": 3, "medium": 5, "large": 7}


class MlpOptions(Strict):
    """Those of the multi-layer perceptron."""

    layers: Annotated[int, Field(ge=1, le=3, json_schema_extra=field_words(("Hidden layers", "Verborgene Schichten"), (
        "Layers between the image and the classes.", "Schichten zwischen Bild und Klassen.")))] = 1
    width: Annotated[int, Field(ge=1, le=2048, json_schema_extra=field_words(("Width", "Breite"), (
        "Neurons of each hidden layer.", "Neuronen jeder verborgenen Schicht.")))] = 128
    activation: Activation = "relu"
    dropout: Annotated[bool, Field(json_schema_extra=field_words(("Dropout", "Dropout"), (
        "A Dropout after each hidden layer, against overfitting.",
        "Ein Dropout nach jeder verborgenen Schicht, gegen Überanpassung.")))] = True


class BlockOptions(Strict):
    """Those of the three-block CNN."""

    blocks: Annotated[int, Field(ge=1, le=3, json_schema_extra=field_words(("Blocks", "Blöcke"), (
        "A block is a convolution, an activation and a pooling; each halves the image.",
        "Ein Block ist eine Faltung, eine Aktivierung und ein Pooling; jeder halbiert das Bild.")))] = 3
    kernel: Annotated[Literal["small", "medium", "large"], Field(json_schema_extra=field_words(
        ("Kernel size", "Kernelgröße"), ("How far each convolution looks.", "Wie weit jede Faltung schaut."),
        small=("Small (3×3)", "Klein (3×3)"), medium=("Medium (5×5)", "Mittel (5×5)"),
        large=("Large (7×7)", "Groß (7×7)")))] = "small"
    activation: Activation = "relu"


def _logistic_regression(dataset: Dataset, options: NoOptions) -> Layers:
    return Flatten(), head(dataset)


def _mlp(dataset: Dataset, options: MlpOptions) -> Layers:
    hidden = (Linear(features=options.width), ACTIVATIONS[options.activation](), *([Dropout()] if options.dropout else []))
    return Flatten(), *hidden * options.layers, head(dataset)


def _lenet5(dataset: Dataset, options: NoOptions) -> Layers:
    """The paper's images have 32 pixels: those of 28 get a margin, on those of 8 the windows are smaller, too.

    Larger ones stay as they are: the network is as wide as the paper's, and its first linear layer sees more.
    """
    if side(dataset) < 16:
        first, second = Conv(channels=6, kernel=3), Conv(channels=16, kernel=3)
    else:
        first = Conv(channels=6, kernel=5, padding=max(0, 32 - side(dataset)) // 2)
        second = Conv(channels=16, kernel=5, padding=0)
    return (first, Tanh(), AvgPool(), second, Tanh(), AvgPool(),
            Flatten(), Linear(features=120), Tanh(), Linear(features=84), Tanh(), head(dataset))


def _three_blocks(dataset: Dataset, options: BlockOptions) -> Layers:
    activation, kernel = ACTIVATIONS[options.activation], KERNELS[options.kernel]
    width = 32 if in_colour(dataset) else 16
    blocks = [layer for number in range(options.blocks)
              for layer in (Conv(channels=width * 2**number, kernel=kernel), activation(), Pool())]
    return *blocks, Flatten(), Dropout(), Linear(features=4 * width), activation(), head(dataset)


CLASSIC = (
    Template("logistic_regression", ("Logistic regression", "Logistische Regression"), (
        "One weight for each pixel and class, and nothing between. What everything else has to beat.",
        "Ein Gewicht je Pixel und Klasse und nichts dazwischen. Was alles andere schlagen muss."),
        "classic", NoOptions, _logistic_regression),
    Template("mlp", ("Multi-layer perceptron", "Mehrschichtiges Perzeptron"), (
        "Hidden layers in which every neuron sees all of the layer before. It does not know that pixels have neighbours.",
        "Verborgene Schichten, in denen jedes Neuron die ganze Schicht davor sieht. Es weiß nicht, dass Pixel Nachbarn haben."),
        "classic", MlpOptions, _mlp),
    Template("lenet5", ("LeNet-5", "LeNet-5"), (
        "The convolutional network of 1998 that read cheques: tanh and average pooling. On 8×8 digits its windows are 3×3, "
        "not 5×5.",
        "Das Faltungsnetz von 1998, das Schecks las: Tanh und Mittelwert-Pooling. Auf 8×8-Ziffern sind seine Fenster 3×3 "
        "statt 5×5."), "classic", NoOptions, _lenet5),
    Template("three_blocks", ("Three-block CNN", "CNN aus drei Blöcken"), (
        "The network of teaching courses: one to three blocks of convolution, activation and pooling, then a hidden layer.",
        "Das Netz der Kurse: ein bis drei Blöcke aus Faltung, Aktivierung und Pooling, dann eine verborgene Schicht."),
        "course", BlockOptions, _three_blocks),
)
