"""The command line in its own process, as people start it; and in this one, where only the trainer is real, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_utils import logs
from ml_utils.cli.main import main
from ml_utils.cli.place import Place
from ml_utils.core.snapshot import Fact, State
from tests.server import DATA, ROOT
from tests.waiting import until

SECONDS = 90


class Terminal:
    """Runs `python -m ml_utils` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *args: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOCKSTEP_INSTANCE": str(self.folder / "instance"),
                       "LOCKSTEP_DATA": DATA}
        process = subprocess.Popen([sys.executable, "-m", "ml_utils", *args], cwd=self.folder, env=environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(process)
        return process

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Wait for the end; return exit code, stdout, stderr."""
        out, complaints = process.communicate(timeout=SECONDS)
        return process.returncode, out, complaints

    def run(self, *args: str) -> tuple[int, str, str]:
        return self.end(self.start(*args))

    def lines(self, *args: str) -> tuple[int, list[dict[str, Any]]]:
        """Return the exit code and what programs are told."""
        code, out, _ = self.run(*args, "--json")
        return code, [json.loads(line) for line in out.splitlines()]

    def log(self, name: str) -> Path:
        return self.folder / "runs" / name / "events.jsonl"

    def clear(self) -> None:
        for process in self.started:
            if process.poll() is None:
                for one in psutil.Process(process.pid).children(recursive=True):
                    one.kill()
                process.kill()
            process.communicate()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.clear()


RECIPE = """
blueprint:
  dataset: digits
  seed: 1
  layers:
  - {kind: conv, channels: 4}
  - {kind: relu}
  - {kind: pool}
  - {kind: flatten}
  - {kind: linear, features: 10}
"""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of two epochs, to be asked and taken from; nobody may change it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "recipe.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_INSTANCE", str(folder / "instance"))
        found = main(["train", str(folder / "recipe.yaml"), "--epochs", "2", "--runs", str(folder / "runs"), "--name", "one",
                      "--quiet", "--json"])
    assert found == 0
    return folder / "runs" / "one"


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[dict[str, Any]]]:
    """Run a command in this process; return its exit code and what programs are told."""
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, empty; nothing is written into run folders but the log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("LOCKSTEP_DATA", DATA)
    monkeypatch.setattr(Place, "writer", lambda self, *options: subprocess.Popen([sys.executable, "-c", "pass"]))
    return tmp_path


def run(*args: str) -> int:
    """Run a command in this process; return its exit code."""
    try:
        return main(args)
    except SystemExit as end:  # of argparse
        return int(end.code or 0)


@contextmanager
def meanwhile(act: Callable[[], None]) -> Iterator[None]:
    """Do something beside the main thread; what goes wrong there is raised here."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)
            if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:  # else it would end the tests themselves
                os.kill(os.getpid(), signal.SIGTERM)  # nobody shall wait for what will not come

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if errors:
        raise errors[0]


def events(log: Path) -> list[Fact]:
    """Return what is in a log by now."""
    try:
        return list(logs.read(log))
    except (OSError, ValueError):
        return []


def named(log: Path, name: str) -> list[Fact]:
    return [fact for fact in events(log) if fact["name"] == name]


def state_of(log: Path) -> State:
    return logs.folded("terminal", logs.read(log))


def digests(log: Path) -> dict[int, str]:
    """Return the digest at the end of each epoch."""
    return {fact["data"]["epoch"]: fact["data"]["digest"] for fact in named(log, "checkpoint_saved")
            if fact["data"]["batch"] == 0 and fact["data"]["kind"] == "epoch"}


def mid_epoch(log: Path, epoch: int = 0) -> None:
    """Wait until some batches of an epoch, but not all, are in the log."""
    def inside() -> bool:
        here = [fact["position"] for fact in named(log, "metrics")][-1:]
        return bool(here and here[0]["epoch"] >= epoch and 3 <= here[0]["batch"] <= here[0]["batches"] - 8)

    until(inside, 60, f"the middle of epoch {epoch}")


def trainers(pid: int | None = None) -> list[psutil.Process]:
    """Return the trainers that a command has started."""
    return [one for one in psutil.Process(pid).children() if "ml_utils.trainer" in one.cmdline()]
