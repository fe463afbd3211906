"""A trainer without torch that reports ten times a second and writes the moment into each report (as `rate`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

from ml_utils.line import FrameReader, encode
from ml_utils.web.launcher import HostLauncher

ROOM = os.environ.get("BENCH_PULSE_ROOM", "")
PERIOD = 0.1  # seconds
ROWS = 30  # batches in a report, as a CNN on MNIST has


class PulseLauncher(HostLauncher):
    """Gives one room the pulse, every other a real trainer."""

    def start(self, order: dict[str, Any]) -> None:
        if order["room"] != ROOM:
            super().start(order)
            return
        subprocess.Popen([sys.executable, "-m", "benchmarks.pulse", json.dumps(order)])


def pulse(order: dict[str, Any], seconds: float) -> None:
    """Dial in, start, and report."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(order["line"])
    line.sendall(encode({"t": "hello", "room": order["room"], "attempt": order["attempt"], "token": order["token"], "pid": 0}))
    reader, work = FrameReader(), None
    while work is None:
        work = next((frame["work"] for frame in reader.feed(line.recv(65536)) if frame["t"] == "welcome"), None)
    here = work["position"]
    position = {"run": here["run"], "branch": here["branch"], "epoch": 0, "batch": 0, "batches": 938, "x": 0.0}
    line.sendall(_event(1, "training_started", {"until": 1000}, position))
    due, x = time.monotonic(), 0.0
    for n in range(2, 2 + int(seconds / PERIOD)):
        due += PERIOD
        time.sleep(max(0.0, due - time.monotonic()))
        xs = [round(x + (row + 1) / 938, 6) for row in range(ROWS)]
        x = xs[-1]
        rows = {"x": xs, "train_loss": [0.12345] * ROWS, "train_accuracy": [0.9531] * ROWS, "rate": time.monotonic(),
                "step": 1, "took": 0.1, "learning_rate": 0.05}
        line.sendall(_event(n, "metrics", rows, {**position, "epoch": int(x), "x": x}))
    time.sleep(1)
    line.sendall(encode({"t": "bye"}))


def _event(n: int, name: str, data: dict[str, Any], position: dict[str, Any]) -> bytes:
    return encode({"t": "event", "n": n, "name": name, "data": data, "position": position, "command": None})


if __name__ == "__main__":
    pulse(json.loads(sys.argv[1]), float(os.environ.get("BENCH_SECONDS", "10")))
