"""A real server in its own process, and a page without a browser: the same messages, the same fold."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests
import socketio

from ml_utils.core.snapshot import apply
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[1]
DATA = os.environ.get("LOCKSTEP_DATA") or str(ROOT.parent / "shared" / "datasets")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python app.py` on an instance folder of its own; may be killed and started again on the same one."""

    def __init__(self, instance: Path, mode: str = "eventlet", program: tuple[str, ...] = ("app.py",), **settings: Any) -> None:
        self.program, self.instance, self.port = program, instance, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = instance.parent / f"{instance.name}.log"
        self.environment = {**os.environ, "LOCKSTEP_INSTANCE": str(instance), "LOCKSTEP_PORT": str(self.port),
                            "LOCKSTEP_ASYNC": mode, "LOCKSTEP_DATA": DATA,
                            **{f"LOCKSTEP_{name.upper()}": str(value) for name, value in settings.items()}}
        self.start()

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *self.program], cwd=ROOT, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self.answers, 30, f"the server's answer ({self.log()[-2000:]})")

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.ConnectionError:
            return False

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def kill(self) -> None:
        """kill -9: no chance to tidy up."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)

    def processes(self) -> list[int]:
        """Return every process that belongs to this instance."""
        return [one.pid for one in psutil.process_iter() if self._owns(one)]

    def _owns(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and \
                process.environ().get("LOCKSTEP_INSTANCE") == str(self.instance)
        except psutil.Error:
            return False

    def trainers(self) -> list[int]:
        """Return the trainer processes, whether forked by the trainer host or started plainly."""
        found = []
        for pid in self.processes():
            try:
                command = psutil.Process(pid).cmdline()
                host = "ml_utils.trainer.host" in command and psutil.Process(pid).ppid() == self.process.pid
            except psutil.Error:
                continue
            if not host and any(part.startswith("ml_utils.trainer") for part in command):
                found.append(pid)
        return found

    def close(self) -> None:
        """Stop, and see that nothing is left."""
        if self.process.poll() is None:
            self.stop()
        try:
            until(lambda: not self.processes(), 10, "the end of every process")
        finally:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)


def in_order(client: socketio.Client) -> None:
    """Handle messages in the order in which they come; by itself the client gives each one a thread."""
    plain = client.eio._trigger_event
    client.eio._trigger_event = lambda event, *args, **options: plain(event, *args, **{**options, "run_async": False})


class Page:
    """What an open page is to the server: cookie, token, socket; folds what it gets; joins again after a break."""

    def __init__(self, server: Server, room: str | None = None, name: str = "") -> None:
        self.server, self.name = server, name
        self.http = requests.Session()
        self.state: dict[str, Any] = {"seq": -1}
        self.events: list[dict[str, Any]] = []
        self.arrived: dict[str, float] = {}  # when the newest Event of a name came
        self.people: list[dict[str, str]] = []
        self.gaps = 0
        self.joined = False
        self._lock = threading.RLock()
        self._asked = 0
        session = self.http.get(f"{server.url}/api/session", timeout=10).json()
        self.token, self.person = session["token"], session["person"]
        self.room = room or session["room"]
        self.socket = socketio.Client(reconnection=True, reconnection_delay=0.1, reconnection_delay_max=0.5)
        in_order(self.socket)
        self.socket.on("event", self._take)
        self.socket.on("presence", self._see)
        self.socket.on("connect", self.join)
        self.socket.on("disconnect", self._left)
        self.open()

    def open(self) -> None:
        cookie = "; ".join(f"{one.name}={one.value}" for one in self.http.cookies)
        self.socket.connect(self.server.url, transports=["websocket"], auth={"token": self.token},
                            headers={"Cookie": cookie}, wait_timeout=10)
        until(lambda: self.state["seq"] >= 0, what="the first snapshot")

    def join(self) -> None:
        since = self.state["seq"] if self.state["seq"] >= 0 else None
        self.socket.emit("join", {"room": self.room, "since": since, "name": self.name or None}, callback=self._joined)

    def _joined(self, answer: dict[str, Any]) -> None:
        assert answer["ok"], answer
        if answer.get("snapshot"):
            snapshot = self.snapshot()
            with self._lock:
                self.state = snapshot
        for event in answer.get("events", ()):
            self._take(event)
        self.joined = True

    def _left(self, *_: object) -> None:
        self.joined = False

    def snapshot(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.server.url}/api/rooms/{self.room}", timeout=10).json()
        return dict(answer["snapshot"])

    def log(self) -> list[dict[str, Any]]:
        """The room's log as the server has it, without patches."""
        found: list[dict[str, Any]] = []
        while True:
            since = found[-1]["seq"] if found else 0
            answer = self.http.get(f"{self.server.url}/api/rooms/{self.room}/events?since={since}", timeout=10).json()
            if not answer["events"]:
                return found
            found += answer["events"]

    def _take(self, event: dict[str, Any]) -> None:
        with self._lock:
            if event["seq"] <= self.state["seq"]:
                return
            if event["seq"] > self.state["seq"] + 1:
                self.gaps += 1
                threading.Thread(target=self.join).start()
                return
            apply(self.state, event["patch"])
            self.events.append(event)
            self.arrived[event["name"]] = time.perf_counter()

    def _see(self, message: dict[str, Any]) -> None:
        self.people = message["people"]

    def command(self, name: str, args: dict[str, Any] | None = None, id: str | None = None) -> dict[str, Any]:
        until(lambda: self.socket.connected and self.joined, what="a connection")
        self._asked += 1
        wish = {"id": id or f"{self.person}-{self._asked}", "name": name, "args": args or {}}
        answer: dict[str, Any] = self.socket.call("command", wish, timeout=20)
        return answer

    def sees(self, look: Callable[[dict[str, Any]], Any], seconds: float = 30, what: str = "it") -> dict[str, Any]:
        def now() -> Any:
            with self._lock:
                return look(self.state)

        try:
            until(now, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; session: {self.state.get('session')}") from None
        return self.state

    def status(self, wanted: str, seconds: float = 30) -> dict[str, Any]:
        return self.sees(lambda state: state["session"]["status"] == wanted and not state["session"]["waiting"], seconds,
                         f"status {wanted}")

    def break_line(self) -> None:
        """Cut the connection without a word, as a lost network does."""
        wire = until(lambda: self.socket.connected and self.socket.eio.ws and self.socket.eio.ws.sock, what="a connection")
        wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.disconnect()
        self.socket.shutdown()
        self.http.close()
