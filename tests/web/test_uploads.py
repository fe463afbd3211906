"""Files sent in pieces: what is on disk is always a beginning of the file, and never more than there may be."""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from ml_utils.core.errors import Refused
from ml_utils.web import uploads
from ml_utils.web.uploads import CHUNK, Uploads, Wish
from tests.server import Server
from tests.web.conftest import HOST, Bench, Browser

BenchOf = Callable[..., Bench]
DATA = bytes(range(256)) * 9_000  # 2.3 MB


def begin(me: Browser, name: str = "pets.zip", size: int = len(DATA), of: str = "") -> dict[str, Any]:
    found: dict[str, Any] = me.post("/api/uploads", {"name": name, "bytes": size, "of": of}).get_json()
    return found


def put(me: Browser, name: str, at: Any, data: bytes, kind: str = "application/octet-stream") -> Any:
    return me.http.put(f"/api/uploads/{name}?at={at}", data=data, content_type=kind, base_url=f"http://{HOST}",
                       headers={"X-Lockstep-Token": me.token})


def send(me: Browser, data: bytes = DATA, name: str = "pets.zip", of: str = "") -> str:
    """Send all of a file; return its id."""
    told = begin(me, name, len(data), of)
    for at in range(told["have"], len(data), told["chunk"]):
        assert put(me, told["id"], at, data[at:at + told["chunk"]]).get_json()["ok"]
    return str(told["id"])


def delete(me: Browser, name: str) -> Any:
    return me.http.delete(f"/api/uploads/{name}", base_url=f"http://{HOST}", headers={"X-Lockstep-Token": me.token})


def files(bench: Bench) -> list[Path]:
    return [one for one in (bench.config.instance / "uploads").rglob("*") if one.is_file()]


