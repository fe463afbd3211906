"""The only file that knows which async mode runs: eventlet (default), gevent or threading."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

Offload = Callable[..., Any]
log = logging.getLogger(__name__)
QUEUED_MESSAGES = 300  # to one browser; more: it does not read
QUEUED_BYTES = 1_000_000
UNPROVEN_SECONDS = 10.0
LOOK_SECONDS = 1.0
SMALLEST_PART = 64  # bytes that a part of a message counts at least
MAX_CONNECTIONS = 8192  # eventlet's own default of 1024 locks a school out


def patch() -> None:
    """Make the standard library green, before anything else is imported; the mode is that of LOCKSTEP_ASYNC."""
    mode = os.environ.get("LOCKSTEP_ASYNC") or "eventlet"
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")  # else PostgreSQL's driver freezes the hub
    if mode == "eventlet":
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        import eventlet

        eventlet.monkey_patch()
    elif mode == "gevent":
        _patch_gevent()


def _patch_gevent() -> None:
    try:
        import geventwebsocket  # noqa: F401  without it gevent corrupts streams to slow readers
        from gevent import monkey
    except ImportError as missing:
        raise SystemExit("LOCKSTEP_ASYNC=gevent needs gevent and gevent-websocket: "
                         "pip install -r requirements-optional.txt") from missing
    monkey.patch_all()


def offload_for(mode: str) -> Offload:
    """Return ``offload(function, *args)``: runs a pure function of over 5 ms off the hub and returns its result."""
    if mode == "eventlet":
        from eventlet import tpool

        return tpool.execute  # type: ignore[no-any-return]
    if mode == "gevent":
        import gevent

        return lambda function, *args: gevent.get_hub().threadpool.apply(function, args)
    return lambda function, *args: function(*args)


def engine_options(mode: str, largest_message: int) -> dict[str, Any]:
    """Return the options of Socket.IO that differ between the modes."""
    return {"async_mode": mode, "max_http_buffer_size": largest_message}


def guard_messages(server: Any, mode: str, largest_message: int) -> None:
    """Cut too large messages while they are read, and let through only what is a message (see frames.py)."""
    from engineio import packet  # not above: this file is read before the standard library is made green

    from .frames import Gate

    plain = server.eio._async["websocket"]
    options = {"max_message_size": largest_message} if mode == "threading" else {}

    def guarded(handler: Callable[..., Any], eio: Any) -> Any:
        viewer = handler.__self__  # type: ignore[attr-defined]

        def handle(wire: Any) -> Any:
            if mode == "eventlet":
                _cap(wire, eio.sleep)
            elif mode == "threading":
                wire.wait = lambda: _received(wire.ws)
            viewer.gate = Gate(wire, lambda text: viewer.send(packet.Packet(packet.MESSAGE, text)), eio.sleep,
                               lambda: _shut(wire))
            return handler(viewer.gate)

        return plain(handle, eio, **options)

    server.eio._async = {**server.eio._async, "websocket": guarded}


def _cap(wire: Any, pause: Callable[[float], Any]) -> None:
    """Eventlet limits a frame, not a message of many frames, and reads a busy line without ever yielding."""
    from eventlet.websocket import FailedConnectionError

    plain = wire._recv_frame

    class CappedMessage(wire.Message):  # type: ignore[misc,name-defined]
        size = 0

        def push(self, data: bytes, final: bool = False) -> None:
            self.size += max(SMALLEST_PART, len(data))
            if self.size > self.max_frame_length:
                raise FailedConnectionError(1009, "Message is too big")
            super().push(data, final)

    def receive(message: Any = None) -> Any:
        pause(0)
        return plain(message=message)

    wire.Message, wire._recv_frame = CappedMessage, receive


def _received(line: Any) -> Any:
    """Return a message or None at the end; simple-websocket may sleep through the end, so look now and then."""
    from simple_websocket import ConnectionClosed

    try:
        while (message := line.receive(timeout=LOOK_SECONDS)) is None:
            pass
    except ConnectionClosed:
        return None
    return message


def _shut(wire: Any) -> None:
    """End the connection below the WebSocket: a task that waits for it to read or to write goes on."""
    sock = getattr(wire, "socket", None) or getattr(getattr(wire, "ws", None), "sock", None)
    try:
        if sock:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def drop_idle_viewers(server: Any) -> None:
    """Drop browsers that do not read (their messages would fill the memory) and connections nobody proved to be allowed.

    Who was dropped comes back through the Snapshot.
    """
    now = time.monotonic()
    for sid, viewer in list(server.eio.sockets.items()):
        gate = getattr(viewer, "gate", None)
        slow = viewer.queue.qsize() > QUEUED_MESSAGES or _queued_bytes(viewer) > QUEUED_BYTES
        stranger = gate and now - gate.since > UNPROVEN_SECONDS and not server.manager.sid_from_eio_sid(sid, "/")
        if slow or stranger:
            log.warning("a viewer is dropped: it %s", "does not read" if slow else "did not prove who it is")
            viewer.close(wait=False)
        if gate and viewer.closed:
            gate.cut()


def _queued_bytes(viewer: Any) -> int:
    return sum(len(message.data) for message in list(viewer.queue.queue) if message and isinstance(message.data, str))


def serve(socketio: Any, app: Any, mode: str, host: str, port: int) -> None:
    """Serve until the process ends; OSError where the port is taken."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if mode == "eventlet":
        import eventlet.wsgi

        listener = eventlet.listen((host, port), reuse_port=False)  # else two servers would share a port, and its clients
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; else answers wait 40 ms for an ACK
        eventlet.wsgi.server(listener, app, max_size=MAX_CONNECTIONS, log_output=False, socket_timeout=60)
        return
    options: dict[str, dict[str, Any]] = {
        "gevent": {"log_output": False}, "threading": {"allow_unsafe_werkzeug": True, "request_handler": _prompt_handler()}}
    socketio.run(app, host=host, port=port, debug=False, use_reloader=False, **options[mode])


def _prompt_handler() -> type:
    """Return werkzeug's handler of requests, which by itself lets answers wait for an ACK."""
    from werkzeug.serving import WSGIRequestHandler

    return type("PromptHandler", (WSGIRequestHandler,), {"disable_nagle_algorithm": True})


class Stopper:
    """A flag that a signal handler may set; a task that ticks looks at it (eventlet's hub sleeps through more)."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self, *_: object) -> None:
        self._event.set()

    @property
    def asked(self) -> bool:
        return self._event.is_set()
