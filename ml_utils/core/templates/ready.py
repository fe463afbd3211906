"""The networks of torchvision, each as one layer and a head."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..datasets import Dataset
from ..errors import Refused
from ..kinds.backbone import MODEL, PRETRAINED, SIZE, Backbone
from ..kinds.zoo import ModelName, Size
from ..settings import Strict
from .base import Layers, Template, head


class ReadyOptions(Strict):
    """Those of a network of torchvision: the fields of the backbone."""

    model: Annotated[ModelName, Field(json_schema_extra=MODEL)] = "resnet18"
    size: Annotated[Size, Field(json_schema_extra=SIZE)] = 64
    pretrained: Annotated[bool, Field(json_schema_extra=PRETRAINED)] = False


def _torchvision(dataset: Dataset, options: ReadyOptions) -> Layers:
    backbone = Backbone(model=options.model, size=options.size, pretrained=options.pretrained)
    if options.size not in backbone.sizes():
        sizes = ", ".join(f"{size}×{size}" for size in backbone.sizes())
        raise Refused("invalid", f"{options.model} cannot see images of {options.size}×{options.size}.",
                      f"Choose one of {sizes}.", "options.size")
    return backbone, head(dataset)


READY = (
    Template("torchvision", ("Ready network (torchvision)", "Fertiges Netz (torchvision)"), (
        "A well-known network as one layer, pretrained if you like, and a new last layer for these classes. "
        "Freeze the backbone to train the last layer only.",
        "Ein bekanntes Netz als eine Schicht, auf Wunsch vortrainiert, und eine neue letzte Schicht für diese Klassen. "
        "Friere das Rückgrat ein, um nur die letzte Schicht zu trainieren."), "ready", ReadyOptions, _torchvision),
)
