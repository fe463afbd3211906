"""What a trainer is given: all it needs to stand where the log says the Session stands, and to go from there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .blueprint import Blueprint
from .events_inside import MOST_DRAWINGS, Evaluation
from .events_seen import ClassNumber
from .events_tree import MOST, Replayed
from .fields import Amount, Brought, Count, Digest, Identifier, Position, Steps, Text, Warm
from .questions import MOST_PIXELS, Subject
from .settings import Settings, Strict


class Known(Strict):
    """A Checkpoint that the log knows of."""

    branch: Identifier
    epoch: Count
    batch: Count
    x: Amount
    digest: Digest


class Change(Strict):
    """Settings that took effect before `batch` of `epoch`, all of them."""

    epoch: Count
    batch: Count
    settings: Settings


Script = Annotated[tuple[Replayed, ...], Field(max_length=MOST, strict=False)]


class Place(Strict):
    """After so many batches of this epoch."""

    epoch: Count
    batch: Count


class Go(Strict):
    """Train on from where the trainer stands, as `branch`, which left its parent at the end of epoch `fork`."""

    branch: Identifier
    fork: Count
    until: Count  # to the end of this epoch
    steps: Steps | None = None  # or for so many batches
    script: Script = ()  # changes to be made on the way, each at its x
    moved: Count  # as in Work


class Best(Strict):
    """The best value so far, and the epoch that had it first."""

    epoch: Count
    value: float


class Watched(Strict):
    """What early stopping goes by: the best so far by either metric, and from which epoch on the patience is counted."""

    since: Count = 0
    known: Count = 0  # scores of the epochs up to here are in it
    accuracy: Best | None = None
    loss: Best | None = None


class Proof(Strict):
    """What a proof has to find: the digest at the Position, and the build that it was made with."""

    digest: Digest
    build: Text


class Work(Strict):
    """The Session as the log knows it.

    The trainer loads the first of `checkpoints` that is sound (none left: a fresh start with `settings`), applies the
    `replay` Changes at or after that Position silently when it comes to them, and obeys no Command before it has
    caught up with `target`. What was shown of the Branch after the Checkpoint is trained
    again, identically, and told again where the Session was training (`recovering`); else, and before the `fork`,
    nothing is told, for everybody has it.
    """

    blueprint: Blueprint
    settings: Settings  # those the run began with
    threads: int
    warm: Warm | Brought | None = None  # what a fresh start takes over
    position: Position  # up to here everything has been told
    target: Place  # the furthest the log knows
    fork: Count  # the epoch at which the Branch left its parent
    parent: Identifier | None
    checkpoints: tuple[Known, ...] = Field(strict=False)  # on the way, nearest first
    replay: tuple[Change, ...] = Field(strict=False)  # on the way, in the order of Positions
    now: Settings  # in force at the Position
    moved: Count  # Event by which the Session came here; what a trainer tells of an earlier stand is out of date
    go: bool  # train at once
    until: Count | None  # train to the end of this epoch
    steps: Steps | None = None  # or for so many batches from the Position on
    stop: Count | None = None  # or to the end of this batch of the Run
    script: Script = ()  # changes still to be made, each at its x
    watched: Watched = Watched()  # up to the target
    recovering: bool  # report `trainer_recovered`
    started: bool  # `training_started` is in the log already; else report it
    proof: Proof | None = None  # only reach the Position, apart from the Session, and compare


class Drawn(Strict):
    """A drawing that the room keeps: what it is meant to be, and its bytes as those of the dataset, 255 for white."""

    id: Identifier
    label: ClassNumber
    pixels: Annotated[bytes, Field(max_length=MOST_PIXELS)]


class Evaluate(Strict):
    """What a process beside the Session is to evaluate: a stored model, on a split or on drawings."""

    subject: Subject
    of: Evaluation
    drawings: Annotated[tuple[Drawn, ...], Field(max_length=MOST_DRAWINGS, strict=False)] = ()
