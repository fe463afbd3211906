"""A whole session trained again: the digest of every Checkpoint is the same, and what is not as it was is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_utils import session_file
from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.datasets import Images
from ml_utils.core.fields import Warm
from ml_utils.core.replay import SessionFile, described
from ml_utils.core.settings import Settings
from ml_utils.trainer.order import Failure, Order
from ml_utils.trainer.replay import Replay, Row, needed

from .played import OFTEN, Played

SMALL = Blueprint.model_validate({**mlp().model_dump(mode="json"), "validation": 0.1, "without": list(range(0, 1000, 2))})
QUICK = Settings(batch_size=128, learning_rate=0.02)


def replayed(told: SessionFile, folder: Path, branches: set[str] | None = None) -> list[Row]:
    found: list[Row] = []
    order = Order("", "replay", 0, "", str(folder / "again"))
    Replay(told, order, found.append).run(branches or {one.branch for one in told.branches})
    return found


def told_of(played: Played) -> SessionFile:
    """What is written, read again."""
    return session_file.read(session_file.of_log(played.state, played.facts))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A session with all that happens to one: changes, interrupts, a crash, forks, an undone change, a second warm Run."""
    played = Played(tmp_path_factory.mktemp("room"))
    played.run(SMALL, QUICK)
    played.train(3, {(0, 3): ("set_settings", {"learning_rate": 0.05}), (1, 2): ("interrupt", {})}, OFTEN)
    played.change(optimizer="adam", learning_rate=0.001)
    played.change(optimizer="sgd", learning_rate=0.03, momentum=0.5)  # the memory of the optimizer is lost by that
    played.train(3, {(1, 4): ("freeze", {"layers": ["linear1"]}), (2, 2): ("leave", {})}, OFTEN)
    played.train(3, {(2, 3): ("set_settings", {"batch_size": 64, "dropout": 0.4})})
    played.change(momentum=0.8)  # at the end: a fork from here has it, too
    played.back("b1", 1)
    played.change(scheduler="plateau", schedule_epochs=1, learning_rate=0.04)
    played.fork()
    played.train(3, {(2, 1): ("set_settings", {"loss": "multi_margin"})})
    played.back("b1", 3)
    played.fork()
    played.train(4)
    played.back("b3", 3)  # where b3 itself began
    played.fork(before=played.state["markers"][-1]["seq"])
    played.train(4)
    played.back("b1", 0)
    played.change(learning_rate=0.01)
    played.fork()
    played.train(1)
    row = next(one for one in played.state["checkpoints"] if one["kind"] == "interrupt")
    warm = {"run": "r1", **{name: row[name] for name in ("branch", "epoch", "batch", "digest")}, "layers": ["linear1"]}
    played.run(cnn_small(), QUICK, Warm.model_validate(warm).model_dump(mode="json"))
    played.train(1)
    return played


def cnn_small() -> Blueprint:
    return Blueprint.model_validate({**SMALL.model_dump(mode="json"), "seed": 9})


def test_every_digest_of_a_busy_session_is_the_same(busy: Played, tmp_path: Path) -> None:
    told = told_of(busy)
    rows = replayed(told, tmp_path)
    assert [row for row in rows if not row.same] == []
    assert len(rows) == sum(len(branch.expected) for branch in told.branches) > 11
    kinds = {row.expected.kind for row in rows}
    assert kinds == {"epoch", "interrupt", "interval"} and {row.branch for row in rows} == set(busy.state["branches"])
    logged = {fact["data"]["digest"] for fact in busy.facts if fact["name"] == "checkpoint_saved"}
    assert {row.digest for row in rows} == logged, "none that the log knows of is left out"


def test_what_is_written_is_read_again(busy: Played) -> None:
    told = described(busy.state, busy.facts)
    text = session_file.of_log(busy.state, busy.facts)
    assert session_file.read(text) == told and "# Ada: why: not" in text


@pytest.mark.parametrize("branch", ["b2", "b4", "b6"])
def test_one_branch_is_replayed_with_what_leads_to_it(busy: Played, tmp_path: Path, branch: str) -> None:
    told = told_of(busy)
    rows = replayed(told, tmp_path, {branch})
    mine = next(one for one in told.branches if one.branch == branch)
    assert all(row.same for row in rows) and [row.expected for row in rows if row.branch == branch] == list(mine.expected)
    assert len(rows) < sum(len(one.expected) for one in told.branches)


