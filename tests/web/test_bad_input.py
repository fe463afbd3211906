"""Bad input, made from the message definitions: the error shape, the field named, nothing changed, no traceback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_utils.core.commands import Envelope, Join
from ml_utils.core.messages import COMMANDS
from ml_utils.core.questions import QUESTIONS
from ml_utils.web import errands
from ml_utils.web.frames import BadFrame, check
from tests.strategies import HOSTILE, STRINGS, bad, bad_args, example, flaws, flaws_of, harmless
from tests.waiting import quickest
from tests.web.conftest import HOST, Bench, Browser

LONGEST = 20_000  # below the limit of a message
FEW = settings(max_examples=50,
               suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])

MESSAGES = {"connect", "disconnect", "join", "command", "ask", "*"}
GOOD_PATHS = {  # every route, with a path that exists
    "/": "/", "/room/<code>": "/room/{room}", "/healthz": "/healthz", "/static/<path:filename>": "/static/room/room.js",
    "/vendor/<path:path>": "/vendor/uplot/dist/uPlot.esm.js", "/api/session": "/api/session",
    "/api/rooms/<code>": "/api/rooms/{room}", "/api/rooms/<code>/events": "/api/rooms/{room}/events",
    "/api/rooms/<code>/points": "/api/rooms/{room}/points?branch=b1&series=train_loss",
    "/api/rooms/<code>/commands": "/api/rooms/{room}/commands",
    "/compare": "/compare", "/api/rooms/<code>/ledger": "/api/rooms/{room}/ledger",
    "/api/rooms/<code>/ledger.csv": "/api/rooms/{room}/ledger.csv",
    "/api/rooms/<code>/metrics.csv": "/api/rooms/{room}/metrics.csv?branch=b1",
    "/api/rooms/<code>/layers": "/api/rooms/{room}/layers?branch=b1",
    "/room/<code>/creator": "/room/{room}/creator", "/api/creator": "/api/creator",
    "/api/rooms/<code>/report": "/api/rooms/{room}/report?run=r1", "/api/rooms/<code>/warm": "/api/rooms/{room}/warm",
    "/api/rooms/<code>/network.py": "/api/rooms/{room}/network.py?of=r1",
    "/api/rooms/<code>/network.yaml": "/api/rooms/{room}/network.yaml", "/api/blueprint": "/api/blueprint",
    "/api/rooms/<code>/picture": "/api/rooms/{room}/picture", "/api/rooms/<code>/drawings": "/api/rooms/{room}/drawings",
    "/api/rooms/<code>/marks.csv": "/api/rooms/{room}/marks.csv",
    "/api/rooms/<code>/evaluations/<int:seq>": "/api/rooms/{room}/evaluations/1",
    "/api/rooms/<code>/evaluations/<int:seq>.csv": "/api/rooms/{room}/evaluations/1.csv",
    "/api/rooms/<code>/evaluations/<int:seq>.png": "/api/rooms/{room}/evaluations/1.png",
    "/room/<code>/inside": "/room/{room}/inside", "/api/rooms/<code>/ask": "/api/rooms/{room}/ask",
    "/api/rooms/<code>/export": "/api/rooms/{room}/export", "/api/rooms/<code>/weights": "/api/rooms/{room}/weights",
    "/api/rooms/<code>/folder": "/api/rooms/{room}/folder",
    "/api/rooms/<code>/jobs/<name>": "/api/rooms/{room}/jobs/0123456789abcdef",
    "/api/rooms/<code>/jobs/<name>/file": "/api/rooms/{room}/jobs/0123456789abcdef/file",
    "/api/uploads": "/api/uploads", "/api/uploads/<id>": "/api/uploads/0123456789abcdef",
    "/api/rooms/<code>/images": "/api/rooms/{room}/images", "/api/rooms/<code>/images/keep": "/api/rooms/{room}/images/keep",
    "/api/rooms/<code>/images/<own:name>": "/api/rooms/{room}/images/own_0123456789abcdef",
    "/api/rooms/<code>/recipe.yaml": "/api/rooms/{room}/recipe.yaml?run=r1", "/api/open": "/api/open",
    "/api/rooms/<code>/session.yaml": "/api/rooms/{room}/session.yaml",
    "/api/rooms/<code>/events.jsonl": "/api/rooms/{room}/events.jsonl",
    "/api/library": "/api/library", "/api/library/<id>": "/api/library/0123456789abcdef",
}
CHANGING = {"POST", "PUT", "DELETE"}
METHODS = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "POST", "PROPFIND", "MADEUP"]
BODIES = {
    "empty": b"", "a list": b"[]", "null": b"null", "a number": b"1", "a text": b'"x"', "true": b"true", "half": b'{"id":',
    "NUL": b"\0",
    "not UTF-8": b"\xff\xfe\xfd", "half a sign": '{"name":"ü"}'.encode()[:-3], "a mark of byte order": b"\xef\xbb\xbf{}",
    "UTF-16": '{"name":"x"}'.encode("utf-16"), "UTF-32": '{"name":"x"}'.encode("utf-32"), "deep lists": b"[" * 60_000,
    "deep objects": b'{"name":' * 8_000, "closed deep lists": b"[" * 30_000 + b"]" * 30_000,
    "huge integer": b'{"name":' + b"9" * 5_000 + b"}",
    "NaN": b'{"name":NaN}', "Infinity": b'{"name":-Infinity}', "1e400": b'{"name":1e400}', "twice": b'{"name":"a","name":"b"}',
    "comments": b'{"name":"a"} // b', "two values": b"{}{}", "single quotes": b"{'name':'a'}",
    "a list of keys": b'[["name","a"]]',
    "no name": b"{}", "more": b'{"name":"a","role":"teacher"}', "prototype": b'{"name":"a","__proto__":{"admin":true}}',
    "not a text": b'{"name":["a"]}', "too long": b'{"name":"' + b"x" * 10_000 + b'"}', "a lone surrogate key": b'{"\\ud800":1}',
}
NO_NUMBERS = ["", " ", "x", "-1", "1e400", "nan", "NaN", "inf", "-inf", "Infinity", "0x10", "1,5", "1;drop", "null", "[]", "\0",
              "1\n2", "9" * 400, "--1", "𝟙𝟚x", "%s", "{{7*7}}"]


def repr_of(value: Any) -> str:
    return ascii(value)[:40]


@pytest.fixture(scope="module")
def me(shared: Bench) -> Iterator[Browser]:
    """Somebody in a room that has trained a little and pauses; processes that evaluate say nothing, and are soon given up."""
    patched = pytest.MonkeyPatch()
    patched.setattr(errands, "SILENT_SECONDS", 0.2)
    browser = shared.browser().connect()
    browser.join()
    browser.command("start")
    browser.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    browser.command("interrupt")
    browser.status("paused")
    yield browser
    patched.undo()


def error_of(answer: Any) -> dict[str, Any]:
    """Return the error of an answer that has the error shape, and only that."""
    assert set(answer) == {"ok", "error"}, answer
    assert answer["ok"] is False
    error: dict[str, Any] = answer["error"]
    assert set(error) - {"field"} == {"code", "message", "hint"}, error
    assert all(isinstance(text, str) and text for text in error.values()), error
    assert len(json.dumps(error)) < 3_000, "what was sent comes back at length"
    return error


def over_socket(browser: Browser, name: str, payload: Any) -> Any:
    """Say it as bytes, as a real line does; return the answer."""
    text = f"421{json.dumps([name, payload])}"
    try:
        check(text)
    except BadFrame as bad:
        assert bad.answer
        return json.loads(bad.answer.removeprefix("31"))[0]
    browser.bench.socketio.server._handle_eio_message(browser.socket.eio_sid, text[1:])  # the engine takes the first sign
    answer, browser.socket.acks = browser.socket.acks["args"][0], None
    return answer


def over_http(browser: Browser, path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"X-Lockstep-Token": browser.token, "Content-Type": "application/json", **headers}
    answer = browser.http.post(path, data=data, headers=sent, base_url=f"http://{HOST}")
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    return answer.get_json()


def refuses(me: Browser, answer: Any, field: str | None, before: Any) -> None:
    error = error_of(answer)
    if field and error["code"] != "not_json":  # what is no JSON has no fields
        assert error["field"] == field, error
    assert me.bench.trace(me.room) == before


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────

def test_every_message_over_the_socket_stands_in_this_file(shared: Bench) -> None:
    assert set(shared.socketio.server.handlers["/"]) == MESSAGES
    assert set(shared.socketio.server.handlers) == {"/"}


@pytest.mark.parametrize("name", COMMANDS)
@given(data=st.data())
@FEW
def test_a_bad_command_over_the_socket_is_refused(me: Browser, name: str, data: st.DataObject) -> None:
    args, field = data.draw(bad_args(name, LONGEST))
    before = me.bench.trace(me.room)
    refuses(me, over_socket(me, "command", {"id": "bad-command", "name": name, "args": args}), field, before)


@pytest.mark.parametrize("name", COMMANDS)
@given(data=st.data())
@FEW
def test_a_bad_command_over_http_is_refused(me: Browser, name: str, data: st.DataObject) -> None:
    args, field = data.draw(bad_args(name, LONGEST))
    before = me.bench.trace(me.room)
    wish = {"id": "bad-command", "name": name, "args": args}
    refuses(me, over_http(me, f"/api/rooms/{me.room}/commands", wish), field, before)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_single_flaw_of_a_command_is_refused(me: Browser, name: str) -> None:
    before = me.bench.trace(me.room)
    for args, field in flaws(name, LONGEST):
        error = error_of(over_socket(me, "command", {"id": "bad-command", "name": name, "args": args}))
        assert not field or error["code"] == "not_json" or error["field"] == field, (args, error)
    assert me.bench.trace(me.room) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hostile_value_that_fits_is_taken_or_refused_with_the_error_shape(me: Browser, name: str) -> None:
    """Of the right form, but of a branch, a layer or a setting that is not there."""
    args = example(COMMANDS[name])
    for field in args:
        for value in harmless(name, field):
            wish = {"id": f"fits-{uuid4().hex}", "name": name, "args": {**args, field: value}}
            answer = over_socket(me, "command", wish)
            assert answer["ok"] or error_of(answer)
    me.sees(lambda state: all(row["state"] != "running" for row in (*state["evaluations"].values(), *state["proofs"])),
            "the end of what was taken: tests after this one compare what there is before and after")


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_single_flaw_of_a_question_is_refused(me: Browser, name: str) -> None:
    before, processes = me.bench.trace(me.room), len(me.bench.launcher.started)
    for args, field in flaws_of(QUESTIONS[name], example(QUESTIONS[name])):
        error = error_of(over_socket(me, "ask", {"id": "bad-question", "name": name, "args": args}))
        assert not field or error["code"] == "not_json" or error["field"] == field, (args, error)
    assert me.bench.trace(me.room) == before and len(me.bench.launcher.started) == processes


@pytest.mark.parametrize("value", [value for value in HOSTILE if repr(value) not in ("1.5",)], ids=repr_of)
@pytest.mark.parametrize("setting", ["learning_rate", "optimizer", "batch_size", "__class__", "settings", "reason"])
def test_a_twin_of_a_value_that_its_setting_does_not_take_is_refused(me: Browser, setting: str, value: Any) -> None:
    before = me.bench.trace(me.room)
    args = {"branch": "b1", "epoch": 0, "setting": setting, "values": [value, 0.5], "epochs": 1}
    error = error_of(over_socket(me, "command", {"id": "bad-command", "name": "twin", "args": args}))
    assert error["code"] == "not_json" or error["field"]
    assert me.bench.trace(me.room) == before


@pytest.mark.parametrize(("number", "text"), list(enumerate(harmless("rename_branch", "title"))), ids=repr_of)
def test_hostile_text_stays_text(me: Browser, number: int, text: str) -> None:
    """Names of branches and reasons are free: whatever they say, they come back in a Snapshot that can be read."""
    momentum = number / 1_000
    assert me.command("rename_branch", {"branch": "b1", "title": text})["ok"]
    assert me.command("set_settings", {"momentum": momentum, "reason": text})["ok"]
    me.sees(lambda state: state["markers"] and state["markers"][-1]["changes"].get("momentum", {}).get("to") == momentum)
    assert me.get(f"/api/rooms/{me.room}").get_json()["snapshot"] == me.state


@given(flaw=bad(Envelope, st.just({"id": "bad-envelope", "name": "interrupt", "args": {}}), LONGEST))
@FEW
def test_a_bad_envelope_is_refused(me: Browser, flaw: Any) -> None:
    wish, field = flaw
    before = me.bench.trace(me.room)
    refuses(me, over_socket(me, "command", wish), field, before)
    refuses(me, over_http(me, f"/api/rooms/{me.room}/commands", wish), field, before)


@given(flaw=bad(Join, longest=LONGEST))
@FEW
def test_a_bad_join_is_refused_and_one_stays_in_the_room(me: Browser, flaw: Any) -> None:
    wish, field = flaw
    before = me.bench.trace(me.room)
    refuses(me, over_socket(me, "join", wish), field, before)


@pytest.mark.parametrize("payload", [None, True, 0, -1, 1.5, "x", [], [[]], {}, [{}], {"": 1}, "x" * LONGEST], ids=repr_of)
@pytest.mark.parametrize("name", ["join", "command", "ask"])
def test_a_payload_that_is_no_object_of_ours_is_refused(me: Browser, name: str, payload: Any) -> None:
    refuses(me, over_socket(me, name, payload), None, me.bench.trace(me.room))


@pytest.mark.parametrize("sent", [(), ({}, {}), (1, 2, 3)])
@pytest.mark.parametrize("name", ["join", "command", "ask"])
def test_a_message_with_no_payload_or_several_is_refused(me: Browser, name: str, sent: tuple[Any, ...]) -> None:
    before = me.bench.trace(me.room)
    refuses(me, me.socket.emit(name, *sent, callback=True), None, before)


@pytest.mark.parametrize("name", ["chat", "__proto__", "__class__", "", "Join", "x" * 5_000, "message"], ids=repr_of)
def test_an_unknown_message_is_refused(me: Browser, name: str) -> None:
    error = error_of(over_socket(me, name, {}))
    assert error["code"] == "unknown_message"


@pytest.mark.parametrize("name", [text for text in STRINGS if len(text) < LONGEST], ids=repr_of)
def test_an_unknown_command_is_refused_by_its_name(me: Browser, name: str) -> None:
    refuses(me, over_socket(me, "command", {"id": "unknown-name", "name": name, "args": {}}), "name", me.bench.trace(me.room))


def test_after_all_of_it_the_connection_still_works(me: Browser) -> None:
    assert me.command("set_settings", {"dropout": 0.375})["ok"]
    me.sees(lambda state: state["markers"][-1]["changes"].get("dropout", {}).get("to") == 0.375, "the Event of it")


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/api/session", "/api/rooms/{room}/commands", "/api/rooms/{room}/ask"])
def test_a_body_that_is_not_what_we_read_is_refused_at_once(me: Browser, path: str, body: bytes) -> None:
    before = me.bench.trace(me.room)
    assert quickest(lambda: over_http(me, path.format(room=me.room), body)) < 0.05
    refuses(me, over_http(me, path.format(room=me.room), body), None, before)


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_a_body_above_the_limit_is_refused(me: Browser, size: int) -> None:
    for path in ("/api/session", f"/api/rooms/{me.room}/commands", f"/api/rooms/{me.room}/ask"):
        answer = me.http.post(path, data=b'{"name":"' + b"x" * size + b'"}', base_url=f"http://{HOST}",
                              headers={"X-Lockstep-Token": me.token, "Content-Type": "application/json"})
        assert answer.status_code == 413
        error_of(answer.get_json())


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                                  "multipart/form-data; boundary=x", "text/json", "", "application/json-patch+json",
                                  "APPLICATION/XML", "\xff"])
def test_a_body_of_another_type_is_refused(me: Browser, kind: str) -> None:
    assert error_of(over_http(me, "/api/session", {"name": "x"}, **{"Content-Type": kind}))["code"] == "not_json"


@given(name=st.one_of(st.text(min_size=201, max_size=300), st.integers(), st.none(), st.lists(st.text()), st.floats(),
                      st.booleans()))
@FEW
def test_a_bad_name_is_refused(me: Browser, name: Any) -> None:
    before = me.bench.trace(me.room)
    refuses(me, over_http(me, "/api/session", {"name": name}), "name", before)


# ── paths and queries ───────────────────────────────────────────────────────────────────────────────────────

def test_every_route_stands_in_this_file(shared: Bench) -> None:
    assert {rule.rule for rule in shared.app.url_map.iter_rules()} == set(GOOD_PATHS)


@pytest.mark.parametrize("rule", GOOD_PATHS)
def test_no_method_breaks_a_route_and_without_a_token_nothing_changes(me: Browser, rule: str) -> None:
    known = {method for one in me.bench.app.url_map.iter_rules() if one.rule == rule for method in one.methods or ()}
    before = me.bench.trace(me.room)
    for method in METHODS:
        answer = me.http.open(GOOD_PATHS[rule].format(room=me.room), method=method, base_url=f"http://{HOST}")
        if method in known - CHANGING:
            # in this room nothing was evaluated, sent or made
            found = 404 if {"evaluations", "jobs", "uploads"} & set(rule.split("/")[:-1]) else 200
            assert answer.status_code == (200 if method == "OPTIONS" else found), (method, answer.status_code)
        elif method in known:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 405, (method, answer.status_code)
            assert method == "HEAD" or error_of(answer.get_json())
        answer.close()
    assert me.bench.trace(me.room) == before


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/", "/api/rooms", "/api/rooms/", "/room", "/room/",
                                  "/admin", "/.env", "/.git/config", "/instance/secret.key", "/app.py", "/static", "/static/",
                                  "/vendor", "/vendor/", "/socket.iox", "/" + "x" * 100_000, "/%s%n", "/\\", "/..;/"],
                         ids=repr_of)
def test_an_unknown_route_is_not_found(me: Browser, path: str, method: str) -> None:
    answer = me.http.open(path, method=method, base_url=f"http://{HOST}")
    assert answer.status_code in (400, 404)
    error_of(answer.get_json())


def hostile_paths() -> list[str]:
    plain = [quote(text.encode("utf-8", "replace"), safe="") for text in STRINGS if len(text) < LONGEST]
    return [*plain, "..", "../..", "..%2f..%2fapp.py", "%2e%2e/%2e%2e/app.py", "..%5c..%5capp.py", "%252e%252e/app.py", "%00",
            "x%00.js", "%ff%fe", "%c0%ae%c0%ae/app.py", "/etc/passwd", "//etc/passwd", "C:/x.js", "uplot/../../app.py",
            "lit/%2e%2e/%2e%2e/app.py", "uplot/package.json", "@lit", "@lit/", "@/x.js", "chart.js/dist/chart.js",
            ".package-lock.json", "uplot", "abcdefg", "abcdefghj", "ABCDEFGH", "abcdefg0", "abcdefg%20", "abcdefgh%0a",
            "x" * 5_000]


@pytest.mark.parametrize("rule", [rule for rule in GOOD_PATHS if "<" in rule])
def test_hostile_paths_are_not_found(me: Browser, rule: str) -> None:
    before = me.bench.trace(me.room)
    for part in hostile_paths():
        path = re.sub(r"<(path:)?(code|path|filename|id|name)>", part.replace("\\", r"\\"), rule)
        for method in ("GET", "POST", "DELETE"):
            answer = me.http.open(path, method=method, base_url=f"http://{HOST}", headers={"X-Lockstep-Token": me.token})
            assert 300 <= answer.status_code < 500, (path, answer.status_code)
            if answer.status_code >= 400:
                error_of(answer.get_json())
    assert me.bench.trace(me.room) == before


@given(code=st.text(max_size=20).filter(lambda code: not re.fullmatch("[2-9a-hjkmnp-tv-z]{8}", code)))
@FEW
def test_any_text_that_is_no_code_is_no_room(me: Browser, code: str) -> None:
    for start in ("/room/", "/api/rooms/"):
        answer = me.get(start + quote(code.encode("utf-8", "replace"), safe=""))
        assert answer.status_code in (404, 308), (code, answer.status_code)


@pytest.mark.parametrize("name", ["from", "to", "max"])
@pytest.mark.parametrize("text", NO_NUMBERS, ids=repr_of)
def test_a_window_of_points_that_is_no_number_is_refused_by_its_name(me: Browser, name: str, text: str) -> None:
    query = urlencode({"branch": "b1", "series": "train_loss", name: text})
    answer = me.get(f"/api/rooms/{me.room}/points?{query}")
    assert answer.status_code == 400
    assert error_of(answer.get_json())["field"] == name


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1.0", "+1", " 1", "1_0", "٣", "²", "9" * 16], ids=repr_of)
def test_a_since_that_is_no_number_is_refused(me: Browser, text: str) -> None:
    answer = me.get(f"/api/rooms/{me.room}/events?{urlencode({'since': text})}")
    assert answer.status_code == 400
    assert error_of(answer.get_json())["field"] == "since"


@pytest.mark.parametrize("text", STRINGS, ids=repr_of)
def test_an_unknown_branch_or_series_is_not_found(me: Browser, text: str) -> None:
    for query, field in ((f"branch={quote(text.encode('utf-8', 'replace'))}&series=train_loss", "branch"),
                         (f"branch=b1&series={quote(text.encode('utf-8', 'replace'))}", "series")):
        answer = me.get(f"/api/rooms/{me.room}/points?{query}")
        assert answer.status_code == 404
        assert error_of(answer.get_json())["field"] == field


@pytest.mark.parametrize("query", ["since=0&since=x", "since[]=1", "since=0&" + "a=1&" * 5_000, "&&&", "=", "%ff=%fe",
                                   "since=0;since=1", "x" * 50_000], ids=range(8))
def test_odd_queries_never_break_a_route(me: Browser, query: str) -> None:
    before = me.bench.trace(me.room)
    for path in GOOD_PATHS.values():
        answer = me.get(path.format(room=me.room).partition("?")[0] + "?" + query)
        assert answer.status_code < 500
        answer.close()
    assert me.bench.trace(me.room) == before

