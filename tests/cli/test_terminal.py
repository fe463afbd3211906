"""The terminal as a web process for one run: trainers that crash, lie, are silent or strangers; signals; a full disk."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils.cli import ledger, terminal
from ml_utils.cli.place import Place
from ml_utils.cli.signals import HEARD, Signals
from ml_utils.line import FrameReader, encode
from tests.cli.conftest import events, meanwhile, named, run, state_of
from tests.trainers import CrashingTrainer, FakeTrainer, GarbageTrainer, LyingTrainer
from tests.waiting import until


class FinishingTrainer(FakeTrainer):
    """Trains what was asked, and says so."""

    def go(self, asked: str | None, until: int) -> None:
        super().go(asked, until)
        self.event("training_paused", {"reason": "finished"})


class PatientTrainer(FakeTrainer):
    """Begins, and finishes only when it is interrupted."""


class EarlyTrainer(FakeTrainer):
    """Stays before the first batch."""

    def go(self, asked: str | None, until: int) -> None:
        pass


class FailingTrainer(FakeTrainer):
    """Cannot go on."""

    def go(self, asked: str | None, until: int) -> None:
        self.event("session_failed", {"code": "out_of_memory", "message": "Too much.", "hint": "Use less."})


class Process(subprocess.Popen[bytes]):
    """What the terminal takes for the trainer's process: it ends with the trainer's thread."""

    def __init__(self, trainer: FakeTrainer) -> None:
        super().__init__([sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        self.trainer = trainer
        trainer.start()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        self.trainer.done.wait(60)
        assert self.stdin
        self.stdin.close()

    def kill(self) -> None:
        self.trainer.stop()
        super().kill()


@pytest.fixture
def fakes(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[type[FakeTrainer]]]:
    """The kinds of trainers that come, in turn, the last one again and again."""
    kinds: list[type[FakeTrainer]] = [FinishingTrainer]
    started: list[Process] = []

    def trainer(self: Place, line: str, attempt: int) -> tuple[Any, str]:
        kind = kinds.pop(0) if len(kinds) > 1 else kinds[0]
        order = {"line": line, "room": "terminal", "attempt": attempt, "token": "secret"}
        started.append(Process(kind(order)))
        return started[-1], "secret"

    monkeypatch.setattr(Place, "trainer", trainer)
    yield kinds
    for process in started:
        process.trainer.done.wait(10)
        process.wait(10)


def train(*args: str) -> int:
    return run("train", "--template", "cnn", "--epochs", "2", "--name", "x", *args)


def log(here: Path) -> Path:
    return here / "runs" / "x" / "events.jsonl"


def began(here: Path) -> None:
    until(lambda: named(log(here), "training_started"), 20, "the training")


def test_a_run_begins_and_ends_as_in_a_room(fakes: list[type[FakeTrainer]], here: Path) -> None:
    assert train() == 0
    assert [fact["name"] for fact in events(log(here))] == [
        "run_started", "training_requested", "trainer_started", "training_started", "metrics", "training_paused"]
    first = events(log(here))[0]
    assert first["by"]["id"] == "terminal" and first["data"]["threads"] == 1
    assert not (here / "runs" / "x" / "line.sock").exists()


@pytest.mark.parametrize("kind", [CrashingTrainer, LyingTrainer, GarbageTrainer])
def test_a_trainer_that_is_no_good_is_replaced(kind: type[FakeTrainer], fakes: list[type[FakeTrainer]], here: Path) -> None:
    fakes[:] = [kind, FinishingTrainer]
    assert train() == 0
    assert len(named(log(here), "trainer_lost")) == 1
    assert state_of(log(here))["session"]["reason"] == "finished"


def test_too_many_losses_fail_the_session_with_words(fakes: list[type[FakeTrainer]], here: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    fakes[:] = [CrashingTrainer]
    assert train() == 1
    assert len(named(log(here), "trainer_lost")) == 3
    assert events(log(here))[-1]["data"]["code"] == "trainer_crashed"
    said = capsys.readouterr()
    assert "ended 4 times in a row" in said.out and "logs/processes.txt" in said.err
    fakes[:] = [FinishingTrainer]
    assert run("train", "--resume", "runs/x") == 0
    assert [fact["data"]["attempt"] for fact in named(log(here), "trainer_started")] == [1, 2, 3, 4, 5]


def test_a_silent_trainer_is_replaced(fakes: list[type[FakeTrainer]], here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes[:] = [PatientTrainer, FinishingTrainer]
    monkeypatch.setattr(terminal, "hangs", lambda silent, limit, state: silent > 0.5)
    assert train() == 0
    assert [fact["data"]["reason"] for fact in named(log(here), "trainer_lost")] == ["gave no sign of life"]


def test_what_a_trainer_says_of_a_failure_is_shown(fakes: list[type[FakeTrainer]], here: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    fakes[:] = [FailingTrainer]
    assert train() == 1
    said = capsys.readouterr()
    assert "Too much. Use less." in said.err and "Failed: Too much." in said.out


@pytest.mark.parametrize("number", HEARD)
def test_each_signal_interrupts_and_has_its_exit_code(number: signal.Signals, fakes: list[type[FakeTrainer]],
                                                      here: Path) -> None:
    fakes[:] = [PatientTrainer]

    def interrupt() -> None:
        began(here)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with meanwhile(interrupt):
        assert train() == 128 + number
    assert signal.getsignal(number) == before
    assert events(log(here))[-1]["data"] == {"reason": "interrupted"}


def test_an_interrupt_before_the_first_batch_needs_no_trainer(fakes: list[type[FakeTrainer]], here: Path) -> None:
    fakes[:] = [EarlyTrainer]

    def interrupt() -> None:
        until(lambda: named(log(here), "trainer_started"))
        os.kill(os.getpid(), signal.SIGINT)

    with meanwhile(interrupt):
        assert train() == 130
    assert state_of(log(here))["session"]["status"] == "idle"
    fakes[:] = [FinishingTrainer]
    assert run("train", "--resume", "runs/x") == 0


def test_strangers_and_earlier_trainers_are_refused(fakes: list[type[FakeTrainer]], here: Path) -> None:
    fakes[:] = [PatientTrainer]
    good = {"t": "hello", "room": "terminal", "attempt": 1, "token": "secret", "pid": 1}
    answers: list[Any] = []

    def dial(frame: Any) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(log(here).parent / "line.sock"))
            sock.sendall(frame if isinstance(frame, bytes) else encode(frame))
            data = b""
            while part := sock.recv(4096):
                data += part
            answers.append([one["t"] for one in FrameReader().feed(data)])

    def strangers() -> None:
        began(here)
        for wrong in ({"token": "guess"}, {"token": None}, {"attempt": 0}, {"attempt": "1"}, {"room": "aaaaaaaa"}):
            dial({**good, **wrong})
        dial({"t": "event", "n": 1, "name": "training_paused", "data": {"reason": "finished"}})
        dial(b"\x00\x00\x00\x03abc")
        os.kill(os.getpid(), signal.SIGINT)

    with meanwhile(strangers):
        assert train() == 130
    assert answers == [["refused"]] * 6 + [[]]
    assert len(named(log(here), "training_paused")) == 1


def test_a_disk_that_takes_no_more_is_told_and_nothing_is_lost(fakes: list[type[FakeTrainer]], here: Path,
                                                               monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    write = ledger.Ledger._write

    def full(self: ledger.Ledger, line: bytes, durable: bool) -> None:
        if b'"training_started"' in line:
            write(self, line[:20], False)
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, line, durable)

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "_write", full)
        assert train() == 1
    assert "No space left on device" in capsys.readouterr().err
    assert run("train", "--resume", "runs/x") == 0
    assert [fact["seq"] for fact in events(log(here))] == list(range(1, len(events(log(here))) + 1))


def test_a_disk_that_is_full_from_the_start_is_told(fakes: list[type[FakeTrainer]], here: Path, monkeypatch: pytest.MonkeyPatch,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "new", full)
        assert train() == 1
    assert "No space left on device" in capsys.readouterr().err


def test_a_run_folder_may_have_a_name_that_is_no_text(fakes: list[type[FakeTrainer]], here: Path) -> None:
    odd = os.fsdecode(b"n\xff")
    assert train("--runs", odd, "--json") == 0
    assert named(here / odd / "x" / "events.jsonl", "training_paused")


def test_who_stops_reading_ends_it_without_a_traceback(here: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "ml_utils", "models", "--json"], stdout=write, stderr=subprocess.PIPE,
                          cwd=Path(__file__).parents[2], check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_run_folder_may_lie_deep(fakes: list[type[FakeTrainer]], here: Path) -> None:
    deep = Path("d" * 60) / ("e" * 60)
    assert train("--runs", str(deep)) == 0
    assert named(here / deep / "x" / "events.jsonl", "training_paused")  # that no folder is left, a guard sees


def test_a_run_folder_that_cannot_be_written_is_told(fakes: list[type[FakeTrainer]], here: Path,
                                                     monkeypatch: pytest.MonkeyPatch,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Place, "writer", lambda self, *_: subprocess.Popen([sys.executable, "-S", "-c", "raise SystemExit(3)"]))
        assert train() == 1
    assert "The run folder is not complete: its process ended with status 3." in capsys.readouterr().err
    assert run("train", "--resume", "runs/x") == 0  # nothing is trained, the folder is completed
    assert len(named(log(here), "trainer_started")) == 1


def test_ctrl_c_gives_up_the_writing_of_the_folder(fakes: list[type[FakeTrainer]], here: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[subprocess.Popen[bytes]] = []

    def writer(self: Place, *_: str) -> subprocess.Popen[bytes]:
        began.append(subprocess.Popen([sys.executable, "-S", "-c", "import threading; threading.Event().wait(60)"]))
        return began[-1]

    monkeypatch.setattr(Place, "writer", writer)

    def give_up() -> None:
        until(lambda: began)
        os.kill(os.getpid(), signal.SIGINT)

    with meanwhile(give_up):
        assert train() == 130
    assert began[0].returncode == -signal.SIGKILL


def test_signals_are_heard_only_while_somebody_listens() -> None:
    before = [signal.getsignal(one) for one in HEARD]
    with Signals() as heard:
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard.wait(5) and not heard.wait(0)
        os.kill(os.getpid(), signal.SIGINT)
        assert heard.wait(5)
        assert (heard.count, heard.code) == (2, 143)
    assert [signal.getsignal(one) for one in HEARD] == before
