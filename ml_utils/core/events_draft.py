"""Events of the draft, the network that a room is making, and of the room's library."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .blueprint import Blueprint, Sketch
from .edits import MOST_EDITS, Told
from .events import EventData
from .fields import Identifier, Title

Step = Literal["begin", "edit", "continue", "undo", "redo"]


class DraftEdited(EventData):
    """The draft is this Blueprint now."""

    name = "draft_edited"
    blueprint: Sketch
    edits: Annotated[tuple[Told, ...], Field(max_length=MOST_EDITS, strict=False)]
    step: Step


class BlueprintSaved(EventData):
    """A Blueprint stands in the room's library."""

    name = "blueprint_saved"
    id: Identifier
    title: Title
    blueprint: Blueprint


class BlueprintDropped(EventData):
    """A Blueprint does not stand in the room's library any more."""

    name = "blueprint_dropped"
    id: Identifier

