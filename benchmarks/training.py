"""How fast our loop trains, everything observed, against the best bare loop and the usual one.

    python benchmarks/training.py [--rounds 25]

All three train the same model on MNIST, batch size 64, one thread, in turn in one process, so that a busy machine slows
all of them; what counts is the ratio of each round, and of all rounds together, which has every checkpoint in it. Ours has a
real line: its Events go to a listener that acknowledges them. It is measured as the lab runs it: reports, looks into the
layers, histograms, Checkpoints at the end of each epoch and in between, as often as in a training without pauses.
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
from statistics import mean, median
from time import monotonic, perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.loops import BareLoop, UsualLoop
from benchmarks.report import say, told, verdict
from ml_utils.core.blueprint import PRESETS, Blueprint
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import empty_state
from ml_utils.core.standing import work_of
from ml_utils.core.timeline import fold
from ml_utils.line import FrameReader, encode
from ml_utils.trainer.lens import Lens, Look, histograms
from ml_utils.trainer.loop import train
from ml_utils.trainer.order import Order, Patience
from ml_utils.trainer.session import Session
from ml_utils.trainer.wire import Wire

ROOT = Path(os.environ.get("LOCKSTEP_DATA", Path(__file__).parents[2] / "shared/datasets"))
SECONDS = 0.22  # of one loop in a turn
USUAL = 0.3  # of that for the usual loop, which is only there for comparison
TURNS = 4  # in a round; 25 rounds are more than 20 s of training
TARGETS = {("cnn", "bare"): 0.93, ("mlp", "bare"): 0.85, ("cnn", "usual"): 2.0, ("mlp", "usual"): 2.0}
SAVING = 2.0  # % of the training time


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


class TimedLens(Lens):
    """Knows how long it looked, hooks included."""

    spent, looks = 0.0, 0

    def read(self) -> Look:
        before, began = self._cost, monotonic()
        look = super().read()
        self.spent, self.looks = self.spent + before + monotonic() - began, self.looks + 1
        return look


class OurLoop(Session):
    """The real Session, stopped after a number of batches; epochs are not evaluated, as the others do not either.

    While it is stopped its time stands still, so that all that is due now and then comes as often as in a training
    without pauses.
    """

    _left = 0
    _stopped: float | None = None

    def begin(self, *args: object) -> None:
        super().begin()
        self.watcher.lens = self.lens = TimedLens(self.learner.model, self.work.blueprint)
        self.saves: list[float] = []  # seconds
        self.trained = self.counted = 0.0  # seconds: of training, of histograms

    def train(self, batches: int) -> None:
        self._left = batches + 1
        began = monotonic()
        train(self)
        self._stopped = monotonic()
        self.trained += self._stopped - began

    def start_clock(self) -> None:
        due = self.rows.due, self.keeper.due
        super().start_clock()
        if self._stopped is not None:
            away = monotonic() - self._stopped
            self.rows.due, self.keeper.due = (one + away for one in due)
            self.lens.due += away

    def tell(self, name: str, data: dict[str, object], command: str | None = None) -> None:
        super().tell(name, data, command)
        if name == "checkpoint_saved":
            self.saves.append(float(str(data["seconds"])))

    def obey(self) -> bool:
        self._left -= 1
        return super().obey() and self._left > 0

    def finish_epoch(self) -> None:
        self.learner.epoch_ended(self.progress.score()["loss"])
        began = monotonic()
        seen = histograms(self.learner.model)
        self.counted += monotonic() - began
        self.progress.next_epoch()
        self.tell("histograms_measured", seen)
        self.save("epoch")
        self._left += 1


def ours(blueprint: Blueprint, settings: Settings, folder: Path) -> OurLoop:
    order = Order(str(folder / "line"), "benchmrk", 1, "", str(folder / "checkpoints"), str(ROOT))
    state = empty_state(order.room)
    run = {"run": "r1", "branch": "b1", "threads": 1,
           "blueprint": blueprint.model_dump(mode="json"), "settings": settings.model_dump(mode="json")}
    for seq, (name, data) in enumerate((("run_started", run), ("training_requested", {"until": 10_000})), 1):
        fold(state, {"seq": seq, "name": name, "data": data, "position": None, "by": None, "at": 0.0})
    work = work_of(state, go=True)
    wire = Wire(order, Patience())
    wire.start()
    wire.notes.get()  # the welcome
    loop = OurLoop(order, Patience(), wire, work)
    loop.begin()
    return loop


def timed(loop: Callable[[int], None], batches: int) -> float:
    """Return seconds per batch."""
    begun = perf_counter()
    loop(batches)
    return (perf_counter() - begun) / batches


def measure(name: str, rounds: int, folder: Path) -> None:
    blueprint, settings = PRESETS[name]("mnist"), Settings()
    mine = ours(blueprint, settings, folder)
    bare, usual = BareLoop(blueprint, settings, mine.data), UsualLoop(blueprint, settings, ROOT)
    for warm in (mine.train, bare.train, usual.train):
        warm(20)
    batches = int(SECONDS / timed(mine.train, 60))
    contest = deque([("ours", mine.train, batches), ("bare", bare.train, batches),
                     ("usual", usual.train, int(USUAL * SECONDS / timed(usual.train, 20)))])
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        turns = []
        for _ in range(TURNS):
            turns.append({who: timed(loop, count) for who, loop, count in contest})
            contest.rotate()  # no one always has the same neighbour
        found.append({who: mean(turn[who] for turn in turns) for who in turns[0]})
    images = settings.batch_size / median(row["ours"] for row in found)
    say(f"{name}: {images:,.0f} images/s, {mine.wire.outbox.acked} Events acknowledged")
    for other in ("bare", "usual"):
        whole = sum(row[other] for row in found) / sum(row["ours"] for row in found)
        told(f"{name}, ours / {other}", [row[other] / row["ours"] for row in found], "", TARGETS[name, other], most=False)
        say(f"    all rounds together: {whole:.3f}")
    shares(mine)
    mine.wire.farewell()


def shares(mine: OurLoop) -> None:
    """Print what observing took of the training time, which is without the turns of the others."""
    saving, looking, counting = (100 * spent / mine.trained for spent in (sum(mine.saves), mine.lens.spent, mine.counted))
    say(f"  of {mine.trained:.1f} s of training, {mine.x:.1f} epochs:")
    say(f"    {len(mine.saves)} Checkpoints: {saving:.2f} %  {verdict(saving, SAVING)}")
    say(f"    {mine.lens.looks} looks into the layers: {looking:.2f} %; histograms: {counting:.2f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=PRESETS, help="one of the networks")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    say(f"MNIST, batch 64, 1 thread, {asked.rounds} rounds in turn: ratios of speed")
    with tempfile.TemporaryDirectory() as folder, draining(f"{folder}/line"):
        for name in [asked.only] if asked.only else PRESETS:
            measure(name, asked.rounds, Path(folder))


if __name__ == "__main__":
    main()
