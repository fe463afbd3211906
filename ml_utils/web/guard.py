"""Wraps the whole application, Socket.IO included: what no route and no handler may forget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..core.errors import Refused
from .strict_json import dumps

CSP = ("default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
       "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
}
SOCKET_PATH = "/socket.io"
KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # 16 bytes
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Guard:
    """WSGI wrapper: Host check, WebSocket only, no compression offer, no JSONP, headers on every answer."""

    def __init__(self, app: Wsgi, hosts: frozenset[str], compress: bool = False) -> None:
        self._app, self._hosts, self._compress = app, hosts, compress

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            added = [(name, value) for name, value in HEADERS.items() if name.lower() not in present]
            return start_response(status, [*headers, *added], *rest)

        if environ.get("HTTP_HOST", "").lower() not in self._hosts:
            return _refuse(start, "unknown_host", "This server is not known under that name.",
                           "Use the address it printed at its start, or name this one in LOCKSTEP_ORIGINS.")
        if environ.get("PATH_INFO", "").startswith(SOCKET_PATH) and not _websocket(environ):
            return _refuse(start, "websocket_only", "Only WebSocket connections are served here.",
                           "Connect with transports: ['websocket'].")
        if not self._compress:  # deflate costs 2–4 × the CPU per delivery
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return self._app(environ, start)


def hosts_of(origins: Iterable[str]) -> frozenset[str]:
    """Return the Host headers that belong to the origins."""
    return frozenset(urlsplit(origin).netloc.lower() for origin in origins)


def _websocket(environ: dict[str, Any]) -> bool:
    """Whether the libraries behind can take this handshake; at a malformed one they stumble."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    connection = [part.strip() for part in environ.get("HTTP_CONNECTION", "").lower().split(",")]
    return (environ.get("REQUEST_METHOD") == "GET" and "upgrade" in connection and "j" not in query and "sid" not in query
            and query.get("transport") == ["websocket"] and query.get("EIO") == ["4"]
            and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
            and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
            and KEY.fullmatch(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) is not None)


def _refuse(start: Callable[..., Any], code: str, message: str, hint: str) -> list[bytes]:
    body = dumps(Refused(code, message, hint).as_answer()).encode()
    start("400 Bad Request", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
