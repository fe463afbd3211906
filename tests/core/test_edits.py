"""Edits of a network in the making: what they make of it, and what they refuse without having changed anything."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ml_utils.core.blueprint import MAX_DEPTH, MAX_LAYERS, MAX_NESTED, Sketch, cnn
from ml_utils.core.editing import edited
from ml_utils.core.edits import EDITS, Edit, goes_on, told
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.kinds.blocks import MOST_INSIDE
from ml_utils.core.templates import TEMPLATES, template

ASKED: TypeAdapter[Any] = TypeAdapter(Edit)
SMALL = [{"kind": "conv", "channels": 8}, {"kind": "relu"},
         {"kind": "residual", "layers": [{"kind": "relu"}, {"kind": "tanh"}]},
         {"kind": "flatten"}, {"kind": "linear", "features": 10}]
RELU, BLOCK = {"kind": "relu"}, {"kind": "residual", "layers": [{"kind": "relu"}]}


def sketch(layers: list[Any] | None = None) -> Sketch:
    return Sketch.model_validate({"dataset": "digits", "layers": SMALL if layers is None else layers, "seed": 3})


def made(blueprint: Sketch, *asked: dict[str, Any]) -> Sketch:
    return edited(blueprint, [ASKED.validate_python(one) for one in asked])


def kinds(blueprint: Any) -> list[Any]:
    """The kinds of layers; a block is the list of those inside."""
    return [kinds(layer) if layer.inside else layer.kind for layer in getattr(blueprint, "layers", ())]


def refused(blueprint: Sketch, *asked: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        made(blueprint, *asked)
    error: dict[str, Any] = caught.value.as_answer()["error"]
    assert all(error[part] for part in ("code", "message", "hint", "field")) and error["field"].startswith("edits")
    return error


START = ["conv", "relu", ["relu", "tanh"], "flatten", "linear"]


@pytest.mark.parametrize(("asked", "found"), [
    ({"op": "add", "at": [0], "layer": RELU}, ["relu", *START]),
    ({"op": "add", "at": [5], "layer": RELU}, [*START, "relu"]),
    ({"op": "add", "at": [2, 2], "layer": RELU}, ["conv", "relu", ["relu", "tanh", "relu"], "flatten", "linear"]),
    ({"op": "remove", "at": [0]}, START[1:]),
    ({"op": "remove", "at": [2]}, ["conv", "relu", "flatten", "linear"]),
    ({"op": "remove", "at": [2, 0]}, ["conv", "relu", ["tanh"], "flatten", "linear"]),
    ({"op": "duplicate", "at": [2]}, ["conv", "relu", ["relu", "tanh"], ["relu", "tanh"], "flatten", "linear"]),
    ({"op": "duplicate", "at": [2, 1]}, ["conv", "relu", ["relu", "tanh", "tanh"], "flatten", "linear"]),
    ({"op": "move", "at": [0], "to": [4]}, [*START[1:], "conv"]),
    ({"op": "move", "at": [4], "to": [0]}, ["linear", *START[:4]]),
    ({"op": "move", "at": [1], "to": [1]}, START),
    ({"op": "move", "at": [0], "to": [1, 0]}, ["relu", ["conv", "relu", "tanh"], "flatten", "linear"]),
    ({"op": "move", "at": [2, 0], "to": [0]}, ["relu", "conv", "relu", ["tanh"], "flatten", "linear"]),
    ({"op": "move", "at": [2, 0], "to": [2, 1]}, ["conv", "relu", ["tanh", "relu"], "flatten", "linear"]),
])
def test_a_layer_goes_where_it_was_asked_to(asked: dict[str, Any], found: list[Any]) -> None:
    before = sketch()
    assert kinds(made(before, asked)) == found
    assert before == sketch()


def test_a_duplicate_has_all_fields_of_the_first() -> None:
    after = made(sketch(), {"op": "change", "at": [0], "fields": {"channels": 5, "kernel": 7}}, {"op": "duplicate", "at": [0]})
    assert after.layers[0] == after.layers[1] and after.layers[1].model_dump()["channels"] == 5


def test_only_the_fields_that_are_named_change() -> None:
    before, after = sketch(), made(sketch(), {"op": "change", "at": [0], "fields": {"kernel": 5}})
    assert after.layers[0].model_dump() == {**before.layers[0].model_dump(), "kernel": 5}
    assert after.layers[1:] == before.layers[1:]


def test_several_edits_see_what_those_before_them_did() -> None:
    after = made(sketch([]), {"op": "add", "at": [0], "layer": RELU}, {"op": "add", "at": [1], "layer": BLOCK},
                 {"op": "move", "at": [0], "to": [0, 1]}, {"op": "remove", "at": [0, 0]})
    assert kinds(after) == [["relu"]]


def test_the_only_layer_of_a_block_can_be_replaced_in_one_go() -> None:
    one = sketch([BLOCK])
    after = made(one, {"op": "remove", "at": [0, 0]}, {"op": "add", "at": [0, 0], "layer": {"kind": "gelu"}})
    assert kinds(after) == [["gelu"]]
    assert refused(one, {"op": "remove", "at": [0, 0]})["code"] == "empty_block"
    assert refused(sketch([RELU, BLOCK]), {"op": "move", "at": [1, 0], "to": [0]})["code"] == "empty_block"


def test_all_layers_may_go_and_one_begins_from_nothing() -> None:
    nothing = made(sketch([RELU]), {"op": "remove", "at": [0]})
    assert nothing.layers == () and (nothing.dataset, nothing.seed) == ("digits", 3)
    assert kinds(made(nothing, {"op": "add", "at": [0], "layer": RELU})) == ["relu"]


def test_dataset_and_seed_leave_the_layers_alone() -> None:
    after = made(sketch(), {"op": "dataset", "dataset": "cifar10"}, {"op": "seed", "seed": 2**32 - 1})
    assert (after.dataset, after.seed, after.layers) == ("cifar10", 2**32 - 1, sketch().layers)


def test_a_loaded_network_takes_the_place_of_the_old_one() -> None:
    other = cnn("mnist", seed=9)
    assert made(sketch(), {"op": "load", "blueprint": other.model_dump(mode="json")}).model_dump() == other.model_dump()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_fits_the_dataset_and_keeps_the_seed(name: str) -> None:
    after = made(sketch(), {"op": "dataset", "dataset": "mnist"}, {"op": "template", "name": name})
    assert after.model_dump() == template(name, "mnist", {}, 3).model_dump()


@pytest.mark.parametrize(("asked", "code", "field"), [
    ({"op": "remove", "at": [5]}, "no_such_place", "at"),
    ({"op": "remove", "at": [256]}, "no_such_place", "at"),
    ({"op": "duplicate", "at": [5]}, "no_such_place", "at"),
    ({"op": "change", "at": [5], "fields": {}}, "no_such_place", "at"),
    ({"op": "add", "at": [6], "layer": RELU}, "no_such_place", "at"),
    ({"op": "add", "at": [2, 3], "layer": RELU}, "no_such_place", "at"),
    ({"op": "add", "at": [7, 0], "layer": RELU}, "no_such_place", "at"),
    ({"op": "add", "at": [0, 0], "layer": RELU}, "no_block", "at"),
    ({"op": "remove", "at": [2, 0, 0]}, "no_block", "at"),
    ({"op": "move", "at": [0], "to": [5]}, "no_such_place", "to"),
    ({"op": "move", "at": [9], "to": [0]}, "no_such_place", "at"),
    ({"op": "move", "at": [2], "to": [2, 0]}, "no_block", "to"),  # into itself: what stands there without it is no block
    ({"op": "move", "at": [4], "to": [4, 0]}, "no_such_place", "to"),
    ({"op": "change", "at": [0], "fields": {"channels": 0}}, "invalid", "fields.channels"),
    ({"op": "change", "at": [0], "fields": {"channels": "x"}}, "invalid", "fields.channels"),
    ({"op": "change", "at": [0], "fields": {"channels": 8.0}}, "invalid", "fields.channels"),
    ({"op": "change", "at": [1], "fields": {"channels": 8}}, "invalid", "fields.channels"),
    ({"op": "change", "at": [0], "fields": {"kind": "linear"}}, "not_a_field", "fields"),
    ({"op": "change", "at": [2], "fields": {"layers": None}}, "not_a_field", "fields"),
    ({"op": "template", "name": "nothing"}, "unknown_template", "name"),
    ({"op": "template", "name": "__class__"}, "unknown_template", "name"),
    ({"op": "template", "name": "mlp", "options": {"unknown": 1}}, "invalid", "options.unknown"),
])
def test_what_cannot_be_done_is_refused_in_words(asked: dict[str, Any], code: str, field: str) -> None:
    error = refused(sketch(), {"op": "seed", "seed": 4}, asked)
    assert (error["code"], error["field"]) == (code, f"edits.1.{field}")


def deep(times: int) -> dict[str, Any]:
    return RELU if times == 0 else {"kind": "residual", "layers": [deep(times - 1)]}


def test_the_bounds_of_a_network_are_told_in_words() -> None:
    full = sketch([RELU] * MAX_LAYERS)
    assert refused(full, {"op": "duplicate", "at": [3]})["code"] == "too_many_layers"
    assert len(made(full, {"op": "move", "at": [3], "to": [0]}).layers) == MAX_LAYERS
    block = {"kind": "residual", "layers": [RELU] * MOST_INSIDE}
    assert refused(sketch([block]), {"op": "duplicate", "at": [0, 0]})["code"] == "too_many_layers"
    many = sketch([block] * (MAX_NESTED // (MOST_INSIDE + 1)))
    assert refused(many, {"op": "duplicate", "at": [0]})["code"] == "too_many_layers"
    assert refused(sketch([deep(2)]), {"op": "add", "at": [0, 0], "layer": deep(3)})["code"] == "too_deep"
    assert kinds(made(sketch([deep(2)]), {"op": "add", "at": [0, 0], "layer": deep(1)})) == [[["relu"], ["relu"]]]


@pytest.mark.parametrize("layer", [deep(MAX_DEPTH), deep(30), {"kind": "residual", "layers": [RELU] * 300},
                                   {"kind": "residual", "layers": []}, {"kind": "unknown"}, {}, None, [RELU]])
def test_a_layer_that_is_none_is_no_edit(layer: Any) -> None:
    with pytest.raises(ValueError):
        ASKED.validate_python({"op": "add", "at": [0], "layer": layer})


# ── any edits ───────────────────────────────────────────────────────────────────────────────────────────────

PATHS = st.lists(st.integers(0, 6), min_size=1, max_size=3)
LAYERS = st.sampled_from([RELU, BLOCK, deep(2), {"kind": "conv"}, {"kind": "linear", "features": 3}])
ANY = st.one_of(
    st.fixed_dictionaries({"op": st.just("add"), "at": PATHS, "layer": LAYERS}),
    st.fixed_dictionaries({"op": st.sampled_from(["remove", "duplicate"]), "at": PATHS}),
    st.fixed_dictionaries({"op": st.just("move"), "at": PATHS, "to": PATHS}),
    st.fixed_dictionaries({"op": st.just("change"), "at": PATHS, "fields": st.dictionaries(
        st.sampled_from(["channels", "kernel", "features", "normalize"]), st.sampled_from([1, 3, 5, 0, True]), max_size=2)}),
    st.fixed_dictionaries({"op": st.just("dataset"), "dataset": st.sampled_from(["digits", "cifar10"])}))


def census(layers: Any) -> Counter[str]:
    """How many layers of each kind there are, at any depth."""
    return sum((census(layer.inside) + Counter([layer.kind]) for layer in layers), Counter())


@given(st.lists(st.lists(ANY, min_size=1, max_size=3), min_size=1, max_size=10))
@settings(max_examples=80)
def test_any_edits_lead_to_a_network_within_bounds_or_are_refused(asked: list[list[dict[str, Any]]]) -> None:
    now = sketch()
    for some in asked:
        before, plain = now, now.model_dump(mode="json")
        try:
            now = made(now, *some)
        except Refused as error:
            assert error.hint and error.field
        assert before.model_dump(mode="json") == plain, "an edit changed what it was given"
        assert Sketch.model_validate(now.model_dump(mode="json")) == now


@given(PATHS, PATHS)
@settings(max_examples=80)
def test_moving_loses_nothing_and_makes_nothing(at: list[int], to: list[int]) -> None:
    before = sketch([*SMALL[:3], deep(2), *SMALL[3:]])
    try:
        after = made(before, {"op": "move", "at": at, "to": to})
    except Refused:
        return
    assert census(after.layers) == census(before.layers)


@given(PATHS, LAYERS)
@settings(max_examples=60)
def test_what_is_added_and_removed_again_leaves_all_as_it_was(at: list[int], layer: dict[str, Any]) -> None:
    try:
        after = made(sketch(), {"op": "add", "at": at, "layer": layer}, {"op": "remove", "at": at})
    except Refused:
        return
    assert after == sketch()


# ── what is told of them ────────────────────────────────────────────────────────────────────────────────────

def test_the_log_tells_what_was_asked_but_not_what_was_loaded() -> None:
    asked = [{"op": "add", "at": [0], "layer": {"kind": "conv", "channels": 3}}, {"op": "move", "at": [0], "to": [1]},
             {"op": "change", "at": [1], "fields": {"bias": False}}, {"op": "template", "name": "mlp"}]
    load = {"op": "load", "blueprint": cnn().model_dump(mode="json")}
    assert told([ASKED.validate_python(one) for one in [*asked, load]]) == [*asked, {"op": "load"}]


def test_every_edit_says_what_it_does() -> None:
    assert len({kind.model_fields["op"].annotation for kind in EDITS}) == len(EDITS) == 10
    assert all(kind.__doc__ for kind in EDITS)
    assert set(KINDS) >= {"conv", "residual"}


@pytest.mark.parametrize(("before", "now", "same"), [
    ([{"op": "change", "at": [0], "fields": {"kernel": 3}}], [{"op": "change", "at": [0], "fields": {"kernel": 5}}], True),
    ([{"op": "change", "at": [1], "fields": {"kernel": 3}}], [{"op": "change", "at": [0], "fields": {"kernel": 5}}], False),
    ([{"op": "change", "at": [0], "fields": {"stride": 3}}], [{"op": "change", "at": [0], "fields": {"kernel": 5}}], False),
    ([{"op": "remove", "at": [0]}], [{"op": "remove", "at": [0]}], False),
    ([], [{"op": "change", "at": [0], "fields": {"kernel": 5}}], False),
    ([{"op": "change", "at": [0], "fields": {"kernel": 3}}], [{"op": "change", "at": [0], "fields": {"kernel": 5}}] * 2, False),
])
def test_only_one_change_of_the_same_fields_goes_on(before: Any, now: Any, same: bool) -> None:
    assert goes_on(before, now) is same
