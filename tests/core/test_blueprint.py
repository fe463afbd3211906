"""Blueprints: layers that fit, or a refusal that names the layer and a way out."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core.blueprint import (
    MAX_ACTIVATIONS,
    MAX_LAYERS,
    MAX_PARAMETERS,
    PRESETS,
    Blueprint,
    cnn,
    layer_names,
    mlp,
    parameter_count,
    shapes,
)
from ml_utils.core.datasets import DATASETS
from ml_utils.core.errors import Refused
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
        shapes(blueprint(*layers, dataset=dataset))
    return caught.value


# ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("dataset", list(DATASETS))
@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_ready_blueprint_fits_every_dataset(preset: str, dataset: Any) -> None:
    ready = PRESETS[preset](dataset, seed=7)
    assert shapes(ready)[-1] == (len(DATASETS[dataset].classes),) and ready.seed == 7
    assert 1_000 < parameter_count(ready) < 2_000_000
    assert {"dropout", "flatten"} <= {layer.kind for layer in ready.layers}


def test_a_blueprint_survives_the_way_through_json() -> None:
    assert Blueprint.model_validate(json.loads(json.dumps(cnn().model_dump(mode="json")))) == cnn()


def test_shapes_are_those_after_each_layer() -> None:
    assert shapes(blueprint(conv(4, 5), RELU, pool(3), FLATTEN, DROPOUT, linear(10))) == [
        (4, 8, 8), (4, 8, 8), (4, 2, 2), (16,), (16,), (10,)]


def test_parameters_are_counted_with_their_biases() -> None:
    assert parameter_count(blueprint(conv(4, 5), FLATTEN, linear(10))) == 4 * (25 + 1) + 10 * (256 + 1)
    assert parameter_count(mlp()) == 128 * 65 + 10 * 129


def test_layers_are_named_by_kind_and_number() -> None:
    names = layer_names(cnn())
    assert names[:6] == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"]
    assert len(set(names)) == len(names)


def test_the_seed_has_a_default_so_that_two_people_get_the_same_run() -> None:
    assert blueprint(*LAST).seed == blueprint(*LAST).seed == 1


# ── what does not fit ───────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("layers", "number", "says", "fix"), [
    ([linear(10)], 1, "linear", "Insert a flatten layer"),
    ([conv(4), RELU, linear(10)], 3, "4×8×8", "Insert a flatten layer"),
    ([FLATTEN, conv(4), *LAST], 2, "conv", "before the flatten layer"),
    ([FLATTEN, pool(), *LAST], 2, "pool", "before the flatten layer"),
    ([pool(8), pool(2), *LAST], 2, "1×1", "Leave this pooling layer out"),
    ([pool(5), pool(2), *LAST], 2, "pooling by 2", "Leave this pooling layer out"),
    ([FLATTEN, linear(11)], 2, "10 classes", "End with a linear layer of 10"),
    ([FLATTEN], 1, "64 values", "End with a linear layer of 10"),
    ([conv(10)], 1, "10×8×8", "End with a linear layer of 10"),
])
def test_a_shape_that_does_not_fit_names_the_layer_and_a_fix(layers: list[Any], number: int, says: str, fix: str) -> None:
    error = refused(*layers)
    assert error.code == "shape_mismatch" and error.field == f"blueprint.layers.{number - 1}"
    assert says in error.message and fix in error.hint


def test_too_many_parameters_are_refused_with_the_limit() -> None:
    error = refused(FLATTEN, linear(4096), linear(4096), linear(4096), *LAST[1:], dataset="cifar10")
    assert error.code == "too_large" and f"{MAX_PARAMETERS:,}" in error.message and error.hint


def test_too_many_activations_are_refused_with_the_limit() -> None:
    error = refused(*[conv(512, 1)] * 5, pool(8), pool(4), *LAST, dataset="cifar10")
    assert error.code == "too_large" and f"{MAX_ACTIVATIONS:,}" in error.message


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_list_of_layers_fits_within_the_limits_or_is_refused_with_a_reason(data: st.DataObject) -> None:
    plan = Blueprint.model_validate(data.draw(valid(Blueprint)))
    try:
        found = shapes(plan)
    except Refused as error:
        assert error.code in {"shape_mismatch", "too_large"} and error.message and error.hint and error.field
        return
    assert len(found) == len(plan.layers) and all(side >= 1 for shape in found for side in shape)
    assert parameter_count(plan) <= MAX_PARAMETERS and sum(prod(shape) for shape in found) <= MAX_ACTIVATIONS


# ── what is no blueprint at all ─────────────────────────────────────────────────────────────────────────────

def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


GARBAGE = [
    *[conv(value) for value in (0, -1, 513, 10**9, 2**62, 10**5000, True, 16.0, "16", None, float("nan"), float("inf"), [16])],
    *[conv(4, value) for value in (0, 2, 4, 9, -1, True, 3.0, "3", None, float("nan"), 10**30, [3], {})],
    *[pool(value) for value in (0, 1, 9, -2, True, 2.0, "2", None, float("nan"))],
    *[linear(value) for value in (0, -1, 4097, 10**9, True, 10.0, "10", None, float("inf"))],
    {"kind": "upsample"}, {"kind": "__class__"}, {"kind": "os.system"}, {"kind": "CONV", "channels": 4}, {"kind": None},
    {"kind": ["conv"]}, {"kind": {}}, {"kind": "conv"}, {"kind": "linear"}, {}, [], None, 3, "conv", nested(100_000),
    {"kind": "flatten", "size": 2}, {"kind": "relu", "inplace": True}, {"kind": "conv", "channels": 4, "padding": 10**6},
    {"kind": "conv", "channels": 4, "stride": 0}, {"kind": "flatten", "__class__": "x"},
    {"kind": "flatten", "layers": [FLATTEN]},
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
    assert len(shapes(blueprint(*[RELU] * (MAX_LAYERS - 2), *LAST))) == MAX_LAYERS
