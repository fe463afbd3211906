"""What a trainer is given when it dials in: all it needs to stand where the log says the Session stands."""

from __future__ import annotations

from pydantic import Field

from .blueprint import Blueprint
from .fields import Amount, Count, Digest, Identifier, Position
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


class Work(Strict):
    """The Session as the log knows it.

    The trainer loads the first of `checkpoints` that is sound (none left: a fresh start with `settings`), applies the
    `replay` Changes at or after that Position silently when it comes to them, and obeys no Command before it has
    caught up with `position`, the last one the log knows. So what was shown is trained again, identically.
    """

    blueprint: Blueprint
    settings: Settings  # those the run began with
    threads: int
    position: Position
    checkpoints: tuple[Known, ...] = Field(strict=False)  # newest Position first
    replay: tuple[Change, ...] = Field(strict=False)  # of this branch, in the order of the log
    go: bool  # train at once
    until: Count | None  # train to the end of this epoch
    recovering: bool  # report `trainer_recovered`
    started: bool  # `training_started` is in the log already; else report it
