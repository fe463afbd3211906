"""A running server, asked over HTTP as a page asks it: cookie, token, Commands, the log after a number."""

from __future__ import annotations

import http.client
import json
import secrets
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

from ..core.errors import Refused, shown

SECONDS = 30.0  # for one answer
PATIENCE = 60.0  # for a server that is started again
PAUSE = 0.5
CHUNK = 1 << 20
LARGEST = 200_000_000  # bytes of an answer
Answer = dict[str, Any]


class Gone(Exception):
    """The server does not answer any more."""


class Body(Protocol):
    """What is read of an answer."""

    def read(self, amount: int = -1, /) -> bytes: ...


class Server:
    """One server and one room of it. Refusals of the server are raised as `Refused`, in its words."""

    def __init__(self, url: str, code: str) -> None:
        self.url, self.code = url.rstrip("/"), code
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise Refused("invalid", f"{shown(url)} is no address of a server.", "Write one such as http://127.0.0.1:5000.",
                          "server")
        near = urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")  # no proxy leads there
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), *([ProxyHandler({})] if near else []))
        self._token = ""

    def enter(self, name: str) -> None:
        """Become known to the server, and give oneself a name there; `Gone` where there is none."""
        self._token = str(self._once("GET", "/api/session").get("token"))
        self._once("POST", "/api/session", {"name": name})

    def get(self, path: str) -> Answer:
        """Ask for what changes nothing; a server that is away for a moment is waited for, else `Gone`."""
        ends = monotonic() + PATIENCE
        while True:
            try:
                return self._once("GET", path)
            except Gone:
                if monotonic() > ends:
                    raise
            except Refused as refused:
                if refused.code not in ("too_often", "restarting", "storage_failed") or monotonic() > ends:
                    raise
            sleep(PAUSE)

    def room(self, path: str) -> Answer:
        return self.get(f"/api/rooms/{self.code}{path}")

    def command(self, name: str, args: dict[str, Any]) -> Answer:
        """Give a Command; sent again with the same `id` it happens once."""
        body = {"id": secrets.token_hex(12), "name": name, "args": args}
        ends = monotonic() + PATIENCE
        while True:
            try:
                return self.post("/commands", body)
            except Gone:
                if monotonic() > ends:
                    raise
            sleep(PAUSE)

    def post(self, path: str, body: Answer) -> Answer:
        return self._once("POST", f"/api/rooms/{self.code}{path}", body)

    def download(self, path: str, file: Path) -> None:
        """Write an answer into a file."""
        with self._open(Request(f"{self.url}/api/rooms/{self.code}{path}", headers=self._headers())) as answer, \
                file.open("wb") as out:
            while chunk := answer.read(CHUNK):
                out.write(chunk)

    def _headers(self) -> dict[str, str]:
        return {"X-Lockstep-Token": self._token, "Accept": "application/json"}

    def _once(self, method: str, path: str, body: Answer | None = None) -> Answer:
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = self._headers() | ({"Content-Type": "application/json"} if data else {})
        with self._open(Request(self.url + path, data, headers, method=method)) as answer:
            return _parsed(answer)

    def _open(self, request: Request) -> Any:
        try:
            return self._opener.open(request, timeout=SECONDS)
        except HTTPError as error:
            with error:
                raise _refused(_parsed(error)) from None
        except (URLError, OSError, http.client.HTTPException) as error:
            raise Gone(str(getattr(error, "reason", error)) or type(error).__name__) from None


def _parsed(answer: Body) -> Answer:
    try:
        found = json.loads(answer.read(LARGEST))
    except (ValueError, RecursionError, OSError, http.client.HTTPException):
        found = None
    if not isinstance(found, dict):
        raise Gone("what answers there is no lab")
    return found


def _refused(found: Answer) -> Refused:
    error = found.get("error")
    if not isinstance(error, dict):
        raise Gone("what answers there is no lab")
    code, message, hint = (str(error.get(name, "?")) for name in ("code", "message", "hint"))
    return Refused(code, message, hint, error.get("field"))
