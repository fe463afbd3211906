"""The datasets of this machine: those of the lab, and own images out of a ZIP archive, kept for recipes and all rooms alike."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from .. import own_images
from ..core.datasets import DATASETS, Images, own
from ..core.errors import Refused, refusal, shown
from ..yaml_reader import dumped
from . import exits
from .output import Output

HELP = "list datasets; add own images out of a ZIP archive, show or remove them"
MOST_TOLD = 20  # problems
Row = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", metavar="WHAT")
    what.add_parser("list", help="all datasets that a recipe can name (the usual)")
    add = what.add_parser("add", help="own images out of a ZIP archive; docs/images.md says how it is laid out")
    add.add_argument("archive", metavar="ZIP", type=Path)
    add.add_argument("--side", type=int, default=32, help="width and height of the images in pixels (32)")
    add.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1: grey, 3: colour (3)")
    add.add_argument("--title", default="", help="what people see; the name of the file where left out")
    show = what.add_parser("show", help="what is known of own images, as a recipe writes it")
    show.add_argument("name", metavar="NAME")
    remove = what.add_parser("remove", help="remove own images; runs and rooms that need them cannot go on")
    remove.add_argument("name", metavar="NAME")
    for one in (add, show, remove):  # as every other command has it, after its words, too
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    remove.add_argument("--force", action="store_true", help="even if rooms of the server brought them")


def run(args: argparse.Namespace, output: Output) -> int:
    """Do it on $LOCKSTEP_INSTANCE/datasets, whether a server runs or not."""
    folder = Path(os.environ.get("LOCKSTEP_INSTANCE") or "instance").resolve() / "datasets"
    if args.what == "add":
        return _add(args, folder, output)
    if args.what == "show":
        return _show(args.name, folder, output)
    if args.what == "remove":
        return _remove(args.name, args.force, folder, output)
    return _list(folder, output)


# ── those that are here ─────────────────────────────────────────────────────────────────────────────────────

def _list(folder: Path, output: Output) -> int:
    here = [own(name, Images.model_validate(found["images"])) for name, found in own_images.all_of(folder)]
    rows = [*DATASETS.values(), *here]
    output.tell("datasets", datasets=[{"name": row.name, "title": row.title, "shape": list(row.shape), "train": row.train,
                                       "test": row.test, "classes": list(row.classes), "source": row.source} for row in rows])
    table = Table()
    for column in ("name", "title", "size", "classes", "train", "test", "from"):
        table.add_column(column, no_wrap=column == "name")
    for row in rows:
        size = f"{row.shape[1]}×{row.shape[2]} {'colour' if row.shape[0] == 3 else 'grey'}"
        counts = (f"{count:,}" for count in (len(row.classes), row.train, row.test))
        table.add_row(row.name, escape(_plain(row.title)), size, *counts, row.source)
    output.show(table)
    return exits.DONE


def _show(name: str, folder: Path, output: Output) -> int:
    found = _known(folder, name)
    output.tell("dataset", name=name, **found)
    output.say(recipe_lines(name, found["images"]))
    return exits.DONE


def _remove(name: str, force: bool, folder: Path, output: Output) -> int:
    if not _known(folder, name).get("installed") and not force:
        raise Refused("not_yours", f"Rooms of the server brought {name}; they may need it.",
                      "Let whoever brought it take it out of the room, or say --force.", "name")
    shutil.rmtree(own_images.set_aside(folder, name))
    output.tell("removed", name=name)
    output.say(f"{name} is removed. The same archive, with the same side and channels, brings it back.")
    return exits.DONE


def _known(folder: Path, name: str) -> Row:
    found = own_images.about(folder, name)
    if found is None:
        raise Refused("unknown_images", f"There are no own images {shown(name)} here.", "`datasets list` shows all.", "name")
    return found


# ── bringing some ───────────────────────────────────────────────────────────────────────────────────────────

def _add(args: argparse.Namespace, folder: Path, output: Output) -> int:
    """Make a dataset as the server does, and keep it; raises `Refused` where none can be made."""
    title = " ".join((args.title or args.archive.stem).split())[:60]
    if not args.archive.is_file():
        raise Refused("not_found", f"There is no file {shown(str(args.archive))}.", "Give the path of a ZIP file.", "archive")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=folder) as temp:
        found = _inspected(args.archive.resolve(), Path(temp), {"side": args.side, "channels": args.channels, "title": title},
                           output)
        own_images.install(Path(temp) / "ready", folder, found["name"], round(time.time(), 3))
    output.tell("added", **{part: value for part, value in found.items() if part != "samples"})
    _say_problems(found, output)
    output.say(recipe_lines(found["name"], found["images"]))
    return exits.DONE


def _inspected(archive: Path, folder: Path, args: Row, output: Output) -> Row:
    """Do what the job of the server does, in this process; raises `Refused`."""
    from ..trainer.images.inspect import ARCHIVE, inspect_images  # torch takes a moment
    from ..trainer.jobs import Desk
    from ..trainer.order import Order
    from ..trainer.quiet import QuietWire

    with Progress(console=output.console, transient=True, disable=output.as_json or not output.console.is_terminal) as bar:
        task = bar.add_task("reading images", total=None)

        class Telling(Desk):
            def tick(self, **progress: Any) -> None:
                super().tick()
                if progress:
                    bar.update(task, completed=progress["done"], total=progress["total"])

        (folder / ARCHIVE).symlink_to(archive)
        order = Order("", "terminal", 0, "", str(folder / "checkpoints"))
        try:
            return inspect_images(args, order, Telling(folder, QuietWire()))
        except ValidationError as error:
            raise refusal(error) from None


def _say_problems(found: Row, output: Output) -> None:
    count = found["problem_count"]
    for one in found["problems"][:MOST_TOLD]:
        output.say(f"  {_plain(one['file'])}: {_plain(one['detail'])}")
    if count > MOST_TOLD:
        output.say(f"  … and {count - MOST_TOLD:,} more")
    made = ", a fifth of each class taken for testing" if found["made_test"] else ""
    output.say(f"{found['images']['train']:,} training and {found['images']['test']:,} test images{made}; {count:,} odd.\n")


def recipe_lines(name: str, images: Row) -> str:
    """Return the lines of a recipe that name these images."""
    rows = dumped({"blueprint": {"dataset": name, "images": {**images, "shape": list(images["shape"])}}})
    return f"# of a recipe:\n{rows}"


def _plain(text: str) -> str:
    """Return what a name out of an archive may do on a terminal: nothing."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
