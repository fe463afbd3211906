"""Launchers with small scripts in the place of the trainer: started, replaced, ended, and nothing left."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_utils.core.errors import Refused
from ml_utils.web import launcher
from ml_utils.web.launcher import HostLauncher, PlainLauncher, local_launcher
from tests.waiting import until

ORDER = {"line": "/tmp/x.sock", "room": "aaaaaaaa", "attempt": 1, "token": "secret-token", "checkpoints": "/c", "data": "/d",
         "device": "cpu", "memory": 0}
HOST = """
import json, os, sys
print("a library prints something", flush=True)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    wish = json.loads(line)
    with open(LOG, "a") as log:
        log.write(json.dumps({"pid": os.getpid(), **wish}) + "\\n")
    if "kill" in wish:
        print(json.dumps({"exited": {**{k: wish["kill"][k] for k in ("room", "attempt")}, "status": -9}}), flush=True)
"""
TRAINER = """
import json, os, signal, sys
with open(LOG, "a") as log:
    log.write(json.dumps({"pid": os.getpid(), "args": sys.argv[1:], "token": os.environ.get("LOCKSTEP_TOKEN")}) + "\\n")
signal.pause()
"""


class Workshop:
    """Where launchers are made whose interpreter is a small script, with their tasks and what they told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = folder / "log"
        self.script = folder / "python"
        self.exits: list[tuple[str, int, int]] = []
        self._threads: list[threading.Thread] = []
        monkeypatch.setattr(launcher, "sys", SimpleNamespace(executable=str(self.script), platform=sys.platform))

    def spawn(self, function: Callable[..., Any], *args: Any) -> None:
        self._threads.append(threading.Thread(target=function, args=args))
        self._threads[-1].start()

    def runs(self, text: str) -> None:
        self.script.write_text(f"#!{sys.executable}\nLOG = {str(self.log)!r}\n{text}")
        self.script.chmod(0o700)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def exited(self, room: str, attempt: int, status: int) -> None:
        self.exits.append((room, attempt, status))

    def end(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        for pid in {one["pid"] for one in self.told()}:
            assert not Path(f"/proc/{pid}").exists(), "a process is left"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    one = Workshop(tmp_path, monkeypatch)
    yield one
    one.end()


class TestHostLauncher:
    @pytest.fixture
    def host(self, workshop: Workshop) -> Iterator[HostLauncher]:
        workshop.runs(HOST)
        one = HostLauncher(workshop.spawn)
        one.exited = workshop.exited
        yield one
        one.stop()

    def test_orders_go_to_the_host_and_exits_come_back_whatever_else_it_prints(
            self, host: HostLauncher, workshop: Workshop) -> None:
        host.start(ORDER)
        host.kill("aaaaaaaa", 1, hard=True)
        until(lambda: workshop.exits == [("aaaaaaaa", 1, -9)])
        assert [set(one) - {"pid"} for one in workshop.told()] == [{"fork"}, {"kill"}]
        assert workshop.told()[0]["fork"] == ORDER

    def test_a_host_that_was_killed_is_replaced_at_the_next_start(self, host: HostLauncher, workshop: Workshop) -> None:
        host.start(ORDER)
        first = until(workshop.told)[0]["pid"]
        os.kill(first, signal.SIGKILL)
        until(lambda: host._host and host._host.poll() is not None)
        host.start({**ORDER, "attempt": 2})
        second = until(lambda: [one for one in workshop.told() if one["pid"] != first], what="another host")
        assert second[0]["fork"]["attempt"] == 2

    def test_a_host_that_ends_at_once_each_time_is_an_error_for_who_asks_and_not_a_loop(self, workshop: Workshop) -> None:
        workshop.runs("import sys; sys.stdin.close(); sys.exit(3)")
        one = HostLauncher(workshop.spawn)
        for _ in range(3):
            try:
                one.start(ORDER)
            except OSError:
                pass
        one.stop()

    @pytest.mark.allows_traceback
    def test_an_exit_that_cannot_be_dealt_with_does_not_end_the_listening(self, host: HostLauncher, workshop: Workshop) -> None:
        def full(room: str, attempt: int, status: int) -> None:
            workshop.exited(room, attempt, status)
            raise Refused("storage_failed", "The server could not store this.", "Try again in a moment.")

        host.exited = full
        for attempt in (1, 2):
            host.kill("aaaaaaaa", attempt, hard=True)
        until(lambda: workshop.exits == [("aaaaaaaa", 1, -9), ("aaaaaaaa", 2, -9)])

    def test_after_the_end_nothing_is_started(self, host: HostLauncher) -> None:
        host.stop()
        ended = host._host
        host.start(ORDER)
        host.kill("aaaaaaaa", 1, hard=True)
        assert host._host is ended

    def test_stopping_twice_is_as_once(self, host: HostLauncher) -> None:
        host.stop()
        host.stop()


class TestPlainLauncher:
    @pytest.fixture
    def plain(self, workshop: Workshop) -> Iterator[PlainLauncher]:
        workshop.runs(TRAINER)
        one = PlainLauncher(workshop.spawn)
        one.exited = workshop.exited
        yield one
        one.stop()

    def test_a_trainer_is_started_with_its_order_and_its_token_stays_off_the_command_line(
            self, plain: PlainLauncher, workshop: Workshop) -> None:
        plain.start(ORDER)
        told = until(workshop.told)[0]
        assert told["args"][:2] == ["-m", "ml_utils.trainer"]
        assert "--room" in told["args"] and "aaaaaaaa" in told["args"]
        assert told["token"] == "secret-token"
        assert "secret-token" not in told["args"]

    @pytest.mark.parametrize(("hard", "status"), [(True, -signal.SIGKILL), (False, -signal.SIGTERM)])
    def test_a_killed_trainer_is_told_with_its_status(
            self, plain: PlainLauncher, workshop: Workshop, hard: bool, status: int) -> None:
        plain.start(ORDER)
        until(workshop.told)
        plain.kill("aaaaaaaa", 7, hard)
        plain.kill("bbbbbbbb", 1, hard)
        assert workshop.exits == []
        plain.kill("aaaaaaaa", 1, hard)
        until(lambda: workshop.exits == [("aaaaaaaa", 1, status)])

    def test_stopping_ends_all(self, plain: PlainLauncher, workshop: Workshop) -> None:
        for attempt in (1, 2, 3):
            plain.start({**ORDER, "attempt": attempt})
        until(lambda: len(workshop.told()) == 3)
        plain.stop()
        until(lambda: len(workshop.exits) == 3)


def test_there_is_a_host_where_processes_can_be_forked_and_plain_starts_elsewhere(workshop: Workshop) -> None:
    workshop.runs(HOST)
    here = local_launcher(workshop.spawn)
    assert isinstance(here, HostLauncher) == sys.platform.startswith("linux")
    here.stop()
    launcher.sys.platform = "darwin"
    assert isinstance(local_launcher(workshop.spawn), PlainLauncher)