def altered(told: SessionFile, branch: str, **values: Any) -> SessionFile:
    plain = told.model_dump(mode="json")
    next(one for one in plain["branches"] if one["branch"] == branch).update(values)
    return SessionFile.model_validate(plain)


def test_one_changed_learning_rate_is_found_where_it_has_an_effect_first(busy: Played, tmp_path: Path) -> None:
    told = told_of(busy)
    changes = next(one for one in told.branches if one.branch == "b2").model_dump(mode="json")["changes"]
    changes[0]["set"]["learning_rate"] = 0.041
    rows = replayed(altered(told, "b2", changes=changes), tmp_path)
    wrong = [row for row in rows if not row.same]
    assert {row.branch for row in wrong} == {"b2"} and wrong[0].expected.at == (2, 0)
    assert "build is the same" in (wrong[0].because or "")


def test_one_changed_digest_is_found(busy: Played, tmp_path: Path) -> None:
    told = told_of(busy)
    expected = next(one for one in told.branches if one.branch == "b5").model_dump(mode="json")["expected"]
    expected[-1]["digest"] = "0" * 64
    rows = replayed(altered(told, "b5", expected=expected), tmp_path, {"b5"})
    assert [row.same for row in rows if row.branch == "b5"] == [True] * (len(expected) - 1) + [False]


def test_another_build_is_named(busy: Played, tmp_path: Path) -> None:
    told = altered(told_of(busy), "b5", expected=[{"at": [1, 0], "digest": "0" * 64, "build": "torch 0.1"}])
    row = next(row for row in replayed(told, tmp_path, {"b5"}) if row.branch == "b5")
    assert "torch 0.1" in (row.because or "") and "build differs" in (row.because or "")


def test_a_place_that_is_never_reached_is_told(busy: Played, tmp_path: Path) -> None:
    told = altered(told_of(busy), "b5", tip=[1, 0], expected=[{"at": [0, 500], "digest": "0" * 64}])
    rows = [row for row in replayed(told, tmp_path, {"b5"}) if row.branch == "b5"]
    assert rows[0].digest is None and "never" in (rows[0].because or "")


def test_a_session_that_explodes_ends(busy: Played, tmp_path: Path) -> None:
    told = told_of(busy)
    plain = told.model_dump(mode="json")
    plain["runs"][0]["settings"] |= {"learning_rate": 10.0, "momentum": 0.999}
    plain["branches"][0]["changes"] = []
    rows = replayed(SessionFile.model_validate(plain), tmp_path)
    assert not any(row.same for row in rows if row.branch == "b1")
    assert len(rows) == sum(len(one.expected) for one in told.branches)


def test_slow_motion_and_patience_do_not_hold_it_up(tmp_path: Path) -> None:
    played = Played(tmp_path / "room")
    played.run(SMALL, QUICK)
    played.train(1)
    plain = told_of(played).model_dump(mode="json")
    plain["runs"][0]["settings"] |= {"pace": 0.2, "patience": 1}  # minutes
    assert all(row.same for row in replayed(SessionFile.model_validate(plain), tmp_path))


def test_own_images_that_are_not_here_are_told(tmp_path: Path) -> None:
    images = {"title": "cats", "shape": [1, 8, 8], "classes": ["a", "b"], "train": 20, "test": 5}
    plain = cnn("own_0123456789abcdef", 1, Images.model_validate(images)).model_dump(mode="json")
    told = SessionFile.model_validate({
        "runs": [{"run": "r1", "blueprint": plain}],
        "branches": [{"branch": "b1", "run": "r1", "tip": [1, 0], "expected": [{"at": [1, 0], "digest": "0" * 64}]}]})
    with pytest.raises(Failure):
        replayed(told, tmp_path)


def test_what_is_needed_of_each_branch(busy: Played) -> None:
    found = needed(told_of(busy), {"b4"})
    assert set(found) == {"b1", "b3", "b4"} and found["b1"].until == (3, 0) and found["b3"].until == (3, 0)
    assert found["b3"].forks == {3} and found["b1"].forks == {3}
