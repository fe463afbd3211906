"""Events of files that people bring: own images that the room keeps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .datasets import Images
from .events import EventData
from .fields import Count

OwnName = Annotated[str, Field(pattern=r"^own_[0-9a-f]{16}$")]


class ImagesKept(EventData):
    """The room keeps own images, of this many bytes; `shared`: all rooms of the server may use them."""

    name = "images_kept"
    dataset: OwnName
    images: Images
    bytes: Count
    shared: bool


class ImagesDropped(EventData):
    """The room keeps them no more; Runs that were made with them go on."""

    name = "images_dropped"
    dataset: OwnName
