"""The line to the web process, seen from the trainer: one thread speaks, the training thread only leaves notes."""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
from collections import deque
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from ..line import Frame, FrameReader, encode
from .order import Leave, Order, Patience
from .outbox import Outbox

log = logging.getLogger(__name__)
CONNECT_SECONDS = 5.0
MOST_SAID = 100  # answers that wait for the line


class Wire:
    """Dials, redials, sends the outbox, receives notes (welcome, command) and reasons to leave."""

    def __init__(self, order: Order, patience: Patience) -> None:
        self.progress = 0  # counted up by the training thread; without progress there is no beat
        self.notes: SimpleQueue[Frame] = SimpleQueue()
        self.moved = 0  # see core/work.py
        self.heard: set[str] = set()  # ids of Commands that were obeyed
        self.drawings: list[dict[str, Any]] = []  # that the room keeps: id, dataset, label, pixels
        self.leaving: Leave | None = None
        self.outbox = Outbox()
        self._said: deque[bytes] = deque(maxlen=MOST_SAID)
        self._order, self._patience = order, patience
        self._heard = monotonic()
        self._ends = float("inf")  # when the line is given up
        self._refused = self._welcomed = False
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    # ── for the training thread ─────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        self._thread.start()

    def tell(self, name: str, data: dict[str, Any], position: dict[str, Any], command: str | None = None) -> None:
        """Report an Event; never waits."""
        self.outbox.put(name, data, position, command, self.moved)
        self._ring()

    def say(self, frame: Frame) -> None:
        """Send what need not be kept: where the line is broken it may be lost."""
        self._said.append(encode(frame))
        self._ring()

    def beat(self) -> None:
        """Waiting for something is not hanging."""
        self.progress += 1

    def leave(self, why: Leave) -> None:
        """Let the training thread leave before its next batch. Safe in a signal handler."""
        self.leaving = self.leaving or why
        self.notes.put({"t": "leave"})  # wakes who waits for a note

    def wait(self, seconds: float) -> Frame | None:
        """Return the next note, or None after that time; counts as progress, since waiting is not hanging."""
        self.progress += 1
        try:
            return self.notes.get(timeout=min(max(seconds, 0.01), self._patience.beat / 2))
        except Empty:
            return None

    def farewell(self) -> None:
        """Send what is left and say goodbye; waits until all is stored, but not for long."""
        self._ends = monotonic() + self._patience.farewell
        self._ring()
        self._thread.join(self._patience.farewell + 1.0)
        if not self._thread.is_alive():
            self._bell.close()
            self._ear.close()

    def _ring(self) -> None:
        try:
            self._bell.send(b"!")
        except BlockingIOError:
            pass  # it rings already

    # ── the thread of the line ──────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        pause = self._patience.redial
        while not self._over():
            try:
                with self._dial() as sock:
                    self._talk(sock)
                    pause = self._patience.redial
            except (OSError, ValueError, KeyError, TypeError, MemoryError) as error:
                log.info("no line: %s", error)
            self._note_silence()
            self._sleep(pause)
            pause = min(pause * 1.5, self._patience.redial * 5)

    def _over(self) -> bool:
        return self._refused or monotonic() >= self._ends

    def _dial(self) -> socket.socket:
        address = self._order.line
        if not address.startswith("tcp://"):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(CONNECT_SECONDS)
            try:
                sock.connect(address)
            except OSError:
                sock.close()
                raise
            return sock
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        sock = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _talk(self, sock: socket.socket) -> None:
        order, reader = self._order, FrameReader()
        sock.sendall(encode({"t": "hello", "room": order.room, "attempt": order.attempt, "token": order.token,
                             "pid": os.getpid()}))
        self._welcomed = False
        beaten, seen = monotonic(), self.progress
        while not self._over():
            readable, _, _ = select.select([sock, self._ear], [], [], self._patience.beat / 4)
            if self._ear in readable:
                self._ear.recv(4096)
            if sock in readable:
                self._hear(sock, reader)
            if self._welcomed:
                sock.sendall(self.outbox.take())
                while self._said:
                    sock.sendall(self._said.popleft())
                if not self.outbox.waiting:
                    self._heard = monotonic()
            if monotonic() - beaten >= self._patience.beat and self.progress != seen:
                beaten, seen = monotonic(), self.progress
                sock.sendall(encode({"t": "beat"}))
            if self._ends < float("inf") and self._welcomed and not self.outbox.waiting:
                sock.sendall(encode({"t": "bye"}))
                self._ends = 0.0
            if monotonic() - self._heard > self._patience.silence:
                raise TimeoutError("the web process does not answer")

    def _hear(self, sock: socket.socket, reader: FrameReader) -> None:
        data = sock.recv(65536)
        if not data:
            raise ConnectionResetError("the web process hung up")
        for frame in reader.feed(data):
            self._heard = monotonic()
            self._take(sock, frame)

    def _take(self, sock: socket.socket, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "ack":
            self.outbox.forget(frame["n"])
        elif kind in ("command", "stand", "settings", "ask"):
            self.notes.put(frame)
        elif kind == "drawings":
            self.drawings = frame["rows"]
        elif kind == "welcome":
            sock.sendall(self.outbox.again(frame["acked"]))
            self._welcomed = True
            self.notes.put(frame)
            for command in frame["commands"]:
                self.notes.put({"t": "command", **command})
        elif kind == "leave":
            self.leave(Leave("asked to"))
        elif kind == "refused":
            self._refused = True
            self.leave(Leave(f"refused: {frame.get('reason')}", save=False))

    def _note_silence(self) -> None:
        if monotonic() - self._heard > self._patience.silence:
            self.leave(Leave("no line"))

    def _sleep(self, seconds: float) -> None:
        """Wait; an Event to send does not shorten it, an end does."""
        ends = monotonic() + seconds
        while not self._over() and (left := ends - monotonic()) > 0:
            if select.select([self._ear], [], [], min(left, 0.1))[0]:
                self._ear.recv(4096)
