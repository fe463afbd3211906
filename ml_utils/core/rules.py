"""Whether a Blueprint can work, what it costs, and what would mend it; nothing is allocated for that."""

from __future__ import annotations

from typing import Any

from .blueprint import Blueprint, input_of, layer_names
from .errors import Refused, shown
from .kinds.base import Cost, Form, Kind, Misfit, Reach, Step, misfit_of, names_of, walk
from .mending import end_misfit, idle_misfit, mends

Report = dict[str, Any]
BYTES = 4  # of a float32
COPIES = 4  # of each parameter: itself, its gradient, two memories of the optimizer
PASSES = 2  # of each activation: kept on the way forward, and its gradient
STEP_PASSES = 3  # through the network in one step: forward once, backward for inputs and for weights
STEP_MACS = 10**12  # of one training step, about a minute of one slow core


def forms(blueprint: Blueprint) -> list[Form]:
    """Return what comes out of each layer, without the batch; raise `Refused` where the network cannot work."""
    steps = walk(blueprint.layers, input_of(blueprint))
    misfit = _first_misfit(blueprint, steps)
    if misfit:
        raise _refused(blueprint, steps, misfit)
    return [step.out for step in steps if step.out]


def layer_name(blueprint: Blueprint, at: tuple[int, ...]) -> str:
    """Return the name of the layer at a place, with those of the blocks around it: ``residual1.conv2``."""
    layers: tuple[Kind, ...] = blueprint.layers
    names = []
    for number in at:
        names.append(names_of(layers)[number])
        layers = layers[number].inside
    return ".".join(names)


def report(blueprint: Blueprint) -> Report:
    """Return all there is to say of a Blueprint, as plain JSON; the first layer that does not fit is the `error`.

    layers [{name, kind, in, out, words, parameters, macs, kept, reach, options, layers?}], in and out None after the error;
    input, parameters, macs, kept (totals of what fits, per example), error {code, at, layer, why, fixes} or None; `at` is
    empty where there are no layers.
    """
    form = input_of(blueprint)
    steps = walk(blueprint.layers, form)
    misfit = _first_misfit(blueprint, steps)
    cost = _total(steps)
    return {"input": list(form.sides), "layers": _rows(steps, Reach()), "parameters": cost.parameters, "macs": cost.macs,
            "kept": cost.kept, "memory": memory_of(cost.parameters, cost.kept + form.size),
            "error": _error(blueprint, steps, misfit) if misfit else None}


def memory_of(parameters: int, kept: int) -> dict[str, int]:
    """Return the bytes that training needs: `fixed`, and for each example of a batch."""
    return {"fixed": parameters * BYTES * COPIES, "example": kept * BYTES * PASSES}


def check_size(blueprint: Blueprint, batch_size: int, memory: int) -> None:
    """Raise `Refused` where training would need more memory (bytes, 0: no limit) or time than a room may have."""
    form = input_of(blueprint)
    cost = _total(walk(blueprint.layers, form))
    bytes_of = memory_of(cost.parameters, cost.kept + form.size)
    needed, macs = bytes_of["fixed"] + bytes_of["example"] * batch_size, STEP_PASSES * cost.macs * batch_size
    if memory and needed > memory:
        raise Refused("too_large", f"Training this network with {batch_size} images at a time would need about "
                      f"{needed / 1e9:,.1f} GB; {memory / 1e9:,.1f} GB are allowed.",
                      "Use fewer channels or features, smaller images, or a smaller batch size.", "blueprint.layers")
    if macs > STEP_MACS:
        raise Refused("too_slow", f"One step of {batch_size} images would take {macs / 1e9:,.0f} billion "
                      f"multiply-adds; {STEP_MACS / 1e9:,.0f} billion are allowed.",
                      "Use fewer channels or features, smaller images, or a smaller batch size.", "blueprint.layers")


def check_layers(blueprint: Blueprint, settings: dict[str, Any]) -> None:
    """Raise `Refused` where Settings name a layer or a class that is not there."""
    names, classes = layer_names(blueprint), len(blueprint.row.classes)
    for number in settings["class_weights"]:
        if int(number) >= classes:
            raise Refused("unknown_class", f"There is no class {number} in {blueprint.row.title}.",
                          f"Classes are 0 to {classes - 1}.", "class_weights")
    for setting in ("frozen", "dropouts"):
        for layer in settings[setting]:
            if layer not in names:
                raise Refused("unknown_layer", f"There is no layer {shown(layer)} in this network.",
                              f"Layers are {', '.join(names)}.", setting)


def taken_over(new: Blueprint, old: Blueprint) -> list[str]:
    """Return the layers of the new Blueprint that can have the weights of the old one: same name, same shapes."""
    theirs = _weights(old)
    return [name for name, sides in _weights(new).items() if sides and theirs.get(name) == sides]


def _weights(blueprint: Blueprint) -> dict[str, Any]:
    before = [input_of(blueprint), *forms(blueprint)]
    placed = zip(layer_names(blueprint), blueprint.layers, before, strict=False)
    return {name: layer.weights(form) for name, layer, form in placed}


def _total(steps: tuple[Step, ...]) -> Cost:
    return sum((step.cost for step in steps), Cost())


def _rows(steps: tuple[Step, ...], reach: Reach) -> list[dict[str, Any]]:
    rows = []
    for name, step in zip(names_of(step.layer for step in steps), steps, strict=True):
        row: dict[str, Any] = {"name": name, "kind": step.layer.kind, "in": list(step.form.sides) if step.form else None,
                               "out": None, "words": 0, "parameters": None, "macs": None, "kept": None, "reach": None,
                               "options": step.layer.options(step.form) if step.form else {}}
        if step.inside:
            row["layers"] = _rows(step.inside, reach)
        if step.out:
            reach = step.layer.reached(reach, step)
            row |= {"out": list(step.out.sides), "words": step.out.words, "parameters": step.cost.parameters,
                    "macs": step.cost.macs, "kept": step.cost.kept,
                    "reach": None if reach.whole else [round(side, 2) for side in reach.size]}
        rows.append(row)
    return rows


def _first_misfit(blueprint: Blueprint, steps: tuple[Step, ...]) -> Misfit | None:
    last = steps[-1].out if steps else input_of(blueprint)
    if last is None:
        return misfit_of(steps)
    if not steps or last != Form((len(blueprint.row.classes),)):
        return end_misfit(blueprint, last)
    return None if _total(steps).parameters else idle_misfit(blueprint, last)


def _refused(blueprint: Blueprint, steps: tuple[Step, ...], misfit: Misfit) -> Refused:
    """Return the refusal of a Misfit: which layer, why, and the nearest fix."""
    number = ".".join(str(one + 1) for one in misfit.at)
    label = mends(blueprint, steps, misfit)[0].label[0]
    field = ".".join(["blueprint", *(f"layers.{one}" for one in misfit.at)])
    layer = f"Layer {number} ({layer_name(blueprint, misfit.at)})" if misfit.at else "The network"
    return Refused(misfit.code, f"{layer}: {misfit.why[0]}.",
                   f"{label[0].upper()}{label[1:]}.", field)


def _error(blueprint: Blueprint, steps: tuple[Step, ...], misfit: Misfit) -> dict[str, Any]:
    return {"code": misfit.code, "at": list(misfit.at), "layer": layer_name(blueprint, misfit.at),
            "why": {"en": misfit.why[0], "de": misfit.why[1]},
            "fixes": [{"label": {"en": mend.label[0], "de": mend.label[1]}, "edits": mend.edits}
                      for mend in mends(blueprint, steps, misfit)]}
