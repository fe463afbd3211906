"""All numbers, one after the other: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALL = (("benchmarks/training.py",), ("-m", "benchmarks.latency"), ("-m", "benchmarks.fanout"),
       ("-m", "benchmarks.snapshot"), ("benchmarks/charts/run.py",))


def main() -> int:
    """Run each in a process of its own; return how many failed."""
    return sum(subprocess.run([sys.executable, *command], cwd=ROOT).returncode != 0 for command in ALL)


if __name__ == "__main__":
    sys.exit(main())
