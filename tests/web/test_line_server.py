"""The socket trainers dial: private, short of name, and not to be shaken by garbage."""

from __future__ import annotations

import socket
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils.line import LONGEST_PATH, MAX_FRAME, Frame, FrameReader, encode, line_address
from ml_utils.web.line_server import Line, LineServer
from tests.waiting import until


class Post:
    """A line server with its tasks, and what came over its lines."""

    def __init__(self, folder: Path) -> None:
        self.frames: list[Frame] = []
        self.lines: list[Line] = []
        self.ended: list[Line] = []
        self._threads: list[threading.Thread] = []
        self.server = LineServer(folder, self.spawn, time.sleep)
        self.spawn(self.server.serve, self.take, self.ended.append)

    def spawn(self, function: Callable[..., Any], *args: Any) -> None:
        self._threads.append(threading.Thread(target=function, args=args))
        self._threads[-1].start()

    def take(self, line: Line, frame: Frame) -> None:
        if line not in self.lines:
            self.lines.append(line)
        if frame["t"] == "bad":
            raise ValueError("not what a trainer says")
        if frame["t"] == "bug":
            raise RuntimeError("our own mistake")
        self.frames.append(frame)

    def dial(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10)
        sock.connect(self.server.address)
        return sock

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.server.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    one = Post(tmp_path)
    yield one
    one.close()


def heard(sock: socket.socket) -> list[Frame]:
    """Return every frame until the end of the line."""
    reader, found = FrameReader(), []
    while data := sock.recv(65536):
        found += list(reader.feed(data))
    return found


def test_the_socket_is_its_owners_alone_and_gone_afterwards(tmp_path: Path) -> None:
    post = Post(tmp_path)
    assert stat.S_IMODE(Path(post.server.address).stat().st_mode) == 0o600
    post.close()
    assert not Path(post.server.address).exists()


def test_a_socket_left_by_a_killed_server_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(line_address(tmp_path))
    post = Post(tmp_path)
    post.dial().close()
    post.close()


def test_a_long_instance_path_gets_a_short_private_one(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * LONGEST_PATH)
    deep.mkdir()
    address = Path(line_address(deep))
    try:
        assert len(str(address)) <= LONGEST_PATH
        assert address == Path(line_address(deep))
        assert address != Path(line_address(tmp_path / ("y" * LONGEST_PATH)))
        assert address.parent.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
        post = Post(deep)
        post.dial().close()
        post.close()
        address.parent.chmod(0o755)
        with pytest.raises(SystemExit, match="open to others"):
            line_address(deep)
    finally:
        for folder in (address.parent, Path(line_address_folder(tmp_path / ("y" * LONGEST_PATH)))):
            if folder.exists():
                folder.rmdir()


def line_address_folder(instance: Path) -> str:
    return str(Path(line_address(instance)).parent)


def test_frames_come_whole_however_they_are_cut_and_answers_go_back(post: Post) -> None:
    sock = post.dial()
    for byte in encode({"t": "beat", "n": 1}) + encode({"t": "beat", "n": 2}):
        sock.sendall(bytes([byte]))
    until(lambda: len(post.frames) == 2)
    assert [frame["n"] for frame in post.frames] == [1, 2]
    post.lines[0].send({"t": "ack", "n": 2})
    post.lines[0].close()
    assert heard(sock) == [{"t": "ack", "n": 2}]
    sock.close()
    until(lambda: post.ended == post.lines)


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", struct.pack(">I", MAX_FRAME + 1), struct.pack(">I", 3) + b"abc",
                                     struct.pack(">I", 0), encode({"t": "bad"}), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                     struct.pack(">I", 1) + b"\xc0", struct.pack(">I", 4) + b"\x93\x01\x02\x03"], ids=range(8))
def test_garbage_closes_its_line_and_no_other(post: Post, garbage: bytes) -> None:
    good, bad = post.dial(), post.dial()
    bad.sendall(garbage)
    assert heard(bad) == []
    good.sendall(encode({"t": "beat", "n": 7}))
    until(lambda: post.frames == [{"t": "beat", "n": 7}])
    for sock in (good, bad):
        sock.close()


def test_a_line_that_ends_in_the_middle_of_a_frame_just_ends(post: Post) -> None:
    sock = post.dial()
    sock.sendall(encode({"t": "beat", "text": "x" * 1000})[:500])
    sock.close()
    until(lambda: post.ended)
    assert post.frames == []


@pytest.mark.allows_traceback
def test_our_own_mistake_closes_one_line_and_is_logged(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    sock = post.dial()
    sock.sendall(encode({"t": "bug"}))
    assert heard(sock) == []
    sock.close()
    until(lambda: "our own mistake" in caplog.text)
    other = post.dial()
    other.sendall(encode({"t": "beat"}))
    until(lambda: post.frames)
    other.close()


def test_a_trainer_that_does_not_read_holds_up_nobody(post: Post) -> None:
    deaf, other = post.dial(), post.dial()
    deaf.sendall(encode({"t": "beat"}))
    until(lambda: post.lines)
    begun = time.perf_counter()
    for _ in range(50):
        post.lines[0].send({"t": "x", "data": "x" * 100_000})
    assert time.perf_counter() - begun < 1
    other.sendall(encode({"t": "beat", "n": 2}))
    until(lambda: len(post.frames) == 2)
    for sock in (deaf, other):
        sock.close()


def test_it_knows_the_process_at_the_other_end(post: Post) -> None:
    sock = post.dial()
    sock.sendall(encode({"t": "beat"}))
    until(lambda: post.lines)
    assert post.lines[0].pid > 0
    post.lines[0].kill()  # ourselves: spared
    sock.close()
