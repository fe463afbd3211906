"""The one error shape, whatever was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.commands import Envelope
from ml_utils.core.errors import SHOWN, Refused, refusal, shown
from ml_utils.core.messages import COMMANDS
from ml_utils.core.settings import Settings
from tests.strategies import HOSTILE, KEYS


def named(value: Any) -> str:
    """A test's name must itself be printable."""
    return f"{type(value).__name__}-{len(value) if isinstance(value, str | list | dict) else shown(value)[:10]}"


DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


def refused(model: Any, value: Any) -> Refused:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return refusal(caught.value)


def test_a_refusal_has_the_error_shape() -> None:
    answer = Refused("not_now", "Training goes on.", "Interrupt it first.", "epochs").as_answer()
    assert answer == {"ok": False, "error": {"code": "not_now", "message": "Training goes on.", "hint": "Interrupt it first.",
                                             "field": "epochs"}}


def test_a_refusal_without_a_field_leaves_it_out() -> None:
    assert set(Refused("a", "b", "c").as_answer()["error"]) == {"code", "message", "hint"}


def test_a_refusal_reads_as_its_message() -> None:
    assert str(Refused("code", "What happened.", "What to do.")) == "What happened."


def test_what_was_asked_is_shown_back_with_the_field_and_a_hint() -> None:
    error = refused(Settings, {"learning_rate": 11})
    assert (error.code, error.field) == ("invalid", "learning_rate")
    assert "asked: 11" in error.message and "less than or equal to 10" in error.message
    assert error.hint == "Use a smaller value."


@pytest.mark.parametrize(("value", "hint"), [
    ({"learning_rate": 0}, "larger"), ({"learning_rate": 99}, "smaller"), ({"learning_rate": float("nan")}, "finite"),
    ({"made_up": 1}, "Leave this field out"), ({"optimizer": "x"}, "docs/messages.md")])
def test_the_hint_says_what_would_work(value: Any, hint: str) -> None:
    assert hint in refused(Settings, value).hint


def test_a_missing_field_is_named() -> None:
    error = refused(Envelope, {"id": "a" * 8})
    assert error.field == "name" and error.hint == "Add this field."


def test_a_field_inside_a_layer_is_named_with_its_place() -> None:
    layers = [{"kind": "conv", "channels": 0}]
    assert refused(COMMANDS["new_run"], {"blueprint": {"dataset": "digits", "layers": layers}}).field == (
        "blueprint.layers.0.conv.channels")


@pytest.mark.parametrize("code", ["invalid", "bad_report"])
def test_the_code_is_the_callers(code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"momentum": 2})
    assert refusal(caught.value, code).code == code


@pytest.mark.parametrize("value", [*HOSTILE, 10**5000, [10**5000], DEEP, {"a": DEEP}, b"\0\xff", object()], ids=named)
def test_hostile_values_are_shown_short_and_printable(value: Any) -> None:
    text = shown(value)
    assert 0 < len(text) <= SHOWN + 1 and text.isprintable()
    text.encode()


@pytest.mark.parametrize("value", [10**5000, DEEP, "x" * 1_000_000], ids=named)
@pytest.mark.parametrize("field", ["learning_rate", "batch_size", "optimizer", "made_up"])
def test_a_refusal_of_a_hostile_value_is_short_and_printable(field: str, value: Any) -> None:
    error = refused(Settings, {field: value})
    assert error.field == field and len(error.message) < 300 and error.message.isprintable()


@pytest.mark.parametrize("key", KEYS, ids=named)
def test_a_hostile_field_name_is_shown_short_and_printable(key: str) -> None:
    layers: list[Any] = [{key: 1}, {"kind": key}, {"kind": "flatten", key: 1}]
    runs = [(COMMANDS["new_run"], {"blueprint": {"dataset": "digits", "layers": [layer]}}) for layer in layers]
    for model, value in [(Settings, {key: 1}), *runs]:
        for text in refused(model, value).as_answer()["error"].values():
            assert 0 < len(text) < 600 and text.isprintable()
            text.encode()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()), lambda inner: (
    st.lists(inner) | st.dictionaries(st.text(), inner)), max_leaves=20))
@settings(max_examples=100)
def test_any_value_is_refused_without_an_accident(value: Any) -> None:
    for model in (*COMMANDS.values(), Envelope):
        try:
            model.model_validate(value)
        except ValidationError as error:
            json.dumps(refusal(error).as_answer()).encode()


@pytest.mark.parametrize(("layers", "words"), [
    ([{"kind": "residual", "layers": []}], "should have at least 1 item ("),
    ([{"kind": "relu"}] * 65, "at most 64 layers one after another"),
    ([7], "should be names with values ("),
])
def test_bounds_are_told_in_words_for_people(layers: Any, words: str) -> None:
    found = refused(COMMANDS["new_run"], {"blueprint": {"dataset": "digits", "layers": layers}})
    assert words in found.message and not {"Tuple", "Value error", "dictionary"} & set(found.message.split())


def test_a_wrong_field_of_a_layer_leads_to_the_page_of_layers() -> None:
    layers = [{"kind": "conv", "channels": "many"}]
    assert "docs/layers.md" in refused(COMMANDS["new_run"], {"blueprint": {"dataset": "digits", "layers": layers}}).hint
