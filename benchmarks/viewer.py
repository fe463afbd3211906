"""A viewer as cheap as can be: one WebSocket, hand-written framing, so that 200 of them leave the machine to the server."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

import requests


class Viewer:
    """Joins a room and yields the Events as they arrive. `sock` is to be selected on."""

    def __init__(self, url: str, room: str) -> None:
        session = requests.Session()
        token = session.get(f"{url}/api/session", timeout=30).json()["token"]
        cookie = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
        session.close()
        self._buffer = b""
        self.seqs: list[int] = []
        self.sock = self._upgrade(url, cookie)
        self._expect("0")
        self._say("40" + json.dumps({"token": token}))
        self._expect("40")
        self._say('420["join",' + json.dumps({"room": room, "since": None, "name": None}) + "]")
        self._expect("430")
        self.sock.setblocking(False)

    def _upgrade(self, url: str, cookie: str) -> socket.socket:
        host = url.removeprefix("http://")
        sock = socket.create_connection(tuple(host.split(":")), timeout=30)  # type: ignore[arg-type]
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall((f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                      f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                      f"Origin: {url}\r\nCookie: {cookie}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += sock.recv(4096)
        self._buffer = self._buffer.partition(b"\r\n\r\n")[2]
        return sock

    def _say(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        length = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(data))
        self.sock.sendall(length + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(data)))

    def _expect(self, start: str) -> None:
        while True:
            for text in self._frames():
                if text.startswith(start):
                    return
            self._buffer += self.sock.recv(65536)

    def _frames(self) -> Iterator[str]:
        while len(self._buffer) >= 2:
            size, head = self._buffer[1] & 0x7F, 2
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(self._buffer) < head:
                    return
                size = int.from_bytes(self._buffer[2:head], "big")
            if len(self._buffer) < head + size:
                return
            body, self._buffer = self._buffer[head:head + size], self._buffer[head + size:]
            yield body.decode()

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the Events that have arrived; answers pings."""
        self._buffer += self.sock.recv(262144)
        for text in self._frames():
            if text == "2":
                self._say("3")
            elif text.startswith('42["event"'):
                event = json.loads(text[2:])[1]
                self.seqs.append(event["seq"])
                yield event
