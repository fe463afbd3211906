"""Commands: wishes, in the imperative. A Command may be refused; then nothing has changed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import FailFast, Field, model_validator

from .blueprint import Blueprint
from .edits import MOST_EDITS, Edit
from .fields import Count, Digest, Epochs, Identifier, Reason, Seq, Steps, Title, Value, Word
from .settings import SettingsChange, Strict


class Command(Strict):
    """Base of all wishes; the fields are the `args`."""

    name: ClassVar[str]


class NewRun(Command):
    """Begin a new Run with this Blueprint; the present one stays in the history. Refused while training."""

    name = "new_run"
    blueprint: Blueprint
    settings: SettingsChange | None = None
    warm: bool = False
    weights: Digest | None = None


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
    reason: Reason | None = None

    @model_validator(mode="after")
    def _something(self) -> SetSettings:
        if not self.model_fields_set - {"reason"}:
            raise ValueError("at least one setting is needed")
        return self


class Freeze(Command):
    """Keep the weights of a layer as they are, or of a group: ``conv*`` for all convolutions, ``*`` for all layers."""

    name = "freeze"
    layer: Word
    reason: Reason | None = None


class Unfreeze(Freeze):
    """Let a frozen layer, or a group of them, learn again."""

    name = "unfreeze"


class Step(Command):
    """Train a few batches, show the last of them, and pause."""

    name = "step"
    batches: Steps = 1


class Revert(Command):
    """Go back to the end of an epoch of any Branch (0: the start), or to its tip; Settings come back unless kept."""

    name = "revert"
    branch: Identifier
    epoch: Count | None = None
    keep_settings: bool = False
    reason: Reason | None = None


class MakeFork(Command):
    """Go to an epoch of any Branch, change Settings there, and train on as a new Branch."""

    name = "fork"
    branch: Identifier
    epoch: Count
    settings: SettingsChange | None = None
    epochs: Epochs | None = None
    reason: Reason | None = None


class Twin(Command):
    """Fork two Branches at one place that differ in one setting, and train one after the other: same batches, same chance."""

    name = "twin"
    branch: Identifier
    epoch: Count
    setting: Word
    values: Annotated[tuple[Value, Value], Field(strict=False)]
    epochs: Epochs


class Undo(Command):
    """Train again as if this change of Settings (the `seq` of its Event) had not been made; later ones are made again."""

    name = "undo"
    seq: Seq
    epochs: Epochs | None = None


class DropPlan(Command):
    """Give up the forks that are still to be trained."""

    name = "drop_plan"


class RenameBranch(Command):
    """Give a Branch a name of its own; empty: the one made of its changes again."""

    name = "rename_branch"
    branch: Identifier
    title: Title


class Pin(Command):
    """Keep the Checkpoint at the end of this epoch, whatever the room's quota."""

    name = "pin"
    branch: Identifier
    epoch: Count


class Unpin(Pin):
    """Let the Checkpoint at the end of this epoch go when room is needed."""

    name = "unpin"


class Prove(Command):
    """Train the epoch that ends here again, apart from the Session, and compare digests."""

    name = "prove"
    branch: Identifier
    epoch: Seq


class EditDraft(Command):
    """Change the network that the room is making; all edits are done, or none."""

    name = "edit_draft"
    edits: Annotated[tuple[Edit, ...], FailFast(), Field(min_length=1, max_length=MOST_EDITS, strict=False)]
    seq: Count
    continues: bool = False


class UndoEdit(Command):
    """Take back the last change of the draft, whoever made it."""

    name = "undo_edit"


class RedoEdit(Command):
    """Make the change of the draft again that was taken back last."""

    name = "redo_edit"


class SaveBlueprint(Command):
    """Keep the draft in the room's library, under a name."""

    name = "save_blueprint"
    title: Title


class DropBlueprint(Command):
    """Take a Blueprint out of the room's library."""

    name = "drop_blueprint"
    blueprint: Identifier


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
