"""The one table of settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from ml_utils.core.augmentation import Augmentation
from ml_utils.core.blueprint import MAX_LAYERS, cnn, layer_names
from ml_utils.core.settings import (
    GROUPS,
    LATER,
    MAX_EPOCHS,
    MAX_NAMED,
    PLANS,
    Settings,
    SettingsChange,
    changed,
    changes_between,
    learned,
    settings_table,
)

TABLE = settings_table()
NUMBERS = [row for row in TABLE if row["kind"] in ("number", "integer")]
CHOICES = [row for row in TABLE if row["kind"] == "choice"]
SWITCHES = [row for row in TABLE if row["kind"] == "boolean"]
FIRST = ["cross_entropy", "float32", "sgd", "constant", "accuracy"]  # of each choice
UNDRAWN = {"dropouts", "class_weights", "frozen"}
NAMED: dict[str, Any] = {"dropouts": {"dropout1": 0.5}, "class_weights": {"3": 2.0}, "frozen": ["conv1"]}


def name(row: dict[str, Any]) -> str:
    return str(row["name"])


def test_the_table_has_a_row_for_every_setting_in_order_and_is_plain_json() -> None:
    assert {row["name"] for row in TABLE} | UNDRAWN == set(Settings.model_fields)
    for group in GROUPS:
        names = [row["name"] for row in TABLE if row["group"] == group]
        assert names == [name for name in Settings.model_fields if name in names]
    assert len(NUMBERS) + len(CHOICES) + len(SWITCHES) == len(TABLE)
    assert json.loads(json.dumps(TABLE)) == TABLE


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_every_row_has_words_in_english_and_german(row: dict[str, Any]) -> None:
    texts = [row["label"], row["help"], *row.get("choices", {}).values()]
    assert all(set(text) == {"en", "de"} and all(text.values()) for text in texts)
    assert row["scale"] in {"linear", "log", "log0"} and isinstance(row["unit"], str)


def test_rows_stand_group_by_group() -> None:
    groups = [row["group"] for row in TABLE]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


@pytest.mark.parametrize("row", [row for row in TABLE if "only" in row], ids=name)
def test_a_row_that_matters_at_times_names_choices_of_another(row: dict[str, Any]) -> None:
    for other, values in row["only"].items():
        choices = next(one["choices"] for one in CHOICES if one["name"] == other)
        assert other != row["name"] and set(values) < set(choices) and values


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
    assert [next(iter(row["choices"])) for row in CHOICES] == FIRST
    assert [row["default"] for row in CHOICES] == FIRST


@pytest.mark.parametrize("row", SWITCHES, ids=name)
def test_a_switch_takes_true_and_false_only(row: dict[str, Any]) -> None:
    for value in (True, False):
        assert getattr(Settings.model_validate({row["name"]: value}), row["name"]) is value
    for wrong in (0, 1, "true", None, []):
        with pytest.raises(ValidationError):
            Settings.model_validate({row["name"]: wrong})


def test_settings_are_never_edited() -> None:
    with pytest.raises(ValidationError):
        Settings().learning_rate = 1.0  # type: ignore[misc]


def test_a_change_has_the_same_fields_and_remembers_what_was_given() -> None:
    assert list(SettingsChange.model_fields) == list(Settings.model_fields)
    assert SettingsChange.model_validate({"dropout": 0}).model_fields_set == {"dropout"}
    with pytest.raises(ValidationError):
        SettingsChange.model_validate({"dropout": 2})


@pytest.mark.parametrize("asked", [
    {"learning_rate": None}, {"learning_rate": 99}, {"unknown": 1}, {"frozen": "conv1"}, {"frozen": None}, {"frozen": ["*"]},
    {"frozen": ["conv1\n"]}, {"frozen": ["conv1"] * (MAX_NAMED + 1)}, {"frozen": [1]}, {"dropouts": None}, {"dropouts": []},
    {"dropouts": {"x": 0.1}}, {"dropouts": {"dropout1": 0.96}}, {"dropouts": {"dropout1": True}},
    {"dropouts": {"__proto__": 0.1}}, {"dropouts": {f"d{number}": None for number in range(1, MAX_NAMED + 2)}},
    {"class_weights": {"-1": 1.0}}, {"class_weights": {"01": 1.0}}, {"class_weights": {"1000": 1.0}},
    {"class_weights": {"1": 0}}, {"class_weights": {"1": 101.0}}, {"class_weights": {"1": True}}, {"class_weights": [1.0]},
    {"class_weights": {"٣": 1.0}}, {"flip": 1}, {"mixup": 2.1}, {"rotation": -1.0}, {"precision": "float16"}])
def test_a_bad_change_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(Settings(), asked)


def test_a_change_leaves_the_rest_as_it_is() -> None:
    old = changed(Settings(), {"momentum": 0.5, **NAMED})
    assert changed(old, {"optimizer": "adam"}) == old.model_copy(update={"optimizer": "adam"})
    assert changed(old, {}) == old


def test_dropouts_are_merged_and_null_removes_one() -> None:
    old = changed(Settings(), {"dropouts": {"dropout2": 0.2, "dropout1": 0.1}})
    assert list(old.dropouts) == ["dropout1", "dropout2"]
    more = changed(old, {"dropouts": {"dropout2": 0.3, "dropout3": 0}})
    assert more.dropouts == {"dropout1": 0.1, "dropout2": 0.3, "dropout3": 0}
    assert changed(old, {"dropouts": {"dropout1": None, "dropout9": None}}).dropouts == {"dropout2": 0.2}
    assert changed(old, {"dropouts": {}}) == old


def test_merged_dropouts_are_counted_together() -> None:
    old = changed(Settings(), {"dropouts": {f"a{number}": 0.1 for number in range(1, MAX_NAMED + 1)}})
    with pytest.raises(ValidationError):
        changed(old, {"dropouts": {"b1": 0.1}})


def test_frozen_layers_are_sorted_and_named_once() -> None:
    assert changed(Settings(), {"frozen": ["linear1", "conv1", "linear1"]}).frozen == ("conv1", "linear1")


def test_names_of_layers_are_those_of_blueprints() -> None:
    assert MAX_NAMED == MAX_LAYERS
    changed(Settings(), {"frozen": layer_names(cnn()), "dropouts": dict.fromkeys(layer_names(cnn()), 0.1)})
    changed(Settings(), {"frozen": [f"linear{MAX_LAYERS}"]})


def test_settings_survive_json() -> None:
    settings = changed(Settings(), NAMED)
    assert Settings.model_validate(json.loads(json.dumps(settings.model_dump(mode="json")))) == settings
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert Settings.model_validate(settings.model_dump()) == settings


def test_plans_do_not_change_what_is_learned() -> None:
    plans = {"epochs": 99, "pace": 1.5, "patience": 3, "watch": "loss"}
    assert set(plans) == PLANS and learned(changed(Settings(), plans)) == learned(Settings())
    assert set(learned(Settings())) == set(Settings.model_fields) - PLANS - LATER
    assert json.loads(json.dumps(learned(changed(Settings(), NAMED)))) == learned(changed(Settings(), NAMED))
    assert learned(changed(Settings(), NAMED)) != learned(Settings())


@pytest.mark.parametrize("later", sorted(LATER))
def test_what_came_later_counts_only_where_it_is_not_as_usual(later: str) -> None:
    """So that a Checkpoint from before keeps its digest."""
    other = {"balanced": True, "flip": True, "precision": "bfloat16", "class_weights": {"0": 2.0}, "focal_gamma": 1.0}
    found = learned(changed(Settings(), {later: other.get(later, 0.25)}))
    assert later in found
    assert learned(changed(Settings.model_validate(found), {later: _usual(later)})) == learned(Settings())


def _usual(name: str) -> Any:
    usual = Settings.model_fields[name].default
    return {"0": None} if name == "class_weights" else usual


def test_class_weights_are_merged_and_null_removes_one() -> None:
    old = changed(Settings(), {"class_weights": {"3": 2.0, "10": 0.5}})
    assert changed(old, {"class_weights": {"3": None, "0": 1.5}}).class_weights == {"0": 1.5, "10": 0.5}


def test_any_change_of_an_image_is_known() -> None:
    assert not Settings().augments and not Augmentation().augments
    for one in Augmentation.model_fields:
        assert changed(Settings(), {one: True if one == "flip" else 0.1}).augments, one


def test_changes_name_what_differs_from_and_to() -> None:
    old = Settings().model_dump()
    assert changes_between(old, old) == {}
    assert changes_between(old, {**old, "dropout": 0.5}) == {"dropout": {"from": old["dropout"], "to": 0.5}}


def test_epochs_are_bounded() -> None:
    assert next(row for row in TABLE if row["name"] == "epochs")["maximum"] == MAX_EPOCHS
