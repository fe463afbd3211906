"""Take a stored model out of a run folder, in formats that other programs read. docs/export.md has a page on each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import Refused, shown
from ..core.formats import ENDINGS, FormatName
from . import exits, opened
from .output import Output

if TYPE_CHECKING:
    from .opened import Opened

HELP = "take a stored model out, as pt, safetensors, torchscript, pt2, onnx or py"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.add_arguments(parser)
    parser.add_argument("--format", default="safetensors", metavar="NAMES",
                        help=f"one or more of {','.join(ENDINGS)}, with commas between; default: safetensors")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where the files go; default: RUN/export. "
                                                               "A file that is there already is never overwritten")


def run(args: argparse.Namespace, output: Output) -> int:
    formats = _formats(args.format)
    found = opened.opened(args)
    folder = args.to or args.folder / "export"
    files = {format: folder / f"{_stem(found)}{ENDINGS[format]}" for format in formats}
    for file in files.values():
        if file.exists():
            raise Refused("file_exists", f"{file} is there already.", "Move it away, or name another folder with --to.", "to")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        output.say(found.words)
        for format, file in files.items():
            _write(found, format, file, output)
    except OSError as error:
        raise Refused("storage_failed", f"{folder} cannot be written: {error.strerror or error}.",
                      "Name another folder with --to.", "to") from error
    return exits.DONE


def _write(found: Opened, format: FormatName, file: Path, output: Output) -> None:
    from ..trainer.out.export import write

    write(format, file, found.stored, found.scene.data)
    size = file.stat().st_size
    output.tell("exported", format=format, file=str(file), bytes=size, **found.told)
    output.say(f"{file} ({size / 1e6:,.2f} MB)")


def _formats(text: str) -> list[FormatName]:
    """Return the formats that a text names, each once; raises `Refused`."""
    asked = list(dict.fromkeys(text.split(",")))
    known = [name for name in ENDINGS if name in asked]
    if len(known) != len(asked):
        wrong = next(name for name in asked if name not in known)
        raise Refused("invalid", f"{shown(wrong)} is no format.", f"Formats are {', '.join(ENDINGS)}.", "format")
    return known


def _stem(found: Opened) -> str:
    place = found.stored.place
    batch = f"-batch{place['batch']}" if place["batch"] else ""
    return f"{place['branch']}-epoch{place['epoch']}{batch}"
