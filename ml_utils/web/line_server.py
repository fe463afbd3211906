"""The socket that trainers dial. One reader and one writer task per line; a slow trainer never holds up the hub."""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..line import Frame, FrameReader, encode, line_address

log = logging.getLogger(__name__)
Spawn = Callable[..., Any]


class Owner(Protocol):
    """Those who take what a process says that is no trainer."""

    def hello(self, line: Line, frame: Frame) -> None: ...

    def take(self, line: Line, frame: Frame) -> None: ...

    def gone(self, line: Line) -> None: ...


class Line:
    """One trainer's connection."""

    def __init__(self, sock: socket.socket, now: float) -> None:
        self.room = ""
        self.attempt = 0
        self.owner: Owner | None = None  # whose process it is; none: a trainer
        self.last_seen = now
        self.pid = _peer(sock)
        self._sock = sock
        self._outbox: queue.Queue[bytes | None] = queue.Queue()

    def send(self, frame: Frame) -> None:
        self._outbox.put(encode(frame))

    def close(self) -> None:
        """Send what is waiting, then close."""
        self._outbox.put(None)

    def kill(self) -> None:
        """End the process at the other end at once."""
        if self.pid not in (0, os.getpid()):
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def write_all(self) -> None:
        """The writer task."""
        while (data := self._outbox.get()) is not None:
            try:
                self._sock.sendall(data)
            except (OSError, EOFError):
                break
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except (OSError, EOFError):
            pass

    def read_all(self, take: Callable[[Line, Frame], None], pause: Callable[[float], Any]) -> None:
        """The reader task: gives every frame to `take`; ends with the line."""
        reader = FrameReader()
        try:
            while data := self._sock.recv(65536):
                for frame in reader.feed(data):
                    take(self, frame)
                pause(0)  # a busy line never yields by itself
        except (OSError, EOFError):
            pass
        except ValueError as error:
            log.warning("line of room %s closed: %s", self.room or "?", error)
        finally:
            self.close()
            self._sock.close()


class LineServer:
    """Listens where trainers dial; tells `take(line, frame)` and `gone(line)`."""

    def __init__(self, instance: Path, spawn: Spawn, pause: Callable[[float], Any]) -> None:
        self._spawn, self._pause = spawn, pause
        self.address = line_address(instance)
        self._socket = socket.socket(socket.AF_UNIX)
        Path(self.address).unlink(missing_ok=True)
        self._socket.bind(self.address)
        Path(self.address).chmod(0o600)
        self._socket.listen(128)

    def serve(self, take: Callable[[Line, Frame], None], gone: Callable[[Line], None]) -> None:
        """Accept lines until closed."""
        def read(line: Line) -> None:
            try:
                line.read_all(take, self._pause)
            except Exception:
                log.exception("line of room %s closed", line.room or "?")
            gone(line)

        while True:
            try:
                sock, _ = self._socket.accept()
            except (OSError, EOFError):
                return
            line = Line(sock, time.monotonic())
            self._spawn(read, line)
            self._spawn(line.write_all)

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        Path(self.address).unlink(missing_ok=True)


def _peer(sock: socket.socket) -> int:
    """Return the process at the other end, 0 where the system does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    found = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", found)[0])
