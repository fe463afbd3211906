"""Commands: wishes, in the imperative. A Command may be refused; then nothing has changed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from .blueprint import Blueprint
from .fields import Count, Epochs
from .settings import SettingsChange, Strict


class Command(Strict):
    """Base of all wishes; the fields are the `args`."""

    name: ClassVar[str]


class NewRun(Command):
    """Begin a new Run with this Blueprint; the present one stays in the history. Refused while training."""

    name = "new_run"
    blueprint: Blueprint
    settings: SettingsChange | None = None


class Start(Command):
    """Train a Run that has not begun; without a Run, one with the default Blueprint is made first."""

    name = "start"
    epochs: Epochs = Field(None, description="Epochs to go; the setting `epochs` where left out.")  # type: ignore[assignment]


class Interrupt(Command):
    """Stop before the next batch, mid-epoch; also leaves the queue."""

    name = "interrupt"


class Continue(Command):
    """Go on from exactly the present Position."""

    name = "continue"
    epochs: Epochs = Field(None, description="Epochs to go; what was left, or the setting `epochs`.")  # type: ignore[assignment]


class SetSettings(Command, SettingsChange):
    """Change any of the Settings; takes effect before the next batch."""

    name = "set_settings"

    @model_validator(mode="after")
    def _something(self) -> SetSettings:
        if not self.model_fields_set:
            raise ValueError("at least one setting is needed")
        return self


class Envelope(Strict):
    """How a Command travels: `id` is unique; a repeat gives the first answer again."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    name: Annotated[str, Field(max_length=64)]
    args: dict[str, Any] = {}


class Join(Strict):
    """Payload of `join`: the room's code, the last number seen (or null), a display name."""

    room: Annotated[str, Field(pattern=r"^[2-9a-hjkmnp-tv-z]{8}$")]
    since: Count | None = None
    name: Annotated[str, Field(max_length=40)] | None = None
