"""Where a run lies, and the processes that work on it: its trainer, and what writes the run folder."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import Refused
from .ledger import LOG, ROOM

Process = subprocess.Popen[Any]
ROOT = Path(__file__).resolve().parents[2]
DEVICES = ("auto", "cpu", "cuda", "mps")
MOST_THREADS = 256
LOWEST = 19  # of the places in which the system lets processes take turns


@dataclass(frozen=True)
class Place:
    """A run folder, and what it needs of this machine. Paths are absolute."""

    folder: Path
    shared: Path  # where datasets lie ready
    data: Path  # where datasets may be found
    device: str

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def said(self) -> Path:
        """What the processes write where people should look if something goes wrong."""
        return self.folder / "logs" / "processes.txt"

    def trainer(self, line: str, attempt: int) -> tuple[Process, str]:
        """Start a trainer, out of reach of Ctrl-C; return it, and the token by which it is known."""
        token = secrets.token_urlsafe(24)
        return self._start(["ml_utils.trainer", "--line", line, "--room", ROOM, "--attempt", str(attempt)], token), token

    def writer(self, *options: str) -> Process:
        """Start writing what the log says into the run folder."""
        return self._start(["ml_utils.trainer.out", "--log", str(self.log), "--target", str(self.folder), *options], "",
                           subprocess.DEVNULL)

    def _start(self, command: list[str], token: str, output: int | None = None) -> Process:
        where = ["--checkpoints", str(self.checkpoints), "--shared", str(self.shared), "--data", str(self.data),
                 "--device", self.device]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTORCH_NVML_BASED_CUDA_CHECK": "1", "PYTHONUNBUFFERED": "1",
                       "LOCKSTEP_TOKEN": token}
        self.said.parent.mkdir(exist_ok=True)
        with self.said.open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", *command, *where], cwd=ROOT, env=environment, start_new_session=True,
                                    stdin=subprocess.DEVNULL, stdout=log if output is None else output, stderr=log)


def place_of(folder: Path, device: str) -> Place:
    """Return where a run lies; datasets are where those of the server are, as the environment says."""
    shared = Path(os.environ.get("LOCKSTEP_INSTANCE") or "instance").resolve()
    data = Path(os.environ.get("LOCKSTEP_DATA") or shared / "data").resolve()
    return Place(folder.resolve(), shared, data, device)


def usual_device() -> str:
    """Return where to compute where nobody says it."""
    name = os.environ.get("LOCKSTEP_DEVICE") or "cpu"
    return name if name in DEVICES else "cpu"


def usual_threads() -> int:
    """Return the threads of a trainer where nobody says how many."""
    text = os.environ.get("LOCKSTEP_THREADS") or "1"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_THREADS):
        raise Refused("invalid", f"LOCKSTEP_THREADS is no number from 1 to {MOST_THREADS}.", "Correct it, or use --threads.")
    return int(text)


def ended(process: Process | None, seconds: float) -> None:
    """Wait for the end of a process for so long, then end it."""
    if process is None:
        return
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
