"""The end of the line at which the terminal sits: listens for its trainer, reads and writes frames, never blocks for long."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ..line import Frame, FrameReader, encode, line_address

SEND_SECONDS = 5.0
CHUNK = 1 << 18  # bytes


class Line:
    """A Unix socket beside the run folder's files, and the one trainer on it. `bell`: a descriptor that also ends a wait."""

    def __init__(self, folder: Path, bell: int) -> None:
        self.address = line_address(folder)
        self._bell = bell
        Path(self.address).unlink(missing_ok=True)  # left by one that was killed
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.address)
        Path(self.address).chmod(0o600)
        self._server.listen(8)
        self._trainer: socket.socket | None = None
        self._readers: dict[socket.socket, FrameReader] = {}

    def hear(self, seconds: float) -> Iterator[tuple[socket.socket, Frame]]:
        """Wait for up to so many seconds, then yield what came; frames of strangers come, too, until they are hung up on."""
        watched: list[Any] = [self._bell, self._server, *self._readers]
        ready, _, _ = select.select(watched, [], [], seconds)
        for one in ready:
            if one is self._server:
                self._accept()
            elif isinstance(one, socket.socket):
                yield from self._read(one)
            else:
                os.read(self._bell, 4096)

    def _accept(self) -> None:
        sock, _ = self._server.accept()
        sock.settimeout(SEND_SECONDS)
        self._readers[sock] = FrameReader()

    def _read(self, sock: socket.socket) -> Iterator[tuple[socket.socket, Frame]]:
        try:
            data = sock.recv(CHUNK)
            if not data:
                raise ConnectionResetError
            for frame in self._readers[sock].feed(data):
                yield sock, frame
                if sock not in self._readers:
                    return
        except (OSError, ValueError):  # gone, or garbage
            self.hang_up(sock)

    def welcome(self, sock: socket.socket, frame: Frame) -> None:
        """This is the trainer; an earlier line of it is closed."""
        if self._trainer is not None and self._trainer is not sock:
            self.hang_up(self._trainer)
        self._trainer = sock
        self.send(frame)

    @property
    def has_trainer(self) -> bool:
        return self._trainer is not None

    def is_trainer(self, sock: socket.socket) -> bool:
        return sock is self._trainer

    def refuse(self, sock: socket.socket) -> None:
        """This is not our trainer, or not any more."""
        self._say(sock, {"t": "refused", "reason": "not this run's trainer"})
        self.hang_up(sock)

    def send(self, frame: Frame) -> bool:
        """Return whether there is a trainer who can have heard it."""
        return self._trainer is not None and self._say(self._trainer, frame)

    def _say(self, sock: socket.socket, frame: Frame) -> bool:
        try:
            sock.sendall(encode(frame))
        except OSError:
            self.hang_up(sock)
            return False
        return True

    def hang_up(self, sock: socket.socket | None = None) -> None:
        """Close a line; without one, that of the trainer."""
        sock = sock or self._trainer
        if sock is None:
            return
        if sock is self._trainer:
            self._trainer = None
        self._readers.pop(sock, None)
        sock.close()

    def close(self) -> None:
        for sock in list(self._readers):
            self.hang_up(sock)
        self._server.close()
        place = Path(self.address)
        place.unlink(missing_ok=True)
        if place.parent.parent == Path(gettempdir()) and place.parent.name.startswith("lockstep-"):
            place.parent.rmdir()
