"""Write a recipe: a ready network and all settings, each with what it is and its range."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import recipes
from ..core.datasets import DATASETS
from ..core.errors import Refused
from ..core.rules import check_layers
from . import exits
from .output import Output

HELP = "write a recipe from a ready network"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, default=Path("recipe.yaml"),
                        help="where to write it, - for the terminal; default: %(default)s. No file is overwritten")
    parser.add_argument("--template", default=recipes.USUAL, metavar="NAME",
                        help="a ready network; `models` lists them; default: %(default)s")
    parser.add_argument("--dataset", default="digits", choices=list(DATASETS), help="default: %(default)s")
    parser.add_argument("--seed", default=1, type=int, help="of weights, order and chance; default: %(default)s")
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", default=[],
                        help="another value, such as settings.learning_rate=0.01; may be given often")
    parser.add_argument("--layers", action="store_true", help="write every layer, in place of the name of the ready network")
    parser.add_argument("--bare", action="store_true", help="leave out the comments")


def run(args: argparse.Namespace, output: Output) -> int:
    """Write the file; raises `Refused` where it is there already, or something is unknown."""
    text = text_of(args)
    if str(args.file) == "-":
        if output.as_json:
            output.tell("recipe", file=None, text=text)
        else:
            sys.stdout.write(text)
        return exits.DONE
    try:
        with args.file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refused("exists", f"{args.file} is there already.", "Give another name; nothing is overwritten.",
                      "file") from None
    except OSError as error:
        raise Refused("not_written", f"{args.file} cannot be written: {error.strerror}.", "Give another name.",
                      "file") from None
    output.tell("recipe", file=str(args.file), text=text)
    output.say(f"{args.file} is written. Train it with: python -m ml_utils train {args.file}")
    return exits.DONE


def text_of(args: argparse.Namespace) -> str:
    """Return the recipe that is asked for."""
    changes = [f"blueprint.dataset={args.dataset}", f"blueprint.seed={args.seed}", f"blueprint.template.name={args.template}",
               *args.set]
    blueprint, settings = recipes.read_recipe("blueprint: {}\n", changes)
    check_layers(blueprint, settings.model_dump(mode="json"))
    ready = None if args.layers or any(".layers" in change for change in args.set) else recipes.ready(changes)
    return recipes.recipe(blueprint, settings, comments=not args.bare, template=ready)
