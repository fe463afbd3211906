"""The fields that messages are made of, with their bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from .settings import MAX_EPOCHS, LayerNames, Strict


def one_line(text: str) -> str:
    """Return a text as people may see it: printable signs only, on one line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _one(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say what is wrong with a value of a setting once, not once for each kind it is not."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("should be a value that a setting can have") from None


Epochs = Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Amount = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=600)]
Reason = Annotated[str, Field(max_length=200), AfterValidator(one_line)]
Title = Annotated[str, Field(max_length=60), AfterValidator(one_line)]
Steps = Annotated[int, Field(ge=1, le=1000)]
Seq = Annotated[int, Field(ge=1, le=2**53)]
Word = Annotated[str, Field(max_length=64)]
Words = Annotated[list[Word], Field(max_length=64)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Value = Annotated[bool | Whole | float | Word | Words | Annotated[dict[Word, float], Field(max_length=64)], WrapValidator(_one)]
Change = Annotated[dict[Literal["from", "to"], Value], Field(min_length=2)]
Changes = Annotated[dict[Identifier, Change], Field(max_length=64)]
Rows = Annotated[tuple[float, ...], Field(max_length=10_000, strict=False)]


class Position(Strict):
    """Where a Session stands: `batch` of `batches` are done in `epoch`; `x` is the same in epochs, as a fraction.

    `x` = epoch + examples seen / examples of the epoch, so that a new batch size never moves it backwards.
    """

    run: Identifier
    branch: Identifier
    epoch: Count
    batch: Count = 0
    batches: Count = 0
    x: Amount = 0.0


class Warm(Strict):
    """The Checkpoint of another Run out of which these layers have their first weights."""

    run: Identifier
    branch: Identifier
    epoch: Count
    batch: Count
    digest: Digest
    layers: LayerNames


class Brought(Strict):
    """The file of weights, brought in from outside, out of which these layers have their first weights."""

    file: Digest  # SHA-256 of the file in the instance's folder `weights`
    layers: LayerNames


class Person(Strict):
    """Who asked: a public id, and the name the person gave."""

    id: Identifier
    name: Annotated[str, Field(max_length=40)]
