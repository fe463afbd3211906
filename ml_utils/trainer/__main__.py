"""A trainer as a fresh interpreter, where there is no host to fork it; the token comes by LOCKSTEP_TOKEN."""

from __future__ import annotations

import argparse
import logging
import os

from .ending import end
from .order import Order
from .process import serve


def _order() -> Order:
    parser = argparse.ArgumentParser(prog="python -m ml_utils.trainer", description=__doc__)
    parser.add_argument("--line", required=True, help="path of the Unix socket, or tcp://host:port")
    parser.add_argument("--room", required=True)
    parser.add_argument("--attempt", required=True, type=int)
    parser.add_argument("--checkpoints", required=True, metavar="DIR")
    parser.add_argument("--data", metavar="DIR", help="where datasets may be found")
    parser.add_argument("--shared", metavar="DIR", help="where datasets lie ready; default: beside the checkpoints")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda", "mps", "auto"])
    parser.add_argument("--memory", default=0, type=int, help="bytes of data the process may hold, 0: no limit")
    return Order(token=os.environ.pop("LOCKSTEP_TOKEN", ""), **vars(parser.parse_args()))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    end(serve(_order()))
