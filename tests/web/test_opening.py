"""A log from outside becomes a room that stands still; whatever is no log is refused with its line, and changes nothing."""

from __future__ import annotations

import copy
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_utils import foreign_logs, logs
from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.datasets import Images
from ml_utils.core.errors import Refused
from ml_utils.core.settings import Settings
from ml_utils.web import opening
from ml_utils.web.opening import stands_still
from tests.core import stories
from tests.trainer.played import Played
from tests.web.conftest import HOST, Bench, Browser

Facts = list[dict[str, Any]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A log with a change, an interrupt, a crash, a fork, and a training that is under way."""
    found = Played(tmp_path_factory.mktemp("played"), code="terminal")
    found.run(mlp(), Settings(batch_size=256, learning_rate=0.02))
    found.train(2, {(0, 3): ("set_settings", {"learning_rate": 0.05}), (1, 2): ("interrupt", {})})
    found.back("b1", 1)
    found.change(dropout=0.5)
    found.fork()
    found.train(2, {(1, 3): ("leave", {})})
    found.add("proof_requested", {"branch": "b1", "epoch": 1})
    found.add("evaluation_requested", {"branch": "b1", "epoch": 1, "split": "test"})
    found.add("drawing_kept", {"id": "d1", "dataset": "digits-1", "label": 3, "source": "pad", "digest": "0" * 64},
              by={"id": "ada", "name": "Ada\u2028 <b>"})
    return found


@pytest.fixture
def me(shared: Bench) -> Browser:
    shared.without_limits()
    return shared.browser().connect()


def text_of(facts: Facts, code: str = "terminal") -> bytes:
    return (logs.head(code) + "".join(map(logs.line_of, facts))).encode()


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", options.pop("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return into.getvalue()


def uploaded(me: Browser, data: bytes, name: str = "events.jsonl") -> str:
    wish = me.post("/api/uploads", {"name": name, "bytes": len(data), "of": str(hash(data))}).get_json()
    assert wish["ok"], wish
    for at in range(wish["have"], len(data), wish["chunk"]):
        piece = data[at:at + wish["chunk"]]
        answer = me.http.put(f"/api/uploads/{wish['id']}?at={at}", data=piece, base_url=f"http://{HOST}",
                             headers={"X-Lockstep-Token": me.token, "Content-Type": "application/octet-stream"})
        assert answer.get_json()["ok"], answer.text
    return str(wish["id"])


def open_(me: Browser, data: bytes) -> dict[str, Any]:
    upload = uploaded(me, data)
    answer: dict[str, Any] = me.post("/api/open", {"upload": upload}).get_json()
    return answer


def refused(me: Browser, data: bytes) -> dict[str, Any]:
    """Return the refusal; nothing has changed by it."""
    before = me.bench.rows()
    answer = open_(me, data)
    assert not answer["ok"] and me.bench.rows() == before, answer
    assert not list(me.bench.config.instance.glob("opening-*"))
    error: dict[str, Any] = answer["error"]
    assert error["hint"] and len(error["message"]) < 600 and error["message"].isprintable()
    return error


def room_of(me: Browser, answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["ok"], answer
    snapshot: dict[str, Any] = me.get(f"/api/rooms/{answer['room']}").get_json()["snapshot"]
    return snapshot


# ── what is opened ──────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: zipped({"events.jsonl": data, "summary.txt": b"x"}),
                                  lambda data: zipped({"run-7/events.jsonl": data, "run-7/plots/a.png": b"x"}),
                                  lambda data: zipped({"events.jsonl": data}, compression=zipfile.ZIP_STORED)],
                         ids=["log", "zip", "folder", "stored"])
def test_a_log_becomes_a_room_with_the_same_curves(me: Browser, played: Played, wrap: Callable[[bytes], bytes]) -> None:
    answer = open_(me, wrap(text_of(played.facts)))
    state = room_of(me, answer)
    theirs = json.loads(json.dumps(played.state))
    for part in ("series", "runs", "markers", "branches", "layers", "trends"):
        assert state[part] == theirs[part], part
    assert state["room"]["code"] == answer["room"] != played.code
    for branch in theirs["branches"]:
        path = f"/api/rooms/{answer['room']}/points?branch={branch}&series=train_loss&from=0&to=9&max=5000"
        rows = [[x, y] for fact in played.facts if fact["name"] == "metrics" and fact["position"]["branch"] == branch
                for x, y in zip(fact["data"]["x"], fact["data"]["train_loss"], strict=True)]
        points = me.get(path).get_json()["points"]
        assert [x for x, _ in points] == [x for x, _ in rows]
        assert [y for _, y in points] == pytest.approx([y for _, y in rows], rel=1e-6)


def test_an_opened_room_stands_still_and_names_no_file_that_is_not_here(me: Browser, played: Played) -> None:
    state = room_of(me, open_(me, text_of(played.facts)))
    assert played.state["session"]["status"] == "training" and played.state["checkpoints"] and played.state["drawings"]
    assert state["session"]["status"] == "paused" and state["session"]["waiting"] is None
    assert state["checkpoints"] == state["passing"] == [] and state["drawings"] == {} and state["images"] == {}
    assert [row["state"] for row in state["proofs"]] == ["failed"]
    assert [row["state"] for row in state["evaluations"].values()] == ["failed"]
    assert state["session"]["position"] == json.loads(json.dumps(played.state["session"]["position"]))


def test_the_log_of_an_opened_room_begins_with_that_of_the_file(me: Browser, played: Played) -> None:
    code = open_(me, text_of(played.facts))["room"]
    facts = me.bench.lab.store.events(code, 0)
    assert [(fact["seq"], fact["name"], fact["data"]) for fact in facts[:len(played.facts)]] == [
        (fact["seq"], fact["name"], json.loads(json.dumps(fact["data"]))) for fact in played.facts]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    kept = next(fact for fact in facts if fact["name"] == "drawing_kept")
    assert kept["by"] == {"id": "ada", "name": "Ada <b>"}
    assert {fact["by"]["id"] for fact in facts[len(played.facts):]} == {me.person}


def test_an_opened_room_is_the_same_after_a_restart(me: Browser, played: Played) -> None:
    code = open_(me, text_of(played.facts))["room"]
    ledger = me.bench.lab.ledger
    before = ledger.snapshot(code)
    with ledger.lock:
        del ledger._rooms[code]
    assert ledger.snapshot(code) == before and code not in me.bench.lab.store.busy_rooms()


def test_a_room_can_be_opened_as_it_was_taken(me: Browser, played: Played) -> None:
    first = open_(me, text_of(played.facts))["room"]
    taken = me.get(f"/api/rooms/{first}/events.jsonl").data
    second = open_(me, taken)
    assert second["ok"] and second["room"] != first
    states = [{**room_of(me, {"ok": True, "room": code}), "seq": 0, "room": None} for code in (first, second["room"])]
    assert {**states[0]["series"]} == {**states[1]["series"]} and states[0]["session"]["status"] == "paused"


def test_a_last_line_that_was_cut_short_is_no_event(me: Browser, played: Played) -> None:
    state = room_of(me, open_(me, text_of(played.facts) + b'{"seq":'))
    assert state["series"] == json.loads(json.dumps(played.state["series"]))


@given(acts=st.lists(stories.ACTS, max_size=8), batches=st.sampled_from([3, 23]))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_every_legal_log_is_opened(tmp_path: Path, acts: Any, batches: int) -> None:
    facts = stories.Story(batches).play(acts)
    (tmp_path / "log").write_bytes(text_of(facts))
    state = foreign_logs.checked(tmp_path / "log", "abcdefgh")
    assert state["seq"] == len(facts)
    for name, data in stands_still(state):
        logs_data = foreign_logs.EVENTS[name].model_validate(data)
        assert logs_data


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────

def altered(facts: Facts, number: int, **values: Any) -> Facts:
    found = copy.deepcopy(facts)
    found[number].update(values)
    return found


def index(facts: Facts, name: str) -> int:
    return next(number for number, fact in enumerate(facts) if fact["name"] == name)


def hostile(facts: Facts) -> dict[str, Facts]:
    fork, saved, measured = index(facts, "branch_started"), index(facts, "checkpoint_saved"), index(facts, "metrics")

    def data(at: int, **values: Any) -> Facts:
        return altered(facts, at, data={**facts[at]["data"], **values})
    place = facts[measured]["position"]
    return {
        "a gap": facts[:5] + facts[6:], "a number twice": facts[:5] + facts[4:],
        "an unknown event": altered(facts, 3, name="won"),
        "a command": altered(facts, 3, name="start"), "a name that is none": altered(facts, 3, name=["a"]),
        "a run twice": facts + altered(facts[:1], 0, seq=len(facts) + 1),
        "its own parent": data(fork, parent="b2"), "an unknown parent": data(fork, parent="b9"),
        "a future fork": data(fork, epoch=7), "another name": data(fork, branch="b7"),
        "a dotted name": data(fork, branch="b.2"),
        "an unknown run": data(fork, run="r2"), "another run": data(0, run="r5"), "an unknown branch": data(saved, branch="b9"),
        "an unknown place": altered(facts, measured, position={**place, "branch": "b9"}),
        "no place": altered(facts, measured, position=None), "a wrong place": altered(facts, measured, position=[1]),
        "a far place": altered(facts, measured, position={**place, "epoch": 2**50}),
        "columns": data(measured, train_loss=[1.0] * 9), "infinite": data(measured, rate=float("inf")),
        "NaN": data(measured, rate=float("nan")), "negative": data(measured, rate=-1.0), "more": data(measured, more=1),
        "a time": altered(facts, 3, at=float("nan")), "a time that is none": altered(facts, 3, at="now"),
        "another time": altered(facts, 3, at=1e300), "somebody": altered(facts, 3, by={"id": "a b", "name": "x"}),
        "nobody": altered(facts, 3, by=[]), "half a letter": altered(facts, 3, by={"id": "a", "name": "\ud800"}),
        "settings": data(0, settings={"learning_rate": 1e9}), "a network": data(0, blueprint={"layers": []}),
        "an answer to nobody": facts + [{**facts[saved], "seq": len(facts) + 1, "name": "evaluation_failed", "data": {
            "branch": "b1", "epoch": 9, "split": "test", "drawings": [], "message": "x"}}],
    }


NAMES = [
    "a gap", "a number twice", "an unknown event", "a command", "a name that is none", "a run twice", "its own parent",
    "an unknown parent", "a future fork", "another name", "a dotted name", "an unknown run", "another run",
    "an unknown branch", "an unknown place", "no place", "a wrong place", "a far place", "columns", "infinite", "NaN",
    "negative", "more", "a time", "a time that is none", "another time", "somebody", "nobody", "half a letter",
    "settings", "a network", "an answer to nobody"]


def test_every_hostile_log_is_tried(played: Played) -> None:
    assert list(hostile(played.facts)) == NAMES


@pytest.mark.parametrize("what", NAMES)
def test_a_log_that_cannot_be_is_refused_with_its_line(me: Browser, played: Played, what: str) -> None:
    facts = hostile(played.facts)[what]
    error = refused(me, (logs.head("terminal") + "".join(json.dumps(fact) + "\n" for fact in facts)).encode())
    assert error["code"] == "bad_log" and "line " in error["message"], error


@pytest.mark.parametrize("data", [b"x", b"\0" * 1000, b"{}\n", b"[" * 100_000, b"\n\n\n", b"PK", b"PK\x03\x04" + b"\0" * 100,
                                  b'{"lockstep":"log","format":2,"room":"a"}\n', "é".encode("utf-16"),
                                  logs.head("terminal").encode(), logs.head("terminal").encode() + b"[]\n",
                                  logs.head("terminal").encode() + b"{" * 50_000 + b"\n",
                                  logs.head("terminal").encode() + b'{"seq":1}\n', zipped({"a.txt": b"x"}),
                                  zipped({"a/b/events.jsonl": b"x"}), zipped({}), zipped({"events.jsonl": b"x"})[:-30],
                                  zipped({"events.jsonl": b"", "x/events.jsonl": b""}), zipped({"events.jsonl": b"{}"})])
def test_what_is_no_log_is_refused(me: Browser, data: bytes) -> None:
    assert refused(me, data)["code"] in ("bad_log", "no_log")


def test_an_archive_that_unpacks_to_too_much_is_refused(me: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_logs, "LARGEST", 100_000)
    big = b"x" * 200_000
    assert refused(me, zipped({"events.jsonl": big}))["code"] == "too_large"
    assert refused(me, logs.head("terminal").encode() + big)["code"] == "too_large"
    lying = bytearray(zipped({"events.jsonl": big}))
    at = lying.index(b"PK\x01\x02")
    lying[at + 24:at + 28] = struct.pack("<I", 10)  # it says that it unpacks to ten bytes
    lying[22:26] = struct.pack("<I", 10)
    assert refused(me, bytes(lying))["code"] in ("too_large", "no_log", "bad_log")


def test_an_archive_with_a_huge_index_is_refused_before_it_is_read(me: Browser) -> None:
    data = bytearray(zipped({"events.jsonl": b"x"}))
    data[-10:-6] = struct.pack("<I", 50_000_000)
    assert "too many files" in refused(me, bytes(data))["message"]


def test_an_encrypted_archive_is_refused(me: Browser) -> None:
    data = bytearray(zipped({"events.jsonl": b"x"}))
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(sign) + place] |= 1
    assert refused(me, bytes(data))["code"] == "no_log"


def test_images_that_are_not_here_are_refused(me: Browser, tmp_path: Path) -> None:
    images = Images(title="cats", shape=(1, 8, 8), classes=("a", "b"), train=20, test=5)
    foreign = Played(tmp_path, code="terminal")
    foreign.run(cnn("own_0123456789abcdef", 1, images))
    assert refused(me, text_of(foreign.facts))["code"] == "unknown_images"


def test_a_run_that_is_too_large_for_this_server_is_refused(me: Browser, tmp_path: Path) -> None:
    foreign = Played(tmp_path, threads=200, code="terminal")
    foreign.run(mlp())
    assert refused(me, text_of(foreign.facts))["code"] == "too_many_threads"


def test_an_upload_of_somebody_else_is_not_opened(me: Browser, shared: Bench, played: Played) -> None:
    upload = uploaded(me, text_of(played.facts))
    other = shared.browser()
    assert other.post("/api/open", {"upload": upload}).status_code == 404
    assert me.post("/api/open", {"upload": upload}, token="").status_code == 403
    assert me.post("/api/open", {"upload": upload}).get_json()["ok"]
    assert me.post("/api/open", {"upload": upload}).status_code == 404, "it is gone"


@pytest.mark.parametrize("body", [None, [], {}, {"upload": 1}, {"upload": "x"}, {"upload": "x" * 100}, {"upload": "../../etc"}])
def test_a_body_that_names_no_upload_is_refused(me: Browser, body: Any) -> None:
    answer = me.post("/api/open", body)
    assert answer.status_code in (400, 404) and not answer.get_json()["ok"]


def test_what_was_refused_is_not_kept(me: Browser) -> None:
    upload = uploaded(me, b"no log at all")
    assert me.post("/api/open", {"upload": upload}).get_json()["error"]["code"] == "bad_log"
    with pytest.raises(Refused, match="no such upload"):
        me.bench.lab.uploads.look(me.person, upload)


def test_one_log_at_a_time(me: Browser, played: Played) -> None:
    upload = uploaded(me, text_of(played.facts))
    one = opening.Opening(me.bench.lab)
    assert one._turn.acquire(blocking=False)
    with pytest.raises(Refused) as caught:
        one.open(me.bench.lab.uploads.file(me.person, upload), {"id": me.person, "name": ""})
    assert caught.value.code == "busy"
    me.bench.lab.uploads.drop(me.person, upload)


def test_what_came_while_another_log_is_opened_is_kept(me: Browser, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = uploaded(me, text_of(played.facts))

    def busy(*_: object) -> str:
        raise opening.BUSY
    monkeypatch.setattr(opening.Opening, "open", busy)
    assert me.post("/api/open", {"upload": upload}).get_json()["error"]["code"] == "busy"
    me.bench.lab.uploads.drop(me.person, upload)


@pytest.mark.allows_traceback
def test_a_store_that_fails_leaves_no_room(me: Browser, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, real = me.bench.lab, me.bench.lab.store.write

    def full(writes: Any) -> None:
        if writes.rooms:
            raise OSError(28, "No space left on device")
        real(writes)

    rooms = me.bench.rows()["rooms"]
    monkeypatch.setattr(lab.store, "write", full)
    upload = uploaded(me, text_of(played.facts))
    answer = me.post("/api/open", {"upload": upload})
    assert answer.status_code == 503 and me.bench.rows()["rooms"] == rooms
    monkeypatch.undo()
    assert me.post("/api/open", {"upload": upload}).get_json()["ok"], "the upload is there still"
