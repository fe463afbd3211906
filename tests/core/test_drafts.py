"""The fold of the draft and of the room's library: the way back and forth, what the rules say, and nothing else disturbed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.blueprint import Sketch, cnn, mlp
from ml_utils.core.messages import EVENTS
from ml_utils.core.patches_draft import MOST_STEPS
from ml_utils.core.recipe import network_digest, short
from ml_utils.core.rules import report
from ml_utils.core.snapshot import empty_state

from .fixture import ADA, BOB
from .stories import Story, folded

CHANGE = [{"op": "change", "at": [0], "fields": {"channels": 3}}]


def plain(seed: int) -> dict[str, Any]:
    return mlp(seed=seed).model_dump(mode="json")


@pytest.fixture
def story() -> Story:
    return Story(10)


def draw(story: Story, seed: int, step: str = "edit", by: Any = ADA) -> None:
    story.add("draft_edited", by, blueprint=plain(seed), edits=CHANGE, step=step)


def draft_of(story: Story) -> dict[str, Any]:
    found: dict[str, Any] = folded(story.events)["draft"]
    return found


def test_the_draft_is_what_was_made_last_with_what_the_rules_say_of_it(story: Story) -> None:
    draw(story, 1, "begin")
    draw(story, 2, by=BOB)
    draft, fact = draft_of(story), story.events[-1]
    assert (draft["blueprint"], draft["edits"], draft["step"]) == (plain(2), CHANGE, "edit")
    assert (draft["seq"], draft["by"], draft["at"]) == (fact["seq"], BOB, fact["at"])
    assert draft["report"] == report(mlp(seed=2))


def test_a_draft_without_layers_has_a_report_with_a_way_out(story: Story) -> None:
    story.add("draft_edited", ADA, blueprint={**plain(1), "layers": []}, edits=[], step="edit")
    error = draft_of(story)["report"]["error"]
    assert (error["code"], error["at"]) == ("empty", []) and not error["layer"]
    assert error["fixes"][0]["edits"][0]["at"] == [0] and error["why"]["de"]


def test_back_and_forth_leads_along_the_log(story: Story) -> None:
    for seed, step in ((1, "begin"), (2, "edit"), (3, "edit")):
        draw(story, seed, step)
    first = story.events[-3]["seq"]
    assert (draft_of(story)["undo"], draft_of(story)["redo"]) == ([first, first + 1], [])
    draw(story, 2, "undo")
    assert (draft_of(story)["undo"], draft_of(story)["redo"]) == ([first], [first + 2])
    draw(story, 3, "redo")
    assert (draft_of(story)["undo"], draft_of(story)["redo"]) == ([first, first + 3], [])
    draw(story, 2, "undo")
    draw(story, 7)
    assert (draft_of(story)["undo"], draft_of(story)["redo"]) == ([first, first + 5], [])


def test_typing_on_is_no_step_of_its_own(story: Story) -> None:
    for seed, step in ((1, "begin"), (2, "edit"), (3, "continue"), (4, "continue")):
        draw(story, seed, step)
    assert draft_of(story)["undo"] == [story.events[-4]["seq"]]


def test_no_more_steps_are_kept_than_can_be_taken_back(story: Story) -> None:
    for seed in range(MOST_STEPS + 20):
        draw(story, seed)
    seq = draft_of(story)["seq"]
    assert draft_of(story)["undo"] == list(range(seq - MOST_STEPS, seq))


@given(st.lists(st.sampled_from(["edit", "edit", "continue", "undo", "redo"]), max_size=40))
@settings(max_examples=60)
def test_whatever_is_done_the_stacks_lead_to_what_was_there(steps: list[str]) -> None:
    """Beside the fold a plain editor keeps whole networks instead of numbers."""
    story, undo, redo, now = Story(10), [], [], 0
    draw(story, now, "begin")
    for number, step in enumerate(steps, 1):
        if step == "undo" and undo:
            redo, now, undo = [*redo, now], undo[-1], undo[:-1]
        elif step == "redo" and redo:
            undo, now, redo = [*undo, now], redo[-1], redo[:-1]
        elif step in ("edit", "continue"):
            undo, redo, now = undo if step == "continue" else [*undo, now], [], number
        else:
            continue
        draw(story, now, step)
        draft = draft_of(story)
        seeds = {fact["seq"]: fact["data"]["blueprint"]["seed"] for fact in story.events if fact["name"] == "draft_edited"}
        assert draft["blueprint"] == plain(now)
        assert [seeds[seq] for seq in draft["undo"]] == undo[-MOST_STEPS:] and [seeds[seq] for seq in draft["redo"]] == redo


def test_nothing_else_of_the_room_changes(story: Story) -> None:
    story.play([("train", 12, 4), ("save",)])
    before = folded(story.events)
    draw(story, 5, "begin")
    draw(story, 6)
    story.add("blueprint_saved", BOB, id="a1", title="six", blueprint=plain(6))
    after = folded(story.events)
    own = {"seq", "draft", "library"}
    assert {name: part for name, part in after.items() if name not in own} == {
        name: part for name, part in before.items() if name not in own}


def test_a_new_run_leaves_the_draft_and_the_library(story: Story) -> None:
    draw(story, 5, "begin")
    story.add("blueprint_saved", BOB, id="a1", title="five", blueprint=plain(5))
    before = folded(story.events)
    after = folded(story.play([("run",)]))
    assert (after["draft"], after["library"]) == (before["draft"], before["library"])


def test_the_library_tells_who_saved_what_and_forgets_what_is_dropped(story: Story) -> None:
    for name, by in (("a1", ADA), ("b2", BOB)):
        story.add("blueprint_saved", by, id=name, title=name.upper(), blueprint=plain(3))
    library = folded(story.events)["library"]
    assert library["b2"] == {"title": "B2", "blueprint": plain(3), "by": BOB, "at": story.events[-1]["at"]}
    story.add("blueprint_dropped", ADA, id="a1")
    story.add("blueprint_dropped", ADA, id="never-there")
    assert folded(story.events)["library"] == {"b2": library["b2"]}


def test_a_room_without_a_draft_has_none(story: Story) -> None:
    state = folded(story.play([("train", 3, 3)]))
    assert state["draft"] is None and state["library"] == {}


def test_a_snapshot_of_an_earlier_version_can_be_taken_up(story: Story) -> None:
    old = {name: part for name, part in folded(story.events).items() if name not in ("draft", "library")}
    state = {**empty_state(""), **old}
    draw(story, 1, "begin")
    assert folded(story.events[-1:], state)["draft"]["undo"] == []


@pytest.mark.parametrize("edit", [{"op": "load", "blueprint": plain(1)}, {"op": "remove"}, {"op": "unknown", "at": [0]}, {}])
def test_only_edits_as_they_are_told_stand_in_the_log(edit: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EVENTS["draft_edited"].model_validate({"blueprint": plain(1), "edits": [edit], "step": "edit"})


def test_only_a_network_with_layers_is_kept_in_a_library() -> None:
    Sketch.model_validate({**plain(1), "layers": []})
    with pytest.raises(ValidationError):
        EVENTS["blueprint_saved"].model_validate({"id": "a", "title": "b", "blueprint": {**plain(1), "layers": []}})


# ── recipes ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_short_blueprint_means_the_same() -> None:
    blueprint = cnn("cifar10", seed=4).model_dump(mode="json")
    told = short(blueprint)
    assert Sketch.model_validate(told).model_dump(mode="json") == blueprint
    assert told["layers"][1] == {"kind": "relu"} and (told["dataset"], told["seed"]) == ("cifar10", 4) and "task" not in told


def test_a_digest_tells_networks_and_datasets_apart_but_not_seeds() -> None:
    block = {"dataset": "digits", "task": "image_classification", "seed": 1,
             "layers": [{"kind": "residual", "layers": [{"kind": "conv", "channels": 3}]}]}
    inner = {**block, "layers": [{"kind": "residual", "layers": [{"kind": "conv", "channels": 4}]}]}
    found = [network_digest(one) for one in (plain(1), cnn().model_dump(mode="json"), mlp("mnist").model_dump(mode="json"),
                                             block, inner)]
    assert len(set(found)) == 5
    assert network_digest(plain(2)) == found[0] and network_digest({**block, "layers": [
        {"kind": "residual", "normalize": True, "layers": [{"kind": "conv", "channels": 3}]}]}) == found[3]


def test_a_digest_can_be_made_of_what_is_no_longer_known() -> None:
    assert network_digest({**plain(1), "layers": [{"kind": "retired", "layers": [{"kind": "conv"}], "size": 3}]})
