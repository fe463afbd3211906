"""The one table of settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from ml_utils.core.settings import MAX_EPOCHS, Settings, SettingsChange, changes_between, settings_table

TABLE = settings_table()
NUMBERS = [row for row in TABLE if row["kind"] != "choice"]
CHOICES = [row for row in TABLE if row["kind"] == "choice"]


def name(row: dict[str, Any]) -> str:
    return str(row["name"])


def test_the_table_has_a_row_for_every_setting_in_order_and_is_plain_json() -> None:
    assert [row["name"] for row in TABLE] == list(Settings.model_fields)
    assert json.loads(json.dumps(TABLE)) == TABLE


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_every_row_has_words_in_english_and_german(row: dict[str, Any]) -> None:
    texts = [row["label"], row["help"], *row.get("choices", {}).values()]
    assert all(set(text) == {"en", "de"} and all(text.values()) for text in texts)
    assert row["scale"] in {"linear", "log", "log0"} and isinstance(row["unit"], str)


@pytest.mark.parametrize("row", NUMBERS, ids=name)
def test_a_number_may_be_its_default_and_both_ends_but_not_beyond(row: dict[str, Any]) -> None:
    step = row["step"] or 1e-7
    for value in (row["minimum"], row["default"], row["maximum"]):
        Settings.model_validate({row["name"]: value})
    for value in (row["minimum"] - step, row["maximum"] + step, float("nan"), float("inf"), None, True, "1", [1]):
        with pytest.raises(ValidationError):
            Settings.model_validate({row["name"]: value})


@pytest.mark.parametrize("row", [row for row in NUMBERS if row["scale"] == "log"], ids=name)
def test_a_logarithmic_slider_does_not_begin_at_zero(row: dict[str, Any]) -> None:
    assert row["minimum"] > 0


@pytest.mark.parametrize("row", [row for row in TABLE if row["kind"] == "integer"], ids=name)
def test_a_count_is_a_whole_number(row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({row["name"]: float(row["default"])})
    assert row["step"] == 1


@pytest.mark.parametrize("row", CHOICES, ids=name)
def test_a_choice_takes_exactly_the_values_that_have_words(row: dict[str, Any]) -> None:
    assert row["default"] in row["choices"]
    for value in row["choices"]:
        Settings.model_validate({row["name"]: value})
    for value in ("", row["default"].upper(), "__class__", None, 0):
        with pytest.raises(ValidationError):
            Settings.model_validate({row["name"]: value})
    assert set(row["choices"]) == set(Settings.model_json_schema()["properties"][row["name"]]["enum"])


def test_choices_stand_in_the_order_of_the_table() -> None:
    assert [next(iter(row["choices"])) for row in CHOICES] == ["sgd", "cross_entropy"] == [row["default"] for row in CHOICES]


def test_settings_are_never_edited() -> None:
    with pytest.raises(ValidationError):
        Settings().learning_rate = 1.0  # type: ignore[misc]


def test_a_change_has_the_same_fields_and_remembers_what_was_given() -> None:
    assert list(SettingsChange.model_fields) == list(Settings.model_fields)
    assert SettingsChange.model_validate({"dropout": 0}).model_fields_set == {"dropout"}
    with pytest.raises(ValidationError):
        SettingsChange.model_validate({"dropout": 2})


def test_changes_name_what_differs_from_and_to() -> None:
    old = Settings().model_dump()
    assert changes_between(old, old) == {}
    assert changes_between(old, {**old, "dropout": 0.5}) == {"dropout": {"from": old["dropout"], "to": 0.5}}


def test_epochs_are_bounded() -> None:
    assert next(row for row in TABLE if row["name"] == "epochs")["maximum"] == MAX_EPOCHS
