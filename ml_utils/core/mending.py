"""What would mend a Blueprint that cannot work, as edits: a layer's own fixes, and those that know what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .blueprint import MAX_LAYERS, MAX_NESTED, Blueprint, count_of
from .kinds.base import TAKE_OUT, Fix, Form, Kind, Misfit, Step, Words, names_of
from .kinds.blocks import MOST_INSIDE
from .kinds.readers import Recurrent
from .kinds.rows import Linear

Edit = dict[str, Any]


@dataclass(frozen=True)
class Mend:
    """One way out: words for a button, and the edits that it makes."""

    label: Words
    edits: list[Edit]


def mends(blueprint: Blueprint, steps: Sequence[Step], misfit: Misfit) -> list[Mend]:
    """Return the ways out of a misfit, best first; at least one."""
    *above, number = misfit.at or (0,)
    for one in above:
        steps = steps[one].inside
    replaced = [fix for fix in misfit.fixes if fix.out and fix.layers]
    others = [fix for fix in misfit.fixes if not (fix.out and fix.layers)]
    found = _made(blueprint, steps, misfit, replaced)
    found += _around(steps, misfit, number)
    found += _made(blueprint, steps, misfit, others)
    return found or _made(blueprint, steps, misfit, [TAKE_OUT]) or [_anew(blueprint)]


def _made(blueprint: Blueprint, steps: Sequence[Step], misfit: Misfit, fixes: list[Fix]) -> list[Mend]:
    room = min((MOST_INSIDE if len(misfit.at) > 1 else MAX_LAYERS) - len(steps), MAX_NESTED - count_of(blueprint.layers))
    going = _going(blueprint.layers, misfit.at)
    found = [Mend(fix.label, _edits(fix, list(misfit.at) or [0], misfit.after, going))
             for fix in fixes if len(fix.layers) - fix.out <= room]
    return [mend for mend in found if mend.edits]


def _going(layers: Sequence[Kind], at: tuple[int, ...]) -> list[int] | None:
    """Return what has to go for a layer to be taken out: a block without layers is none; None: all would go."""
    found = None
    for depth, number in enumerate(at, 1):
        if len(layers) > 1:
            found = list(at[:depth])
        layers = layers[number].inside
    return found


def _edits(fix: Fix, at: list[int], after: bool, going: list[int] | None) -> list[Edit]:
    """Return what is done to a layer at a place; nothing where that would leave no network."""
    if fix.inside:
        return [{"op": "change", "at": [*at, number], "fields": fields} for number, fields in fix.inside]
    if fix.fields is not None:
        return [{"op": "change", "at": at, "fields": fix.fields}]
    if fix.out and not fix.layers:
        return [{"op": "remove", "at": going}] if going else []
    before, place = at[:-1], at[-1] + after
    adding: list[Edit] = [{"op": "add", "at": [*before, number], "layer": layer}
                          for number, layer in enumerate(fix.layers, place)]
    if fix.out and adding:
        return [adding[0], {"op": "remove", "at": [*before, place + 1]}, *adding[1:]]  # never an empty list in between
    return adding


def _around(steps: Sequence[Step], misfit: Misfit, number: int) -> list[Mend]:
    """Return what can be done about the layer before it that turned what it could take into what it cannot."""
    maker = next((one for one in range(number - 1, -1, -1) if _type(steps[one].form) in misfit.wanted), None)
    if maker is None:
        return []
    name, before, made = names_of(step.layer for step in steps)[maker], list(misfit.at[:-1]), steps[maker]
    if isinstance(made.layer, Recurrent) and made.layer.output == "last" and "sequence" in misfit.wanted:
        return [Mend((f"let {name} give every step", f"{name} jeden Schritt liefern lassen"),
                     [{"op": "change", "at": [*before, maker], "fields": {"output": "all"}}])]
    moved = steps[number].layer.step(made.form).out if made.form else None
    if _type(moved) != _type(made.form):  # then the other one could not stand behind it
        return []
    return [Mend((f"move it before {name}", f"vor {name} schieben"),
                 [{"op": "move", "at": list(misfit.at), "to": [*before, maker]}])]


def _type(form: Form | None) -> str | None:
    return form.type if form else None


def _anew(blueprint: Blueprint) -> Mend:
    layers: tuple[Edit, ...] = ({"kind": "flatten"}, _linear(len(blueprint.row.classes)))
    fix = Fix(("begin anew with Flatten and Linear", "neu beginnen mit Flatten und Linear"), layers=layers, out=True)
    return Mend(fix.label, _edits(fix, [0], False, None))


def end_misfit(blueprint: Blueprint, last: Form) -> Misfit:
    """Return the misfit of a network that does not end with one number for each class."""
    dataset = blueprint.row
    classes = len(dataset.classes)
    if not blueprint.layers:
        return Misfit(("it has no layers yet", "es hat noch keine Schichten"), *_endings(blueprint, last, classes),
                      code="empty")
    misfit = Misfit((f"the last layer gives {last.text()}, but {dataset.title} has {classes} classes",
                     f"die letzte Schicht liefert {last.text()}, aber {dataset.title} hat {classes} Klassen"),
                    *_endings(blueprint, last, classes))
    misfit.at, misfit.after = (len(blueprint.layers) - 1,), True
    return misfit


def idle_misfit(blueprint: Blueprint, last: Form) -> Misfit:
    """Return the misfit of a network without weights."""
    misfit = Misfit(("no layer of this network has weights, so there is nothing to learn",
                     "keine Schicht dieses Netzes hat Gewichte, also gibt es nichts zu lernen"),
                    _adding({"kind": "linear", "features": last.size}), code="nothing_learns")
    misfit.at, misfit.after = (len(blueprint.layers) - 1,), True
    return misfit


def _endings(blueprint: Blueprint, last: Form, classes: int) -> list[Fix]:
    if blueprint.layers and isinstance(blueprint.layers[-1], Linear) and last.type == "row":
        return [Fix((f"end with {classes} features", f"mit {classes} Merkmalen enden"), fields={"features": classes})]
    if last.size == classes and not last.words:
        return [_adding({"kind": "flatten"})]
    if last.type == "image" and last.sides[0] == classes:
        return [_adding({"kind": "adaptiveavgpool"}, {"kind": "flatten"})]
    if last.type == "sequence" and last.sides[1] == classes:
        return [_adding({"kind": "sequencepool"})]
    between: dict[str, tuple[Edit, ...]] = {
        "image": ({"kind": "flatten"},), "sequence": ({"kind": "sequencepool"},), "row": (),
        "words": ({"kind": "embedding"}, {"kind": "sequencepool"})}
    return [_adding(*between[last.type], _linear(classes))]


def _linear(features: int) -> Edit:
    return {"kind": "linear", "features": features}


TITLES: dict[str, Words] = {
    "flatten": ("Flatten", "Flatten"), "adaptiveavgpool": ("AdaptiveAvgPool2d", "AdaptiveAvgPool2d"),
    "sequencepool": ("Sequence to row", "Folge zu Reihe"), "embedding": ("Embedding", "Embedding")}


def _adding(*layers: Edit) -> Fix:
    """Return the fix that adds these at the end."""
    features = layers[-1].get("features")
    linear = (f"Linear with {features} features", f"Linear mit {features} Merkmalen")
    english, german = zip(*(TITLES.get(layer["kind"], linear) for layer in layers), strict=True)
    return Fix((f"add {' and '.join(english)}", f"{' und '.join(german)} anfügen"), layers=layers)
