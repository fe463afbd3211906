"""The fields that messages are made of, with their bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .settings import MAX_EPOCHS, Strict

Epochs = Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Amount = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=600)]
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


class Person(Strict):
    """Who asked: a public id, and the name the person gave."""

    id: Identifier
    name: Annotated[str, Field(max_length=40)]
