"""20,000 images, 100 MB in a ZIP: from the first piece to kept; what the web process grows by; another room meanwhile.

    python -m benchmarks.upload [--images 20000] [--side 32] [--mode eventlet]
"""

from __future__ import annotations

import argparse
import os
import selectors
import tempfile
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests
from PIL import Image

from benchmarks.fanout import PULSE
from benchmarks.report import quantile, say, told, verdict
from benchmarks.viewer import Viewer
from tests.server import Page, Server
from tests.waiting import until

ROOM = "22222222"
SECONDS, GROWTH, TIMES = 30.0, 50.0, 2.0  # targets: s, MB, of the latency before
BEFORE = 8.0  # seconds of the other room alone
DIFFERENT = 400  # images; the others repeat them, under other names
CLASSES = 10
LOOK = 0.5  # seconds between two questions how far it is, as the page asks


def archive(file: Path, images: int) -> None:
    """Write train/<class>/… with JPEGs of about 5 kB."""
    chance, made = np.random.default_rng(1), []
    for _ in range(DIFFERENT):
        rough = Image.fromarray(chance.integers(0, 256, (28, 28, 3), dtype=np.uint8))
        target = BytesIO()
        rough.resize((112, 112), Image.Resampling.BICUBIC).save(target, "JPEG", quality=82)
        made.append(target.getvalue())
    with zipfile.ZipFile(file, "w") as packed:
        for number in range(images):
            packed.writestr(f"train/class{number % CLASSES}/{number:05}.jpg", made[number % DIFFERENT])


class Watch(threading.Thread):
    """Another room's viewer: notes when each Event came and how long it took, in ms; and the memory of the server, in MB."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.delays: list[tuple[float, float]] = []
        self.memory: list[float] = []
        self.ended = False
        self._viewer, self._process = Viewer(server.url, ROOM), psutil.Process(server.process.pid)

    def run(self) -> None:
        chooser = selectors.DefaultSelector()
        chooser.register(self._viewer.sock, selectors.EVENT_READ)
        while not self.ended:
            if chooser.select(0.2):
                now = time.monotonic()
                self.delays += [(now, (now - event["data"]["rate"]) * 1000) for event in self._viewer.read()
                                if event["name"] == "metrics"]
            self.memory.append(self._process.memory_info().rss / 1e6)

    def between(self, first: float, last: float) -> list[float]:
        return [delay for at, delay in self.delays if first <= at <= last]


class Sender:
    """Somebody who brings an archive, as the page does."""

    def __init__(self, server: Server) -> None:
        self._url, self._http = server.url, requests.Session()
        session = self._http.get(f"{self._url}/api/session", timeout=10).json()
        self._http.headers["X-Lockstep-Token"] = session["token"]
        self._images = f"/api/rooms/{session['room']}/images"
        self._jobs = f"/api/rooms/{session['room']}/jobs"

    def _ask(self, way: str, path: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.request(way, self._url + path, timeout=60, **more).json()
        assert answer["ok"], answer
        return answer

    def send(self, file: Path) -> str:
        size = file.stat().st_size
        one = self._ask("POST", "/api/uploads", json={"name": file.name, "bytes": size, "of": ""})
        with file.open("rb") as source:
            for at in range(0, size, one["chunk"]):
                self._ask("PUT", f"/api/uploads/{one['id']}?at={at}", data=source.read(one["chunk"]),
                          headers={"Content-Type": "application/octet-stream"})
        return str(one["id"])

    def inspect(self, upload: str, side: int) -> tuple[str, dict[str, Any]]:
        job = self._ask("POST", self._images, json={"upload": upload, "side": side, "channels": 3, "title": "bench"})["job"]

        found: dict[str, Any] = {"state": "waiting"}
        while found["state"] in ("waiting", "running"):
            time.sleep(LOOK)
            found = self._ask("GET", f"{self._jobs}/{job}")["job"]
        assert not found["error"], found["error"]
        return job, found["result"]

    def keep(self, job: str) -> None:
        self._ask("POST", f"{self._images}/keep", json={"job": job, "title": "bench", "shared": False})


def measure(server: Server, file: Path, side: int) -> None:
    """Watch the other room alone, then while somebody brings images."""
    starter, watch, sender = Page(server, ROOM), Watch(server), Sender(server)
    watch.start()
    starter.command("start")
    until(lambda: watch.delays, 30, "the first Event")
    since = time.monotonic()
    until(lambda: time.monotonic() - since > BEFORE, 60)
    before, begun = watch.between(since, time.monotonic()), time.monotonic()
    memory = watch.memory[-1]
    upload = sender.send(file)
    sent = time.monotonic()
    job, found = sender.inspect(upload, side)
    sender.keep(job)
    kept = time.monotonic()
    watch.ended = True
    watch.join()
    say(f"own images: {found['images']['train'] + found['images']['test']:,} of {side}×{side} out of "
        f"{file.stat().st_size / 1e6:.0f} MB: sent in {sent - begun:.1f} s, inspected and kept in {kept - sent:.1f} s")
    say(f"  first piece → kept: {kept - begun:.1f} s  {verdict(kept - begun, SECONDS)}")
    growth = max(watch.memory) - memory
    say(f"  growth of the web process: {growth:.1f} MB  {verdict(growth, GROWTH)}")
    alone = quantile(before, 0.95)
    told("another room, trainer → client, alone", before, "ms", 100.0, 0.95)
    told("another room, trainer → client, meanwhile", watch.between(begun, kept), "ms", TIMES * alone, 0.95)
    starter.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--mode", default="eventlet")
    asked = parser.parse_args()
    os.environ.update(BENCH_PULSE_ROOM=ROOM, BENCH_SECONDS="150")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.zip"
        archive(file, asked.images)
        server = Server(Path(folder) / "instance", asked.mode, PULSE, max_trainers=2)
        measure(server, file, asked.side)
        server.close()


if __name__ == "__main__":
    main()
