"""Every Command, its envelope and the call to join: what is good is taken, what is bad is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from ml_utils.core.blueprint import mlp
from ml_utils.core.commands import Envelope, Join
from ml_utils.core.errors import refusal
from ml_utils.core.fields import one_line
from ml_utils.core.messages import COMMANDS
from tests.strategies import bad, bad_args, example, flaws, harmless, valid, valid_args
from tests.waiting import quickest

ALL = sorted(COMMANDS)
OTHERS: list[type[BaseModel]] = [Envelope, Join]


def assert_refused(model: type[BaseModel], args: Any, field: str | None) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(args)
    error = refusal(caught.value).as_answer()["error"]
    assert all(error[part] for part in ("code", "message", "hint"))
    assert all(len(text) < 600 and text.isprintable() for text in error.values())
    assert field is None or error["field"] == field
    json.dumps(error).encode()


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=60)
def test_good_args_are_accepted(name: str, data: st.DataObject) -> None:
    COMMANDS[name].model_validate(json.loads(json.dumps(data.draw(valid_args(name)))))


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=60)
def test_bad_args_are_refused_and_the_field_is_named(name: str, data: st.DataObject) -> None:
    assert_refused(COMMANDS[name], *data.draw(bad_args(name)))


@pytest.mark.parametrize("name", ALL)
def test_each_flaw_of_each_field_is_refused(name: str) -> None:
    found = list(flaws(name))
    assert len(found) > 10
    for args, field in found:
        assert_refused(COMMANDS[name], args, field)


@pytest.mark.parametrize("name", ALL)
def test_each_field_has_flaws_of_every_sort(name: str) -> None:
    for field in example(COMMANDS[name]):
        tried = repr([args.get(field) for args, _ in flaws(name)])
        good = repr(harmless(name, field))
        for sort in ("True", "nan", "inf", "-1", "<script>", "../", "\\x00", "__proto__", "😀", "=cmd", "x" * 100_000):
            assert sort in tried or sort in good, (field, sort)
        for sort in ("nan", "inf", "'polluted'", "x" * 100_000):
            assert sort in tried and sort not in good, (field, sort)
    assert any("__proto__" in args for args, _ in flaws(name))


@pytest.mark.parametrize("name", ALL)
def test_a_hostile_value_that_fits_is_taken_as_it_is(name: str) -> None:
    args = example(COMMANDS[name])
    for field in args:
        for value in harmless(name, field):
            taken = COMMANDS[name].model_validate({**args, field: value}).model_dump(mode="json", exclude_unset=True)[field]
            shown = one_line(value) if field in ("reason", "title", "note") and value else value  # fit to be shown, on one line
            assert taken == shown and isinstance(taken, bool) == isinstance(value, bool)


def test_free_text_is_the_only_place_for_a_script() -> None:
    free = {(name, field) for name in ALL for field in example(COMMANDS[name]) if "<script>" in repr(harmless(name, field))}
    assert free == {(name, "reason") for name in ("set_settings", "freeze", "unfreeze", "revert", "fork")} | {
        ("freeze", "layer"), ("unfreeze", "layer"), ("twin", "setting"), ("rename_branch", "title"),
        ("save_blueprint", "title"), ("mark_example", "note")}


@pytest.mark.parametrize("model", OTHERS)
@given(data=st.data())
@settings(max_examples=60)
def test_envelope_and_join_take_the_good_and_refuse_the_bad(model: type[BaseModel], data: st.DataObject) -> None:
    model.model_validate(data.draw(valid(model)))
    assert_refused(model, *data.draw(bad(model)))


@pytest.mark.parametrize("args", [[], None, 3, "x", [["epochs", 1]], True])
@pytest.mark.parametrize("name", ALL)
def test_args_that_are_no_object_are_refused(name: str, args: Any) -> None:
    assert_refused(COMMANDS[name], args, None)


def test_an_epoch_count_may_be_left_out_but_not_be_null() -> None:
    assert COMMANDS["start"].model_validate({}).model_fields_set == set()
    assert_refused(COMMANDS["start"], {"epochs": None}, "epochs")


def test_set_settings_without_a_setting_is_refused() -> None:
    for args in ({}, {"reason": "no setting"}, {"reason": None}):
        assert_refused(COMMANDS["set_settings"], args, None)


@pytest.mark.parametrize("values", [[0.1], [0.1, 0.2, 0.3], [], None, 0.1, {"0": 0.1, "1": 0.2}, [0.1, None], [{"a": True}, 1],
                                    [["x" * 65], ["a"]], [["a"] * 65, ["b"]], [float("nan"), 0.1], ["x" * 65, "a"],
                                    [dict.fromkeys(map(str, range(65)), 0.5), 1], [[1], [2]], [{"x" * 65: 0.5}, 1]])
def test_a_twin_has_two_values(values: Any) -> None:
    args = {"branch": "b1", "epoch": 1, "setting": "dropout", "epochs": 2}
    assert_refused(COMMANDS["twin"], {**args, "values": values}, None)
    for good in ([0.1, 0.2], [True, False], ["sgd", "adam"], [["conv1"], []], [{"dropout1": 0.5}, {}], [1, 0.5]):
        twin = COMMANDS["twin"].model_validate({**args, "values": good})
        assert twin.model_dump(mode="json")["values"] == good


BIG: list[Any] = [[None] * 6_000, dict.fromkeys(map(str, range(5_000))), "x" * 60_000, list(range(15_000)), [[]] * 15_000]


@pytest.mark.parametrize("name", ALL)
def test_refusing_what_is_large_is_quick(name: str) -> None:
    """As large as a message may be, in any field."""
    args = example(COMMANDS[name])
    for field in [*args, "unknown"]:
        for value in [*BIG, [BIG[1]] * 2]:
            wish = {**args, field: value}
            assert quickest(lambda wish=wish: assert_refused(COMMANDS[name], wish, None)) < 0.2, (field, type(value))


def test_set_settings_remembers_which_settings_were_given() -> None:
    change = COMMANDS["set_settings"].model_validate({"learning_rate": 0.5})
    assert change.model_dump(exclude_unset=True) == {"learning_rate": 0.5}


def test_a_new_run_takes_some_settings_and_keeps_the_blueprint() -> None:
    blueprint = mlp().model_dump(mode="json")
    command = COMMANDS["new_run"].model_validate({"blueprint": blueprint, "settings": {"momentum": 0}})
    assert command.model_dump(mode="json", exclude_unset=True)["settings"] == {"momentum": 0.0}
    assert command.model_dump(mode="json")["blueprint"] == blueprint


def test_every_command_says_what_it_is_for_and_is_listed_under_its_name() -> None:
    for name, kind in COMMANDS.items():
        assert kind.name == name and kind.__doc__


@pytest.mark.parametrize("code", ["abcdefg", "abcdefghj", "abcdefgi", "abcdefgl", "abcdefgo", "abcdefg0", "abcdefg1",
                                  "ABCDEFGH", "abcdefg\n", "abcdefg "])
def test_a_room_code_has_eight_characters_none_of_them_a_look_alike(code: str) -> None:
    assert_refused(Join, {"room": code}, "room")
