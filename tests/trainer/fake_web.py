"""A small web process for tests: listens on a real socket, stores what trainers tell, and knows what a log would know."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.fields import Position
from ml_utils.core.messages import EVENTS
from ml_utils.core.patches import batches_per_epoch
from ml_utils.core.settings import Settings
from ml_utils.core.work import Change, Known, Work
from ml_utils.line import Frame, FrameReader, encode

TIMEOUT = 20.0
Event = dict[str, Any]


class FakeWeb:
    """One room. Events are checked against the messages, stored once, and acknowledged."""

    def __init__(self, address: Path, blueprint: Blueprint | None = None, settings: Settings | None = None) -> None:
        self.address = address
        self.blueprint, self.begun_with = blueprint or cnn(), settings or Settings()
        self.events: list[Event] = []  # the log, as `{name, data, position, command, n, attempt}`
        self.frames: list[Frame] = []
        self.hellos: list[Frame] = []
        self.attempt = 1
        self.acking = True
        self.commands: list[dict[str, Any]] = []  # sent along with the welcome
        self.work: Work | None = None
        self.refusing = False
        self.changed = threading.Condition()
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._count = 0
        self.listen()

    # ── the socket ──

    def listen(self) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.address))
        self._server.listen()
        self._spawn(self._accept, self._server)

    def hang_up(self) -> None:
        """Close every line; keep listening."""
        for line in list(self._lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def vanish(self) -> None:
        """Be gone altogether."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.address.unlink(missing_ok=True)
        self.hang_up()

    def close(self) -> None:
        if self.address.exists():
            self.vanish()
        for thread in self._threads:
            thread.join(TIMEOUT)
            assert not thread.is_alive()

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            self._lines.append(line)
            self._spawn(self._read, line)

    def _read(self, line: socket.socket) -> None:
        reader = FrameReader()
        with line:
            try:
                while data := line.recv(65536):
                    for frame in reader.feed(data):
                        self._take(line, frame)
            except OSError:
                pass
        self._lines.remove(line)
        with self.changed:
            self.changed.notify_all()

    def _take(self, line: socket.socket, frame: Frame) -> None:
        with self.changed:
            self.frames.append(frame)
            if frame["t"] == "hello":
                self.hellos.append(frame)
                line.sendall(encode(self._answer(frame)))
            elif frame["t"] == "event":
                self._store(frame)
                if self.acking:
                    line.sendall(encode({"t": "ack", "n": self.acked}))
            self.changed.notify_all()

    def _answer(self, hello: Frame) -> Frame:
        if self.refusing:
            return {"t": "refused", "reason": "test"}
        self.attempt = hello["attempt"]
        work = (self.work or self.known_work()).model_dump(mode="json")
        return {"t": "welcome", "acked": self.acked, "work": work, "commands": self.commands}

    def _store(self, frame: Frame) -> None:
        EVENTS[frame["name"]].model_validate(frame["data"])
        Position.model_validate(frame["position"])
        if frame["n"] > self.acked:
            assert frame["n"] == self.acked + 1, f"event {frame['n']} after {self.acked}"
            self.events.append({**frame, "attempt": self.attempt})

    @property
    def acked(self) -> int:
        return max((event["n"] for event in self.events if event["attempt"] == self.attempt), default=0)

    # ── speaking ──

    def command(self, name: str, **args: Any) -> str:
        """Send a Command on the line; return its id."""
        self._count += 1
        identity = f"command-{self._count:04d}"
        self.send({"t": "command", "id": identity, "name": name, "args": args})
        return identity

    def go(self, until: int, **others: Any) -> str:
        return self.command("go", **{"branch": "b1", "fork": 0, "until": until, "moved": 1, **others})

    def send(self, frame: Frame) -> None:
        self._lines[-1].sendall(encode(frame))

    # ── listening ──

    def wait(self, ready: Callable[[], Any], what: str = "") -> Any:
        """Return what `ready` gives as soon as it is something."""
        ends = monotonic() + TIMEOUT
        with self.changed:
            while not (found := ready()):
                told = [event["name"] for event in self.events[-5:]]
                assert monotonic() < ends, f"waited in vain for {what}; last: {told}"
                self.changed.wait(0.02)  # what is waited for may be the trainer's, too
            return found

    def event(self, name: str, count: int = 1, **data: Any) -> Event:
        """Return the `count`-th Event of this name (and data), when it has come."""
        def found() -> Event | None:
            return next(iter(self.told(name, **data)[count - 1:]), None)

        event: Event = self.wait(found, f"{name} {data}")
        return event

    def answer(self, command: str) -> Event:
        """Return the Event that a Command caused."""
        event: Event = self.wait(lambda: next((one for one in self.events if one["command"] == command), None), command)
        return event

    def told(self, name: str, **data: Any) -> list[Event]:
        return [one for one in self.events if one["name"] == name and data.items() <= one["data"].items()]

    # ── what the log knows ──

    @property
    def settings(self) -> Settings:
        changed = self.told("settings_changed")
        return Settings.model_validate(changed[-1]["data"]["settings"]) if changed else self.begun_with

    @property
    def position(self) -> Position:
        batches = batches_per_epoch(self.blueprint.model_dump(), self.begun_with.batch_size)
        placed = [one["position"] for one in self.events if one["name"] not in ("checkpoint_saved", "checkpoint_damaged")]
        start = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 0, "batches": batches, "x": 0.0}
        return Position.model_validate(placed[-1] if placed else start)

    def known_work(self, go: bool = False, until: int | None = None, **others: Any) -> Work:
        """Return the Work of the next attempt."""
        position = self.position
        damaged = {one["data"]["digest"] for one in self.told("checkpoint_damaged")}
        known = [Known(**{name: one["data"][name] for name in Known.model_fields})
                 for one in self.told("checkpoint_saved") if one["data"]["digest"] not in damaged]
        known.sort(key=lambda one: one.x, reverse=True)
        replay = [Change(epoch=one["position"]["epoch"], batch=one["position"]["batch"],
                         settings=Settings.model_validate(one["data"]["settings"])) for one in self.told("settings_changed")]
        values = {"blueprint": self.blueprint, "settings": self.begun_with, "threads": 1, "position": position,
                  "checkpoints": tuple(one for one in known if one.x <= position.x), "replay": tuple(replay),
                  "fork": 0, "parent": None, "target": {"epoch": position.epoch, "batch": position.batch},
                  "now": self.settings, "moved": 1,
                  "go": go, "until": until, "recovering": go and bool(self.events), "started": go and bool(self.events)}
        return Work.model_validate({**values, **others})
