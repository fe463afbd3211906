"""Makes or renews a run folder in a process of its own: `python -m ml_utils.trainer.out --log … --target …`.

Says with a line of JSON on stdout which files there are and what could not be made; what went wrong, on stderr.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from ... import logs
from ...core.errors import Refused
from ..ending import end
from ..order import Order
from .folder import make

NICE = 10  # a training goes first
REFUSED = 2


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m ml_utils.trainer.out", description=__doc__)
    found.add_argument("--log", type=Path, required=True, help="events.jsonl of the run")
    found.add_argument("--target", type=Path, required=True, help="the run folder")
    found.add_argument("--checkpoints", required=True, help="folder of the checkpoints")
    found.add_argument("--shared", help="folder in which prepared datasets lie; beside the checkpoints if left out")
    found.add_argument("--data", help="folder in which datasets may be found")
    found.add_argument("--device", default="cpu", help="auto, cpu, cuda or mps")
    found.add_argument("--run", help="which run, if not the present one")
    found.add_argument("--branch", help="which branch, if not the present one")
    found.add_argument("--passing", action="store_true", help="it still trains: do only what is cheap")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0, or 2 where there is nothing to make a folder of."""
    args = parser().parse_args(argv)
    try:
        room = logs.code_of(args.log)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{args.log}: {error}\n")
        return REFUSED
    if args.passing:
        torch.set_num_threads(1)
        if hasattr(os, "nice"):
            os.nice(NICE)
    order = Order(line="", room=room, attempt=1, token="", checkpoints=args.checkpoints, data=args.data, device=args.device,
                  shared=args.shared)
    try:
        made = make(args.log, order, args.target, lambda **_: None, not args.passing, args.run, args.branch)
    except Refused as refused:
        sys.stderr.write(f"{refused.message} {refused.hint}\n")
        return REFUSED
    sys.stdout.write(json.dumps(made) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    end(main())
