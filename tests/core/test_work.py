"""What a trainer is given when it dials in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import Settings
from ml_utils.core.work import Go, Proof, Watched, Work
from tests.strategies import bad, valid

SETTINGS = Settings().model_dump(mode="json")
SCRIPT = [{"seq": 31, "x": 2.5, "changes": {"dropout": {"from": 0.25, "to": 0.5}, "frozen": {"from": [], "to": ["conv1"]}}}]
PROOF = {"digest": "cd" * 32, "build": "torch 2.13.0"}
GO: dict[str, Any] = {"branch": "b2", "fork": 1, "until": 4, "moved": 30, "steps": 5, "script": SCRIPT}
WATCHED = {"since": 2, "known": 5, "accuracy": {"epoch": 4, "value": 0.9}, "loss": None}
WORK: dict[str, Any] = {
    "blueprint": cnn().model_dump(mode="json"), "settings": SETTINGS, "threads": 2, "warm": None,
    "position": {"run": "r1", "branch": "b2", "epoch": 1, "batch": 3, "batches": 23, "x": 1.13},
    "target": {"epoch": 1, "batch": 9}, "fork": 1, "parent": "b1",
    "checkpoints": [{"branch": "b1", "epoch": 1, "batch": 0, "x": 1.0, "digest": "ab" * 32}],
    "replay": [{"epoch": 1, "batch": 2, "settings": {**SETTINGS, "dropout": 0.5}}],
    "now": {**SETTINGS, "dropout": 0.5}, "moved": 30,
    "go": True, "until": 10, "recovering": True, "started": True,
    "steps": 5, "stop": 28, "script": SCRIPT, "proof": PROOF, "watched": WATCHED,
}
LEFT_OUT = {"warm": None, "steps": None, "stop": None, "script": (), "proof": None,
            "watched": Watched()}  # what most Work goes without


def test_work_survives_the_way_over_the_line() -> None:
    work = Work.model_validate(json.loads(json.dumps(WORK)))
    assert work.model_dump(mode="json") == WORK
    assert Work.model_validate(work.model_dump(mode="json")) == work


def test_a_fresh_start_has_no_checkpoint_and_nothing_to_replay() -> None:
    work = Work.model_validate({**WORK, "checkpoints": [], "replay": [], "until": None})
    assert work.checkpoints == () and work.replay == () and work.until is None


@pytest.mark.parametrize("field", sorted(WORK))
def test_work_is_given_whole(field: str) -> None:
    rest = {name: value for name, value in WORK.items() if name != field}
    if field in LEFT_OUT:
        assert getattr(Work.model_validate(rest), field) == LEFT_OUT[field]
        return
    with pytest.raises(ValidationError):
        Work.model_validate(rest)


def test_every_field_of_work_stands_in_this_file() -> None:
    assert set(WORK) == set(Work.model_fields)


def test_an_order_to_go_survives_the_way_over_the_line() -> None:
    go = Go.model_validate(json.loads(json.dumps(GO)))
    assert go.model_dump(mode="json") == GO and set(GO) == set(Go.model_fields)
    short = Go.model_validate({name: GO[name] for name in ("branch", "fork", "until", "moved")})
    assert short.steps is None and short.script == ()


@pytest.mark.parametrize(("model", "good"), [(Go, GO), (Proof, PROOF)])
@given(data=st.data())
@settings(max_examples=40)
def test_an_order_and_a_proof_take_the_good_and_refuse_the_bad(model: Any, good: Any, data: st.DataObject) -> None:
    model.model_validate(data.draw(valid(model)))
    with pytest.raises(ValidationError):
        model.model_validate(data.draw(bad(model, st.just(good)))[0])


@given(st.data())
@settings(max_examples=40)
def test_work_takes_the_good_and_refuses_the_bad(data: st.DataObject) -> None:
    Work.model_validate(data.draw(valid(Work)))
    with pytest.raises(ValidationError):
        Work.model_validate(data.draw(bad(Work, st.just(WORK)))[0])
