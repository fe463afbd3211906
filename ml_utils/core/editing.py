"""What comes out of Edits: the layers of a Blueprint in the making, within the bounds of a network."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .blueprint import MAX_DEPTH, MAX_LAYERS, MAX_NESTED, Sketch
from .datasets import Images, examples_key
from .edits import Add, ChangeLayer, Duplicate, FromTemplate, Load, Move, Plain, Remove, SetDataset, SetSeed, SetValidation
from .errors import Refused, refusal
from .kinds import KINDS, Layer
from .kinds.blocks import MOST_INSIDE
from .templates import template

Place = tuple[int, ...]
_LAYER: TypeAdapter[Any] = TypeAdapter(Layer)


def edited(blueprint: Sketch, edits: Iterable[Any]) -> Sketch:
    """Return what the edits make of it, one after the other; raise `Refused` where one cannot be done: then none is."""
    work: Plain = blueprint.model_dump(mode="json")
    for number, edit in enumerate(edits):
        work = _Desk(work, f"edits.{number}").do(edit)
    _check_bounds(work["layers"])
    try:
        return Sketch.model_validate(work)
    except ValidationError as error:
        raise refusal(error) from None


class _Desk:
    """A copy of a Blueprint as plain JSON, and where in the Command the Edit stands that is done to it."""

    def __init__(self, work: Plain, field: str) -> None:
        self._work, self._field = work, field

    def do(self, edit: Any) -> Plain:
        match edit:
            case Load():
                return dict(edit.blueprint.model_dump(mode="json"))
            case FromTemplate():
                return self._template(edit)
            case SetDataset() | SetSeed() | SetValidation():
                return _refitted(self._work, edit.model_dump(mode="json", exclude={"op"}))
            case Add():
                self._put(edit.at, "at", edit.layer.model_dump(mode="json"))
            case Remove():
                self._take(edit.at)
            case Duplicate():
                self._put((*edit.at[:-1], edit.at[-1] + 1), "at", deepcopy(self._list(edit.at)[edit.at[-1]]))
            case Move():
                self._put(edit.to, "to", self._take(edit.at))
            case ChangeLayer():
                self._change(edit)
        return self._work

    def _template(self, edit: FromTemplate) -> Plain:
        try:
            made = template(edit.name, self._work["dataset"], edit.options, self._work["seed"], _images(self._work))
        except Refused as refused:
            field = f"{self._field}.{refused.field}" if refused.field else self._field
            raise Refused(refused.code, refused.message, refused.hint, field) from None
        return {**self._work, "layers": made.model_dump(mode="json")["layers"]}

    def _change(self, edit: ChangeLayer) -> None:
        layers, number = self._list(edit.at), edit.at[-1]
        if "kind" in edit.fields or "layers" in edit.fields:
            raise Refused("not_a_field", "The kind of a layer and the layers inside of it are no fields.",
                          "Remove the layer and add another one; edit the layers inside one by one.", f"{self._field}.fields")
        try:
            layer = _LAYER.validate_python({**layers[number], **edit.fields})
        except ValidationError as error:
            raise self._named(refusal(error)) from None
        layers[number] = layer.model_dump(mode="json")

    def _named(self, refused: Refused) -> Refused:
        """Name the field as the Command does; pydantic puts the kind before it."""
        field = (refused.field or "").partition(".")[2]
        message = refused.message.replace(f"{refused.field}:", f"{field}:", 1)
        return Refused(refused.code, message, refused.hint, f"{self._field}.fields.{field}".rstrip("."))

    def _take(self, at: Place) -> Plain:
        return self._list(at).pop(at[-1])

    def _put(self, at: Place, name: str, layer: Plain) -> None:
        self._list(at, name, 1).insert(at[-1], layer)

    def _list(self, at: Place, name: str = "at", more: int = 0) -> list[Plain]:
        """Return the list in which a path ends; `more`: so many places behind its last layer are places, too."""
        layers: list[Plain] = self._work["layers"]
        for depth, number in enumerate(at):
            last = depth == len(at) - 1
            if number >= len(layers) + more * last:
                raise self._refused(at[:depth + 1], name, "no_such_place", f"there {_are(len(layers))} there")
            if last:
                break
            within = inside(layers[number])
            if within is None:
                raise self._refused(at[:depth + 1], name, "no_block", "no layer can stand inside of that one")
            layers = within
        return layers

    def _refused(self, at: Place, name: str, code: str, why: str) -> Refused:
        place = ".".join(str(one + 1) for one in at)
        return Refused(code, f"This cannot be done at place {place}: {why}.", "Look at the network again: it may have changed.",
                       f"{self._field}.{name}")


def _refitted(work: Plain, fields: Plain) -> Plain:
    """Return a Blueprint with another dataset, seed or share to validate.

    Examples are left out as long as their numbers mean the same.
    """
    after = {**work, **fields}
    if "dataset" in fields and "images" not in fields:
        after.pop("images", None)
    if examples_key(after) != examples_key(work):
        after.pop("without", None)
    return after


def _images(work: Plain) -> Images | None:
    return Images.model_validate(work["images"]) if work.get("images") else None


def inside(layer: Plain) -> list[Plain] | None:
    """Return the layers of a block; None where it is no block."""
    return layer.get("layers")


def _are(number: int) -> str:
    return {0: "are no layers", 1: "is one layer"}.get(number, f"are {number} layers")


# ── what a network may be ───────────────────────────────────────────────────────────────────────────────────

def _check_bounds(layers: list[Plain]) -> None:
    """Raise `Refused`, in words, where there are too many layers, too few in a block, or blocks too deep in each other."""
    if len(layers) > MAX_LAYERS:
        raise Refused("too_many_layers", f"At most {MAX_LAYERS} layers stand one after another; these would be {len(layers)}.",
                      "Remove a layer, or put several into a block.", "edits")
    if (count := _count(layers, 1)) > MAX_NESTED:
        raise Refused("too_many_layers", f"A network has at most {MAX_NESTED} layers, with those inside of blocks; these "
                      f"would be {count}.", "Remove some layers.", "edits")


def _count(layers: list[Plain], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise Refused("too_deep", f"Blocks can stand in blocks, but only {MAX_DEPTH - 1} deep.",
                      "Put the layer one block further out.", "edits")
    return sum(1 + (0 if (within := inside(layer)) is None else _count(_checked(layer, within), depth + 1)) for layer in layers)


def _checked(block: Plain, layers: list[Plain]) -> list[Plain]:
    title = KINDS[block["kind"]].about.title[0]
    if not layers:
        raise Refused("empty_block", f"{title} needs at least one layer inside.",
                      "Remove the block itself, or put another layer into it first.", "edits")
    if len(layers) > MOST_INSIDE:
        raise Refused("too_many_layers", f"{title} has room for {MOST_INSIDE} layers; these would be {len(layers)}.",
                      "Remove one of them, or begin a second block.", "edits")
    return layers
