"""A trainer without torch that reports ten times a second and writes the moment into each report (as `rate`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

from benchmarks.made import Made
from ml_utils.core.blueprint import Blueprint
from ml_utils.line import FrameReader, encode
from ml_utils.web.launcher import HostLauncher

ROOM = os.environ.get("BENCH_PULSE_ROOM", "")
WHOLE = "BENCH_PULSE_WHOLE" in os.environ  # looks into the layers and ends of epochs, too
PERIOD = 0.1  # seconds
LOOK = 5  # reports from one look into the layers to the next
ROWS = 30  # batches in a report, as a CNN on MNIST has


class PulseLauncher(HostLauncher):
    """Gives one room the pulse, every other a real trainer."""

    def start(self, order: dict[str, Any]) -> None:
        if order["room"] != ROOM:
            super().start(order)
            return
        subprocess.Popen([sys.executable, "-m", "benchmarks.pulse", json.dumps(order)])


class Pulse:
    """Dials in where the Session stands, starts, and reports."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._line, self._told = socket.socket(socket.AF_UNIX), 0
        self._line.connect(order["line"])
        self._say({"t": "hello", "room": order["room"], "attempt": order["attempt"], "token": order["token"], "pid": 0})
        reader, work = FrameReader(), None
        while work is None:
            work = next((frame["work"] for frame in reader.feed(self._line.recv(65536)) if frame["t"] == "welcome"), None)
        self._moved = work["moved"]
        self._made = Made(work["position"], Blueprint.model_validate(work["blueprint"]), work["now"]["learning_rate"])

    def beat(self, seconds: float) -> None:
        self._tell("training_started", {"until": 10_000}, self._made.position)
        due = time.monotonic()
        for number in range(int(seconds / PERIOD)):
            due += PERIOD
            time.sleep(max(0.0, due - time.monotonic()))
            for name, data, position in self._made.report(ROWS, number % LOOK == 0):
                if name == "metrics":
                    self._tell(name, {**data, "rate": time.monotonic()}, position)
                elif WHOLE:
                    self._tell(name, data, position)
        time.sleep(1)
        self._say({"t": "bye"})

    def _tell(self, name: str, data: dict[str, Any], position: dict[str, Any]) -> None:
        self._told += 1
        self._say({"t": "event", "n": self._told, "name": name, "data": data, "position": position, "command": None,
                   "moved": self._moved})

    def _say(self, frame: dict[str, Any]) -> None:
        self._line.sendall(encode(frame))


if __name__ == "__main__":
    Pulse(json.loads(sys.argv[1])).beat(float(os.environ.get("BENCH_SECONDS", "10")))
