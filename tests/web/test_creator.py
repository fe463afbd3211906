"""The creator by HTTP: its page and tables, reports, code and YAML, and texts that want to do harm."""

from __future__ import annotations

import ast
import gzip
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils import recipes
from ml_utils.core.blueprint import Blueprint, Sketch, cnn, mlp
from ml_utils.core.catalogue import with_shapes
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.rules import STEP_MACS, report
from ml_utils.core.settings import Settings
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.web.limits import Limiter
from tests.strategies import STRINGS
from tests.waiting import quickest
from tests.web.conftest import HOST, Bench, Browser
from tests.web.test_bad_input import error_of

RELU = {"kind": "relu"}


@pytest.fixture(scope="module")
def me(shared: Bench) -> Browser:
    """Somebody whose room has a run that was trained a little, and a draft that is something else."""
    browser = shared.browser().connect()
    browser.join()
    browser.command("start")
    browser.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    browser.command("interrupt")
    browser.status("paused")
    browser.command("edit_draft", {"edits": [{"op": "template", "name": "mlp"}, {"op": "seed", "seed": 8}], "seq": 0})
    browser.sees(lambda state: state["draft"] and state["draft"]["undo"])
    return browser


def ask(me: Browser, path: str, code: str | None = None) -> Any:
    return me.get(f"/api/rooms/{code or me.room}/{path}")


def delete(me: Browser, path: str, token: str | None = None) -> Any:
    return me.http.delete(path, headers={"X-Lockstep-Token": me.token if token is None else token}, base_url=f"http://{HOST}")


def plain(blueprint: Blueprint) -> dict[str, Any]:
    return blueprint.model_dump(mode="json")


# ── page and tables ─────────────────────────────────────────────────────────────────────────────────────────

def test_the_page_opens_for_any_room_and_writes_nothing(me: Browser) -> None:
    for code in (me.room, "zzzzzzzz"):
        before = me.bench.trace(code)
        answer = me.get(f"/room/{code}/creator")
        assert answer.status_code == 200 and f'code="{code}"' in answer.text and "<lab-creator" in answer.text
        assert "'nonce-" in answer.headers["Content-Security-Policy"] and "<script>" not in answer.text
        assert me.bench.trace(code) == before
    assert me.get("/room/abcdefg0/creator").status_code == 404


def test_the_tables_name_every_kind_every_template_and_the_limits(me: Browser) -> None:
    found = me.get("/api/creator").get_json()
    assert {row["kind"] for row in found["kinds"]} == set(KINDS)
    assert {row["name"] for row in found["templates"]} == set(TEMPLATES)
    assert found["limits"] == {"memory": me.bench.config.network_memory, "step_macs": STEP_MACS, "step_passes": 3,
                               "parameter_bytes": 16, "kept_bytes": 8}
    for row in [*found["kinds"], *found["templates"]]:
        assert row["title"]["en"] and row["title"]["de"] and row["help"]["en"] and row["help"]["de"]


@pytest.mark.parametrize("path", ["/api/creator", "/api/rooms/{room}/report"])
def test_they_travel_compressed_and_only_once(me: Browser, path: str) -> None:
    headers = {"Accept-Encoding": "gzip"}
    answer = me.get(path.format(room=me.room), headers=headers)
    assert json.loads(gzip.decompress(answer.data))["ok"]
    assert me.get(path.format(room=me.room), headers={**headers, "If-None-Match": answer.headers["ETag"]}).status_code == 304


# ── what the rules say ──────────────────────────────────────────────────────────────────────────────────────

def test_the_report_is_of_the_present_network_or_of_that_of_a_run(me: Browser) -> None:
    for path in ("report", "report?run=r1"):
        found = ask(me, path).get_json()
        assert found["blueprint"] == plain(cnn()) and found["report"] == report(cnn())


def test_a_room_in_which_nothing_happened_has_the_default_network(me: Browser) -> None:
    assert ask(me, "report", "zzzzzzzz").get_json()["report"] == report(cnn())
    found = ask(me, "warm", "zzzzzzzz").get_json()
    assert found["from"] is None and found["layers"] == [] and found["fresh"]
    assert ask(me, "network.yaml", "zzzzzzzz").status_code == 200


