"""Edits: what one can do to a Blueprint in the making; `editing` does it.

An index path `at` leads to a layer: ``[3]`` is the fourth one, ``[3, 0]`` the first one inside of it, where it is a block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from .blueprint import MAX_DEPTH, MAX_NESTED, Seed, Sketch, shallow
from .datasets import DatasetName, Images
from .fields import Whole, Word
from .kinds import Layer
from .settings import Strict

MOST_EDITS = 8  # at once
MOST_FIELDS = 16

Plain = dict[str, Any]  # a layer, an Edit or a Blueprint as plain JSON


def _one(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say what is wrong with a value once, not once for each kind it is not."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("should be a number, a word, true, false or null") from None


Number = Annotated[int, Field(ge=0, le=MAX_NESTED)]
Path = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_DEPTH, strict=False)]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
FieldValue = Annotated[bool | Whole | float | Word | None, WrapValidator(_one)]
FieldValues = Annotated[dict[FieldName, FieldValue], Field(max_length=MOST_FIELDS)]


def _alone(layer: Any) -> Any:
    shallow([layer])
    return layer


class Add(Strict):
    """A new layer before the one that stands there; behind the last one: at the end."""

    op: Literal["add"]
    at: Path
    layer: Annotated[Layer, BeforeValidator(_alone)]


class Remove(Strict):
    """The layer there goes, with all that is inside of it."""

    op: Literal["remove"]
    at: Path


class Duplicate(Strict):
    """A second layer of the same kind stands after this one."""

    op: Literal["duplicate"]
    at: Path


class Move(Strict):
    """The layer is taken out, then put in at `to`, a place in the list without it."""

    op: Literal["move"]
    at: Path
    to: Path


class ChangeLayer(Strict):
    """Fields of a layer get other values; the others stay."""

    op: Literal["change"]
    at: Path
    fields: FieldValues


class Load(Strict):
    """Another Blueprint takes the place of this one."""

    op: Literal["load"]
    blueprint: Sketch


class FromTemplate(Strict):
    """The layers of a ready network, fitted to the dataset, take the place of these; dataset and seed stay."""

    op: Literal["template"]
    name: Word
    options: FieldValues = {}


class SetDataset(Strict):
    """The same layers for another dataset; they may not fit it."""

    op: Literal["dataset"]
    dataset: DatasetName
    images: Annotated[Images | None, Field(exclude_if=lambda images: images is None)] = None


class SetSeed(Strict):
    """Other random numbers from the start."""

    op: Literal["seed"]
    seed: Seed


class SetValidation(Strict):
    """Hold back another share of the training examples, to validate with."""

    op: Literal["validation"]
    validation: Annotated[float, Field(ge=0.0, le=0.5)]


class Loaded(Strict):
    """As the log tells `load`: the Blueprint stands beside it."""

    op: Literal["load"]


Edit = Annotated[Add | Remove | Duplicate | Move | ChangeLayer | Load | FromTemplate | SetDataset | SetSeed | SetValidation,
                 Field(discriminator="op")]
Told = Annotated[Add | Remove | Duplicate | Move | ChangeLayer | Loaded | FromTemplate | SetDataset | SetSeed | SetValidation,
                 Field(discriminator="op")]
EDITS: tuple[type[Strict], ...] = (Add, Remove, Duplicate, Move, ChangeLayer, Load, FromTemplate, SetDataset, SetSeed,
                                  SetValidation)


def told(edits: Iterable[Any]) -> list[Plain]:
    """Return the edits as plain JSON, as they were asked, `load` without its content."""
    return [{"op": "load"} if isinstance(edit, Load) else edit.model_dump(mode="json", exclude_unset=True) for edit in edits]


def goes_on(before: list[Plain], now: list[Plain]) -> bool:
    """Return whether both are one change of the same fields of the same layer, as when somebody types a number."""
    if len(before) != 1 or len(now) != 1 or now[0]["op"] != "change" or before[0]["op"] != "change":
        return False
    return bool(before[0]["at"] == now[0]["at"] and before[0]["fields"].keys() == now[0]["fields"].keys())
