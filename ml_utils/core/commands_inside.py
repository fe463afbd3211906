"""Commands of looking inside: evaluate, keep a drawing, mark an example, show one to the room."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .commands import Command
from .events_inside import Mark, Note
from .events_seen import ClassNumber
from .fields import Count, Identifier
from .questions import Model, OfPad, OfPixels, OfRoom, OfSplit, Split


class Evaluate(Command):
    """Evaluate a stored model on a split, apart from the Session; what was evaluated before is not computed again."""

    name = "evaluate"
    branch: Identifier | None = None
    epoch: Count | None = None
    split: Split = "test"


class KeepDrawing(Command):
    """Keep a drawing or picture in the room, with the class it is meant to be."""

    name = "keep_drawing"
    image: Annotated[OfPad | OfPixels, Field(discriminator="kind")]
    label: ClassNumber


class DropDrawing(Command):
    """Take one's own drawing out of the room."""

    name = "drop_drawing"
    drawing: Identifier


class MarkExample(Command):
    """Mark an example of the present dataset, or take one's mark back (null)."""

    name = "mark_example"
    split: Literal["train", "test"]
    number: Count
    mark: Mark | None
    note: Note = ""


class ShowExample(Command):
    """Show an example to everybody in the room."""

    name = "show_example"
    image: Annotated[OfSplit | OfRoom, Field(discriminator="kind")]
    model: Model = "now"
