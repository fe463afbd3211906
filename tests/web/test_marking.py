"""Marks and the example shown to all, seen by two people; what may not be marked; the file; what a passport is asked with."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.core.blueprint import mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.web import marking
from tests.strategies import STRINGS
from tests.web.conftest import Bench, Browser
from tests.web.test_questions import AnsweringTrainer
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
SEVEN = {"split": "test", "number": 7}


def pair(bench: Bench) -> tuple[Browser, Browser]:
    me = joined(bench.without_limits())
    return me, joined(bench, me.room)


def marks(browser: Browser, key: str = "digits-1") -> dict[str, Any]:
    browser.listen()
    found: dict[str, Any] = browser.state["marks"].get(key, {})
    return found


def mark(browser: Browser, mark: str | None, note: str = "", **example: Any) -> dict[str, Any]:
    return browser.command("mark_example", {**SEVEN, **example, "mark": mark, "note": note})


def test_each_person_marks_and_everybody_sees_it(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    assert mark(me, "wrong_label", "this is a one")["ok"] and mark(other, "ambiguous")["ok"]
    found = marks(me)
    assert found == marks(other) and list(found) == ["test-7"]
    assert {person: (row["mark"], row["note"]) for person, row in found["test-7"].items()} == {
        me.person: ("wrong_label", "this is a one"), other.person: ("ambiguous", "")}
    assert mark(me, "model_fault")["ok"]
    assert {row["mark"] for row in marks(other)["test-7"].values()} == {"model_fault", "ambiguous"}
    assert mark(me, None)["ok"] and list(marks(other)["test-7"]) == [other.person]
    assert mark(other, None)["ok"] and marks(me) == {} == marks(other)


def test_a_mark_stays_with_its_dataset(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    assert mark(me, "ambiguous")["ok"]
    assert me.command("new_run", {"blueprint": mlp("mnist").model_dump(mode="json")})["ok"]
    assert mark(me, "wrong_label", number=9_999)["ok"]
    assert list(marks(other)) == ["test-7"] and list(marks(other, "mnist")) == ["test-9999"]
    assert me.command("new_run", {"blueprint": mlp(seed=2).model_dump(mode="json")})["ok"]
    assert mark(me, "model_fault")["ok"] and list(marks(other, "digits-2")) == ["test-7"]


def test_the_same_mark_once_more_is_no_event_and_another_note_is(bench_of: BenchOf) -> None:
    me, _ = pair(bench_of())
    first = mark(me, "ambiguous", "or a nine")
    assert mark(me, "ambiguous", "or a nine") == first
    assert mark(me, "ambiguous", "or a four")["seq"] == first["seq"] + 1


@pytest.mark.parametrize(("args", "code", "field"), [
    ({"number": 360}, "unknown_example", "number"), ({"split": "train", "number": 1437}, "unknown_example", "number"),
    ({"mark": None, "note": "why"}, "note_alone", "note"), ({"mark": None}, "not_marked", "mark"),
    ({"mark": "stupid"}, "invalid", "mark"), ({"note": "x" * 281}, "invalid", "note"), ({"number": -1}, "invalid", "number"),
    ({"split": "drawings"}, "invalid", "split")])
def test_what_cannot_be_marked_is_refused_and_nothing_changes(
        bench_of: BenchOf, args: dict[str, Any], code: str, field: str) -> None:
    bench = bench_of()
    me, _ = pair(bench)
    before = bench.trace(me.room)
    error = me.command("mark_example", {**SEVEN, "mark": "ambiguous", **args})["error"]
    assert (error["code"], error["field"]) == (code, field) and error["hint"]
    assert bench.trace(me.room) == before


def test_a_room_has_so_many_marks_and_those_can_still_be_changed(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "MOST_MARKED", 2)
    monkeypatch.setattr(marking, "MOST_MARKS", 3)
    me, other = pair(bench_of())
    assert mark(me, "ambiguous", number=1)["ok"] and mark(me, "ambiguous", split="train", number=1)["ok"]
    assert mark(me, "ambiguous", number=2)["error"]["code"] == "marks_full"
    assert mark(other, "ambiguous", number=1)["ok"]
    assert mark(other, "ambiguous", split="train", number=1)["error"]["code"] == "marks_full"
    assert mark(me, "model_fault", number=1)["ok"] and mark(me, None, number=1)["ok"]
    assert mark(other, "ambiguous", split="train", number=1)["ok"]


# ── shown to all ────────────────────────────────────────────────────────────────────────────────────────────

def show(browser: Browser, image: dict[str, Any], model: Any = "now") -> dict[str, Any]:
    return browser.command("show_example", {"image": image, "model": model})


def test_an_example_is_shown_to_the_room(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    assert show(me, {"kind": "example", **SEVEN})["ok"]
    spot = other.sees(lambda state: state["spotlight"], "the spotlight")["spotlight"]
    assert spot["image"] == {"kind": "example", **SEVEN} and spot["model"] == "now" and spot["dataset"] == "digits-1"
    assert spot["by"]["id"] == me.person and spot["seq"] == other.state["seq"]
    assert show(other, {"kind": "example", **SEVEN}, "untrained")["ok"]
    assert me.sees(lambda state: state["spotlight"]["model"] == "untrained")


def test_only_an_example_a_drawing_and_a_model_that_are_there_are_shown(bench_of: BenchOf) -> None:
    bench = bench_of()
    me, _ = pair(bench)
    before = bench.trace(me.room)
    here: dict[str, Any] = {"kind": "example", **SEVEN}
    wishes: list[tuple[dict[str, Any], Any, str]] = [
        ({**here, "number": 360}, "now", "unknown_example"), ({"kind": "drawing", "drawing": "d9"}, "now", "unknown_drawing"),
        (here, {"branch": "b1", "epoch": 0}, "unknown_branch"), (here, "best", "invalid"),
        ({"kind": "pad", "pixels": ""}, "now", "invalid")]
    for image, model, code in wishes:
        assert show(me, image, model)["error"]["code"] == code
    assert bench.trace(me.room) == before
    me.command("start", {"epochs": 3})
    me.status("training")
    assert show(me, here, {"branch": "b1", "epoch": 0})["ok"]
    assert show(me, here, {"branch": "b1", "epoch": 900})["error"]["code"] == "not_trained"


def test_a_drawing_is_shown_where_it_is_of_the_present_dataset(bench_of: BenchOf) -> None:
    me, _ = pair(bench_of())
    kept = me.command("keep_drawing", {"image": {"kind": "pixels", "pixels": "A" * 84 + "AA=="}, "label": 3})
    assert kept["ok"], kept
    me.listen()
    (name,) = me.state["drawings"]
    assert show(me, {"kind": "drawing", "drawing": name})["ok"]
    assert me.command("new_run", {"blueprint": mlp("mnist").model_dump(mode="json")})["ok"]
    assert show(me, {"kind": "drawing", "drawing": name})["error"]["code"] == "other_dataset"


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────

def exported(browser: Browser, room: str) -> list[dict[str, str]]:
    answer = browser.get(f"/api/rooms/{room}/marks.csv")
    assert answer.status_code == 200 and answer.mimetype == "text/csv" and f"lockstep-{room}-marks.csv" in answer.headers[
        "Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def test_the_file_has_every_mark_in_the_order_of_the_examples(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    assert exported(me, me.room) == []
    other.join(me.room, name="Ben")
    for browser, split, number in ((me, "train", 2), (other, "test", 30), (me, "test", 4), (other, "train", 2)):
        assert mark(browser, "wrong_label", "why", split=split, number=number)["ok"]
    rows = exported(me, me.room)
    assert [(row["split"], row["number"]) for row in rows] == [("test", "4"), ("test", "30"), ("train", "2"), ("train", "2")]
    assert list(rows[1]) == ["dataset", "split", "number", "mark", "note", "person", "at"]
    assert list(rows[1].values())[:-1] == ["digits-1", "test", "30", "wrong_label", "why", "Ben"]
    assert rows[1]["at"][:2] == "20" and rows[1]["at"].endswith("+00:00")


def test_hostile_notes_are_only_text(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    evil = [text for text in STRINGS if len(text) <= 280]
    taken = [text for number, text in enumerate(evil) if mark(me, "ambiguous", text, number=number).get("ok")]
    assert "=cmd|' /C calc'!A0" in taken and len(taken) > 20
    rows = exported(other, me.room)
    assert len(rows) == len(taken)
    for row in rows:
        assert not row["note"].startswith(("=", "+", "-", "@", "\t", "\r")) and "\n" not in row["note"]


# ── what others get of the room ─────────────────────────────────────────────────────────────────────────────

def test_a_passport_is_asked_with_the_rooms_branches_which_no_browser_may_send(bench_of: BenchOf) -> None:
    bench = bench_of(AnsweringTrainer)
    me, _ = pair(bench)
    me.command("start", {"epochs": 3})
    me.status("training")
    args: dict[str, Any] = {"split": "test", "number": 7}
    body = {"id": "question-1", "name": "passport", "args": args}
    answer = me.post(f"/api/rooms/{me.room}/ask", body).get_json()
    assert answer["ok"] and answer["args"] == {"model": "now", "split": "test", "number": 7,
                                               "branches": {"b1": {"run": "r1", "parent": None, "epoch": 0}}}
    args["branches"] = {}
    assert me.post(f"/api/rooms/{me.room}/ask", body).get_json()["error"]["code"] == "invalid"


def test_a_new_run_may_leave_examples_out_and_says_so(bench_of: BenchOf) -> None:
    me, other = pair(bench_of())
    assert me.command("set_settings", {"dropout": 0.5})["ok"] and me.command("freeze", {"layer": "linear1"})["ok"]
    blueprint = {**me.state["blueprint"], "without": [9, 3]}
    assert me.command("new_run", {"blueprint": blueprint})["ok"]
    state = other.sees(lambda state: state["runs"].get("r1"), "the run")
    assert state["runs"]["r1"]["blueprint"]["without"] == [3, 9] == state["blueprint"]["without"]
    assert state["session"]["position"]["batches"] == -(-(1437 - 2 - 1) // state["settings"]["batch_size"])
    assert state["settings"]["frozen"] == ["linear1"]  # the layers are those trained now
    before = other.state["seq"]
    error = me.command("new_run", {"blueprint": {**blueprint, "without": [DATASETS["digits"].train]}})["error"]
    assert error["field"] == "blueprint.without" and "0 to 1436" in error["message"]
    other.listen()
    assert other.state["seq"] == before
