"""A room's Snapshot and curves by HTTP: compressed where taken, tagged, made once per number."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ml_utils.web import snapshots
from tests.web.conftest import Bench, Browser

LONG = 3000


@pytest.fixture(scope="module")
def me(shared: Bench) -> Browser:
    """Somebody whose room has one long curve, told in parts."""
    browser = shared.browser().connect()
    browser.join()
    browser.command("start")
    browser.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    trainer = shared.launcher.started[-1]
    for start in range(0, LONG, 300):
        xs = [1 + (start + number) / 256 for number in range(300)]
        trainer.x = xs[-1]
        trainer.event("metrics", {"x": xs, "train_loss": [loss(x) for x in xs], "train_accuracy": [0.5] * 300, "rate": 1.0,
                                  "step": 300, "took": 0.5, "learning_rate": 0.05})
    browser.command("interrupt")
    browser.status("paused")
    return browser


def loss(x: float) -> float:
    return 100.0 if x == 5.0 else -100.0 if x == 6.0 else 1.0 / x


def plain(answer: Any) -> dict[str, Any]:
    data = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    found: dict[str, Any] = json.loads(data)
    return found


def test_it_is_the_fold_and_everybody_sees_the_same(me: Browser) -> None:
    answer = plain(me.get(f"/api/rooms/{me.room}"))
    assert answer == {"ok": True, "seq": me.state["seq"], "snapshot": me.state}
    assert plain(me.bench.browser().get(f"/api/rooms/{me.room}")) == answer


@pytest.mark.parametrize(("accept", "coded"), [("gzip", True), ("gzip, deflate, br", True), ("*", True), ("GZIP;q=0.5", True),
                                               ("identity", False), ("", False), ("br", False), ("gzip;q=0", False),
                                               ("gzip;q=x", None), ("\0", False), ("," * 1000, False)])
def test_it_is_compressed_where_the_browser_takes_that(me: Browser, accept: str, coded: bool | None) -> None:
    answer = me.get(f"/api/rooms/{me.room}", headers={"Accept-Encoding": accept})
    assert answer.status_code == 200
    assert coded is None or (answer.headers.get("Content-Encoding") == "gzip") == coded
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert plain(answer)["snapshot"] == me.state


def test_who_has_it_already_is_told_so_and_both_forms_have_their_own_tag(me: Browser) -> None:
    tags = []
    for accept in ("gzip", "identity"):
        first = me.get(f"/api/rooms/{me.room}", headers={"Accept-Encoding": accept})
        tags.append(first.headers["ETag"])
        again = me.get(f"/api/rooms/{me.room}", headers={"Accept-Encoding": accept, "If-None-Match": tags[-1]})
        assert again.status_code == 304
        assert again.data == b""
    assert tags[0] != tags[1]
    assert me.get(f"/api/rooms/{me.room}", headers={"If-None-Match": '"other", garbage, W/"'}).status_code == 200


def test_it_is_made_once_for_each_number(me: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = snapshots._zip
    monkeypatch.setattr(snapshots, "_zip", lambda text: made.append(len(text)) or real(text))
    me.command("set_settings", {"momentum": 0.25})
    me.sees(lambda state: state["settings"]["momentum"] == 0.25)
    for _ in range(5):
        assert plain(me.get(f"/api/rooms/{me.room}"))["seq"] == me.state["seq"]
    assert len(made) == 1
    me.command("set_settings", {"momentum": 0.5})
    me.sees(lambda state: state["settings"]["momentum"] == 0.5)
    assert plain(me.get(f"/api/rooms/{me.room}"))["seq"] == me.state["seq"]
    assert len(made) == 2


def test_a_room_nobody_was_in_has_the_empty_snapshot_and_stays_unstored(me: Browser) -> None:
    before = me.bench.rows()
    answer = me.get("/api/rooms/zzzzzzzz").get_json()
    assert (answer["seq"], answer["snapshot"]["room"]["code"]) == (0, "zzzzzzzz")
    assert me.bench.rows() == before


def test_many_rooms_do_not_fill_the_memory(me: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "CACHED", 5)
    for number in range(30):
        me.get(f"/api/rooms/zzzzzz{number // 8 + 2}{number % 8 + 2}")
    assert len(me.bench.lab.snapshots._cache) <= 5


def test_the_snapshot_tells_nothing_that_is_secret(me: Browser) -> None:
    text = json.dumps(plain(me.get(f"/api/rooms/{me.room}"))) + me.get(f"/api/rooms/{me.room}/events").text
    room = me.bench.lab.store.room(me.room)
    assert room and room["token"]
    cookie = me.http.get_cookie("lockstep", "localhost")
    assert cookie
    for secret in (room["token"], me.token, cookie.value, str(me.bench.config.instance), "127.0.0.1"):
        assert secret not in text


def points(me: Browser, **query: Any) -> list[list[float]]:
    asked = {"branch": "b1", "series": "train_loss", **query}
    found: list[list[float]] = me.get(f"/api/rooms/{me.room}/points", query_string=asked).get_json()["points"]
    return found


def test_a_window_is_as_fine_as_asked_and_keeps_the_extremes(me: Browser) -> None:
    every = points(me, max=5000)
    assert len(every) == LONG + 1
    few = points(me, max=100)
    assert len(few) <= 100
    assert [5.0, 100.0] in few and [6.0, -100.0] in few
    window = points(me, **{"from": 4.5, "to": 5.5, "max": 5000})
    assert window == [point for point in every if 4.5 <= point[0] <= 5.5]
    assert points(me, **{"from": 5.5, "to": 4.5}) == []
    assert len(points(me, max=0)) <= 2
    assert len(points(me, max=1e9)) == LONG + 1


def test_the_log_by_http_is_that_of_the_socket_in_pages(me: Browser) -> None:
    events = me.get(f"/api/rooms/{me.room}/events").get_json()["events"]
    assert [event["seq"] for event in events] == list(range(1, me.state["seq"] + 1))
    assert me.get(f"/api/rooms/{me.room}/events?since={me.state['seq'] - 1}").get_json()["events"] == events[-1:]
    assert me.get(f"/api/rooms/{me.room}/events?since=999999999999999").get_json()["events"] == []
