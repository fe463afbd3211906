"""Blueprints: layers that fit, or a refusal that names the layer and a way out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.blueprint import MAX_LAYERS, PRESETS, Blueprint, Sketch, cnn, count_of, layer_names, mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.core.errors import Refused
from ml_utils.core.rules import forms, report
from tests.strategies import HOSTILE, valid

FLATTEN, RELU, DROPOUT = {"kind": "flatten"}, {"kind": "relu"}, {"kind": "dropout"}
LAST = [FLATTEN, {"kind": "linear", "features": 10}]


def conv(channels: Any, kernel: Any = 3) -> dict[str, Any]:
    return {"kind": "conv", "channels": channels, "kernel": kernel}


def pool(size: Any = 2) -> dict[str, Any]:
    return {"kind": "pool", "size": size}


def linear(features: Any) -> dict[str, Any]:
    return {"kind": "linear", "features": features}


def blueprint(*layers: Any, dataset: str = "digits") -> Blueprint:
    return Blueprint.model_validate({"dataset": dataset, "layers": list(layers)})


def refused(*layers: Any, dataset: str = "digits") -> Refused:
    with pytest.raises(Refused) as caught:
        forms(blueprint(*layers, dataset=dataset))
    return caught.value


# ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("dataset", list(DATASETS))
@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_ready_blueprint_fits_every_dataset(preset: str, dataset: Any) -> None:
    ready = PRESETS[preset](dataset, seed=7)
    assert forms(ready)[-1].sides == (len(DATASETS[dataset].classes),) and ready.seed == 7
    assert 1_000 < report(ready)["parameters"] < 2_000_000
    assert {"dropout", "flatten"} <= {layer.kind for layer in ready.layers}


def test_a_blueprint_survives_the_way_through_json() -> None:
    assert Blueprint.model_validate(json.loads(json.dumps(cnn().model_dump(mode="json")))) == cnn()


def test_shapes_are_those_after_each_layer() -> None:
    found = forms(blueprint(conv(4, 5), RELU, pool(3), FLATTEN, DROPOUT, linear(10)))
    assert [form.sides for form in found] == [(4, 8, 8), (4, 8, 8), (4, 2, 2), (16,), (16,), (10,)]


# as releases before had written them: all fields, and they mean the same now
OLD = [{"kind": "conv", "channels": 512, "kernel": 7}, RELU, {"kind": "pool", "size": 8}, DROPOUT, FLATTEN,
       {"kind": "linear", "features": 4096}, {"kind": "linear", "features": 10}]


def test_a_blueprint_of_an_earlier_release_means_the_same() -> None:
    found = blueprint(*OLD)
    assert [form.sides for form in forms(found)] == [(512, 8, 8), (512, 8, 8), (512, 1, 1), (512, 1, 1), (512,), (4096,), (10,)]
    assert report(found)["parameters"] == 512 * 50 + 4096 * 513 + 10 * 4097
    assert all(old.items() <= layer.model_dump().items() for old, layer in zip(OLD, found.layers, strict=True))


def test_parameters_are_counted_with_their_biases() -> None:
    assert report(blueprint(conv(4, 5), FLATTEN, linear(10)))["parameters"] == 4 * (25 + 1) + 10 * (256 + 1)
    assert report(mlp())["parameters"] == 128 * 65 + 10 * 129


def test_layers_are_named_by_kind_and_number() -> None:
    names = layer_names(cnn())
    assert names[:6] == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"]
    assert len(set(names)) == len(names)


def test_the_seed_has_a_default_so_that_two_people_get_the_same_run() -> None:
    assert blueprint(*LAST).seed == blueprint(*LAST).seed == 1


# ── what does not fit ───────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("layers", "number", "says", "fix"), [
    ([linear(10)], 1, "linear", "Insert Flatten"),
    ([conv(4), RELU, linear(10)], 3, "4×8×8", "Insert Flatten"),
    ([FLATTEN, conv(4), *LAST], 2, "conv", "Move it before flatten1"),
    ([FLATTEN, pool(), *LAST], 2, "pool", "Move it before flatten1"),
    ([pool(8), pool(2), *LAST], 2, "1×1", "Take it out"),
    ([pool(5), pool(2), *LAST], 2, "2×2", "Take it out"),
    ([FLATTEN, linear(11)], 2, "10 classes", "End with 10 features"),
    ([FLATTEN], 1, "gives 64", "Add Linear with 10 features"),
    ([conv(10)], 1, "10×8×8", "Add AdaptiveAvgPool2d and Flatten"),
    ([conv(11)], 1, "11×8×8", "Add Flatten and Linear with 10 features"),
])
def test_a_shape_that_does_not_fit_names_the_layer_and_a_fix(layers: list[Any], number: int, says: str, fix: str) -> None:
    error = refused(*layers)
    assert error.code == "shape_mismatch" and error.field == f"blueprint.layers.{number - 1}"
    assert says in error.message and fix in error.hint


@given(st.data())
@settings(max_examples=200)
def test_any_list_of_layers_fits_or_is_refused_with_a_reason(data: st.DataObject) -> None:
    plan = Blueprint.model_validate(data.draw(valid(Blueprint)))
    try:
        found = forms(plan)
    except Refused as error:
        assert error.code in {"shape_mismatch", "too_large"} and error.message and error.hint and error.field
        return
    assert len(found) == len(plan.layers) and all(side >= 1 for form in found for side in form.sides)


def test_a_sketch_may_be_empty_and_a_blueprint_not() -> None:
    assert count_of(Sketch(dataset="digits", layers=()).layers) == 0
    with pytest.raises(ValidationError):
        Blueprint(dataset="digits", layers=())


# ── what is no blueprint at all ─────────────────────────────────────────────────────────────────────────────

def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


GARBAGE = [
    *[conv(value) for value in (0, -1, 2049, 10**9, 2**62, 10**5000, True, 16.0, "16", None, float("nan"), float("inf"), [16])],
    *[conv(4, value) for value in (0, 16, -1, True, 3.0, "3", None, float("nan"), 10**30, [3], {})],
    *[pool(value) for value in (0, 1, 17, -2, True, 2.0, "2", None, float("nan"))],
    *[linear(value) for value in (0, -1, 16_385, 10**9, True, 10.0, "10", None, float("inf"))],
    {"kind": "upsample"}, {"kind": "__class__"}, {"kind": "os.system"}, {"kind": "CONV", "channels": 4}, {"kind": None},
    {"kind": ["conv"]}, {"kind": {}}, {"channels": 4}, {}, [], None, 3, "conv", nested(100_000),
    {"kind": "flatten", "size": 2}, {"kind": "relu", "inplace": True}, {"kind": "conv", "channels": 4, "padding": 10**6},
    {"kind": "conv", "channels": 4, "stride": 0}, {"kind": "flatten", "__class__": "x"},
    {"kind": "flatten", "layers": [FLATTEN]}, {"kind": "residual"}, {"kind": "residual", "layers": None},
    {"kind": "residual", "layers": []}, {"kind": "residual", "layers": {"0": FLATTEN}},
]


@pytest.mark.parametrize("layer", GARBAGE, ids=lambda layer: f"{type(layer).__name__}")
def test_a_hostile_layer_is_refused(layer: Any) -> None:
    with pytest.raises(ValidationError):
        blueprint(layer, *LAST)


@pytest.mark.parametrize("layers", [[], None, {}, "conv", 3, nested(5), [FLATTEN] * (MAX_LAYERS + 1), {"0": FLATTEN}])
def test_a_hostile_list_of_layers_is_refused(layers: Any) -> None:
    with pytest.raises(ValidationError):
        Blueprint.model_validate({"dataset": "digits", "layers": layers})


def test_a_layer_that_contains_itself_is_refused() -> None:
    layer: dict[str, Any] = {"kind": "flatten"}
    layer["layers"] = [layer]
    with pytest.raises(ValidationError):
        blueprint(layer)


@pytest.mark.parametrize("bad", [value for value in HOSTILE if not isinstance(value, str) or value != "digits"],
                         ids=lambda value: type(value).__name__)
def test_a_hostile_dataset_or_task_is_refused(bad: Any) -> None:
    for field in ("dataset", "task"):
        with pytest.raises(ValidationError):
            Blueprint.model_validate({"dataset": "digits", "layers": LAST, field: bad})


@pytest.mark.parametrize("seed", [-1, 2**32, -(2**70), 1.0, True, None, "1", float("nan")])
def test_a_seed_is_a_whole_number_of_32_bits(seed: Any) -> None:
    with pytest.raises(ValidationError):
        Blueprint.model_validate({"dataset": "digits", "layers": LAST, "seed": seed})


@pytest.mark.parametrize("layers", [[{}] * 100_000, [1] * 100_000, [nested(50_000)], [conv(10**9)] * 100_000])
def test_a_flood_is_refused_at_its_first_layer(layers: list[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        blueprint(*layers)
    assert caught.value.error_count() <= 2


def test_the_most_layers_allowed_are_allowed() -> None:
    assert len(forms(blueprint(*[RELU] * (MAX_LAYERS - 2), *LAST))) == MAX_LAYERS
