"""What is taken out of a room as text: recipe, session, log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_utils import logs, recipes, session_file
from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.settings import Settings
from ml_utils.web import taking
from tests.web.conftest import Bench, Browser


@pytest.fixture
def me(shared: Bench) -> Browser:
    shared.without_limits()
    one = shared.browser().connect()
    one.join()
    return one


def take(me: Browser, what: str) -> Any:
    return me.get(f"/api/rooms/{me.room}/{what}")


def started(me: Browser) -> None:
    blueprint = mlp("mnist", 7).model_dump(mode="json")
    assert me.command("new_run", {"blueprint": blueprint, "settings": {"learning_rate": 0.01}})["ok"]
    assert me.command("set_settings", {"learning_rate": 0.02})["ok"]


def test_a_recipe_is_what_a_run_began_with(me: Browser) -> None:
    started(me)
    answer = take(me, "recipe.yaml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="lockstep-{me.room}-r1-recipe.yaml"'
    assert recipes.read_recipe(answer.text) == (mlp("mnist", 7), Settings(learning_rate=0.01))
    assert me.command("new_run", {"blueprint": cnn().model_dump(mode="json")})["ok"]
    assert recipes.read_recipe(take(me, "recipe.yaml").text)[0] == cnn()
    assert take(me, "recipe.yaml?run=r1").text == answer.text


def test_before_the_first_run_a_recipe_is_what_it_would_be(me: Browser) -> None:
    answer = take(me, "recipe.yaml")
    assert "-draft-recipe.yaml" in answer.headers["Content-Disposition"]
    assert recipes.read_recipe(answer.text) == (cnn(), Settings())


def test_a_draft_that_is_no_network_yet_is_refused(me: Browser) -> None:
    nothing = {**mlp().model_dump(mode="json"), "layers": []}
    assert me.command("edit_draft", {"edits": [{"op": "load", "blueprint": nothing}], "seq": 0})["ok"]
    answer = take(me, "recipe.yaml")
    assert answer.status_code == 400 and answer.get_json()["error"]["field"] == "layers"


def test_a_run_with_weights_of_another_says_so() -> None:
    blueprint = mlp().model_dump(mode="json")
    state = {"runs": {"r2": {"blueprint": blueprint, "settings": Settings().model_dump(mode="json"), "warm": {"run": "r1"}}}}
    text = taking.recipe_of(state, "r2")
    assert text.startswith("# This run began with weights")
    assert recipes.read_recipe(text)[0] == Blueprint.model_validate(blueprint)


@pytest.mark.parametrize("query", ["run=r9", "run=x%00", "run=" + "r" * 3000, "run=../r1"])
def test_a_run_that_is_not_there_is_not_found(me: Browser, query: str) -> None:
    answer = take(me, f"recipe.yaml?{query}")
    assert answer.status_code == 404 and answer.get_json()["error"]["field"] == "run"


def test_a_session_can_be_read(me: Browser) -> None:
    assert session_file.read(take(me, "session.yaml").text).branches == ()
    started(me)
    answer = take(me, "session.yaml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="lockstep-{me.room}-session.yaml"'
    told = session_file.read(answer.text)
    assert [run.run for run in told.runs] == ["r1"] and told.runs[0].settings.learning_rate == 0.01
    assert told.branches[0].changes[0].set == {"learning_rate": 0.02}


def test_the_log_comes_whole_and_a_piece_at_a_time(me: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(taking, "LINES", 2)
    started(me)
    answer = take(me, "events.jsonl")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="lockstep-{me.room}-events.jsonl"'
    (tmp_path / "log").write_bytes(answer.data)
    facts = list(logs.read(tmp_path / "log"))
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1)) and logs.code_of(tmp_path / "log") == me.room
    snapshot = me.get(f"/api/rooms/{me.room}").get_json()["snapshot"]
    assert json.loads(json.dumps(logs.folded(me.room, facts))) == snapshot


@pytest.mark.parametrize("what", ["recipe.yaml", "session.yaml", "events.jsonl"])
def test_nothing_is_changed_by_taking(me: Browser, what: str) -> None:
    started(me)
    before = me.bench.trace(me.room)
    assert take(me, what).status_code == 200 and me.bench.trace(me.room) == before
    assert me.get(f"/api/rooms/UPPERCAS/{what}").status_code == 404
