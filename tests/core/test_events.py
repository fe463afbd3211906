"""Facts: what a trainer may report, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.events import Event
from ml_utils.core.fields import Person, Position
from ml_utils.core.messages import COMMANDS, EVENTS
from tests.strategies import bad, bad_data, valid

from . import fixture

FACTS = {fact["name"]: fact for fact in fixture.events()}
ROWS: dict[str, Any] = {"x": [0.1, 0.2], "train_loss": [2.3, 2.2], "train_accuracy": [0.1, 0.2], "rate": 900.0, "step": 2,
                        "took": 0.1, "learning_rate": 0.05}
POSITION = {"run": "r1", "branch": "b1", "epoch": 2, "batch": 3, "batches": 23, "x": 2.13}


def test_every_event_is_listed_under_its_name_and_says_what_it_is() -> None:
    for name, kind in EVENTS.items():
        assert kind.name == name and kind.__doc__
    assert not set(EVENTS) & set(COMMANDS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_data_survive_the_way_through_json(name: str) -> None:
    data = FACTS[name]["data"]
    read = EVENTS[name].model_validate(json.loads(json.dumps(data)))
    again = json.loads(json.dumps(read.model_dump(mode="json", exclude_unset=True)))
    assert again == data and EVENTS[name].model_validate(again) == read


@pytest.mark.parametrize("name", sorted(EVENTS))
@given(data=st.data())
@settings(max_examples=30)
def test_bad_data_are_refused(name: str, data: st.DataObject) -> None:
    with pytest.raises(ValidationError):
        EVENTS[name].model_validate(data.draw(bad_data(name))[0])


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_knows_its_number_its_cause_and_its_time(name: str) -> None:
    event = Event.model_validate(FACTS[name])
    assert event.seq >= 1 and event.at > 0


@pytest.mark.parametrize("seq", [0, -1, None, "1", True, 1.0])
def test_events_are_counted_from_one(seq: Any) -> None:
    with pytest.raises(ValidationError):
        Event.model_validate({**FACTS["run_started"], "seq": seq})


def test_an_event_is_never_edited() -> None:
    event = Event.model_validate(FACTS["run_started"])
    with pytest.raises(ValidationError):
        event.seq = 7  # type: ignore[misc]


def test_columns_of_measurements_have_one_length() -> None:
    EVENTS["metrics"].model_validate(ROWS)
    for column in ("x", "train_loss", "train_accuracy"):
        with pytest.raises(ValidationError, match="length"):
            EVENTS["metrics"].model_validate({**ROWS, column: [0.1]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "2", True])
def test_no_measurement_is_stored_that_json_cannot_carry(value: Any) -> None:
    for row in ({"train_loss": [value, 2.2]}, {"rate": value}, {"step": value}, {"took": value}, {"learning_rate": value}):
        with pytest.raises(ValidationError):
            EVENTS["metrics"].model_validate({**ROWS, **row})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "x" * 65, [1], {"conv1": None}])
@pytest.mark.parametrize("side", ["from", "to"])
def test_a_change_leads_from_a_value_to_a_value(side: str, value: Any) -> None:
    data = FACTS["settings_changed"]["data"]
    for good in (0.5, 3, True, "adam", ["conv1"], {"dropout1": 0.5}, [], {}):
        EVENTS["settings_changed"].model_validate({**data, "changes": {"dropout": {"from": good, "to": good}}})
    with pytest.raises(ValidationError):
        EVENTS["settings_changed"].model_validate({**data, "changes": {"dropout": {"from": 0.1, "to": 0.2, side: value}}})


@pytest.mark.parametrize("model", [Position, Person])
@given(data=st.data())
@settings(max_examples=40)
def test_a_position_and_a_person_take_the_good_and_refuse_the_bad(model: Any, data: st.DataObject) -> None:
    model.model_validate(data.draw(valid(model)))
    with pytest.raises(ValidationError):
        model.model_validate(data.draw(bad(model))[0])


def test_a_position_survives_the_way_through_json() -> None:
    assert Position.model_validate(json.loads(json.dumps(POSITION))).model_dump() == POSITION
