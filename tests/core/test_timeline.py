"""The fold: equal logs give equal Snapshots, whoever folds them, from wherever."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml_utils.core.messages import EVENTS
from ml_utils.core.patches import batches_per_epoch
from ml_utils.core.series import SERIES_LIMIT
from ml_utils.core.snapshot import apply, empty_state
from ml_utils.core.timeline import fold

from . import fixture
from .fixture import CODE, ROWS, Log
from .stories import ACTS, Act, Fact, Story, folded, logs

SOME = settings(max_examples=40)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def series_of(state: dict[str, Any]) -> list[list[list[float]]]:
    return [points for branch in state["series"].values() for points in branch.values()]


# ── the fixture that Python and JavaScript share ────────────────────────────────────────────────────────────

def test_the_fixture_is_what_the_fold_does_today() -> None:
    assert fixture.PATH.read_text(encoding="utf-8") == fixture.text(), "after a wanted change: python -m tests.core.fixture"


def test_the_fixture_is_small_and_uses_every_event_and_every_operation() -> None:
    read = json.loads(fixture.PATH.read_text(encoding="utf-8"))
    assert fixture.PATH.stat().st_size < 600_000
    assert {event["name"] for event in read["events"]} == set(EVENTS)
    used = [name for step in read["steps"] for name, part in step["patch"].items() if part]
    assert set(used) == {"set", "cut", "append", "thin"}
    assert used.count("thin") >= 2


def test_every_event_of_the_fixture_is_valid() -> None:
    for event in fixture.events():
        EVENTS[event["name"]].model_validate(event["data"])


def test_the_fixtures_patches_give_its_snapshot() -> None:
    read = json.loads(fixture.PATH.read_text(encoding="utf-8"))
    state = read["empty"]
    for step in read["steps"]:
        apply(state, step["patch"])
    assert state == read["snapshot"]


# ── any log ─────────────────────────────────────────────────────────────────────────────────────────────────

@given(logs(), st.floats(0, 1))
@SOME
def test_a_log_folded_from_a_saved_snapshot_gives_the_same_as_from_the_start(facts: list[Fact], where: float) -> None:
    middle = int(where * len(facts))
    saved = as_json(folded(facts[:middle]))
    assert folded(facts[middle:], saved) == folded(facts)


@given(logs())
@SOME
def test_a_clients_copy_grown_by_patches_equals_the_servers_snapshot(facts: list[Fact]) -> None:
    server, client = empty_state(CODE), as_json(empty_state(CODE))
    for fact in facts:
        apply(client, as_json(fold(server, fact)))
        assert client["seq"] == server["seq"] == fact["seq"]
        assert client["session"] == server["session"]
    assert client == server == as_json(server)


@given(logs())
@SOME
def test_no_series_passes_the_limit_and_its_x_always_rises(facts: list[Fact]) -> None:
    state = empty_state(CODE)
    for fact in facts:
        fold(state, fact)
        assert all(len(points) <= SERIES_LIMIT for points in series_of(state))
    for points in series_of(state):
        assert all(left[0] < right[0] for left, right in zip(points, points[1:], strict=False))


@given(logs())
@SOME
def test_all_markers_are_kept_with_who_when_and_where(facts: list[Fact]) -> None:
    changes = [fact for fact in facts if fact["name"] == "settings_changed"]
    markers = folded(facts)["markers"]
    assert [marker["seq"] for marker in markers] == [fact["seq"] for fact in changes]
    for marker, fact in zip(markers, changes, strict=True):
        assert (marker["by"], marker["at"], marker["changes"]) == (fact["by"], fact["at"], fact["data"]["changes"])
        assert (marker["branch"], marker["x"]) == (fact["position"]["branch"], fact["position"]["x"])


@given(logs())
@SOME
def test_neither_events_nor_patches_are_changed_by_what_follows(facts: list[Fact]) -> None:
    state, before = empty_state(CODE), as_json(facts)
    patches, as_sent = [], []
    for fact in facts:
        patches.append(fold(state, fact))
        as_sent.append(as_json(patches[-1]))
    assert facts == before and patches == as_sent
    replayed = empty_state(CODE)
    for patch in patches:
        apply(replayed, patch)
    assert replayed == state and patches == as_sent


@given(st.lists(ACTS, max_size=8), st.integers(2, 60))
@example([("train", 30, 40), ("save",), ("train", 15, 40), ("lose", False, False)], 10)
@example([("train", 30, 40), ("lose", True, False)], 10)
@example([("train", 29, 40), ("save",), ("lose", False, True), ("lose", False, True)], 10)
@SOME
def test_a_lost_trainer_leaves_no_hole_and_no_doubled_point(acts: list[Act], batches: int) -> None:
    """The same batches, undisturbed and in one go, give the same curves wherever nothing had to be thinned."""
    acts = [("train", args[0] % 150 + 1, args[1] % ROWS + 1) if name == "train" else (name, *args)
            for name, *args in acts if name != "run"]  # few enough points that every one is kept
    story = Story(batches)
    disturbed = folded(story.play([*acts, ("train", batches, 7)]))
    calm = folded(Story(batches).play([("train", story.done, ROWS)]))
    by_report = ("step", "seconds", "learning_rate")  # one point for each report, however many batches it has
    curves, undisturbed = ({name: points for name, points in one["series"]["b1"].items() if name not in by_report}
                           for one in (disturbed, calm))
    assert curves == undisturbed
    steps = disturbed["series"]["b1"].get("step", [])
    assert all(round(x * batches) == step for x, step in steps) and steps == sorted(steps)
    assert [x for x, _ in disturbed["series"]["b1"]["train_loss"]] == [
        round(number / batches, 4) for number in range(1, story.done + 1)]
    last = disturbed["branches"]["b1"]["last"]
    assert last == calm["branches"]["b1"]["last"] and last["epoch"] == story.done // batches


@given(st.lists(st.integers(500, 900), min_size=5, max_size=8), st.integers(1, 100))
@settings(max_examples=10)
def test_a_curve_thinned_again_and_again_keeps_its_lowest_and_highest_value(parts: list[int], rows: int) -> None:
    facts = Story(300).play([("train", part, rows) for part in parts])
    points = folded(facts)["series"]["b1"]["train_loss"]
    told = [y for fact in facts if fact["name"] == "metrics" for y in fact["data"]["train_loss"]]
    assert (min(y for _, y in points), max(y for _, y in points)) == (min(told), max(told))


# ── single Events ───────────────────────────────────────────────────────────────────────────────────────────

@pytest.fixture
def story() -> Story:
    return Story(10)


def test_an_empty_room_is_idle_with_the_default_blueprint_and_nothing_in_it() -> None:
    state = empty_state(CODE)
    assert state["seq"] == 0 and state["room"]["code"] == CODE and state["session"]["status"] == "idle"
    assert state["blueprint"]["dataset"] == "digits" and state["runs"] == state["branches"] == state["series"] == {}


def test_two_empty_rooms_share_nothing() -> None:
    one, other = empty_state(CODE), empty_state(CODE)
    one["session"]["status"] = "training"
    one["markers"].append({})
    assert other == empty_state(CODE)


def test_a_change_before_any_run_sets_no_marker() -> None:
    log = Log()
    log.change(fixture.ADA, learning_rate=1.0)
    state = folded(log.events)
    assert state["settings"]["learning_rate"] == 1.0 and state["markers"] == []


def test_the_session_tells_what_it_waits_for(story: Story) -> None:
    story.add("training_requested", until=3)
    assert folded(story.events)["session"]["waiting"] == {"reason": "starting"}
    story.add("training_queued", place=2)
    assert folded(story.events)["session"]["waiting"] == {"reason": "queued", "place": 2}
    story.add("trainer_started", attempt=1)
    story.add("dataset_progress", dataset="mnist", done=1, total=2)
    assert folded(story.events)["session"]["waiting"] == {"reason": "preparing", "dataset": "mnist", "done": 1, "total": 2}
    story.add("training_started", until=3)
    session = folded(story.events)["session"]
    assert (session["status"], session["until"], session["waiting"]) == ("training", 3, None)


def test_a_lost_trainer_shows_as_recovering_until_the_new_one_stands(story: Story) -> None:
    story.play([("train", 5, 5)])
    story.add("trainer_lost", attempt=1, reason="killed")
    story.add("trainer_started", attempt=2)
    session = folded(story.events)["session"]
    assert session["status"] == "training" and session["waiting"] == {"reason": "recovering"}
    story.stand(0)
    story.add("trainer_recovered", attempt=2)
    session = folded(story.events)["session"]
    assert session["status"] == "training" and session["waiting"] is None and session["position"]["x"] == 0


def test_a_failed_session_says_why_until_it_trains_again(story: Story) -> None:
    data = {"code": "no_dataset", "message": "MNIST is not in the data folder.", "hint": "Connect to the network."}
    story.add("session_failed", **data)
    session = folded(story.events)["session"]
    assert session["status"] == "failed" and session["error"] == data
    story.add("training_started", until=1)
    assert folded(story.events)["session"]["error"] is None


def test_a_pause_before_the_first_batch_leaves_the_session_idle(story: Story) -> None:
    story.add("training_requested", until=1)
    story.add("training_paused", reason="interrupted")
    session = folded(story.events)["session"]
    assert session["status"] == "idle" and session["waiting"] is None


def test_of_the_checkpoints_in_between_the_newest_two_are_known(story: Story) -> None:
    story.play([("train", 2, 2), ("save",), ("train", 2, 2), ("save",), ("train", 2, 2), ("save",), ("pause",)])
    state = folded(story.events)
    assert [known["batch"] for known in state["passing"]] == [4, 6]
    assert [known["batch"] for known in state["checkpoints"]] == [6]


def test_a_damaged_checkpoint_is_forgotten(story: Story) -> None:
    story.play([("train", 10, 5), ("lose", False, True)])
    state = folded(story.events)
    assert state["checkpoints"] == [] and state["session"]["position"]["x"] == 0
    assert state["branches"]["b1"]["last"] is None and state["series"]["b1"]["test_loss"] == []


def test_a_recovery_before_an_epoch_was_evaluated_takes_back_its_values_but_not_its_batches(story: Story) -> None:
    story.play([("train", 20, 5)])
    story.place |= {"epoch": 1, "batch": 10, "x": 2.0}  # all batches of the second epoch, but not its end
    story.add("trainer_recovered", attempt=2)
    state = folded(story.events)
    assert len(state["series"]["b1"]["train_loss"]) == 20
    assert [x for x, _ in state["series"]["b1"]["test_accuracy"]] == [1] and state["branches"]["b1"]["last"] is None


def test_a_second_run_leaves_the_first_in_the_history(story: Story) -> None:
    story.play([("train", 12, 4), ("save",), ("run",)])
    state = folded(story.events)
    assert state["passing"] == [] and len(state["checkpoints"]) == 2
    assert list(state["runs"]) == ["r1", "r2"] and list(state["branches"]) == ["b1", "b2"]
    assert len(state["series"]["b1"]["train_loss"]) == 12 and state["series"]["b2"] == {}
    assert state["session"]["position"] == {"run": "r2", "branch": "b2", "epoch": 0, "batch": 0, "batches": 23, "x": 0.0}


def test_a_loss_that_is_no_number_leaves_a_gap_instead_of_a_point(story: Story) -> None:
    story.stand(10)
    score = {"loss": None, "accuracy": 0.1, "examples": 360}
    story.add("epoch_finished", train=score, test=score, seconds=1.0)
    series = folded(story.events)["series"]["b1"]
    assert series == {"epoch_accuracy": [[1, 0.1]], "test_accuracy": [[1, 0.1]]}


def test_an_unknown_event_is_an_error_and_changes_nothing(story: Story) -> None:
    state = folded(story.events)
    before = as_json(state)
    story.add("made_up")
    with pytest.raises(KeyError):
        fold(state, story.events[-1])
    assert state == before


@pytest.mark.parametrize(("size", "batches"), [(64, 23), (2, 718), (1024, 2), (1437, 1), (479, 3), (480, 3)])
def test_the_last_and_smaller_batch_counts(size: int, batches: int) -> None:
    assert batches_per_epoch({"dataset": "digits"}, size) == batches
