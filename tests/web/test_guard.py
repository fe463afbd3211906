"""What wraps every answer: the Host check, WebSocket only, headers, cookies, and pages that tell nothing of the inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ml_utils.web.guard import CSP, HEADERS, Guard, hosts_of
from tests.web.conftest import HOST, Bench, Browser

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
SOCKET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}


@pytest.fixture(scope="module")
def me(shared: Bench) -> Browser:
    return shared.browser()


class Inside:
    """Stands where the application stands and keeps what came through."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        self.environ = environ
        start("200 OK", [("X-Frame-Options", "SAMEORIGIN")])
        return [b"in"]


def ask(guard: Guard, host: str = HOST, **more: str) -> tuple[str, dict[str, str]]:
    """Return status and headers."""
    heard: list[Any] = []
    environ = {"HTTP_HOST": host, "PATH_INFO": "/", "QUERY_STRING": "", "REQUEST_METHOD": "GET", **more}
    guard(environ, lambda status, headers, *rest: heard.append((status, dict(headers))))
    return heard[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:5001", "localhost:5000.evil.example", "",
                                  "127.0.0.1:5000,evil", "localhost:5000@evil", "[::1]:5000", "localhost:5000/"])
def test_a_host_that_is_not_ours_is_refused(me: Browser, host: str) -> None:
    for path in ("/", "/api/session", "/static/room/room.js", "/nothing", SOCKET):
        answer = me.http.get(path, headers={"Host": host, **UPGRADE})
        assert answer.status_code == 400
        assert answer.get_json()["error"]["code"] == "unknown_host"


def test_our_hosts_are_those_of_the_allowed_origins() -> None:
    assert hosts_of(["http://localhost:5000", "https://Lab.Example.org"]) == {"localhost:5000", "lab.example.org"}
    inside = Inside()
    assert ask(Guard(inside, hosts_of(["https://lab.example.org"])), host="LAB.example.org")[0] == "200 OK"


@pytest.mark.parametrize("query", ["", "EIO=4", "EIO=4&transport=polling", "EIO=4&transport=websocket&j=0",
                                   "EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=abc",
                                   "EIO=4&transport=websocket&transport=polling", "transport=websocket",
                                   "EIO=4&EIO=3&transport=websocket"])
def test_polling_jsonp_and_foreign_sessions_are_refused(me: Browser, query: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = me.http.open(f"/socket.io/?{query}", method=method, headers=UPGRADE, base_url=f"http://{HOST}")
        assert answer.status_code == 400
        assert answer.get_json()["error"]["code"] == "websocket_only"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("lost", UPGRADE)
def test_a_handshake_without_one_of_its_headers_is_refused(me: Browser, lost: str) -> None:
    headers = {name: value for name, value in UPGRADE.items() if name != lost}
    assert me.get(SOCKET, headers=headers).status_code == 400


def test_the_offer_to_compress_messages_does_not_come_through() -> None:
    inside = Inside()
    ask(Guard(inside, hosts_of([f"http://{HOST}"])), HTTP_SEC_WEBSOCKET_EXTENSIONS="permessage-deflate")
    assert "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in inside.environ
    ask(Guard(inside, hosts_of([f"http://{HOST}"]), compress=True), HTTP_SEC_WEBSOCKET_EXTENSIONS="permessage-deflate")
    assert inside.environ["HTTP_SEC_WEBSOCKET_EXTENSIONS"] == "permessage-deflate"


def test_a_header_of_the_application_is_kept_and_the_others_are_added() -> None:
    _, headers = ask(Guard(Inside(), hosts_of([f"http://{HOST}"])))
    assert headers == {**HEADERS, "X-Frame-Options": "SAMEORIGIN"}


@pytest.mark.parametrize("path", ["/", "/room/aaaaaaaa", "/api/session", "/healthz", "/nothing", "/api/nothing",
                                  "/static/room/room.js", "/static/nothing.js", "/vendor/uplot/dist/uPlot.esm.js",
                                  "/vendor/nothing.js",
                                  "/socket.io/", "/api/rooms/aaaaaaaa", "/api/rooms/aaaaaaaa/events?since=x"])
def test_every_answer_has_the_headers(me: Browser, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
        answer = me.http.open(path, method=method, base_url=f"http://{HOST}")
        for name, value in HEADERS.items():
            found = answer.headers.getlist(name)
            assert len(found) == 1, (method, name)
            assert found[0] == value or name == "Content-Security-Policy"
        answer.close()


def test_a_refused_host_has_the_headers_too(me: Browser) -> None:
    answer = me.http.get("/", headers={"Host": "evil.example"})
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/", "/room/aaaaaaab"])
def test_a_page_has_a_fresh_nonce_on_every_inline_script_and_allows_no_other(me: Browser, path: str) -> None:
    first, second = me.get(path), me.get(path)
    nonces = [policy.partition("'nonce-")[2].partition("'")[0] for policy in
              (first.headers["Content-Security-Policy"], second.headers["Content-Security-Policy"])]
    assert len(set(nonces)) == 2
    assert "unsafe-inline" not in first.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    inline = [part for part in first.text.split("<script")[1:] if "src=" not in part.partition(">")[0]]
    assert inline
    assert all(f'nonce="{nonces[0]}"' in part for part in inline)
    assert first.headers["Cache-Control"] == "no-store"


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    assert "http" not in CSP
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in CSP


@pytest.mark.parametrize("path", ["/", "/room/aaaaaaaa", "/api/session"])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(me: Browser, path: str) -> None:
    cookie = me.get(path).headers["Set-Cookie"]
    assert cookie.startswith("lockstep=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Domain" not in cookie


class TestBehindAProxy:
    @pytest.fixture
    def proxied(self, bench_of: Callable[..., Bench]) -> Iterator[Bench]:
        yield bench_of(proxies=1, origins="https://lab.example.org")

    def test_the_cookie_is_secure_and_the_link_is_that_of_the_outside(self, proxied: Bench) -> None:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "lab.example.org", "X-Forwarded-For": "203.0.113.9"}
        answer = proxied.app.test_client().get("/", headers={"Host": "127.0.0.1:5000", **forwarded})
        assert answer.status_code == 200
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "https://lab.example.org/room/" in answer.text

    def test_a_foreign_host_is_refused_also_when_forwarded(self, proxied: Bench) -> None:
        client = proxied.app.test_client()
        assert client.get("/", headers={"Host": "lab.example.org", "X-Forwarded-Host": "evil.example"}).status_code == 400
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_without_a_proxy_forwarded_headers_mean_nothing(me: Browser) -> None:
    answer = me.get("/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "evil.example" not in answer.text


@pytest.mark.allows_traceback
def test_an_error_nobody_foresaw_tells_a_number_and_nothing_of_the_inside(
        me: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is /etc/lockstep")

    monkeypatch.setattr(me.bench.lab.snapshots, "of", broken)
    for accept in ("text/html", "application/json"):
        answer = me.get("/api/rooms/aaaaaaaa", headers={"Accept": accept})
        assert answer.status_code == 500
        error = answer.get_json()["error"]
        assert error["code"] == "internal"
        incident = error["message"].rpartition("incident ")[2].rstrip(").")
        assert incident in caplog.text
        for secret in ("secret", "RuntimeError", "Traceback", ".py"):
            assert secret not in answer.text


def test_a_page_that_is_not_there_is_a_page_for_people_and_json_for_programs(me: Browser) -> None:
    page = me.get("/nothing", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "<script>" not in me.get("/<script>alert(1)</script>", headers={"Accept": "text/html"}).text
    assert me.get("/nothing").get_json()["error"]["code"] == "not_found"