def test_what_the_draft_could_take_over_is_told(me: Browser) -> None:
    found = ask(me, "warm").get_json()
    assert set(found) == {"ok", "from", "layers", "fresh"}
    assert found["from"] is None or set(found["from"]) >= {"run", "branch", "epoch", "batch"}
    assert not set(found["layers"]) & set(found["fresh"])


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_run_that_is_not_there_is_not_found(me: Browser, text: str) -> None:
    for path in ("report", "network.py", "network.yaml"):
        name = "run" if path == "report" else "of"
        answer = me.http.get(f"/api/rooms/{me.room}/{path}", query_string={name: text.encode("utf-8", "replace")},
                             base_url=f"http://{HOST}")
        assert answer.status_code == 404
        assert error_of(answer.get_json())["field"] == "run"


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("query", "name", "blueprint"), [("", "draft", mlp(seed=8)), ("?of=draft", "draft", mlp(seed=8)),
                                                          ("?of=r1", "r1", cnn())])
def test_a_network_leaves_as_yaml_and_as_code(me: Browser, query: str, name: str, blueprint: Blueprint) -> None:
    text = ask(me, f"network.yaml{query}")
    assert text.headers["Content-Disposition"] == f'attachment; filename="lockstep-{me.room}-{name}.yaml"'
    if name == "r1":
        assert recipes.opened(text.text)["blueprint"] == plain(blueprint)
    code = ask(me, f"network.py{query}")
    assert code.headers["Content-Type"] == "text/x-python; charset=utf-8"
    assert code.headers["Content-Disposition"] == f'attachment; filename="lockstep-{me.room}-{name}.py"'
    assert "torch" in code.text and ast.parse(code.text).body
    assert recipes.opened(text.text)["blueprint"]["seed"] == (8 if name == "draft" else 1) and "ml_utils" not in code.text


def test_code_of_a_network_that_cannot_work_is_refused_in_words(me: Browser) -> None:
    other = me.bench.browser().connect()
    other.join()
    other.command("edit_draft", {"edits": [{"op": "add", "at": [11], "layer": {"kind": "conv"}}], "seq": 0})
    error = error_of(other.get(f"/api/rooms/{other.room}/network.py").get_json())
    assert "conv" in error["message"].lower() and error["hint"]
    assert other.get(f"/api/rooms/{other.room}/network.yaml").status_code == 200, "what does not work can be taken home"


def test_code_of_a_ready_network_shows_how_it_is_used(me: Browser) -> None:
    other = me.bench.browser().connect()
    other.join()
    load = {"op": "template", "name": "torchvision", "options": {"model": "resnet18", "size": 32, "pretrained": False}}
    assert other.command("edit_draft", {"edits": [load], "seq": 0})["ok"]
    code = other.get(f"/api/rooms/{other.room}/network.py")
    assert code.status_code == 200 and "class Backbone" in code.text and "resnet18" in code.text and ast.parse(code.text).body


def test_settings_that_name_layers_of_another_network_do_not_spoil_the_code(me: Browser) -> None:
    other = me.bench.browser().connect()
    other.join()
    assert other.command("freeze", {"layer": "conv1"})["ok"]
    other.command("edit_draft", {"edits": [{"op": "template", "name": "mlp"}], "seq": 0})
    assert other.get(f"/api/rooms/{other.room}/network.py").status_code == 200


# ── YAML comes in ───────────────────────────────────────────────────────────────────────────────────────────

def post(me: Browser, text: Any) -> Any:
    return me.post("/api/blueprint", {"yaml": text})


@pytest.fixture(autouse=True)
def without_limits(me: Browser) -> None:
    me.bench.without_limits()


def networks() -> list[Blueprint]:
    return [cnn(), cnn("cifar10", seed=2**32 - 1), mlp("mnist"), *(template(name, "cifar10", {}, 3) for name in TEMPLATES)]


@pytest.mark.parametrize("number", range(len(networks())))
def test_what_was_exported_comes_back_as_it_was(me: Browser, number: int) -> None:
    blueprint = networks()[number]
    text = recipes.written(plain(blueprint))
    assert post(me, text).get_json() == {"ok": True, "blueprint": plain(blueprint), "out": None, "settings": None}
    assert yaml.safe_load(text)["blueprint"]["layers"], "and every reader of YAML can read it"


def test_an_exported_network_can_be_read_by_people() -> None:
    lines = recipes.written(plain(cnn(seed=5))).splitlines()
    assert lines[:4] == ["blueprint:", "  dataset: digits", "  seed: 5", "  layers:"]
    assert "  - {kind: relu}" in lines and "  - {kind: linear, features: 10}" in lines


