"""Deep convolutional networks, up to all the layers of ResNet-50."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..datasets import Dataset
from ..kinds.activations import Relu
from ..kinds.base import field_words
from ..kinds.blocks import Residual
from ..kinds.convolutions import Conv
from ..kinds.pooling import AdaptiveAvgPool, Pool
from ..kinds.rows import BatchNorm, Dropout, Flatten, Linear, SpatialDropout
from ..settings import Strict
from .base import ACTIVATIONS, Activation, Layers, NoOptions, Template, head

RESNET50 = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))  # blocks, channels inside, stride of the first
WIDER = 4  # a bottleneck gives so many times the channels inside

Width = Annotated[int, Field(ge=4, le=128, json_schema_extra=field_words(("Channels", "Kanäle"), (
    "Feature maps of the first stage; each stage has twice as many as the one before.",
    "Merkmalskarten der ersten Stufe; jede Stufe hat doppelt so viele wie die davor.")))]


class DeepOptions(Strict):
    """Those of the deep CNN."""

    channels: Width = 32
    activation: Activation = "relu"


class VggOptions(Strict):
    """Those of the VGG-like network."""

    channels: Width = 32
    hidden: Annotated[int, Field(ge=1, le=4096, json_schema_extra=field_words(("Hidden layer", "Verborgene Schicht"), (
        "Neurons of the layer before the last.", "Neuronen der vorletzten Schicht.")))] = 256


class ResnetOptions(Strict):
    """Those of the small ResNet."""

    blocks: Annotated[int, Field(ge=1, le=5, json_schema_extra=field_words(("Blocks per stage", "Blöcke je Stufe"), (
        "Depth: 3 make the 20 layers of ResNet-20, 5 the 32 of ResNet-32.",
        "Tiefe: 3 ergeben die 20 Schichten von ResNet-20, 5 die 32 von ResNet-32.")))] = 3
    channels: Width = 16


def _deep_cnn(dataset: Dataset, options: DeepOptions) -> Layers:
    activation, width = ACTIVATIONS[options.activation], options.channels

    def pair(channels: int) -> Layers:
        return (Conv(channels=channels, bias=False), BatchNorm(), activation()) * 2

    return (*pair(width), Pool(), SpatialDropout(), *pair(2 * width), Pool(), SpatialDropout(), *pair(4 * width),
            AdaptiveAvgPool(), Flatten(), Dropout(), head(dataset))


def _vgg(dataset: Dataset, options: VggOptions) -> Layers:
    stages = [layer for number in range(3)
              for layer in (*(Conv(channels=options.channels * 2**number), BatchNorm(), Relu()) * 2, Pool())]
    return *stages, Flatten(), Linear(features=options.hidden), Relu(), Dropout(), head(dataset)


def _small_resnet(dataset: Dataset, options: ResnetOptions) -> Layers:
    blocks = [layer for stage in range(3) for number in range(options.blocks)
              for layer in (_basic(options.channels * 2**stage, 2 if stage and not number else 1), Relu())]
    return (Conv(channels=options.channels, bias=False), BatchNorm(), Relu(), *blocks,
            AdaptiveAvgPool(), Flatten(), head(dataset))


def _basic(channels: int, stride: int) -> Residual:
    return Residual(layers=(Conv(channels=channels, stride=stride, bias=False), BatchNorm(), Relu(),
                            Conv(channels=channels, bias=False), BatchNorm()))


def _resnet50(dataset: Dataset, options: NoOptions) -> Layers:
    stem = (Conv(channels=64, kernel=7, stride=2, bias=False), BatchNorm(), Relu(), Pool(size=3, stride=2, padding=1))
    blocks = [layer for count, channels, stride in RESNET50 for number in range(count)
              for layer in (_bottleneck(channels, 1 if number else stride), Relu())]
    return *stem, *blocks, AdaptiveAvgPool(), Flatten(), head(dataset)


def _bottleneck(channels: int, stride: int) -> Residual:
    return Residual(layers=(
        Conv(channels=channels, kernel=1, bias=False), BatchNorm(), Relu(),
        Conv(channels=channels, stride=stride, bias=False), BatchNorm(), Relu(),
        Conv(channels=WIDER * channels, kernel=1, bias=False), BatchNorm()))


DEEP = (
    Template("deep_cnn", ("Deep CNN", "Tiefes CNN"), (
        "Six convolutions in pairs, each with BatchNorm; Dropout after each pair; at the end every map becomes its mean.",
        "Sechs Faltungen in Paaren, jede mit BatchNorm; Dropout nach jedem Paar; am Ende wird jede Karte zu ihrem Mittelwert."),
        "deep", DeepOptions, _deep_cnn),
    Template("vgg", ("VGG-like", "VGG-ähnlich"), (
        "As in VGG (2014): two 3×3 convolutions and a pooling, three times, each with twice the channels; then a hidden layer.",
        "Wie in VGG (2014): zwei 3×3-Faltungen und ein Pooling, dreimal, je mit doppelt so vielen Kanälen; dann eine "
        "verborgene Schicht."),
        "deep", VggOptions, _vgg),
    Template("small_resnet", ("Small ResNet", "Kleines ResNet"), (
        "The residual network for small images of 2015: three stages of blocks with a skip around two convolutions.",
        "Das Residualnetz für kleine Bilder von 2015: drei Stufen von Blöcken mit einer Abkürzung um zwei Faltungen."),
        "deep", ResnetOptions, _small_resnet),
    Template("resnet50", ("ResNet-50, layer by layer", "ResNet-50, Schicht für Schicht"), (
        "All 50 layers to look into and to change, without pretrained weights. Made for images of 224 pixels: "
        "on small ones little is left after the first layers, and it is slow.",
        "Alle 50 Schichten zum Hineinsehen und Ändern, ohne vortrainierte Gewichte. Für Bilder von 224 Pixeln gemacht: "
        "Von kleinen bleibt nach den ersten Schichten wenig übrig, und es ist langsam."), "deep", NoOptions, _resnet50),
)
