"""All numbers, one after the other: `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.report import say

ROOT = Path(__file__).resolve().parents[1]
ALL = (
    (("benchmarks/training.py",), "speed of training with everything observed, beside a bare loop; what observing takes"),
    (("-m", "benchmarks.frameworks"), "the command line beside PyTorch Lightning and skorch"),
    (("-m", "benchmarks.latency"), "from the click on Start to the first point, from Interrupt to the pause"),
    (("-m", "benchmarks.evaluate"), "evaluating 10,000 MNIST images, beside a bare inference loop"),
    (("-m", "benchmarks.travel"), "going back: until another page sees it, and until the trainer trains from there"),
    (("-m", "benchmarks.fanout"), "200 viewers of one room"),
    (("-m", "benchmarks.snapshot"), "the Snapshot of a million points"),
    (("-m", "benchmarks.bigroom"), "a room of 12 Branches in the browser: opening it, and each frame while it grows"),
    (("-m", "benchmarks.creator"), "editing ResNet-50 in the creator, until it is painted"),
    (("-m", "benchmarks.drawing", "--page"), "drawing while the room trains: until the bars move, what it takes"),
    (("-m", "benchmarks.upload"), "100 MB of own images: until they are kept, the server's memory, another room meanwhile"),
    (("benchmarks/charts/run.py",), "the chart library"),
)


def main() -> int:
    """Run each in a process of its own; return how many failed."""
    failed = 0
    for command, about in ALL:
        say(f"\n── {about} (load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
        failed += subprocess.run([sys.executable, *command], cwd=ROOT).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
