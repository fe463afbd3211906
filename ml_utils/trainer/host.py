"""The trainer host: imports torch once, computes nothing, forks a trainer per room on request.

JSON lines. In: `{"fork": order}` · `{"kill": {room, attempt, hard}}`. Out: `{"ready": pid}` ·
`{"forked": {room, attempt, pid}}` · `{"exited": {room, attempt, pid, status}}` (negative: ended by that signal).
It ends with its input; trainers live on.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: its threads would not survive a fork

import gc
import json
import logging
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import captum.attr  # noqa: F401  # half a second and 40 MB in each trainer that explains otherwise
import torch._dynamo  # the first optimizer imports it: 1 s and 120 MB in each trainer otherwise

from .ending import end
from .order import Order
from .process import serve

log = logging.getLogger(__name__)
Known = tuple[str, int]  # room, attempt
JOIN_SECONDS = 10.0


class Host:
    """One thread; waits for lines on `source` and for children that end."""

    def __init__(self, source: int, target: int) -> None:
        self._source, self._target = source, target
        self._children: dict[int, Known] = {}  # by pid
        self._rest = b""
        self._ear, self._bell = os.pipe()  # SIGCHLD rings
        os.set_blocking(self._bell, False)

    def serve(self) -> None:
        """Serve until the input ends."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the web process's to handle
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        self._say({"ready": os.getpid()})
        while True:
            readable, _, _ = select.select([self._source, self._ear], [], [])
            if self._ear in readable:
                os.read(self._ear, 4096)
                self._reap()
            if self._source in readable and not self._read():
                return

    def _read(self) -> bool:
        data = os.read(self._source, 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in filter(None, lines):
            try:
                self._obey(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                log.error("not an order: %.200r (%s)", line, error)
        return bool(data)

    def _obey(self, wish: dict[str, Any]) -> None:
        if "fork" in wish:
            self._fork(Order(**wish["fork"]))
        else:
            known = wish["kill"]["room"], wish["kill"]["attempt"]
            for pid in [pid for pid, child in self._children.items() if child == known]:
                os.kill(pid, signal.SIGKILL if wish["kill"]["hard"] else signal.SIGTERM)

    def _fork(self, order: Order) -> None:
        pid = os.fork()
        if pid == 0:
            self._become(order)
        self._children[pid] = order.room, order.attempt
        self._say({"forked": {"room": order.room, "attempt": order.attempt, "pid": pid}})

    def _become(self, order: Order) -> None:
        """The child: nothing of the host's stays open, nothing returns to its loop."""
        status = 1
        try:
            self._detach()
            status = serve(order)
        except BaseException:
            log.exception("trainer of room %s", order.room)
        finally:
            end(status)

    def _detach(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, self._source)
        os.dup2(2, self._target)
        for pipe in (nothing, self._ear, self._bell):
            os.close(pipe)
        torch.seed()

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            room, attempt = self._children.pop(pid)
            self._say({"exited": {"room": room, "attempt": attempt, "pid": pid, "status": os.waitstatus_to_exitcode(status)}})

    def _say(self, words: dict[str, Any]) -> None:
        os.write(self._target, json.dumps(words).encode() + b"\n")


def _one_thread() -> bool:
    tasks = Path("/proc/self/task")
    return not tasks.exists() or len(list(tasks.iterdir())) == 1


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for thread in threading.enumerate():  # matplotlib, which Captum imports, may have started a timer for its fonts
        if thread is not threading.current_thread():
            thread.join(JOIN_SECONDS)
    if not _one_thread():
        raise SystemExit("the trainer host has more than one thread: what it forks could hang")
    gc.collect()
    gc.freeze()
    try:
        Host(sys.stdin.fileno(), sys.stdout.fileno()).serve()
    except BrokenPipeError:
        log.info("nobody listens")
    end(0)


if __name__ == "__main__":
    main()
