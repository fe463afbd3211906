"""What stands on the command line beside the recipe: `--set`, `--epochs`, `--seed`; and what may change on the way."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from .. import recipes
from ..core.blueprint import Blueprint
from ..core.errors import Refused
from ..core.recipe import nearest
from ..core.rules import check_layers
from ..core.settings import Settings, changes_between
from ..core.snapshot import State
from ..core.templates import TEMPLATES
from .names import automatic

LARGEST = 1_000_000  # bytes of a recipe
READY = tuple(dict.fromkeys((recipes.USUAL, *TEMPLATES)))


def changes_of(args: Namespace) -> list[str]:
    """Return what the command line changes, each as ``settings.learning_rate=0.01``; what stands later counts."""
    found = list(args.set or ())
    if args.seed is not None:
        found.append(f"blueprint.seed={args.seed}")
    if args.epochs is not None:
        found.append(f"settings.epochs={args.epochs}")
    return found


def asked_for(args: Namespace) -> tuple[Blueprint, Settings, str]:
    """Return what is to be trained, and the first part of its name."""
    text, base = _template(args.template) if args.template else _file(Path(args.recipe))
    blueprint, settings = recipes.read_recipe(text, changes_of(args))
    check_layers(blueprint, settings.model_dump(mode="json"))
    return blueprint, settings, base or blueprint.dataset


def run_name(args: Namespace, blueprint: Blueprint, base: str) -> str:
    """Return the name of the run: as asked, or of the recipe, or of dataset and ready network, with what was changed."""
    if args.name is not None:
        return str(args.name)
    told = changes_of(args)
    if args.template:
        told = [one for one in told if not one.strip().startswith("blueprint.dataset=")]
    return automatic(f"{blueprint.dataset}-{args.template}" if args.template else base, told)


def _template(name: str) -> tuple[str, str]:
    if name not in READY:
        near = nearest(name, READY)
        raise Refused("unknown_template", f"There is no ready network {name[:80]!r}.",
                      f"Did you mean {near}?" if near else f"There are {', '.join(READY)}.", "template")
    return f"blueprint:\n  template: {name}\n", name


def _file(file: Path) -> tuple[str, str]:
    """Return the text of a recipe, and its name without the ending; none where that says nothing."""
    try:
        with file.open("rb") as lines:
            found = lines.read(LARGEST + 1)
        text = found.decode("utf-8")
    except (OSError, ValueError) as error:
        hint = "Write one with `python -m ml_utils new`, or train a ready network with --template."
        if str(file) in READY:
            hint = f"For the ready network, use --template {file}."
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else getattr(error, "strerror", None) or error
        raise Refused("no_recipe", f"The recipe {file} cannot be read: {why}.", hint, "recipe") from None
    if len(found) > LARGEST:
        raise Refused("too_long", f"The recipe {file} has more than {LARGEST:,} bytes.", "Leave something out.", "recipe")
    return text, "" if file.stem == "recipe" else file.stem


def settings_asked(state: State, changes: list[str]) -> tuple[Settings, dict[str, Any]]:
    """Return the Settings of a run after changes, and ``{name: {from, to}}``; what is fixed in a run is refused."""
    for change in changes:
        if change.strip().startswith("blueprint."):
            raise Refused("fixed", f"{change[:80]!r} would change the Blueprint, which is fixed once a run has begun.",
                          "Train a new run with it, without --resume.", "set")
    now = Settings.model_validate(state["settings"])
    blueprint = Blueprint.model_validate(state["blueprint"])
    _, wanted = recipes.read_recipe(recipes.recipe(blueprint, now, comments=False), changes)
    check_layers(blueprint, wanted.model_dump(mode="json"))
    return wanted, changes_between(now.model_dump(mode="json"), wanted.model_dump(mode="json"))