def code(answer: Any) -> str:
    return str(answer.get_json()["error"]["code"])


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def inline(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(tmp_path / "uploads", inline, clock)


# ── over HTTP ───────────────────────────────────────────────────────────────────────────────────────────────

def test_a_file_arrives_in_pieces(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = bench.browser()
    name = send(me)
    assert bench.lab.uploads.file(me.person, name).read_bytes() == DATA
    told = me.get(f"/api/uploads/{name}").get_json()
    assert told == {"ok": True, "id": name, "have": len(DATA), "bytes": len(DATA)}


def test_the_same_file_goes_on_where_it_was_cut(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = bench.browser()
    first = begin(me, of="print")
    assert first["have"] == 0 and first["chunk"] == CHUNK
    put(me, first["id"], 0, DATA[:CHUNK])
    again = begin(me, of="print")
    assert (again["id"], again["have"]) == (first["id"], CHUNK)
    assert begin(me, of="another")["id"] != first["id"]


def test_it_goes_on_after_a_restart_of_the_server(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = bench.browser()
    first = begin(me, of="print")
    put(me, first["id"], 0, DATA[:CHUNK])
    bench.close()
    (bench.config.instance / "uploads" / "rubbish").mkdir()
    (bench.config.instance / "uploads" / "rubbish" / "data").write_bytes(b"x")
    again = bench_of(instance=bench.config.instance)
    one = Browser(again)
    one.http, one.token = me.http, me.token
    one.http.application = again.app
    told = begin(one, of="print")
    assert (told["id"], told["have"]) == (first["id"], CHUNK)
    assert not (bench.config.instance / "uploads" / "rubbish").exists()
    assert put(one, told["id"], CHUNK, DATA[CHUNK:2 * CHUNK]).get_json()["have"] == 2 * CHUNK


def test_a_piece_from_elsewhere_is_refused_and_says_where_to_go_on(bench_of: BenchOf) -> None:
    me = bench_of().browser()
    told = begin(me)
    for at in (1, CHUNK, len(DATA) - 10):
        answer = put(me, told["id"], at, b"x" * 10)
        assert code(answer) == "wrong_offset" and "begins at 0" in answer.get_json()["error"]["message"]
    assert me.get(f"/api/uploads/{told['id']}").get_json()["have"] == 0
    assert put(me, told["id"], 0, DATA[:10]).get_json()["have"] == 10
    assert code(put(me, told["id"], 0, DATA[:10])) == "wrong_offset", "told again after a lost answer"


NO_PIECES: tuple[tuple[Any, bytes, str, int], ...] = (
    (0, b"", "application/octet-stream", 400), ("x", b"x", "application/octet-stream", 400), (0, b"x", "text/plain", 400),
    ("", b"x", "application/octet-stream", 400), (0, b"x", "multipart/form-data; boundary=x", 400),
    ("-1", b"x", "application/octet-stream", 400), (0, b"x" * 21, "application/octet-stream", 400),
    (0, b"x" * (CHUNK + 1), "application/octet-stream", 413))


def test_what_is_no_piece_is_refused(bench_of: BenchOf) -> None:
    me = bench_of().browser()
    told = begin(me, size=20)
    for at, data, kind, wanted in NO_PIECES:
        answer = put(me, told["id"], at, data, kind)
        assert answer.status_code == wanted and answer.get_json()["error"]["message"], (at, kind)
    assert me.get(f"/api/uploads/{told['id']}").get_json()["have"] == 0


NO_WISHES: tuple[Any, ...] = (
    {}, {"name": "x", "bytes": 0}, {"name": "x", "bytes": -1}, {"name": "x", "bytes": 500_000_001}, {"name": "", "bytes": 1},
    {"name": "x" * 256, "bytes": 1}, {"name": "x", "bytes": "1"}, {"name": "x", "bytes": 1, "more": 1}, [], None,
    {"name": "x", "bytes": 1, "of": "y" * 201})


def test_what_may_not_be_sent_is_refused_at_the_beginning(bench_of: BenchOf) -> None:
    bench = bench_of().without_limits()
    me = bench.browser()
    for body in NO_WISHES:
        assert me.post("/api/uploads", body).status_code in (400, 409), body
    assert not files(bench)


def test_names_are_never_names_of_files(bench_of: BenchOf) -> None:
    bench = bench_of().without_limits()
    me = bench.browser()
    for name in ("../../../etc/passwd", "/etc/passwd", "nul\0", "..", "C:\\x", "😀.zip"):
        told = begin(me, name, 5)
        assert put(me, told["id"], 0, b"abcde").get_json()["ok"]
        assert {one.name for one in files(bench)} == {"about.json", "data"}
        delete(me, told["id"])


def test_nobody_else_sees_or_ends_it_and_two_of_one_name_are_two(bench_of: BenchOf) -> None:
    bench = bench_of()
    me, other = bench.browser(), bench.browser()
    mine, theirs = send(me, b"mine", "pets.zip", "x"), send(other, b"nine", "pets.zip", "x")
    assert mine != theirs
    assert bench.lab.uploads.file(me.person, mine).read_bytes() == b"mine"
    assert bench.lab.uploads.file(other.person, theirs).read_bytes() == b"nine"
    assert other.get(f"/api/uploads/{mine}").status_code == 404
    assert put(other, mine, 4, b"x").status_code == 404 and delete(other, mine).status_code == 404
    with pytest.raises(Refused):
        bench.lab.uploads.file(other.person, mine)
    assert delete(me, mine).get_json() == {"ok": True} and delete(me, mine).status_code == 404


def test_without_a_token_nothing_is_begun_or_written(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = bench.browser()
    assert me.post("/api/uploads", {"name": "x", "bytes": 1}, token="").status_code == 403
    name = begin(me)["id"]
    me.token = "no"
    assert put(me, name, 0, b"x").status_code == 403 and delete(me, name).status_code == 403
    assert bench.app.test_client().get(f"/api/uploads/{name}", base_url=f"http://{HOST}").status_code == 403


def test_pieces_at_once_are_written_one_after_the_other(bench_of: BenchOf) -> None:
    """Whatever order they come in, the file is a beginning of what was sent."""
    bench = bench_of().without_limits()
    me = bench.browser()
    told = begin(me, size=200_000)
    pieces = [(at, DATA[at:at + 1000]) for at in range(0, 200_000, 1000)]

    def some() -> None:
        for at, data in pieces:
            try:
                bench.lab.uploads.take(me.person, told["id"], at, data)
            except Refused:
                pass

    threads = [threading.Thread(target=some) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    have = me.get(f"/api/uploads/{told['id']}").get_json()["have"]
    data = next(one for one in files(bench) if one.name == "data").read_bytes()
    assert have == len(data) and data == DATA[:have] and have > 0


# ── limits, ends ────────────────────────────────────────────────────────────────────────────────────────────

def wish(number: int = 0, size: int = 1000) -> Wish:
    return Wish(name=f"{number}.zip", bytes=size)


def test_a_person_sends_two_at_a_time_and_a_forgotten_one_makes_place(kept: Uploads, clock: Clock) -> None:
    first = kept.begin("ada", wish(0))
    clock.now += 1
    kept.begin("ada", wish(1))
    with pytest.raises(Refused, match="2 files"):
        kept.begin("ada", wish(2))
    kept.begin("bob", wish(2))
    clock.now += uploads.PLACE_SECONDS
    kept.begin("ada", wish(2))
    with pytest.raises(Refused, match="no such upload"):
        kept.look("ada", first.id)


def test_what_is_left_alone_goes_with_its_files(kept: Uploads, clock: Clock, tmp_path: Path) -> None:
    empty, half = kept.begin("ada", wish(0)), kept.begin("ada", wish(1))
    kept.take("ada", half.id, 0, b"x" * 500)
    clock.now += uploads.EMPTY_SECONDS
    kept.sweep()
    with pytest.raises(Refused):
        kept.look("ada", empty.id)
    clock.now += uploads.ABANDONED_SECONDS - 100
    kept.take("ada", half.id, 500, b"x" * 100)
    clock.now += uploads.ABANDONED_SECONDS - 1
    kept.sweep()
    assert kept.look("ada", half.id).have == 600
    clock.now += 1
    kept.sweep()
    assert not list((tmp_path / "uploads").iterdir())


def test_all_together_have_a_limit(kept: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1500)
    one, two = kept.begin("ada", wish(0)), kept.begin("bob", wish(1))
    kept.take("ada", one.id, 0, b"x" * 1000)
    with pytest.raises(Refused, match="no room"):
        kept.take("bob", two.id, 0, b"x" * 501)
    kept.take("bob", two.id, 0, b"x" * 400)
    with pytest.raises(Refused, match="no room"):
        kept.begin("cy", wish(2))
    monkeypatch.setattr(uploads, "MOST", 2)
    monkeypatch.setattr(uploads, "MOST_BYTES", 10**9)
    with pytest.raises(Refused, match="no room"):
        kept.begin("cy", wish(2))


def test_a_full_disk_leaves_a_beginning_of_the_file(kept: Uploads, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = kept.begin("ada", wish())
    kept.take("ada", row.id, 0, b"a" * 300)
    plain = uploads._write

    def half(file: Path, at: int, data: bytes) -> None:
        class Full:
            """A file on a full disk: half of it is written."""

            def open(self, mode: str) -> Any:
                opened = file.open(mode)
                write = opened.write

                def writing(data: bytes) -> int:
                    write(data[:len(data) // 2])
                    opened.flush()
                    raise OSError(errno.ENOSPC, "No space left on device")

                wrapped = type("Opened", (), {"__enter__": lambda self: self, "__exit__": lambda self, *_: opened.close(),
                                              "seek": opened.seek, "write": staticmethod(writing), "flush": opened.flush,
                                              "fileno": opened.fileno})
                return wrapped()

        plain(Full(), at, data)  # type: ignore[arg-type]

    monkeypatch.setattr(uploads, "_write", half)
    with pytest.raises(Refused) as error:
        kept.take("ada", row.id, 300, b"b" * 300)
    assert error.value.code == "storage_failed"
    data = tmp_path / "uploads" / row.id / "data"
    assert data.read_bytes() == b"a" * 300 and kept.look("ada", row.id).have == 300
    monkeypatch.setattr(uploads, "_write", plain)
    assert kept.take("ada", row.id, 300, b"b" * 700).complete


def test_a_disk_that_takes_no_new_file_is_told(kept: Uploads, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads, "_make", full)
    with pytest.raises(Refused) as error:
        kept.begin("ada", wish())
    assert error.value.code == "storage_failed"
    monkeypatch.undo()
    assert kept.begin("ada", wish()).have == 0


def test_only_what_is_whole_is_given_to_others(kept: Uploads) -> None:
    row = kept.begin("ada", wish(size=10))
    kept.take("ada", row.id, 0, b"x" * 9)
    with pytest.raises(Refused) as error:
        kept.file("ada", row.id)
    assert error.value.code == "not_complete"
    kept.take("ada", row.id, 9, b"x")
    with pytest.raises(Refused, match="The next piece begins at 10"):
        kept.take("ada", row.id, 9, b"x")
    with pytest.raises(Refused):
        kept.take("ada", row.id, 10, b"x")
    assert kept.file("ada", row.id).stat().st_size == 10


@pytest.mark.parametrize("text", ["", "null", "{}", '{"person": "ada", "wish": {"name": "x", "bytes": 1}}', "\0"])
def test_what_a_server_that_ended_left_damaged_is_removed(tmp_path: Path, clock: Clock, text: str) -> None:
    folder = tmp_path / "uploads" / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "about.json").write_text(text)
    (folder / "data").write_bytes(b"longer than one")
    assert not Uploads(tmp_path / "uploads", inline, clock)._rows and not folder.exists()


def test_what_is_stored_of_an_upload_is_told(kept: Uploads, tmp_path: Path) -> None:
    row = kept.begin("ada", wish())
    assert json.loads((tmp_path / "uploads" / row.id / "about.json").read_text())["wish"]["name"] == "0.zip"


# ── a real line ─────────────────────────────────────────────────────────────────────────────────────────────

def test_a_line_cut_in_the_middle_of_a_piece_leaves_nothing_of_it(tmp_path: Path) -> None:
    server = Server(tmp_path / "instance")
    try:
        session = requests.Session()
        token = session.get(f"{server.url}/api/session", timeout=10).json()["token"]
        session.headers["X-Lockstep-Token"] = token
        told = session.post(f"{server.url}/api/uploads", json={"name": "x", "bytes": len(DATA), "of": ""}, timeout=10).json()
        where = f"{server.url}/api/uploads/{told['id']}"
        assert session.put(f"{where}?at=0", data=DATA[:CHUNK], timeout=10,
                           headers={"Content-Type": "application/octet-stream"}).json()["have"] == CHUNK
        cookie = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
        head = (f"PUT /api/uploads/{told['id']}?at={CHUNK} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookie}\r\n"
                f"X-Lockstep-Token: {token}\r\nContent-Type: application/octet-stream\r\nContent-Length: {CHUNK}\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(head.encode() + DATA[:CHUNK // 2])
        data = tmp_path / "instance" / "uploads" / told["id"] / "data"
        assert session.get(where, timeout=10).json()["have"] == CHUNK == data.stat().st_size
        server.stop()
        server.start()
        again = session.post(f"{server.url}/api/uploads", json={"name": "x", "bytes": len(DATA), "of": ""}, timeout=10).json()
        assert (again["id"], again["have"]) == (told["id"], CHUNK)
        for at in range(CHUNK, len(DATA), CHUNK):
            assert session.put(f"{where}?at={at}", data=DATA[at:at + CHUNK], timeout=10,
                               headers={"Content-Type": "application/octet-stream"}).ok
        assert data.read_bytes() == DATA and "Traceback" not in server.log()
        session.close()
    finally:
        server.close()
