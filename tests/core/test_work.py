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
from ml_utils.core.work import Work
from tests.strategies import bad, valid

SETTINGS = Settings().model_dump(mode="json")
WORK: dict[str, Any] = {
    "blueprint": cnn().model_dump(mode="json"), "settings": SETTINGS, "threads": 2,
    "position": {"run": "r1", "branch": "b1", "epoch": 1, "batch": 3, "batches": 23, "x": 1.13},
    "checkpoints": [{"branch": "b1", "epoch": 1, "batch": 0, "x": 1.0, "digest": "ab" * 32}],
    "replay": [{"epoch": 1, "batch": 2, "settings": {**SETTINGS, "dropout": 0.5}}],
    "go": True, "until": 10, "recovering": True, "started": True,
}


def test_work_survives_the_way_over_the_line() -> None:
    work = Work.model_validate(json.loads(json.dumps(WORK)))
    assert work.model_dump(mode="json") == WORK
    assert Work.model_validate(work.model_dump(mode="json")) == work


def test_a_fresh_start_has_no_checkpoint_and_nothing_to_replay() -> None:
    work = Work.model_validate({**WORK, "checkpoints": [], "replay": [], "until": None})
    assert work.checkpoints == () and work.replay == () and work.until is None


@pytest.mark.parametrize("field", WORK)
def test_work_is_given_whole(field: str) -> None:
    with pytest.raises(ValidationError):
        Work.model_validate({name: value for name, value in WORK.items() if name != field})


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_work_takes_the_good_and_refuses_the_bad(data: st.DataObject) -> None:
    Work.model_validate(data.draw(valid(Work)))
    with pytest.raises(ValidationError):
        Work.model_validate(data.draw(bad(Work, st.just(WORK)))[0])
