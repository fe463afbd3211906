"""Real processes: the trainer host, the trainers it forks, and the one that starts plainly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.kinds.rows import Flatten, Linear
from ml_utils.core.settings import Settings

from .conftest import Lab
from .fake_web import TIMEOUT, FakeWeb

ROOT = Path(__file__).parents[2]
LONG = 1000
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the trainer host forks on Linux only")


class Host:
    """A trainer host and what it says."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "ml_utils.trainer.host"], cwd=ROOT, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.pid = self.heard("ready")

    def say(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def heard(self, what: str) -> Any:
        """Return the next answer, which is this one."""
        assert self.process.stdout
        answer = json.loads(self.process.stdout.readline())
        assert list(answer) == [what]
        return answer[what]

    def fork(self, web: FakeWeb, attempt: int = 1, **order: Any) -> int:
        self.say(json.dumps({"fork": {
            "line": str(web.address), "room": "abcdefgh", "attempt": attempt, "token": "t", "data": None, "device": "cpu",
            "checkpoints": str(web.address.parent / "checkpoints"), "memory": 0, **order}}))
        told = self.heard("forked")
        assert (told["room"], told["attempt"]) == ("abcdefgh", attempt)
        return int(told["pid"])

    def kill(self, attempt: int, hard: bool) -> None:
        self.say(json.dumps({"kill": {"room": "abcdefgh", "attempt": attempt, "hard": hard}}))

    def exited(self) -> int:
        return int(self.heard("exited")["status"])

    def end(self) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def hosts() -> Iterator[list[Host]]:
    made: list[Host] = []
    yield made
    assert [host.end() for host in made] == [0] * len(made)


@pytest.fixture
def host(hosts: list[Host]) -> Host:
    """A living host; starting one takes seconds."""
    if not hosts or hosts[-1].process.poll() is not None:
        hosts.append(Host())
    return hosts[-1]


def training(lab: Lab, host: Host, **order: Any) -> tuple[FakeWeb, int]:
    web = lab.web(None, Settings(batch_size=8))
    web.work = web.known_work(go=True, until=LONG)
    pid = host.fork(web, **order)
    web.event("metrics")
    return web, pid


def leave(web: FakeWeb, host: Host) -> None:
    web.send({"t": "leave"})
    assert host.exited() == 0


def gone(pid: int) -> bool:
    """Whether a process that is not ours has ended (it may wait for its new parent)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_the_host_has_one_thread_and_stays_so(lab: Lab, host: Host) -> None:
    web, _ = training(lab, host)
    leave(web, host)
    assert host.pid == host.process.pid
    assert len(list(Path(f"/proc/{host.pid}/task").iterdir())) == 1


def test_a_trainer_is_on_the_line_within_200_milliseconds(lab: Lab, host: Host) -> None:
    took = []
    for attempt in range(1, 6):
        web = lab.web()
        begun = monotonic()
        host.fork(web, attempt)
        web.wait(lambda: web.hellos)  # noqa: B023
        took.append(monotonic() - begun)
        leave(web, host)
    assert sorted(took)[2] < 0.2


def test_a_trainer_is_a_process_of_its_own_that_gives_way(lab: Lab, host: Host) -> None:
    web, pid = training(lab, host)
    assert web.hellos[0]["pid"] == pid and os.getsid(pid) == pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == 10
    assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "500"
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path(os.devnull)
    pipes = {Path(f"/proc/{host.pid}/fd/{number}").readlink() for number in (0, 1)}
    assert pipes.isdisjoint(open_file.readlink() for open_file in Path(f"/proc/{pid}/fd").iterdir())
    leave(web, host)


def test_sigterm_ends_a_trainer_with_143_after_a_checkpoint(lab: Lab, host: Host) -> None:
    web, _ = training(lab, host)
    host.kill(1, hard=False)
    assert host.exited() == 143
    last = web.events[-1]
    assert (last["name"], last["data"]["kind"], web.frames[-1]["t"]) == ("checkpoint_saved", "interval", "bye")
    assert list((web.address.parent / "checkpoints").glob(f"*/*/*/*-{last['data']['digest'][:16]}.pt"))


def test_a_trainer_killed_mid_epoch_is_replaced_and_ends_in_the_same_bits(lab: Lab, host: Host) -> None:
    web = lab.web(cnn(), Settings(batch_size=8))
    web.work = web.known_work(go=True, until=3)
    host.fork(web)
    for attempt, epoch in ((1, 1), (2, 2)):
        web.wait(lambda: web.position.x > epoch, "the middle of an epoch")  # noqa: B023
        host.kill(attempt, hard=True)
        assert host.exited() == -signal.SIGKILL
        web.work = web.known_work(go=True, until=3)
        host.fork(web, attempt + 1)
        assert web.event("trainer_recovered", attempt)["position"]["epoch"] >= epoch
    web.event("training_paused", reason="finished")
    leave(web, host)
    calm = lab.web(cnn(), Settings(batch_size=8))
    calm.work = calm.known_work(go=True, until=3)
    lab.trainer(calm)
    calm.event("training_paused", reason="finished")
    assert web.told("checkpoint_saved")[-1]["data"]["digest"] == calm.told("checkpoint_saved")[-1]["data"]["digest"]


def test_two_threads_give_the_same_bits_each_time(lab: Lab, host: Host) -> None:
    digests = set()
    for _ in range(2):
        web = lab.web()
        web.work = web.known_work(go=True, until=2, threads=2)
        host.fork(web)
        web.event("training_paused", reason="finished")
        digests.add(web.told("checkpoint_saved")[-1]["data"]["digest"])
        leave(web, host)
    assert len(digests) == 1


@pytest.mark.parametrize("more", [30_000_000, 60_000_000, 90_000_000, 120_000_000, 150_000_000])
def test_a_trainer_without_enough_memory_says_so(lab: Lab, host: Host, more: int) -> None:
    greedy = Blueprint(dataset="digits", layers=(Flatten(), Linear(features=4096), Linear(features=4096), Linear(features=10)))
    web = lab.web(greedy)
    web.work = web.known_work(go=True, until=1)
    status = Path(f"/proc/{host.pid}/status").read_text()
    used = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmData"))) * 1024
    host.fork(web, memory=used + more)
    assert host.exited() == 1
    assert web.event("session_failed") is web.events[-1] and web.events[-1]["data"]["code"] == "out_of_memory"


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "null", '{"fork": {}}', '{"fork": {"shell": "rm"}}', '{"kill": 1}',
                                  '{"kill": {"room": "x", "attempt": 1, "hard": true}}', '{"dance": 1}', "\x00\x7f"])
def test_a_line_that_is_no_order_is_ignored(lab: Lab, host: Host, line: str) -> None:
    host.say(line)
    web = lab.web()
    host.fork(web)
    web.wait(lambda: web.hellos)
    leave(web, host)


def test_a_trainer_can_be_started_plainly(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    process = subprocess.Popen(
        [sys.executable, "-m", "ml_utils.trainer", "--line", str(web.address), "--room", "abcdefgh", "--attempt", "1",
         "--checkpoints", str(web.address.parent / "checkpoints")], cwd=ROOT, stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "LOCKSTEP_TOKEN": "secret"})
    web.event("metrics")
    assert web.hellos[0]["token"] == "secret"
    process.terminate()
    assert process.wait(TIMEOUT) == 143
    assert web.events[-1]["name"] == "checkpoint_saved"


def test_trainers_live_on_when_their_host_ends(lab: Lab, host: Host) -> None:
    web, pid = training(lab, host)
    assert host.end() == 0
    told = len(web.events)
    web.wait(lambda: len(web.events) > told + 5)
    web.send({"t": "leave"})
    web.wait(lambda: gone(pid), "the end of the trainer")
    assert web.events[-1]["name"] == "checkpoint_saved"
