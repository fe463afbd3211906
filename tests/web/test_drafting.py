"""The draft of a room: edited together, taken back by anybody, kept through a restart; and the room's library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.rules import report
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold
from ml_utils.web import drafting, ledger
from ml_utils.web.ledger import Draft
from ml_utils.web.writes import Writes
from tests.web.conftest import Bench, Browser

RELU = {"kind": "relu"}
FIRST = {"op": "add", "at": [0], "layer": RELU}


@pytest.fixture
def pair(bench_of: Callable[..., Bench]) -> tuple[Browser, Browser]:
    """Two people in one room in which nothing has happened."""
    bench = bench_of().without_limits()
    one, other = bench.browser().connect(), bench.browser().connect()
    one.join(name="Ada")
    other.join(one.room, name="Bob")
    return one, other


def edit(browser: Browser, *edits: dict[str, Any], **more: Any) -> dict[str, Any]:
    browser.listen()
    seq = (browser.state["draft"] or {"seq": 0})["seq"]
    answer = browser.command("edit_draft", {"edits": list(edits), "seq": seq, **more})
    browser.listen()
    return answer


def do(browser: Browser, name: str, **args: Any) -> dict[str, Any]:
    answer = browser.command(name, args)
    browser.listen()
    return answer


def kinds(browser: Browser) -> list[str]:
    browser.listen()
    return [layer["kind"] for layer in browser.state["draft"]["blueprint"]["layers"]]


START = [layer["kind"] for layer in cnn().model_dump()["layers"]]


def test_both_see_the_same_network_at_the_same_number(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    assert edit(one, FIRST)["seq"] == 2
    assert edit(other, {"op": "change", "at": [1], "fields": {"channels": 5}}, {"op": "remove", "at": [0]})["ok"]
    assert kinds(one) == kinds(other) == START
    assert one.state == other.state == one.bench.lab.ledger.snapshot(one.room)
    draft = one.state["draft"]
    assert draft["by"]["name"] == "Bob" and draft["seq"] == one.state["seq"] == 3
    assert draft["blueprint"]["layers"][0]["channels"] == 5


def test_the_first_edit_can_be_taken_back(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    edit(one, FIRST)
    assert do(other, "undo_edit")["ok"]
    assert kinds(one) == START and one.state["draft"]["undo"] == [] and one.state["draft"]["step"] == "undo"
    assert one.state["draft"]["by"]["name"] == "Bob"
    assert do(one, "redo_edit")["ok"]
    assert kinds(other) == ["relu", *START]


def test_with_nothing_to_take_back_one_is_told_so(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    for name in ("undo_edit", "redo_edit"):
        assert do(one, name)["error"]["code"] == f"nothing_to_{name.removesuffix('_edit')}"
    edit(one, FIRST)
    assert do(one, "redo_edit")["error"]["code"] == "nothing_to_redo"
    do(one, "undo_edit")
    assert do(one, "undo_edit")["error"]["code"] == "nothing_to_undo"


def test_an_edit_of_an_older_network_is_refused_and_loses_nothing(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    edit(one, FIRST)
    edit(other, {"op": "seed", "seed": 7})
    before = one.bench.trace(one.room)
    for seq in (0, 1, 2, 99):
        error = one.command("edit_draft", {"edits": [{"op": "remove", "at": [0]}], "seq": seq})["error"]
        assert (error["code"], error["field"]) == ("stale", "seq") and "Bob" in error["message"] and error["hint"]
    assert other.command("edit_draft", {"edits": [FIRST], "seq": 1})["error"]["message"].startswith("You have")
    assert one.bench.trace(one.room) == before


def test_a_number_where_there_is_no_draft_yet_is_stale(pair: tuple[Browser, Browser]) -> None:
    assert pair[0].command("edit_draft", {"edits": [FIRST], "seq": 4})["error"]["code"] == "stale"


def test_of_several_edits_none_is_done_where_one_is_refused(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    before = one.bench.trace(one.room)
    error = edit(one, FIRST, {"op": "remove", "at": [99]})["error"]
    assert (error["code"], error["field"]) == ("no_such_place", "edits.1.at")
    assert one.bench.trace(one.room) == before


def test_an_edit_that_changes_nothing_is_no_step(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    assert edit(one, {"op": "seed", "seed": 1})["ok"] and one.state["draft"] is None
    edit(one, FIRST)
    seq = one.state["seq"]
    assert edit(one, {"op": "move", "at": [0], "to": [0]}) == {"ok": True, "seq": seq}
    assert one.state["seq"] == seq


def test_typing_on_is_one_step_but_only_for_who_types(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    edit(one, FIRST)

    def typed(browser: Browser, value: int, field: str = "channels", at: int = 1) -> int:
        edit(browser, {"op": "change", "at": [at], "fields": {field: value}}, continues=True)
        return len(browser.state["draft"]["undo"])

    assert [typed(one, 3), typed(one, 32), typed(one, 320)] == [2, 2, 2]
    assert typed(other, 5) == 3, "another person"
    assert [typed(other, 5, "kernel"), typed(other, 7, "kernel")] == [4, 4], "another field"
    assert typed(other, 5, "kernel", at=4) == 5, "another layer"
    do(other, "undo_edit")
    assert typed(other, 7, "kernel", at=4) == 5, "after a step back"


def test_a_draft_is_made_while_the_session_trains_and_disturbs_nothing(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    one.command("start", {"epochs": 3})
    state = one.status("training")
    place = state["session"]["position"]
    assert edit(one, {"op": "dataset", "dataset": "cifar10"})["ok"]
    assert one.state["session"]["status"] == "training" and one.state["session"]["position"]["run"] == place["run"]
    assert one.state["blueprint"]["dataset"] == "digits" and one.state["draft"]["blueprint"]["dataset"] == "cifar10"
    assert [row["name"] for row in one.get(f"/api/rooms/{one.room}/ledger").get_json()["changes"]] == ["run_started"]
    for path in ("ledger.csv", "metrics.csv?branch=b1", "layers?branch=b1"):
        assert one.get(f"/api/rooms/{one.room}/{path}").status_code == 200


def test_from_nothing_one_can_begin_but_not_train_it(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    nothing = {**cnn().model_dump(mode="json"), "layers": []}
    assert edit(one, {"op": "load", "blueprint": nothing})["ok"]
    assert one.state["draft"]["report"]["error"]["code"] == "empty" and one.state["draft"]["edits"] == [{"op": "load"}]
    assert do(one, "save_blueprint", title="x")["error"]["code"] == "no_layers"
    assert do(one, "new_run", blueprint=nothing)["error"]["field"] == "blueprint.layers"
    head = [{"op": "add", "at": [0], "layer": {"kind": "flatten"}},
            {"op": "add", "at": [1], "layer": {"kind": "linear", "features": 10}}]
    assert edit(one, *head)["ok"] and one.state["draft"]["report"]["error"] is None
    assert do(one, "new_run", blueprint=one.state["draft"]["blueprint"])["ok"]
    assert one.state["blueprint"] == one.state["draft"]["blueprint"]


def test_who_comes_late_or_again_sees_the_draft(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    edit(one, FIRST)
    seq = other.listen() and other.state["seq"]
    edit(one, {"op": "template", "name": "lenet5"})
    late = one.bench.browser().connect()
    late.join(one.room)
    other.join(one.room, since=seq)
    assert late.state == other.state == one.state


def test_a_restart_keeps_the_draft_and_the_way_back(bench_of: Callable[..., Bench]) -> None:
    first = bench_of().without_limits()
    one = first.browser().connect()
    one.join()
    for number in range(3):
        edit(one, {"op": "seed", "seed": number + 5})
    state, room = one.state, one.room
    first.close()
    again = bench_of().without_limits().browser().connect()
    again.join(room)
    assert again.state == state
    assert do(again, "undo_edit")["ok"] and again.state["draft"]["blueprint"]["seed"] == 6
    assert do(again, "undo_edit")["ok"] and do(again, "undo_edit")["ok"]
    assert again.state["draft"]["blueprint"] == cnn().model_dump(mode="json")


def test_many_edits_neither_fill_the_memory_nor_make_a_start_slow(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    for number in range(ledger.MOST_HEAVY + 10):
        assert edit(one, {"op": "seed", "seed": number + 5})["ok"]
    lab = one.bench.lab
    assert len(lab.ledger.room(one.room).ring) == ledger.MOST_HEAVY
    assert other.join(one.room, since=1)["snapshot"], "too long ago: fetch the Snapshot"
    kept = lab.store.snapshot(one.room)
    assert kept and one.state["seq"] - kept["seq"] < ledger.MOST_HEAVY
    state = empty_state(one.room)
    for fact in lab.store.events(one.room, 0):
        fold(state, fact)
    assert state == one.state == other.state


def test_a_room_stored_by_an_earlier_version_opens_with_no_draft(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    lab = one.bench.lab
    old = empty_state(one.room)
    del old["draft"], old["library"]
    lab.store.write(Writes(rooms={one.room: {"seq": 0}}, snapshots={one.room: old}))
    lab.ledger._rooms.clear()
    assert one.get(f"/api/rooms/{one.room}").get_json()["snapshot"]["draft"] is None
    assert edit(one, FIRST)["ok"]
    assert one.state["draft"]["report"] == report(Blueprint.model_validate(one.state["draft"]["blueprint"]))


# ── the room's library ──────────────────────────────────────────────────────────────────────────────────────

def test_a_network_is_kept_under_a_name_and_can_be_dropped_by_anybody(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    assert do(one, "save_blueprint", title="  the usual\n one ")["ok"]
    (name, entry), = one.state["library"].items()
    assert (entry["title"], entry["blueprint"], entry["by"]["name"]) == ("the usual one", one.state["blueprint"], "Ada")
    edit(one, FIRST)
    assert do(one, "save_blueprint", title="mine")["ok"]
    assert {row["title"] for row in one.state["library"].values()} == {"the usual one", "mine"}
    assert do(other, "drop_blueprint", blueprint=name)["ok"]
    one.listen()
    assert [row["title"] for row in one.state["library"].values()] == ["mine"] and one.state == other.state
    assert do(one, "drop_blueprint", blueprint=name)["error"]["field"] == "blueprint"


@pytest.mark.parametrize("title", ["", " ", "\n\t", "\0"])
def test_a_network_is_kept_under_a_name_that_can_be_seen(pair: tuple[Browser, Browser], title: str) -> None:
    error = do(pair[0], "save_blueprint", title=title)["error"]
    assert (error["code"], error["field"]) == ("no_title", "title")


def test_no_name_is_given_twice(pair: tuple[Browser, Browser]) -> None:
    one, other = pair
    do(one, "save_blueprint", title="a b")
    assert do(other, "save_blueprint", title="a  b")["error"]["code"] == "title_taken"


def test_a_library_has_its_bounds(pair: tuple[Browser, Browser]) -> None:
    one, _ = pair
    lab, blueprint = one.bench.lab, one.state["blueprint"]

    def fill(numbers: range, layers: int) -> None:
        kept = {**blueprint, "layers": [RELU] * layers}
        lab.ledger.commit([Draft(one.room, "blueprint_saved", {"id": f"n{number}", "title": f"N{number}", "blueprint": kept})
                           for number in numbers])

    fill(range(drafting.MOST_SAVED - 1), 1)
    assert do(one, "save_blueprint", title="the last one")["ok"]
    assert do(one, "save_blueprint", title="one too many")["error"]["code"] == "library_full"
    fill(range(drafting.MOST_SAVED_LAYERS // 64), 64)  # in the place of others
    do(one, "drop_blueprint", blueprint="n98")
    error = do(one, "save_blueprint", title="too large")["error"]
    assert error["code"] == "library_full" and f"{drafting.MOST_SAVED_LAYERS:,}" in error["message"]
