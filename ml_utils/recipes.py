"""Recipes: a Blueprint and Settings as one YAML file that people write and read. Every field has a usual value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .core import rules
from .core.blueprint import PRESETS, Blueprint, Sketch
from .core.catalogue import with_shapes
from .core.datasets import DATASETS
from .core.errors import Refused, shown
from .core.recipe import Ready, Recipe, Sketched, options_of, short
from .core.settings import Settings
from .core.templates import template
from .recipe_faults import at_line, check_names, checked, parsed, unknown
from .recipe_text import recipe as recipe
from .yaml_reader import Found, dumped, found

LARGEST = 65_536  # letters of a network
LONGEST = 400_000  # letters of a recipe; a thousand classes have names of 60 letters
MOST_VALUES = 10_000
USUAL = "cnn"  # the network of a recipe that names none
NO_BLUEPRINT = Refused("no_blueprint", "This text describes no network.",
                       "It begins with `blueprint:`, as an exported one does.", "yaml")
NO_RECIPE = Refused("no_recipe", "This text is no recipe.", "It has `blueprint:` and `settings:`; `python -m ml_utils new` "
                    "writes one.", "yaml")


# ── a network alone ─────────────────────────────────────────────────────────────────────────────────────────

def written(blueprint: dict[str, Any]) -> str:
    """Return the YAML of a Blueprint: fields with their usual value are left out, a layer stands on a line."""
    return dumped({"blueprint": short(blueprint)})


def _network(there: Found) -> dict[str, Any]:
    if not isinstance(there.value, dict) or "blueprint" not in there.value:
        raise NO_BLUEPRINT
    others = [name for name in there.value if name != "blueprint"]
    if others:
        raise Refused("unknown_part", f"This text has a part {shown(others[0])} that is not known here.",
                      "A recipe has `blueprint:` and `settings:`; leave the rest out.", "yaml")
    plain: dict[str, Any] = checked(Sketched, there).blueprint.model_dump(mode="json")
    return plain


def values(text: str) -> Any:
    """Return what a YAML text says; raise `Refused` where it is none, or says it in a way that is not read here."""
    there = found(text, LARGEST, MOST_VALUES)
    if there.empty:
        raise NO_BLUEPRINT
    return there.value


# ── a whole recipe ──────────────────────────────────────────────────────────────────────────────────────────

def read_recipe(text: str, changes: Iterable[str] = ()) -> tuple[Blueprint, Settings]:
    """Return what a recipe says, after changes such as ``settings.learning_rate=0.01``.

    What is left out has its usual value; no layers: the small convolutional network. Raise `Refused` with field and line,
    and the nearest known name, where something is unknown or out of range, or where the network cannot work.
    """
    return _recipe(found(text, LONGEST, MOST_VALUES), changes)


def _recipe(there: Found, changes: Iterable[str] = ()) -> tuple[Blueprint, Settings]:
    if not isinstance(there.value, dict):
        raise NO_RECIPE
    there.value = {name: {} if part is None and name in ("blueprint", "settings") else part
                   for name, part in there.value.items()}
    for change in changes:
        _change(there, change)
    there.value.setdefault("blueprint", {})
    if isinstance(there.value["blueprint"], dict):
        _fill(there, there.value["blueprint"])
    made: Recipe = checked(Recipe, there)
    rules.forms(made.blueprint)
    return made.blueprint, made.settings


def opened(text: str) -> dict[str, Any]:
    """Return what a room makes of a text, as plain JSON: `blueprint`, `out` (what comes out of each layer) and `settings`.

    `out` and `settings` are None where the text is of a network alone: it may still be unfinished. Raise `Refused`, with
    the line where there is one.
    """
    there = found(text, LARGEST, MOST_VALUES)
    if not _whole(there.value):
        return {"blueprint": _network(there), "out": None, "settings": None}
    blueprint, settings = _recipe(there)
    return {**with_shapes(blueprint), "settings": settings.model_dump(mode="json")}


def _whole(value: Any) -> bool:
    network = value.get("blueprint") if isinstance(value, dict) else None
    return isinstance(value, dict) and ("settings" in value or isinstance(network, dict) and "template" in network)


def _change(there: Found, change: str) -> None:
    """Set one value; other images leave nothing of the former ones."""
    name, equals, text = change.partition("=")
    path = tuple(name.strip().split("."))
    if not equals or len(path) < 2 or not all(path):
        raise Refused("invalid_change", f"{shown(change)} changes nothing.",
                      "Write name=value, such as settings.learning_rate=0.01 or blueprint.dataset=mnist.", "set")
    here = there.value
    for part in path[:-1]:
        here = _inside(here, part, change)
    value = found(text, LONGEST, MOST_VALUES).value
    if isinstance(here, list):
        here[_number(here, path[-1], change)] = value
    else:
        here[path[-1]] = value
    there.lines = {known: line for known, line in there.lines.items() if tuple(map(str, known[:len(path)])) != path}
    there.lines[tuple(int(part) if part.isdigit() else part for part in path)] = 0
    if path == ("blueprint", "dataset") and value in DATASETS:
        here.pop("images", None)
    if path[:2] == ("blueprint", "template"):
        there.value["blueprint"].pop("layers", None)


def _inside(here: Any, part: str, change: str) -> Any:
    if isinstance(here, list):
        return here[_number(here, part, change)]
    if isinstance(here, dict) and isinstance(here.setdefault(part, {}), dict | list):
        return here[part]
    raise Refused("invalid_change", f"{shown(change)} changes nothing: there are no parts inside {shown(part)}.",
                  "Take the names from the recipe.", "set")


def _number(here: list[Any], part: str, change: str) -> int:
    if part.isascii() and part.isdigit() and len(part) < 6 and int(part) < len(here):
        return int(part)
    raise Refused("invalid_change", f"{shown(change)} changes nothing: there is no number {shown(part)}.",
                  f"Numbers are 0 to {len(here) - 1}.", "set")


def _fill(there: Found, plain: dict[str, Any]) -> None:
    """Put a dataset, and layers in place of a ready network, into a Blueprint."""
    plain.setdefault("dataset", "digits")
    if "template" not in plain and "layers" in plain:
        return
    asked = plain.pop("template", USUAL)
    asked = {"name": asked} if isinstance(asked, str) else asked
    if "layers" in plain:
        raise at_line(there, ("blueprint", "template"), Refused(
            "both", "A recipe has layers or a template, not both.", "Leave one of them out.", "blueprint.template"))
    check_names(there, ("blueprint", "template"), asked)
    chosen = parsed(there, ("blueprint", "template"), Ready, asked)
    known = options_of(chosen.name)
    wrong = next((name for name in chosen.options if known and name not in known), None)
    if wrong is not None:
        raise unknown(there, ("blueprint", "template", "options", wrong), known)
    empty = checked(Sketched, Found({"blueprint": {**plain, "layers": []}}, there.lines)).blueprint
    plain["layers"] = _layers(there, chosen, empty)


def _layers(there: Found, chosen: Ready, empty: Sketch) -> list[Any]:
    """Return the layers of a ready network, fitted to the dataset, as plain JSON."""
    if chosen.name == USUAL and not chosen.options:
        made = PRESETS[USUAL](empty.dataset, empty.seed, empty.images)
    else:
        try:
            made = template(chosen.name, empty.dataset, chosen.options, empty.seed, empty.images)
        except Refused as refused:
            path = ("blueprint", "template", *str(refused.field or "").split("."))
            raise at_line(there, path, Refused(refused.code, refused.message, refused.hint, ".".join(path))) from None
    layers: list[Any] = made.model_dump(mode="json")["layers"]
    return layers


def ready(changes: Iterable[str]) -> dict[str, Any]:
    """Return the ready network that these changes alone name, as it stands in a recipe: name, options."""
    there = Found({"blueprint": {}})
    for change in changes:
        _change(there, change)
    asked = there.value["blueprint"].get("template", USUAL)
    return {"name": asked, "options": {}} if isinstance(asked, str) else {"name": USUAL, "options": {}, **asked}
