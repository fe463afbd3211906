"""Starts trainers: through the trainer host, which forks them in milliseconds, or plainly where there is no fork."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

log = logging.getLogger(__name__)
Exited = Callable[[str, int, int], None]  # room, attempt, status (negative: the signal)
Spawn = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 5


def _end(process: subprocess.Popen[Any]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)


class Launcher(Protocol):
    """A way to run the one trainer command somewhere."""

    exited: Exited

    def start(self, order: dict[str, Any]) -> None:
        """Start a trainer: line, room, attempt, token, checkpoints, data, device, memory."""

    def kill(self, room: str, attempt: int, hard: bool) -> None:
        """End a trainer; `hard`: at once, without a checkpoint."""

    def stop(self) -> None:
        """End what the launcher itself runs; trainers are told to leave before."""


def _nobody(room: str, attempt: int, status: int) -> None:
    """Before anybody listens."""


def _environment() -> dict[str, str]:
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTORCH_NVML_BASED_CUDA_CHECK": "1", "PYTHONUNBUFFERED": "1"}


class HostLauncher:
    """The trainer host: a fresh interpreter with torch in it; started anew if it dies."""

    def __init__(self, spawn: Spawn) -> None:
        self.exited: Exited = _nobody
        self._spawn = spawn
        self._lock = threading.Lock()
        self._host: subprocess.Popen[str] | None = None
        self._stopped = False
        self._warm()

    def start(self, order: dict[str, Any]) -> None:
        self._tell({"fork": order})

    def kill(self, room: str, attempt: int, hard: bool) -> None:
        self._tell({"kill": {"room": room, "attempt": attempt, "hard": hard}})

    def stop(self) -> None:
        self._stopped = True
        if self._host and self._host.stdin:
            self._host.terminate()  # it may still be importing and not listen
            _end(self._host)
            self._host.stdin.close()

    def _warm(self) -> subprocess.Popen[str]:
        host = subprocess.Popen(
            [sys.executable, "-m", "ml_utils.trainer.host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, cwd=ROOT, env=_environment(), start_new_session=True)
        self._host = host
        self._spawn(self._listen, host)
        return host

    def _tell(self, wish: dict[str, Any]) -> None:
        with self._lock:
            for _ in range(2):  # a host that died is replaced once
                if self._stopped:
                    return  # nobody would end another one
                host = self._host if self._host and self._host.poll() is None else self._warm()
                try:
                    assert host.stdin
                    host.stdin.write(json.dumps(wish) + "\n")
                    host.stdin.flush()
                    return
                except OSError:
                    log.warning("the trainer host is gone; starting another")
                    host.kill()
                    host.wait(STOP_SECONDS)
        raise OSError("the trainer host does not start")

    def _listen(self, host: subprocess.Popen[str]) -> None:
        assert host.stdout
        for text in host.stdout:
            try:
                gone = json.loads(text)["exited"]
            except (ValueError, TypeError, KeyError):  # some library printed something, or the host says it is ready
                continue
            try:
                self.exited(gone["room"], gone["attempt"], gone["status"])
            except Exception:  # such as a full disk: nobody would hear of the next ones, and the host could say no more
                log.exception("a process ended, and that could not be dealt with")
        status = host.wait()
        if not self._stopped:
            log.warning("the trainer host ended with status %s", status)


class PlainLauncher:
    """The same command as a fresh interpreter each time: where there is no fork (Windows, macOS)."""

    def __init__(self, spawn: Spawn) -> None:
        self.exited: Exited = _nobody
        self._spawn = spawn
        self._running: dict[tuple[str, int], subprocess.Popen[bytes]] = {}

    def start(self, order: dict[str, Any]) -> None:
        names = ("line", "room", "attempt", "checkpoints", "data", "device", "memory")
        options = [part for name in names if order[name] is not None for part in (f"--{name}", str(order[name]))]
        process = subprocess.Popen([sys.executable, "-m", "ml_utils.trainer", *options], cwd=ROOT, start_new_session=True,
                                   stdin=subprocess.DEVNULL, env={**_environment(), "LOCKSTEP_TOKEN": order["token"]})
        self._running[order["room"], order["attempt"]] = process
        self._spawn(self._wait, order["room"], order["attempt"], process)

    def _wait(self, room: str, attempt: int, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        self._running.pop((room, attempt), None)
        self.exited(room, attempt, status)

    def kill(self, room: str, attempt: int, hard: bool) -> None:
        process = self._running.get((room, attempt))
        if process:
            process.kill() if hard else process.terminate()

    def stop(self) -> None:
        for process in list(self._running.values()):
            process.terminate()
            _end(process)


LauncherOf = Callable[[Spawn], Launcher]


def local_launcher(spawn: Spawn) -> Launcher:
    """Return the launcher for this machine."""
    return HostLauncher(spawn) if sys.platform.startswith("linux") else PlainLauncher(spawn)
