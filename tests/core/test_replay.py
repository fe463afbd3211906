"""What a session file says: made of a log, read again, refused where it does not fit together."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils import logs, session_file
from ml_utils.core.blueprint import mlp
from ml_utils.core.errors import Refused
from ml_utils.core.replay import BEGUN, SessionFile, described
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold
from ml_utils.core.tree import settings_at
from tests.core import fixture, stories


def folded(facts: list[dict[str, Any]]) -> dict[str, Any]:
    state = empty_state(fixture.CODE)
    for fact in facts:
        fold(state, fact)
    return state


@given(acts=st.lists(stories.ACTS, max_size=12), batches=st.sampled_from([3, 23]))
@settings(max_examples=25)
def test_every_session_is_written_and_read_again(acts: Any, batches: int) -> None:
    facts = stories.Story(batches).play(acts)
    state = folded(facts)
    told = described(state, facts)
    assert session_file.read(session_file.of_log(state, facts)) == told
    assert [branch.branch for branch in told.branches] == list(state["branches"])
    for name, way in told.ways().items():
        row = state["branches"][name]
        assert way[0][0] == BEGUN
        assert way[-1][1].model_dump(mode="json") == settings_at(state, name, (row["tip"]["epoch"], row["tip"]["batch"]))


def test_a_session_of_the_fixture_has_its_tree_and_its_names() -> None:
    facts = fixture.events()
    state = folded(facts)
    text = session_file.of_log(state, facts)
    told = session_file.read(text)
    assert {(one.branch, one.parent, one.epoch) for one in told.branches} == {
        (name, row["parent"], row["epoch"]) for name, row in state["branches"].items()}
    assert "# Ada" in text and "Bob <b>" in text and "!!" not in text and "&" not in text
    digests = {fact["data"]["digest"] for fact in facts if fact["name"] == "checkpoint_saved"}
    assert {row.digest for one in told.branches for row in one.expected} <= digests


def plain() -> dict[str, Any]:
    return {"lockstep": "session", "format": 1, "build": "torch", "runs": [
        {"run": "r1", "blueprint": mlp().model_dump(mode="json")}], "branches": [
        {"branch": "b1", "run": "r1", "tip": [3, 0], "changes": [{"at": [1, 2], "set": {"learning_rate": 0.1}}],
         "expected": [{"at": [1, 0], "digest": "0" * 64}, {"at": [3, 0], "digest": "1" * 64}]},
        {"branch": "b2", "run": "r1", "parent": "b1", "epoch": 1, "tip": [2, 0],
         "changes": [{"at": [1, 0], "set": {"dropout": 0.5}}]}]}


def test_settings_come_from_the_parent_up_to_the_fork() -> None:
    ways = SessionFile.model_validate(plain()).ways()
    assert [(place, one.learning_rate, one.dropout) for place, one in ways["b2"]] == [(BEGUN, 0.05, 0.25), ((1, 0), 0.05, 0.5)]


def changed(**paths: Any) -> dict[str, Any]:
    """Return a session with one thing changed, named as ``branches__1__parent``."""
    found = copy.deepcopy(plain())
    for path, value in paths.items():
        *parts, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        here: Any = found
        for part in parts:
            here = here[part]
        here[last] = value
    return found


WARM = {"run": "r1", "branch": "b1", "epoch": 1, "batch": 0, "digest": "0" * 64, "layers": ["linear1"]}
WRONG: dict[str, dict[str, Any]] = {
    "no such parent": changed(branches__1__parent="b7"), "its own parent": changed(branches__1__parent="b2"),
    "no such run": changed(branches__1__run="r2"), "a name twice": changed(branches__1__branch="b1"),
    "a fork in the future": changed(branches__1__epoch=4, branches__1__tip=[5, 0], branches__1__changes=[]),
    "two first branches": changed(branches__1__parent=None), "no order": changed(branches__0__expected=[
        {"at": [3, 0], "digest": "0" * 64}, {"at": [1, 0], "digest": "1" * 64}]),
    "behind the tip": changed(branches__0__tip=[2, 0]), "before the fork": changed(branches__1__changes__0__at=[0, 5]),
    "an unknown setting": changed(branches__0__changes__0__set={"lerning_rate": 1}),
    "a wrong setting": changed(branches__0__changes__0__set={"learning_rate": 1e9}),
    "nothing changed": changed(branches__0__changes__0__set={}),
    "a word for a digest": changed(branches__0__expected__0__digest="x"),
    "another format": changed(format=2), "more": changed(more=1), "a place": changed(branches__0__tip=[-1, 0]),
    "half a place": changed(branches__0__tip=[1]), "no network": changed(runs__0__blueprint__layers=[]),
    "its own weights": changed(runs__0__warm=WARM), "weights of nobody": changed(runs__0__warm={**WARM, "branch": "b8"}),
    "threads": changed(runs__0__threads=0),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_together_is_refused(what: str) -> None:
    with pytest.raises(Refused) as caught:
        session_file.read(session_file.dumped(WRONG[what]))
    assert caught.value.hint and len(caught.value.message) < 700


def test_an_unknown_setting_is_told_with_the_nearest() -> None:
    with pytest.raises(Refused) as caught:
        session_file.read(session_file.dumped(WRONG["an unknown setting"]))
    assert "learning_rate" in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "lockstep: log", "lockstep: session", "a: &a [*a]", "x" * 100,
                                  "lockstep: session\n\t"])
def test_a_text_that_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        session_file.read(text)


@given(st.text(max_size=100))
@settings(max_examples=100)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        session_file.read(f"lockstep: session\n{text}")
    except Refused as refused:
        assert refused.hint


def test_a_session_is_found_in_a_file_a_log_or_a_folder(tmp_path: Path) -> None:
    facts = fixture.events()
    state = folded(facts)
    told = described(state, facts)
    logs.write(tmp_path / "events.jsonl", fixture.CODE, facts)
    assert session_file.load(tmp_path / "events.jsonl") == told == session_file.load(tmp_path)
    (tmp_path / "session.yaml").write_text(session_file.written(told), encoding="utf-8")
    assert session_file.load(tmp_path / "session.yaml") == told == session_file.load(tmp_path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"", b"{}"])
@pytest.mark.parametrize("name", ["session.yaml", "events.jsonl", "x"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    for path in (tmp_path / name, tmp_path / "missing", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(Refused) as caught:
            session_file.load(path)
        assert caught.value.code in ("no_session", "not_yaml")


def test_a_session_of_many_epochs_is_read_quickly() -> None:
    found = plain()
    rows = [{"at": [one, 0], "digest": f"{one:064x}"} for one in range(1, 5001)]
    found["branches"][0] |= {"tip": [5000, 0], "expected": rows}
    told = SessionFile.model_validate(found)
    assert session_file.read(session_file.written(told)) == told
