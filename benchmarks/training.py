"""How fast our loop trains, everything observed, against the best bare loop and the usual one.

    python benchmarks/training.py [--rounds 25]

All three train the same model on MNIST, batch size 64, one thread, in turn in one process, so that a busy machine slows
all of them; what counts is the ratio of each round. Ours has a real line: its Events go to a listener that acknowledges them.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.loops import BareLoop, UsualLoop
from benchmarks.report import say, told
from ml_utils.core.blueprint import PRESETS, Blueprint
from ml_utils.core.settings import Settings
from ml_utils.core.work import Work
from ml_utils.line import FrameReader, encode
from ml_utils.trainer.loop import train
from ml_utils.trainer.order import Order, Patience
from ml_utils.trainer.session import Session
from ml_utils.trainer.wire import Wire

ROOT = Path(os.environ.get("LOCKSTEP_DATA", Path(__file__).parents[2] / "shared/datasets"))
BATCHES = {"cnn": 60, "mlp": 400}  # in a round
USUAL_BATCHES = 30
TARGETS = {("cnn", "bare"): 0.95, ("mlp", "bare"): 0.85, ("cnn", "usual"): 2.0, ("mlp", "usual"): 2.0}


def drain(server: socket.socket) -> None:
    """Be a web process that takes every Event and says so, from one trainer after the other."""
    while True:
        line, _ = server.accept()
        reader = FrameReader()
        while data := line.recv(65536):
            for frame in reader.feed(data):
                if frame["t"] == "hello":
                    line.sendall(encode({"t": "welcome", "acked": 0, "work": {}, "commands": []}))
                elif frame["t"] == "event":
                    line.sendall(encode({"t": "ack", "n": frame["n"]}))


@contextmanager
def draining(address: str) -> Iterator[None]:
    """Run `drain` in a process of its own; it is forked before anything computes."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    process = get_context("fork").Process(target=drain, args=(server,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
        server.close()


class OurLoop(Session):
    """The real Session, stopped after a number of batches; epochs are not evaluated, as the others do not either."""

    _left = 0

    def train(self, batches: int) -> None:
        self._left = batches + 1
        train(self)

    def obey(self) -> bool:
        self._left -= 1
        return super().obey() and self._left > 0

    def finish_epoch(self) -> None:
        self.progress.next_epoch()
        self._left += 1


def ours(blueprint: Blueprint, settings: Settings, folder: Path) -> OurLoop:
    order = Order(str(folder / "line"), "benchmrk", 1, "", str(folder / "checkpoints"), str(ROOT))
    work = Work.model_validate({
        "blueprint": blueprint, "settings": settings, "threads": 1, "checkpoints": (), "replay": (), "go": True,
        "until": 10_000, "recovering": False, "started": False, "position": {"run": "r", "branch": "b", "epoch": 0}})
    wire = Wire(order, Patience())
    wire.start()
    wire.notes.get()  # the welcome
    loop = OurLoop(order, Patience(), wire, work)
    loop.begin()
    return loop


def speed(loop: Callable[[int], None], batches: int) -> float:
    """Return batches per second."""
    begun = perf_counter()
    loop(batches)
    return batches / (perf_counter() - begun)


def measure(name: str, rounds: int, folder: Path) -> None:
    blueprint, settings, batches = PRESETS[name]("mnist"), Settings(), BATCHES[name]
    mine = ours(blueprint, settings, folder)
    bare, usual = BareLoop(blueprint, settings, mine.data), UsualLoop(blueprint, settings, ROOT)
    for warm in (mine.train, bare.train, usual.train):
        warm(20)
    contest = deque([("ours", mine.train, batches), ("bare", bare.train, batches), ("usual", usual.train, USUAL_BATCHES)])
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        found.append({who: speed(loop, count) for who, loop, count in contest})
        contest.rotate()  # no one always has the same neighbour
    images = median(row["ours"] for row in found) * settings.batch_size
    say(f"{name}: {images:,.0f} images/s, {mine.wire.outbox.acked} Events acknowledged")
    for other in ("bare", "usual"):
        told(f"{name}, ours / {other}", [row["ours"] / row[other] for row in found], "", TARGETS[name, other], most=False)
    mine.wire.farewell()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    say(f"MNIST, batch 64, 1 thread, {rounds} rounds in turn: ratios of speed")
    with tempfile.TemporaryDirectory() as folder, draining(f"{folder}/line"):
        for name in PRESETS:
            measure(name, rounds, Path(folder))


if __name__ == "__main__":
    main()
