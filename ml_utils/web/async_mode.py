"""The only file that knows which async mode runs: eventlet (default), gevent or threading."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")
Offload = Callable[..., Any]
log = logging.getLogger(__name__)
QUEUED_MESSAGES = 300  # to one browser; more: it does not read
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


def cap_messages(server: Any, mode: str, largest_message: int) -> None:
    """Cut too large messages while they are read; only eventlet's adapter passes the limit on by itself."""
    if mode != "threading":
        return
    plain = server.eio._async["websocket"]

    def capped(handler: Callable[..., Any], eio: Any) -> Any:
        return plain(handler, eio, max_message_size=largest_message)

    server.eio._async = {**server.eio._async, "websocket": capped}


def drop_slow_viewers(server: Any) -> None:
    """Drop browsers that do not read: their messages would fill the memory. They come back through the Snapshot."""
    for viewer in list(server.eio.sockets.values()):
        if viewer.queue.qsize() > QUEUED_MESSAGES:
            log.warning("a viewer does not read and is dropped")
            viewer.close(wait=False)


def serve(socketio: Any, app: Any, mode: str, host: str, port: int) -> None:
    """Serve until the process ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    options: dict[str, dict[str, Any]] = {
        "eventlet": {"max_size": MAX_CONNECTIONS, "log_output": False, "socket_timeout": 60},
        "gevent": {"log_output": False},
        "threading": {"allow_unsafe_werkzeug": True},
    }
    socketio.run(app, host=host, port=port, debug=False, use_reloader=False, **options[mode])


class Stopper:
    """A flag that a signal handler may set; a task that ticks looks at it (eventlet's hub sleeps through more)."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self, *_: object) -> None:
        self._event.set()

    @property
    def asked(self) -> bool:
        return self._event.is_set()
