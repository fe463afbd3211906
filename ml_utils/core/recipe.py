"""A Blueprint as people write it: without what is so anyway. What tells two networks apart. What a recipe may say where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import Field

from .blueprint import Blueprint, Sketch
from .datasets import Images
from .kinds import KINDS
from .settings import Settings, Strict
from .templates import TEMPLATES

Plain = dict[str, Any]
CLOSE = 0.5  # of two words, as difflib counts what they share
NO_NETWORK = ("seed", "without", "validation", "images")  # whatever these are, it is the same network; `dataset` names images


class Recipe(Strict):
    """A Blueprint and Settings: what a command line runs and what a room gives out."""

    blueprint: Blueprint
    settings: Settings = Field(default_factory=Settings)


class Sketched(Strict):
    """A recipe of a network alone, which may still have no layers."""

    blueprint: Sketch


class Ready(Strict):
    """A ready network in place of layers; it is fitted to the dataset."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


def short(blueprint: Plain) -> Plain:
    """Return a Blueprint, as plain JSON, without fields that have their usual value; dataset and seed always stand there."""
    task = {} if blueprint["task"] == "image_classification" else {"task": blueprint["task"]}
    more = {name: blueprint[name] for name in ("validation", "without") if blueprint.get(name)}
    images = {"images": blueprint["images"]} if blueprint.get("images") else {}
    return {**task, "dataset": blueprint["dataset"], **images, "seed": blueprint["seed"], **more,
            "layers": [_short(layer) for layer in blueprint["layers"]]}


def network_digest(blueprint: Plain) -> str:
    """Return what is the same for Blueprints with the same dataset and layers, whatever seed and examples left out.

    A field that a later version adds with a usual value changes nothing.
    """
    told = short(blueprint)
    told = {name: value for name, value in told.items() if name not in NO_NETWORK}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _short(layer: Plain) -> Plain:
    fields = KINDS[layer["kind"]].model_fields if layer["kind"] in KINDS else {}
    found = {"kind": layer["kind"]} | {name: value for name, value in layer.items()
                                       if name not in fields or value != fields[name].default}
    return {**found, "layers": [_short(one) for one in layer["layers"]]} if "layers" in layer else found  # a block


def known_at(path: tuple[str | int, ...], found: Any) -> tuple[str, ...]:
    """Return the names that may stand at a place of a recipe; `found` is what the recipe has there, as plain JSON."""
    if not path:
        return ("blueprint", "settings")
    if isinstance(path[-1], int):
        kind = found.get("kind") if isinstance(found, dict) else None
        return tuple(KINDS[kind].model_fields) if isinstance(kind, str) and kind in KINDS else ()
    tables: dict[tuple[str | int, ...], tuple[str, ...]] = {
        ("blueprint",): (*Blueprint.model_fields, "template"), ("settings",): tuple(Settings.model_fields),
        ("blueprint", "images"): tuple(Images.model_fields), ("blueprint", "template"): tuple(Ready.model_fields)}
    return tables.get(path, ())


def options_of(name: Any) -> tuple[str, ...]:
    """Return the options of a ready network; none where there is no such network."""
    return tuple(TEMPLATES[name].options.model_fields) if isinstance(name, str) and name in TEMPLATES else ()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, or has these initials; None where none is like it."""
    names, small = tuple(known), word.lower().replace("-", "_")[:64]
    initials = [name for name in names if "_" in name and "".join(part[:1] for part in name.split("_")) == small]
    return next(iter(get_close_matches(small, names, 1, CLOSE) or initials), None)
