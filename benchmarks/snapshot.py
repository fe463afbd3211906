"""The Snapshot of a room with 1,000,000 recorded points: time and bytes on the wire, warm and after a restart.

    python -m benchmarks.snapshot [--points 1000000]
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.report import say, told
from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import Settings
from ml_utils.web.ledger import Draft, Ledger
from ml_utils.web.store import Store
from tests.server import Server

ROOM = "22222222"
ROWS, BATCHES, PER_COMMIT = 100, 938, 50
MILLISECONDS, KILOBYTES = 100.0, 300.0


def fill(instance: Path, points: int) -> None:
    """Record a run as the web process does: rows of a batch in Events, an epoch's end where it belongs."""
    instance.mkdir(parents=True)
    store = Store(f"sqlite:///{instance / 'lockstep.db'}")
    ledger = Ledger(store, lambda *_: None, time.time)
    rng = random.Random(1)
    run = {"run": "r1", "branch": "b1", "blueprint": cnn("mnist").model_dump(mode="json"),
           "settings": Settings().model_dump(mode="json"), "threads": 1}
    ledger.commit([Draft(ROOM, "run_started", run)])
    for first in range(0, points // 2, ROWS):  # two series: a batch is two points
        batches = range(first + 1, first + ROWS + 1)
        x = [round(batch / BATCHES, 6) for batch in batches]
        position = {"run": "r1", "branch": "b1", "epoch": int(x[-1]), "batch": batches[-1] % BATCHES, "batches": BATCHES,
                    "x": x[-1]}
        data = {"x": x, "train_loss": [float(f"{2 * math.exp(-at / 50) + rng.random() / 5:.5g}") for at in x],
                "train_accuracy": [round(1 - math.exp(-at / 30) * rng.random(), 4) for at in x], "rate": 30_000.0,
                "step": 1, "took": 0.1, "learning_rate": 0.05}
        ledger.offer(Draft(ROOM, "metrics", data, position))
        if int(x[-1]) > int(x[0]):
            score = {"loss": 0.05, "accuracy": 0.98, "examples": 10_000}
            ledger.offer(Draft(ROOM, "epoch_finished", {"train": score, "test": score, "seconds": 2.0},
                               {**position, "batch": 0, "x": float(position["epoch"])}))
        if first // ROWS % PER_COMMIT == 0:
            ledger.tick()
    ledger.commit([Draft(ROOM, "training_paused", {"reason": "interrupted"}, position)])
    store.close()


def ask(server: Server, session: requests.Session) -> tuple[float, int]:
    """Return ms and bytes on the wire of one Snapshot."""
    begun = time.perf_counter()
    response = session.get(f"{server.url}/api/rooms/{ROOM}", stream=True, timeout=60)
    size = len(response.raw.read(decode_content=False))
    return (time.perf_counter() - begun) * 1000, size


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    points = parser.parse_args().points
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        fill(instance, points)
        cold, warm, sizes = [], [], []
        for _ in range(5):
            server = Server(instance)
            with requests.Session() as session:
                session.get(f"{server.url}/healthz", timeout=10)
                cold.append(ask(server, session)[0])
                for _ in range(20):
                    took, size = ask(server, session)
                    warm.append(took)
                    sizes.append(size / 1000)
            server.stop()
        say(f"snapshot of a room with {points:,} recorded points, over HTTP:")
        told("first after a restart", cold, "ms", MILLISECONDS)
        told("afterwards", warm, "ms", MILLISECONDS)
        told("on the wire", sizes, "kB", KILOBYTES)


if __name__ == "__main__":
    main()
