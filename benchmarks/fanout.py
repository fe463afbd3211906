"""One room, 200 viewers, 10 Events a second, one real trainer at work beside it: from the trainer to the client.

    python -m benchmarks.fanout [--viewers 200] [--seconds 10] [--mode eventlet]
"""

from __future__ import annotations

import argparse
import os
import selectors
import tempfile
import time
from pathlib import Path

from benchmarks.report import say, told
from benchmarks.viewer import Viewer
from tests.server import Page, Server

TARGET = 100.0  # ms


PULSE = ("-m", "benchmarks.pulse_app")  # a server whose first room has the pulse


def watch(viewers: list[Viewer], seconds: float) -> list[float]:
    """Return the delay of each delivery in ms."""
    chooser = selectors.DefaultSelector()
    for viewer in viewers:
        chooser.register(viewer.sock, selectors.EVENT_READ, viewer)
    delays, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in chooser.select(0.5):
            now = time.monotonic()
            delays += [(now - event["data"]["rate"]) * 1000 for event in key.data.read() if event["name"] == "metrics"]
    return delays


def busy_room(server: Server) -> Page:
    """A second room whose real trainer is at work all the time."""
    page = Page(server)
    page.command("start", {"epochs": 5000})
    page.status("training")
    return page


def run(count: int, seconds: float, mode: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = "22222222"
        os.environ.update(BENCH_PULSE_ROOM=room, BENCH_SECONDS=str(seconds + 5))
        server = Server(Path(folder) / "instance", mode, PULSE, max_trainers=2)
        busy = busy_room(server)
        viewers = [Viewer(server.url, room) for _ in range(count)]
        starter = Page(server, room)
        starter.command("start")
        delays = watch(viewers, seconds)
        lost = sum(viewer.seqs != list(range(viewer.seqs[0], viewer.seqs[0] + len(viewer.seqs))) for viewer in viewers)
        counts = {len(viewer.seqs) for viewer in viewers}
        say(f"fan-out ({mode}): {count} viewers, {len(delays)} deliveries, Events per viewer {sorted(counts)}, "
            f"viewers with a gap or a wrong order: {lost}")
        told("trainer → client", delays, "ms", TARGET, 0.95)
        starter.close()
        busy.close()
        server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--mode", default="eventlet")
    asked = parser.parse_args()
    run(asked.viewers, asked.seconds, asked.mode)


if __name__ == "__main__":
    main()
