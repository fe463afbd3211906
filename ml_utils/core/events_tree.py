"""Events of the tree: Branches that begin, going back, forks to come, Checkpoints that stay or go, and proofs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .events import EventData
from .fields import Amount, Changes, Count, Digest, Epochs, Identifier, Reason, Text, Title
from .settings import Settings, Strict

MOST = 10_000  # changes or Checkpoints in one Event
ForkKind = Literal["fork", "twin", "undo"]


class Replayed(Strict):
    """A change of Settings to be made again at `x`; `seq` is the Event that made it first."""

    seq: Count
    x: Amount
    changes: Changes


class Fork(Strict):
    """A Branch to come: where it leaves its parent, with which Settings, for how many epochs."""

    parent: Identifier
    epoch: Count
    epochs: Epochs
    settings: Settings
    kind: ForkKind
    replay: Annotated[tuple[Replayed, ...], Field(max_length=MOST, strict=False)] = ()
    of: Count | None = None
    group: Identifier | None = None
    before: Count | None = None
    reason: Reason | None = None
    by: dict[str, Any] | None = None


class BranchStarted(EventData):
    """Training leaves the line of `parent` at the end of `epoch`: the Session stands on a new Branch."""

    name = "branch_started"
    branch: Identifier
    run: Identifier
    parent: Identifier
    epoch: Count
    kind: ForkKind
    settings: Settings
    replay: Annotated[tuple[Replayed, ...], Field(max_length=MOST, strict=False)] = ()
    of: Count | None = None
    group: Identifier | None = None
    before: Count | None = None  # changes at the fork from this `seq` on do not come along
    planned: bool = False


class BranchRenamed(EventData):
    """A Branch has a name of its own; empty: the one made of its changes again."""

    name = "branch_renamed"
    branch: Identifier
    title: Title


class Reverted(EventData):
    """The Session stands at an earlier place, or on another Branch; these Settings came back with it."""

    name = "reverted"
    branch: Identifier
    epoch: Count
    settings: Settings
    reason: Reason | None = None


class ForksPlanned(EventData):
    """These Branches are to be trained, one after the other."""

    name = "forks_planned"
    forks: Annotated[tuple[Fork, ...], Field(min_length=1, max_length=8, strict=False)]


class PlanDropped(EventData):
    """What was still to be trained will not be."""

    name = "plan_dropped"


class EpochPinned(EventData):
    """The Checkpoint at the end of this epoch stays, whatever the room's quota."""

    name = "epoch_pinned"
    branch: Identifier
    epoch: Count


class EpochUnpinned(EventData):
    """The Checkpoint at the end of this epoch may go again."""

    name = "epoch_unpinned"
    branch: Identifier
    epoch: Count


class Dropped(Strict):
    """A Checkpoint that is no longer kept; its place can still be reached, by training from the one before."""

    branch: Identifier
    epoch: Count
    batch: Count
    digest: Digest


class CheckpointsThinned(EventData):
    """The room's Checkpoints took more than `quota` bytes; these made room."""

    name = "checkpoints_thinned"
    dropped: Annotated[tuple[Dropped, ...], Field(max_length=MOST, strict=False)]
    quota: Count


class ProofRequested(EventData):
    """The epoch that ends here will be trained again, apart from the Session, to compare digests."""

    name = "proof_requested"
    branch: Identifier
    epoch: Count


class EpochProved(EventData):
    """The epoch was trained again from the Checkpoint at `start`: the same, bit for bit, or not and because of what."""

    name = "epoch_proved"
    branch: Identifier
    epoch: Count
    start: Amount
    same: bool
    because: Text | None
    digest: Digest
    expected: Digest
    seconds: Amount


class ProofFailed(EventData):
    """The proof could not be made: why."""

    name = "proof_failed"
    branch: Identifier
    epoch: Count
    message: Text
