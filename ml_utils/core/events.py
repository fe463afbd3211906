"""Events: facts, in the past tense. Numbered, stored, never edited."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from .blueprint import Blueprint
from .datasets import DatasetName
from .fields import Amount, Brought, Changes, Count, Digest, Fraction, Identifier, Reason, Rows, Seq, Steps, Text, Warm
from .settings import Settings, Strict


class EventData(Strict):
    """Base of all facts; the fields are the Event's `data`."""

    name: ClassVar[str]


class Score(Strict):
    """Mean loss and accuracy over `examples` examples. Train: in train mode, averaged while the weights moved."""

    loss: float | None  # none where it is not a finite number
    accuracy: Fraction
    examples: Count


class RunStarted(EventData):
    """A Run with its first Branch exists; nothing has been trained yet."""

    name = "run_started"
    run: Identifier
    branch: Identifier
    blueprint: Blueprint
    settings: Settings
    threads: Annotated[int, Field(ge=1, le=256)]
    warm: Warm | Brought | None = None


class TrainingRequested(EventData):
    """Training was asked for, up to the end of epoch `until` or for `steps` batches; it begins as soon as it can."""

    name = "training_requested"
    until: Count
    steps: Steps | None = None


class TrainingQueued(EventData):
    """All places for training are taken; this Session stands at `place` in the queue (1 is next)."""

    name = "training_queued"
    place: Seq


class TrainerStarted(EventData):
    """A trainer process was asked for; `attempt` counts them, and older ones are refused from now on."""

    name = "trainer_started"
    attempt: Seq


class DatasetProgress(EventData):
    """A dataset is being fetched or prepared, or pretrained weights: `done` of `total` bytes (0: not known)."""

    name = "dataset_progress"
    what: Literal["dataset", "weights"] = "dataset"
    dataset: DatasetName
    done: Count
    total: Count


class TrainingStarted(EventData):
    """Training goes, from the Event's Position up to the end of epoch `until`, or of batch `stop` of the Run."""

    name = "training_started"
    until: Count
    stop: Count | None = None


class TrainingPaused(EventData):
    """Training stands still at the Event's Position."""

    name = "training_paused"
    reason: Literal["interrupted", "finished", "stopped_early", "loss_not_finite", "stepped"]


class SettingsChanged(EventData):
    """Settings changed; in effect from the Event's Position on. `settings` are all of them, afterwards."""

    name = "settings_changed"
    changes: Changes
    settings: Settings
    until: Count | None = None
    reason: Reason | None = None
    replays: Count | None = None


class Metrics(EventData):
    """Measurements of training batches, one row each: train mode, raw, loss before the step. Columns of equal length."""

    name = "metrics"
    x: Rows
    train_loss: Rows
    train_accuracy: Rows
    rate: Amount  # examples per second
    step: Count  # batches since the Run began
    took: Amount  # seconds of training
    learning_rate: Amount  # as the schedule has it

    @model_validator(mode="after")
    def _columns(self) -> Metrics:
        if not len(self.x) == len(self.train_loss) == len(self.train_accuracy):
            raise ValueError("columns differ in length")
        return self


class EpochFinished(EventData):
    """An epoch was trained to its end and evaluated (test split, and what was held back to validate, in eval mode)."""

    name = "epoch_finished"
    train: Score
    test: Score
    seconds: Amount
    validation: Score | None = None  # where examples are held back for it
    drawings: Score | None = None


class CheckpointSaved(EventData):
    """Everything needed to go on from here is on disk."""

    name = "checkpoint_saved"
    branch: Identifier
    epoch: Count
    batch: Count
    x: Amount
    digest: Digest
    kind: Literal["epoch", "interrupt", "interval"]
    bytes: Count
    seconds: Amount
    finite: bool
    build: Text


class CheckpointDamaged(EventData):
    """A Checkpoint could not be used; the next older one is."""

    name = "checkpoint_damaged"
    branch: Identifier
    epoch: Count
    batch: Count
    digest: Digest
    message: Text


class SessionFailed(EventData):
    """The Session cannot go on by itself: why, in words for students, and what would work."""

    name = "session_failed"
    code: Identifier
    message: Text
    hint: Text


class TrainerLost(EventData):
    """The trainer is gone; a new one takes over where the log knows a Checkpoint."""

    name = "trainer_lost"
    attempt: Seq
    reason: Text


class TrainerRecovered(EventData):
    """A new trainer stands at the Event's Position; what was measured after it is trained again, identically."""

    name = "trainer_recovered"
    attempt: Seq


class Event(Strict):
    """A numbered fact, never edited: who (`by`, null = the lab), when (`at`, Unix seconds), at which Position."""

    seq: Annotated[int, Field(ge=1)]
    name: str
    data: dict[str, Any]
    position: dict[str, Any] | None
    by: dict[str, Any] | None
    at: float
