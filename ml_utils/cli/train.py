"""Train a recipe, with a run folder for all that comes of it. Ctrl-C interrupts with a Checkpoint, twice ends at once."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import recipes
from ..core.blueprint import Blueprint
from ..core.errors import Refused
from .begin import begin, go_on
from .joined import join
from .ledger import ROOM, Ledger
from .names import make_folder
from .output import Output
from .overrides import asked_for, run_name
from .people import person
from .place import DEVICES, MOST_THREADS, place_of, usual_device, usual_threads
from .watched import Watched

HELP = "train a recipe"
RUNS = "runs"
QUOTA = 1_000  # MB of Checkpoints
NEW_ONLY = ("recipe", "template", "seed", "threads", "name", "runs", "weights")


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a recipe, such as `new` writes")
    add("--template", metavar="NAME", help="a ready network in place of a recipe, such as cnn")
    add("--resume", metavar="DIR", help="go on with the run in this folder, to the bit")
    add("--join", metavar="CODE", help="train as a live room of a running server")
    add("--server", metavar="URL", default="http://127.0.0.1:5000", help="the server of --join; default: %(default)s")
    add("--set", action="append", metavar="NAME=VALUE",
        help="change a value of the recipe, such as settings.learning_rate=0.01 or blueprint.dataset=mnist; may be repeated")
    add("--epochs", type=whole(1, 10_000), metavar="N", help="epochs to train; with --resume: so many more")
    add("--seed", type=whole(0, 2**32 - 1), metavar="N", help="random numbers of the run")
    add("--device", choices=DEVICES, help="where to compute; default: as the run did before, or LOCKSTEP_DEVICE, or cpu")
    add("--threads", type=whole(1, MOST_THREADS), metavar="N",
        help="threads of the trainer, fixed for a run; default: LOCKSTEP_THREADS, or 1")
    add("--weights", metavar="FILE", help="begin with the weights in this .safetensors file, as `export` writes it")
    add("--name", help="name of the run folder; default: the recipe's, with what was changed")
    add("--runs", metavar="DIR", help=f"where run folders are made; default: {RUNS}")
    add("--quota", type=whole(1, 10**9), default=QUOTA, metavar="MB",
        help="Checkpoints of the run; more, and older ones are thinned, never the best; default: %(default)s")
    add("--quiet", action="store_true", help="only say how it ended")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in this range, as argparse takes it."""
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= 20 and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"should be a whole number from {least} to {most}")
    return read


def run(args: argparse.Namespace, output: Output) -> int:
    _check_together(args)
    if args.join:
        return join(args, output, RUNS)
    return _go_on(args, output) if args.resume else _begin(args, output)


def _check_together(args: argparse.Namespace) -> None:
    """Raise `Refused` where options contradict each other."""
    if args.resume:
        for name in (*NEW_ONLY, "join"):
            if getattr(args, name) is not None:
                shown = "RECIPE" if name == "recipe" else f"--{name}"
                raise Refused("options", f"{shown} and --resume exclude each other: the run has it in its folder.",
                              f"Leave out {shown}, or train a new run without --resume.", name)
    if args.join and args.weights:
        raise Refused("options", "--weights and --join exclude each other: the server trains.",
                      "Bring the file in the room: Take it with you, Bring weights.", "weights")
    if not args.resume and bool(args.recipe) == bool(args.template):
        raise Refused("options", "There is no recipe to train." if not args.recipe else "A recipe and --template exclude each "
                      "other.", "Name one recipe, or use --template cnn, or --resume with a run folder.", "recipe")


# ── a run that begins, and one that goes on ─────────────────────────────────────────────────────────────────

def _begin(args: argparse.Namespace, output: Output) -> int:
    blueprint, settings, base = asked_for(args)
    threads = args.threads or usual_threads()
    name = run_name(args, blueprint, base)
    folder = make_folder(Path(args.runs or RUNS), name, args.name is not None)
    (folder / "recipe.yaml").write_text(recipes.recipe(blueprint, settings), encoding="utf-8")
    ledger = Ledger.new(folder)
    try:
        warm = _brought(args, blueprint, folder)
        with Watched(ledger, place_of(folder, args.device or usual_device()), args, output) as watched:
            begin(ledger, blueprint, settings, threads, person(), warm)
            return watched.train(folder)
    finally:
        ledger.close()


def _brought(args: argparse.Namespace, blueprint: Blueprint, folder: Path) -> dict[str, Any] | None:
    """Return the weights to begin with; where they do not fit, the folder goes again, and `Refused` says why."""
    if not args.weights:
        return None
    from ..trainer.order import Order
    from ..trainer.out.weights import bring

    try:
        return bring(Path(args.weights), blueprint, Order("", ROOM, 0, "", str(place_of(folder, "cpu").checkpoints)))
    except (Refused, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Refused):
            raise
        raise Refused("no_file", f"{args.weights} cannot be read: {error.strerror}.", "Name a .safetensors file.",
                      "weights") from None


def _go_on(args: argparse.Namespace, output: Output) -> int:
    folder = Path(args.resume)
    ledger = Ledger.open(folder)
    try:
        if not ledger.state["runs"]:
            raise Refused("no_run", f"Nothing was begun in {folder}.", "Train its recipe.yaml anew.", "resume")
        with Watched(ledger, place_of(folder, args.device or ledger.device or usual_device()), args, output) as watched:
            asked = go_on(ledger, args, person())
            return watched.train(folder, asked)
    finally:
        ledger.close()
