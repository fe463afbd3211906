"""A Blueprint as people write it: without what is so anyway. And what tells two networks apart."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .kinds import KINDS

Plain = dict[str, Any]


def short(blueprint: Plain) -> Plain:
    """Return a Blueprint, as plain JSON, without fields that have their usual value; dataset and seed always stand there."""
    task = {} if blueprint["task"] == "image_classification" else {"task": blueprint["task"]}
    without = {"without": blueprint["without"]} if blueprint.get("without") else {}
    return {**task, "dataset": blueprint["dataset"], "seed": blueprint["seed"], **without,
            "layers": [_short(layer) for layer in blueprint["layers"]]}


def network_digest(blueprint: Plain) -> str:
    """Return what is the same for Blueprints with the same dataset and layers, whatever seed and examples left out.

    A field that a later version adds with a usual value changes nothing.
    """
    told = short(blueprint)
    told = {name: value for name, value in told.items() if name not in ("seed", "without")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _short(layer: Plain) -> Plain:
    fields = KINDS[layer["kind"]].model_fields if layer["kind"] in KINDS else {}
    found = {"kind": layer["kind"]} | {name: value for name, value in layer.items()
                                       if name not in fields or value != fields[name].default}
    return {**found, "layers": [_short(one) for one in layer["layers"]]} if "layers" in layer else found  # a block
