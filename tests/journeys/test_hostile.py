"""A real server under hostile frames, handshakes and floods: it refuses or cuts, stays small, and others do not notice."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from tests.journeys.conftest import MODES
from tests.server import Page, Server
from tests.waiting import until

MEGABYTE = 1_000_000
LIMIT = 65_536
CUT = "cut off: too many messages"
GOODBYE = (websocket.WebSocketException, ConnectionError, BrokenPipeError)
BAD_FRAMES = [
    "", "x", "9", "49", "42", "42{}", "42[]", "42[null]", "42[1]", "42[[]]", "42[{}]", '42["join"', '42["join",NaN]',
    '42["join",{"a":1,"a":2}]', '42["join",1e400]', "42" + "[" * 50_000, '42["' + "x" * 60_000 + '"]', '42["connect",{}]',
    '42["disconnect"]', '42["__disconnect_final"]', '42["*"]', '42["__proto__",{"polluted":1}]', "40/x,", "40/x", "40[]", "40{",
    '41/x,', '43["a"]', '431["a"]', "4399999999999999999[1]", "43-1[1]", "42-1[1]", '4299999999999999999999["join"]', "44{}",
    '451-["command",{"_placeholder":true,"num":0}]', '451-["command",{"_placeholder":true,"num":9}]', '4599999-["a"]',
    '461-[1]', "4{}", "4[]", "4null", "4", "4true", "44", "47",
    "0", "2", "2probe", "5", "6", "7", "b", "b####", "bAAAA", "3probe", "1x",
    "\0", "42\0", "\ud7ff", "٤٢[]", "²", "4²", "42٣[\"join\"]",
]


class Raw:
    """A WebSocket to which anything may be said, with the rights of an ordinary client."""

    def __init__(self, server: Server, connect: bool = True, **options: Any) -> None:
        self.http = requests.Session()
        session = self.http.get(f"{server.url}/api/session", timeout=10).json()
        self.token, self.room, self.person = session["token"], session["room"], session["person"]
        self.cookie = f"lockstep={self.http.cookies['lockstep']}"
        self.wire = dial(server, **{"cookie": self.cookie, **options})
        assert self.wire.recv().startswith("0{")
        if connect:
            self.say("40" + json.dumps({"token": self.token}))
            assert self.hears("4").startswith("40{")

    def say(self, text: str) -> None:
        self.wire.send(text)

    def ask(self, number: int, name: str, payload: Any) -> None:
        self.say(f"42{number}{json.dumps([name, payload])}")

    def hears(self, start: str) -> str:
        """Return the next frame that begins so; presence and Events pass by."""
        while not (text := self.wire.recv()).startswith(start):
            assert text, "closed"
        return str(text)

    def answer(self, number: int) -> dict[str, Any]:
        start = f"43{number}"
        answer: dict[str, Any] = json.loads(self.hears(start)[len(start):])[0]
        return answer

    def asks(self, number: int, name: str, payload: Any) -> dict[str, Any]:
        self.ask(number, name, payload)
        return self.answer(number)

    def joins(self, room: str | None = None) -> dict[str, Any]:
        return self.asks(1, "join", {"room": room or self.room, "since": None, "name": None})

    def rests(self) -> list[str]:
        """Return what comes until the server closes."""
        found = []
        try:
            while text := self.wire.recv():
                found.append(str(text))
        except GOODBYE:
            pass
        return found

    def close(self) -> None:
        self.wire.shutdown()
        self.http.close()


def dial(server: Server, query: str = "EIO=4&transport=websocket", **options: Any) -> websocket.WebSocket:
    options.setdefault("suppress_origin", "origin" not in options)
    return websocket.create_connection(f"ws://127.0.0.1:{server.port}/socket.io/?{query}", timeout=10, **options)


def memory(server: Server) -> int:
    """Return the bytes the web process holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def handshake(server: Server, lines: str) -> bytes:
    """Return the first answer to a handshake written by hand."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(lines.replace("\n", "\r\n").encode("latin-1"))
        return sock.recv(65_536)


@pytest.fixture(scope="module", params=MODES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("hostile") / "instance", request.param)
    yield one
    one.close()
    assert "Traceback" not in one.log(), one.log()[-4000:]


@pytest.fixture(scope="module", autouse=True)
def stranger(server: Server) -> Iterator[Raw]:
    """Has a connection from the start, and never says who it is."""
    one = Raw(server, connect=False)
    yield one
    one.close()


@pytest.fixture(autouse=True)
def still_well(server: Server) -> Iterator[None]:
    yield
    assert server.answers()
    assert "Traceback" not in server.log(), server.log()[-4000:]


@pytest.fixture
def other(server: Server) -> Iterator[Page]:
    """An ordinary page in a room of its own."""
    one = Page(server)
    yield one
    one.close()


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    one = Raw(server)
    yield one
    one.close()


# ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("start", range(0, len(BAD_FRAMES), 15))
def test_frames_that_are_no_messages_change_nothing_and_the_connection_survives(raw: Raw, start: int) -> None:
    assert raw.joins()["ok"]
    for frame in BAD_FRAMES[start:start + 15]:
        raw.say(frame)
    assert raw.asks(7, "command", {"id": "still-there", "name": "interrupt"})["error"]["code"] == "not_training"


def test_binary_garbage_is_ignored(raw: Raw) -> None:
    assert raw.joins()["ok"]
    for garbage in (b"", b"\xff\xfe\x00", b'42["join"]', b"\x04" * 1000):
        raw.wire.send_binary(garbage)
    assert raw.asks(2, "join", {})["error"]["field"] == "room"


def test_many_bad_frames_end_the_connection(raw: Raw) -> None:
    for _ in range(30):
        try:
            raw.say("42{}")
        except GOODBYE:
            break
    raw.rests()
    assert _closed(raw)


def _closed(raw: Raw) -> bool:
    try:
        raw.say("3")
        return not raw.wire.recv()
    except GOODBYE:
        return True


def test_bad_json_with_an_ack_id_is_answered_in_the_error_shape(raw: Raw) -> None:
    for number, text in enumerate(['["command",{"id":NaN}]', '["join",{"room":1,"room":2}]', '["connect"]', "[1]", "[]"], 10):
        raw.say(f"42{number}{text}")
        error = raw.answer(number)["error"]
        assert error["code"] in ("not_json", "unknown_message")
        assert error["message"] and error["hint"]


def test_a_client_cannot_raise_its_own_disconnect(raw: Raw) -> None:
    assert raw.joins()["ok"]
    assert raw.asks(2, "disconnect", {})["error"]["code"] == "unknown_message"
    assert raw.asks(3, "command", {"id": "still-here-1", "name": "interrupt"})["error"]["code"] == "not_training"


def test_unknown_names_and_wrong_numbers_of_payloads_are_refused(raw: Raw) -> None:
    assert raw.asks(1, "x" * 10_000, {})["error"]["code"] == "unknown_message"
    raw.say('422["join"]')
    assert raw.answer(2)["error"]["code"] == "invalid"
    raw.say('423["join",{},{}]')
    assert raw.answer(3)["error"]["code"] == "invalid"


def test_another_namespace_is_refused(raw: Raw) -> None:
    raw.say("40/admin,")
    assert raw.hears("44/admin").startswith("44/admin,")


# ── size ────────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("size", [LIMIT + 1, 5 * MEGABYTE])
def test_a_message_above_the_limit_is_cut_and_costs_no_memory(server: Server, raw: Raw, size: int) -> None:
    before = memory(server)
    try:
        raw.say("42" + json.dumps(["join", "x" * size]))
    except GOODBYE:
        pass
    raw.rests()
    assert _closed(raw)
    assert memory(server) - before < 10 * MEGABYTE


def test_a_message_of_many_parts_is_cut_at_the_same_limit(server: Server, raw: Raw) -> None:
    before = memory(server)
    part = "x" * 60_000
    try:
        raw.wire.send_frame(websocket.ABNF.create_frame('42["join","', websocket.ABNF.OPCODE_TEXT, 0))
        for _ in range(500):
            raw.wire.send_frame(websocket.ABNF.create_frame(part, websocket.ABNF.OPCODE_CONT, 0))
    except GOODBYE:
        pass
    raw.rests()
    assert _closed(raw)
    assert memory(server) - before < 10 * MEGABYTE


def test_a_message_below_the_limit_is_read(raw: Raw) -> None:
    assert raw.asks(1, "join", {"room": "x" * (LIMIT - 100)})["error"]["field"] == "room"


# ── who may connect ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:{port}",
                                    "http://127.0.0.1:{port}.evil.example", "http://localhost:1"])
def test_pages_of_other_sites_are_refused(server: Server, origin: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        dial(server, origin=origin.format(port=server.port))
    assert refused.value.status_code == 400


def test_our_own_page_may_connect(server: Server) -> None:
    one = Raw(server, origin=f"http://127.0.0.1:{server.port}")
    assert one.joins()["ok"]
    one.close()


def test_an_unknown_host_is_refused(server: Server) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        dial(server, host="evil.example")
    assert refused.value.status_code == 400


def test_without_a_cookie_with_a_forged_one_or_without_a_token_nobody_connects(server: Server, raw: Raw) -> None:
    stranger = Raw(server, connect=False)
    own = {"token": raw.token}
    tries = [("", own), ("lockstep=forged", own), (stranger.cookie, own), (raw.cookie, None), (raw.cookie, {}),
             (raw.cookie, {"token": None}), (raw.cookie, {"token": [raw.token]}), (raw.cookie, {"token": "x" * 10_000}),
             (raw.cookie, {"token": stranger.token}), (raw.cookie, {"token": raw.token + "x"})]
    for cookie, auth in tries:
        wire = dial(server, cookie=cookie)
        assert wire.recv().startswith("0{")
        wire.send("40" + (json.dumps(auth) if auth is not None else ""))
        assert wire.recv().startswith("44"), (cookie, auth)
        wire.send(f'421["join",{json.dumps({"room": raw.room, "since": None, "name": None})}]')
        wire.shutdown()
    stranger.close()


def test_messages_before_the_connection_is_proven_are_not_heard(server: Server, raw: Raw) -> None:
    early = Raw(server, connect=False)
    early.ask(1, "join", {"room": raw.room, "since": None, "name": None})
    early.say("40" + json.dumps({"token": early.token}))
    assert early.hears("4").startswith("40{")
    assert early.asks(2, "command", {"id": "early-bird", "name": "start"})["error"]["code"] == "no_room"
    early.close()


def test_the_twenty_first_connection_of_one_person_is_refused(server: Server, raw: Raw) -> None:
    wires = [dial(server, cookie=raw.cookie) for _ in range(20)]
    answers = []
    for wire in wires:
        wire.recv()
        wire.send("40" + json.dumps({"token": raw.token}))
        answers.append(wire.recv()[:2])
    assert answers == ["40"] * 19 + ["44"]
    for wire in wires:
        wire.shutdown()


@pytest.mark.parametrize("change", [
    ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99"), ("Sec-WebSocket-Version: 13\n", ""),
    ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n", ""), ("AAAAAAAAAAAAAAAAAAAAAA==", "short"),
    ("Connection: Upgrade", "Connection: close"),
    ("GET", "POST"), ("EIO=4", "EIO=3"), ("&transport=websocket", ""), ("transport=websocket", "transport=polling"),
    ("transport=websocket", "transport=websocket&j=0"), ("transport=websocket", "transport=websocket&sid=abc"),
    ("Upgrade: websocket\n", ""), ("/socket.io/", "/socket.iox/"),
])
def test_a_malformed_handshake_is_refused(server: Server, change: tuple[str, str]) -> None:
    good = (f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\nHost: 127.0.0.1:{server.port}\nUpgrade: websocket\n"
            "Connection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n")
    assert handshake(server, good).startswith(b"HTTP/1.1 101")
    assert change[0] in good
    status = handshake(server, good.replace(*change)).split(b"\r\n")[0]
    assert status.split()[1] in (b"400", b"404"), status


@pytest.mark.parametrize("lines", [
    "GET / HTTP/1.1\nHost: {host}\nHost: evil.example\n\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\nHost: evil.example\n\n",
    "GET http://evil.example/ HTTP/1.1\nHost: evil.example\n\n", "NONSENSE\n\n", "GET / HTTP/9.9\nHost: {host}\n\n",
    "POST /api/session HTTP/1.1\nHost: {host}\nContent-Length: -5\n\n",
    "POST /api/session HTTP/1.1\nHost: {host}\nContent-Length: x\n\n",
    "POST /api/session HTTP/1.1\nHost: {host}\nContent-Length: 99999999999\n\n",
    "GET /%00 HTTP/1.1\nHost: {host}\nConnection: close\n\n",
    "GET /\x80\xff HTTP/1.1\nHost: {host}\nConnection: close\n\n",
])
def test_requests_written_by_hand_are_refused_in_silence(server: Server, lines: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(lines.format(host=f"127.0.0.1:{server.port}").replace("\n", "\r\n").encode("latin-1"))
        sock.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: sock.recv(65_536), b""))
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert b"Traceback" not in answer and b".py" not in answer


# ── floods ──────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_flood_is_answered_then_cut_and_other_rooms_do_not_wait(server: Server, raw: Raw, other: Page) -> None:
    assert raw.joins()["ok"]
    for number in range(200):
        raw.ask(100 + number, "command", {"id": f"flood-{number:04}", "name": "interrupt"})
    codes = [raw.answer(100 + number)["error"]["code"] for number in range(200)]
    assert codes[0] == "not_training"
    assert "too_often" in codes
    before, waits = server.log().count(CUT), []
    with pytest.raises(GOODBYE):
        for _ in range(100):
            for number in range(500):
                raw.ask(number, "command", {"id": f"flood-{number:04}", "name": "interrupt"})
            begun = time.monotonic()
            other.command("interrupt")
            waits.append(time.monotonic() - begun)
    until(lambda: server.log().count(CUT) > before, what="the cut")
    assert max(waits, default=0.0) < 3  # s; a stalled hub would not answer before the flood is cut
    assert other.command("interrupt")["error"]["code"] in ("not_training", "too_often")


def test_a_flood_of_pongs_and_pings_ends_or_passes_and_others_do_not_wait(server: Server, raw: Raw) -> None:
    waits = []
    try:
        for _ in range(20):
            for _ in range(100):
                raw.say("3")
                raw.wire.ping("x")
            begun = time.monotonic()
            assert server.answers()
            waits.append(time.monotonic() - begun)
    except GOODBYE:
        pass
    assert max(waits, default=0.0) < 3  # s; a stalled hub would not answer before the flood is cut


def test_a_viewer_that_never_reads_is_dropped_and_memory_stays_bounded(server: Server, other: Page) -> None:
    for _ in range(7):
        fill(server, other.room, 58)
    other.sees(lambda state: state["seq"] == 7 * 58)
    deaf = Raw(server, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
    before = memory(server)
    for number in range(38):
        deaf.ask(number, "join", {"room": other.room, "since": other.state["seq"] - 390, "name": None})
    until(lambda: "does not read" in server.log(), 10, "the end of the deaf viewer")
    until(lambda: {one["id"] for one in other.people} == {other.person}, 10, "the others see it leave")
    assert memory(server) - before < 60 * MEGABYTE
    deaf.close()


def fill(server: Server, room: str, events: int) -> None:
    """Let a new client change a setting of an idle room so often."""
    one = requests.Session()
    session = one.get(f"{server.url}/api/session", timeout=10).json()
    for number in range(events):
        wish = {"id": f"{session['person']}-{number}", "name": "set_settings", "args": {"dropout": (number % 90) / 100}}
        answer = one.post(f"{server.url}/api/rooms/{room}/commands", json=wish, timeout=10,
                          headers={"X-Lockstep-Token": session["token"]})
        assert answer.json()["ok"], answer.text
    one.close()


def test_who_proves_nothing_is_dropped(stranger: Raw) -> None:
    stranger.wire.settimeout(15)
    stranger.rests()
    assert _closed(stranger)
