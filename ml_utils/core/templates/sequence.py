"""Networks that read an image as a sequence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..datasets import Dataset
from ..kinds.base import field_words
from ..kinds.readers import Lstm, Transformer
from ..kinds.rows import LayerNorm, Linear
from ..kinds.sequences import Features, Patches, PositionLayer, SequencePool
from ..settings import Strict
from .base import Layers, Template, head, side

PATCHES = {  # pixels of a patch's side, by that of the image
    8: {"small": 1, "medium": 2, "large": 4}, 16: {"small": 1, "medium": 2, "large": 4},
    28: {"small": 2, "medium": 4, "large": 7}, 32: {"small": 2, "medium": 4, "large": 8},
    48: {"small": 4, "medium": 6, "large": 12}, 64: {"small": 4, "medium": 8, "large": 16},
    96: {"small": 8, "medium": 12, "large": 24}, 128: {"small": 8, "medium": 16, "large": 32}}
WIDEST = 64  # pixels of a row; a larger image is read half a row at a time
THINKING = 2  # the linear layers inside a block are so many times as wide as a step


class LstmOptions(Strict):
    """Those of the LSTM."""

    features: Features = 64
    both: Annotated[bool, Field(json_schema_extra=field_words(("Both ways", "Beide Richtungen"), (
        "Reads the image from the bottom up, too.", "Liest das Bild auch von unten nach oben.")))] = False


class TransformerOptions(Strict):
    """Those of the transformer; every width fits every number of heads, as it is that of one head."""

    blocks: Annotated[int, Field(ge=1, le=6, json_schema_extra=field_words(("Blocks", "Blöcke"), (
        "Transformer blocks, one after another.", "Transformer-Blöcke, einer nach dem anderen.")))] = 2
    width: Annotated[int, Field(ge=4, le=64, json_schema_extra=field_words(("Features per head", "Merkmale je Kopf"), (
        "A step has so many features for each head.", "Ein Schritt hat so viele Merkmale je Kopf.")))] = 16
    heads: Annotated[int, Field(ge=1, le=8, json_schema_extra=field_words(("Heads", "Köpfe"), (
        "Attentions side by side: each looks at the other steps in its own way.",
        "Attentions nebeneinander: Jede schaut auf ihre Art auf die anderen Schritte.")))] = 4
    patch: Annotated[Literal["small", "medium", "large"], Field(json_schema_extra=field_words(
        ("Patches", "Stücke"), (
            "Small ones make a long sequence, which is slow.", "Kleine ergeben eine lange Folge, das ist langsam."),
        small=("Small", "Klein"), medium=("Medium", "Mittel"), large=("Large", "Groß")))] = "medium"


def _lstm(dataset: Dataset, options: LstmOptions) -> Layers:
    row = side(dataset) if side(dataset) <= WIDEST else side(dataset) // 2
    return Patches(height=1, width=row), Lstm(features=options.features, both=options.both), head(dataset)


def _transformer(dataset: Dataset, options: TransformerOptions) -> Layers:
    patch, features = PATCHES[side(dataset)][options.patch], options.heads * options.width
    block = Transformer(heads=options.heads, feedforward=THINKING * features)
    return (Patches(height=patch, width=patch), Linear(features=features), PositionLayer(), *(block,) * options.blocks,
            LayerNorm(), SequencePool(), head(dataset))


SEQUENCE = (
    Template("lstm", ("LSTM, row by row", "LSTM, Zeile für Zeile"), (
        "Reads the image one row of pixels after another, with a memory, and decides at the last row.",
        "Liest das Bild eine Pixelzeile nach der anderen, mit einem Gedächtnis, und entscheidet bei der letzten."),
        "sequence", LstmOptions, _lstm),
    Template("transformer", ("Vision transformer", "Vision-Transformer"), (
        "Cuts the image into patches that look at each other; the mean of them decides. It needs many images or many epochs.",
        "Schneidet das Bild in Stücke, die einander ansehen; ihr Mittel entscheidet. Braucht viele Bilder oder viele Epochen."),
        "sequence", TransformerOptions, _transformer),
)
