"""Pictures over HTTP: who may send them, how large, and that another process decodes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.line import Frame
from ml_utils.web.pictures import LARGEST_PICTURE
from tests.trainers import FakeTrainer
from tests.web.conftest import HOST, Bench, Browser
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


class Decoder(FakeTrainer):
    """An examiner that says what it got."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "ask":
            args = frame["args"]
            answer = {"ok": True, "name": frame["name"], "bytes": len(args["data"]), "invert": args["invert"],
                      "dataset": frame["subject"]["blueprint"]["dataset"], "by": self.attempt}
            self.say({"t": "answer", "id": frame["id"], "answer": answer})
        else:
            super().obey(frame)


def send(me: Browser, data: bytes = PNG, kind: str = "image/png", query: str = "", token: str | None = None) -> Any:
    headers = {"X-Lockstep-Token": me.token if token is None else token}
    return me.http.post(f"/api/rooms/{me.room}/picture{query}", data=data, content_type=kind, headers=headers,
                        base_url=f"http://{HOST}")


def test_an_examiner_decodes_it_and_nothing_changes(bench_of: BenchOf) -> None:
    bench = bench_of(Decoder)
    me = joined(bench)
    before = bench.trace(me.room)
    answer = send(me).get_json()
    by = answer.pop("by")
    assert answer == {"ok": True, "name": "picture", "bytes": len(PNG), "invert": False, "dataset": "digits"}
    assert by < 0 and bench.trace(me.room) == before
    assert send(me, query="?invert=1").get_json()["invert"] is True


def test_it_may_be_larger_than_other_bodies_but_not_huge(bench_of: BenchOf) -> None:
    me = joined(bench_of(Decoder))
    assert send(me, bytes(LARGEST_PICTURE)).get_json()["bytes"] == LARGEST_PICTURE
    answer = send(me, bytes(LARGEST_PICTURE + 1))
    assert answer.status_code == 413 and answer.get_json()["error"]["code"]
    body = me.http.post(f"/api/rooms/{me.room}/ask", data=b'"' + b"x" * 70_000 + b'"', content_type="application/json",
                        headers={"X-Lockstep-Token": me.token}, base_url=f"http://{HOST}")
    assert body.status_code == 413, "the others' limit stays"


@pytest.mark.parametrize(("options", "status", "code"), [
    ({"token": "x"}, 403, "no_token"), ({"kind": "text/html"}, 409, "no_picture"),
    ({"kind": "image/svg+xml"}, 409, "no_picture"),
    ({"kind": "application/json"}, 409, "no_picture"), ({"query": "?invert=yes"}, 400, "invalid")])
def test_what_is_wrong_is_said(bench_of: BenchOf, options: dict[str, Any], status: int, code: str) -> None:
    bench = bench_of(Decoder)
    me = joined(bench)
    before = bench.trace(me.room)
    answer = send(me, **options)
    assert answer.status_code == status and answer.get_json()["error"]["code"] == code
    assert bench.trace(me.room) == before and not bench.launcher.started


def test_no_browser_asks_what_only_the_server_may(bench_of: BenchOf) -> None:
    me = joined(bench_of(Decoder))
    answer = me.post(f"/api/rooms/{me.room}/ask", {"id": "question-1", "name": "picture", "args": {"data": "x"}}).get_json()
    assert answer["error"]["code"] == "unknown_question"


def test_too_many_in_a_short_time_are_refused(bench_of: BenchOf) -> None:
    me = joined(bench_of(Decoder))
    codes = [send(me).status_code for _ in range(40)]
    assert codes[0] == 200 and 429 in codes


def test_an_unknown_room_has_no_pictures(bench_of: BenchOf) -> None:
    me = joined(bench_of(Decoder))
    me.room = "x"
    assert send(me).status_code == 404
    assert me.get("/api/rooms/x/drawings").status_code == 404