def test_a_text_written_by_hand_is_read() -> None:
    text = """
# begin
---
blueprint:
  layers:
    - kind: flatten   # an image becomes a row
    - {kind: 'leakyrelu', slope: 5e-1}
    - "kind": "linear"
      features: 0010
      bias: False
  dataset: digits
"""
    found = recipes.opened(text)["blueprint"]
    assert found["layers"][1]["slope"] == 0.5 and found["layers"][2] == {"kind": "linear", "features": 10, "bias": False}
    assert recipes.opened("blueprint: {dataset: digits, layers: []}")["blueprint"]["layers"] == []


BROKEN: dict[str, tuple[str, str]] = {
    "a tab": ("blueprint:\n\tdataset: digits", "line 2"), "an open list": ("blueprint:\n- [1, 2\n", "line"),
    "two colons": ("a: b: c", "line 1"), "an anchor": ("blueprint: &a\n  dataset: digits", "line 1"),
    "an alias": ("x: 1\nblueprint: *a", "line 2"), "a tag": ("blueprint: !!str x", "line 1"),
    "an object": ("blueprint: !!python/object/apply:os.system ['true']", "line 1"),
    "an own tag": ("blueprint: !mine x", "line 1"), "a bare tag": ("blueprint: ! x", "line 1"),
    "a name twice": ("blueprint:\n  seed: 1\n  seed: 2", "line 3"), "two documents": ("blueprint: {}\n---\na: 1", "line 2"),
    "a list as a name": ("? [a]\n: b", "line 1"), "a number as a name": ("1: b", "line 1"),
    "depth": ("blueprint: " + "[" * 40 + "]" * 40, "line 1"), "a later YAML": ("%YAML 9.0\n---\na: 1", "line 1"),
    "laughs": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nblueprint: *c", "line 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_text_that_is_not_read_is_refused_with_the_line(me: Browser, name: str) -> None:
    text, line = BROKEN[name]
    answer = post(me, text)
    error = error_of(answer.get_json())
    assert (error["code"], error["field"]) == ("not_yaml", "yaml") and line in error["message"]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "# only a comment", "null", "[]", "1", "x", "network: {}", "{}", "---"])
def test_a_text_without_a_network_is_refused(me: Browser, text: str) -> None:
    assert error_of(post(me, text).get_json())["code"] == "no_blueprint"


@pytest.mark.parametrize("text", ["\0", "\x07", "blueprint: \ufffe"])
def test_signs_that_no_text_has_are_refused(me: Browser, text: str) -> None:
    assert error_of(post(me, text).get_json())["code"] == "not_yaml"


@pytest.mark.parametrize(("inside", "field"), [
    ("{dataset: digits}", "blueprint.layers"), ("{layers: [{kind: relu}]}", "blueprint.dataset"),
    ("{dataset: digits, layers: [{kind: conv, channels: 1.0}]}", "blueprint.layers.0.conv.channels"),
    ("{dataset: digits, layers: [{kind: conv, channels: .inf}]}", "blueprint.layers.0.conv.channels"),
    ("{dataset: digits, layers: [{kind: relu, x: 1}]}", "blueprint.layers.0.relu.x"),
    ("{dataset: digits, seed: 1e999, layers: []}", "blueprint.seed"),
    ("{dataset: 2001-01-01, layers: []}", "blueprint.dataset"),
    ("{dataset: digits, seed: " + "9" * 5000 + ", layers: []}", "blueprint.seed"),
    ("{dataset: digits, layers: [], task: x}", "blueprint.task"), ("{<<: {dataset: digits}, layers: []}", "blueprint.dataset"),
])
def test_a_network_that_is_none_is_refused_by_its_field(me: Browser, inside: str, field: str) -> None:
    assert error_of(post(me, f"blueprint: {inside}").get_json())["field"] == field


def test_other_parts_are_refused(me: Browser) -> None:
    error = error_of(post(me, recipes.written(plain(mlp())) + "weather: {}\n").get_json())
    assert error["code"] == "unknown_part" and "weather" in error["message"]


@pytest.mark.parametrize("comments", [True, False])
def test_a_whole_recipe_comes_with_all_its_settings_and_begins_a_run_with_them(me: Browser, comments: bool) -> None:
    chosen = Settings(learning_rate=0.01, optimizer="adam", flip=True, dropouts={"dropout1": 0.1}, epochs=3)
    answer = post(me, recipes.recipe(cnn(seed=7), chosen, comments=comments)).get_json()
    assert answer == {"ok": True, **with_shapes(cnn(seed=7)), "settings": chosen.model_dump(mode="json")}
    assert me.command("new_run", {"blueprint": answer["blueprint"], "settings": answer["settings"]})["ok"]
    state = me.get(f"/api/rooms/{me.room}").get_json()["snapshot"]
    assert state["settings"] == answer["settings"] and state["blueprint"] == answer["blueprint"]


