"""What the one file that knows the async mode does for messages and viewers."""

from __future__ import annotations

import queue
import sys
import time
from typing import Any

import pytest

from ml_utils.web import async_mode
from ml_utils.web.async_mode import QUEUED_BYTES, QUEUED_MESSAGES, UNPROVEN_SECONDS, Stopper, drop_idle_viewers, offload_for


class Message:
    def __init__(self, data: Any) -> None:
        self.data = data


class Gate:
    def __init__(self, age: float) -> None:
        self.since, self.cuts = time.monotonic() - age, 0

    def cut(self) -> None:
        self.cuts += 1


class Viewer:
    """What the engine knows of a connection."""

    def __init__(self, *waiting: Any, age: float = 0) -> None:
        self.queue: queue.Queue[Any] = queue.Queue()
        for one in waiting:
            self.queue.put(one)
        self.gate, self.closed = Gate(age), False

    def close(self, wait: bool) -> None:
        assert not wait
        self.closed = True


class Server:
    """A Socket.IO server with these viewers, of whom some proved who they are."""

    def __init__(self, viewers: dict[str, Viewer], proven: set[str]) -> None:
        self.eio = self.manager = self
        self.sockets, self._proven = viewers, proven

    def sid_from_eio_sid(self, sid: str, namespace: str) -> str | None:
        return sid if sid in self._proven and namespace == "/" else None


def dropped(viewer: Viewer, proven: bool = True) -> bool:
    drop_idle_viewers(Server({"s": viewer}, {"s"} if proven else set()))
    assert viewer.gate.cuts == viewer.closed
    return viewer.closed


def test_a_viewer_that_reads_stays() -> None:
    assert not dropped(Viewer(*[Message("x")] * QUEUED_MESSAGES, age=3600))
    assert not dropped(Viewer(None, Message(None), Message({}), Message(b"x")))


def test_a_viewer_with_too_many_messages_or_bytes_waiting_is_dropped_and_its_line_cut() -> None:
    assert dropped(Viewer(*[Message("x")] * (QUEUED_MESSAGES + 1)))
    assert dropped(Viewer(Message("x" * (QUEUED_BYTES // 2)), Message("x" * (QUEUED_BYTES // 2 + 1))))


def test_a_connection_that_proves_nothing_is_dropped_after_a_while() -> None:
    assert not dropped(Viewer(age=UNPROVEN_SECONDS - 1), proven=False)
    assert dropped(Viewer(age=UNPROVEN_SECONDS + 1), proven=False)


def test_offloaded_work_gives_its_result_and_its_error() -> None:
    offload = offload_for("threading")
    assert offload(sorted, [3, 1, 2]) == [1, 2, 3]
    with pytest.raises(ValueError):
        offload(int, "x")


def test_a_stopper_stops_once_asked() -> None:
    stopper = Stopper()
    assert not stopper.asked
    stopper(15, None)
    assert stopper.asked


def test_gevent_without_its_websocket_package_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geventwebsocket", None)
    with pytest.raises(SystemExit, match="requirements-optional"):
        async_mode._patch_gevent()
