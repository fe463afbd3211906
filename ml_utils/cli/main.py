"""Reads the command line and calls the module of the command. Each has HELP, `arguments(parser)` and `run(args, output)`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

from ..core.errors import Refused
from . import exits
from .output import Output

COMMANDS: tuple[str, ...] = (  # modules of this package
    "train", "evaluate", "predict", "explain", "export", "new", "models", "replay", "datasets")


def parser_of(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of all commands; none of them imports torch before it is run."""
    parser = argparse.ArgumentParser(prog="python -m ml_utils", description="The lab without a browser.",
                                     epilog="Exit codes: 0 done, 1 failed, 2 refused, 3 a replay differs, 130 interrupted, "
                                            "143 ended by SIGTERM.")
    parts = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands:
        module = import_module(f".{name}", __package__)
        part = parts.add_parser(name, help=module.HELP, description=module.__doc__)
        part.add_argument("--json", action="store_true", help="write JSON lines for programs to stdout")
        module.arguments(part)
        part.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = parser_of().parse_args(argv)
    output = Output(args.json)
    try:
        return int(args.run(args, output))
    except Refused as refused:
        output.refuse(refused)
        return exits.REFUSED
    except OSError as error:  # a full disk, say, before anything was trained
        where = f"{error.filename}: " if error.filename else ""
        output.refuse(Refused("storage_failed", f"Something could not be read or written: {where}{error.strerror or error}.",
                              "Look for room on the disk, and whether the folder can be written; then try again."))
        return exits.FAILED
    except KeyboardInterrupt:
        return exits.INTERRUPTED
