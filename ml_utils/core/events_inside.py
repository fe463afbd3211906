"""Events of looking inside: evaluations, drawings that the room keeps, marks on examples, an example shown to all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .events import EventData
from .events_seen import ClassNumber
from .fields import Amount, Count, Digest, Fraction, Identifier, Text, one_line
from .questions import Model, OfRoom, OfSplit, Split
from .settings import Strict

MOST_CLASSES = 1_000
MOST_POINTS = 60  # of a curve
MOST_TOP = 5
BINS = 15  # of the calibration curve
MOST_DRAWINGS = 200  # that a room keeps

Mark = Literal["wrong_label", "ambiguous", "model_fault"]
Note = Annotated[str, Field(max_length=280), AfterValidator(one_line)]
DatasetKey = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}(-[0-9]{1,10})?$")]  # of datasets.examples_key
Fractions = Annotated[tuple[Fraction, ...], Field(max_length=MOST_POINTS, strict=False)]
Kept = Annotated[tuple[Identifier, ...], Field(max_length=MOST_DRAWINGS, strict=False)]


class Evaluation(EventData):
    """Which model on what: the end of an epoch of a Branch, and a split, or these drawings of the room."""

    branch: Identifier
    epoch: Count
    split: Split
    drawings: Kept = ()


class EvaluationRequested(Evaluation):
    """A stored model will be evaluated, apart from the Session."""

    name = "evaluation_requested"


class EvaluationProgress(Evaluation):
    """`done` of `total` examples went through the model."""

    name = "evaluation_progress"
    done: Count
    total: Count


class ClassScore(Strict):
    """One class against the rest; null where there is nothing to divide by."""

    accuracy: Fraction
    precision: Fraction | None
    recall: Fraction | None
    f1: Fraction | None
    support: Count
    auc: Fraction | None
    average_precision: Fraction | None


class Bin(Strict):
    """Examples whose confidence lies in (low, high]: how sure the model was, and how often it was right."""

    low: Fraction
    high: Fraction
    count: Count
    confidence: Fraction | None
    accuracy: Fraction | None


class Curve(Strict):
    """Points of a curve, x rising or level; empty where the class has no examples, or nothing but examples."""

    x: Fractions
    y: Fractions


Row = Annotated[tuple[Count, ...], Field(max_length=MOST_CLASSES, strict=False)]


class Evaluated(Evaluation):
    """What a stored model does with every example of a split; eval mode, raw softmax."""

    name = "evaluated"
    digest: Digest | None  # of the model's Checkpoint; null: the start of a Run
    examples: Count
    loss: float | None
    accuracy: Fraction
    top: Annotated[tuple[Fraction, ...], Field(max_length=MOST_TOP, strict=False)]
    classes: Annotated[tuple[ClassScore, ...], Field(max_length=MOST_CLASSES, strict=False)]
    matrix: Annotated[tuple[Row, ...], Field(max_length=MOST_CLASSES, strict=False)]
    calibration: Annotated[tuple[Bin, ...], Field(max_length=BINS, strict=False)]
    calibration_error: Fraction
    roc: Annotated[tuple[Curve, ...], Field(max_length=MOST_CLASSES, strict=False)]
    precision_recall: Annotated[tuple[Curve, ...], Field(max_length=MOST_CLASSES, strict=False)]
    seconds: Amount
    build: Text


class EvaluationFailed(Evaluation):
    """The evaluation could not be made: why."""

    name = "evaluation_failed"
    message: Text


class DrawingKept(EventData):
    """The room keeps a drawing or picture, with the class it is meant to be; its pixels lie beside the log."""

    name = "drawing_kept"
    id: Identifier
    dataset: DatasetKey
    label: ClassNumber
    source: Literal["pad", "pixels"]
    digest: Digest


class DrawingDropped(EventData):
    """A drawing was taken out by the one who made it; its pixels are gone."""

    name = "drawing_dropped"
    id: Identifier


class ExampleMarked(EventData):
    """Somebody marked an example, or took the mark back (null). The dataset stays as it is."""

    name = "example_marked"
    dataset: DatasetKey
    split: Literal["train", "test"]
    number: Count
    mark: Mark | None
    note: Note = ""


class ExampleShown(EventData):
    """Somebody shows an example to the room."""

    name = "example_shown"
    dataset: DatasetKey
    image: Annotated[OfSplit | OfRoom, Field(discriminator="kind")]
    model: Model = "now"