def test_a_ready_network_of_a_recipe_comes_as_layers(me: Browser) -> None:
    answer = post(me, "blueprint: {dataset: mnist, template: {name: mlp, options: {width: 9}}}").get_json()
    assert answer["blueprint"] == plain(template("mlp", "mnist", {"width": 9}, 1))
    assert answer["settings"] == Settings().model_dump(mode="json")


@pytest.mark.parametrize(("text", "field"), [
    ("settings: {learning_rat: 1}", "settings.learning_rat"), ("settings: {learning_rate: 100}", "settings.learning_rate"),
    ("settings: []", "settings"), ("settings: {}\nmore: {}", "more"), ("settings: {}\nblueprint: 3", "blueprint"),
    ("blueprint: {template: nothing}", "blueprint.template"), ("blueprint: {template: mlp, layers: []}", "blueprint.template")])
def test_a_recipe_that_is_none_is_refused_by_its_field(me: Browser, text: str, field: str) -> None:
    assert error_of(post(me, text).get_json())["field"].startswith(field)


@pytest.mark.parametrize("body", [None, [], {}, "x", {"yaml": 1}, {"yaml": None}, {"yaml": "x", "more": 1}, {"text": "x"}])
def test_a_body_that_holds_no_text_is_refused(me: Browser, body: Any) -> None:
    answer = me.post("/api/blueprint", body)
    assert answer.status_code == 400 and error_of(answer.get_json())


SLOW = {
    "lists": "[" * 60_000, "maps": "{a: " * 15_000, "questions": "? " * 30_000, "items": "- " * 30_000,
    "numbers": "blueprint: [" + "1," * 30_000 + "]", "names": "\n".join(f"k{one}: 1" for one in range(6_000)),
    "lines": '"' + "x\n" * 30_000, "blocks": "".join(" " * one + "a:\n" for one in range(340)), "comments": "#\n" * 30_000,
    "anchors": "&" * 60_000, "colons": ":" * 60_000, "folded": "a: >\n" + " x\n" * 20_000, "escapes": '"' + "\\x41" * 15_000,
    "directives": "%TAG !a! x\n" * 5_000, "quotes": "'" * 60_001, "spaces": " " * 60_000 + "a"}


@pytest.mark.parametrize("name", SLOW)
def test_no_text_takes_long(name: str) -> None:
    def refused() -> None:
        with pytest.raises(Refused):
            recipes.opened(SLOW[name])

    assert quickest(refused) < 1.0  # s; a tenth of it here, and off the hub


def test_a_text_of_ten_megabytes_is_refused_before_it_is_read(me: Browser) -> None:
    assert post(me, "x" * 10_000_000).status_code == 413

    def refused() -> None:
        with pytest.raises(Refused) as caught:
            recipes.opened("x" * 10_000_000)
        assert caught.value.code == "too_long"

    assert quickest(refused) < 0.1


@given(st.one_of(st.text(max_size=200), st.text("[]{}:,-?&*!|>'\"%#~ \n\tab1.", max_size=60)))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        recipes.opened(text)
    except Refused as refused:
        assert refused.hint and len(refused.message) < 600 and refused.message.isprintable()


VALUES = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
                                st.text("abc xyz-:#'\"", max_size=12)),
                      lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab:", min_size=1), inner,
                                                                                           max_size=3)), max_leaves=8)


@given(VALUES)
@settings(max_examples=100)
def test_plain_values_are_read_as_others_read_them(value: Any) -> None:
    assert recipes.values(yaml.safe_dump({"a": value}, allow_unicode=True)) == {"a": value}


def test_reading_changes_nothing_but_needs_the_token(me: Browser) -> None:
    before = me.bench.trace(me.room)
    text = recipes.written(plain(mlp()))
    assert me.post("/api/blueprint", {"yaml": text}, token="").status_code == 403
    assert post(me, text).get_json()["ok"] and me.bench.trace(me.room) == before


def test_reading_is_dearer_than_other_requests(me: Browser) -> None:
    me.bench.lab.limits = {**me.bench.lab.limits, "http": Limiter(0, 100)}
    assert [post(me, "x").status_code for _ in range(3)] == [409, 409, 429]
    assert me.get("/api/creator").status_code == 200


def test_a_sketch_is_what_is_read(me: Browser) -> None:
    """What was taken home without layers can be brought back, and loaded."""
    nothing = {**plain(mlp()), "layers": []}
    assert Sketch.model_validate(post(me, recipes.written(nothing)).get_json()["blueprint"]).layers == ()
