"""What was seen inside the network: the facts and their fold."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ml_utils.core import events_seen
from ml_utils.core.events_seen import BINS, EVENTS_SEEN, BatchShown, HistogramsMeasured, LayerHistograms, LayersMeasured
from ml_utils.core.patches_seen import PATCHES, TREND_LIMIT, cut_trends
from ml_utils.core.snapshot import apply, empty_state
from tests.strategies import bad, valid

POSITION = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 3, "batches": 23, "x": 0.13}
NOTHING = dict.fromkeys(("gradient_norm", "weight_norm", "update_ratio", "dead", "saturated", "mean", "spread"))
CONV: dict[str, Any] = {"kind": "conv", **NOTHING, "gradient_norm": 0.25, "weight_norm": 4.5, "update_ratio": 0.002,
        "mean": -0.5, "spread": 1.0, "units": [0.25, -1.5, None]}
RELU: dict[str, Any] = {"kind": "relu", **NOTHING, "dead": 0.125, "mean": 0.25, "spread": 0.5, "units": []}
SAMPLE = {"of": [16, 2], "values": [[0.5, -0.25], [1.0, 0.0], [-0.125, 2.5]]}
KERNELS = [[[0.5, -0.5, 0.25]] * 3, [[1.0]]]
COUNTS = {"low": -1.0, "high": 1.5, "counts": list(range(BINS))}
FOUND = {"weights": COUNTS, "gradients": None, "sample": SAMPLE, "kernels": KERNELS}
SHOWN: dict[str, Any] = {
    "width": 3, "height": 2, "channels": 1, "shown": 2, "size": 64, "pixels": b64encode(bytes(12)).decode(), "labels": [7, 1],
    "predictions": [7, 2], "confidences": [0.75, None], "losses": [0.25, None], "loss": 1.5, "accuracy": 0.5,
    "gradient_norm": 2.0, "step_norm": 0.1, "learning_rate": 0.05,
    "layers": {"conv1": {"gradient_norm": 1.0, "step_norm": 0.1}, "relu1": {"gradient_norm": None, "step_norm": None}}}
DATA: dict[str, dict[str, Any]] = {
    "layers_measured": {"layers": {"conv1": CONV, "relu1": RELU}},
    "histograms_measured": {"layers": {"conv1": FOUND}},
    "batch_shown": SHOWN}
KINDS = {kind.name: kind for kind in EVENTS_SEEN}


def fact(name: str, x: float = 0.13, **data: Any) -> dict[str, Any]:
    return {"name": name, "data": {**DATA[name], **data}, "position": {**POSITION, "x": x}}


def folded(*facts: dict[str, Any]) -> dict[str, Any]:
    state = empty_state("abcdefgh")
    for one in facts:
        patch = PATCHES[one["name"]](state, one)
        apply(state, json.loads(json.dumps(patch)))
    return state


# ── the facts ───────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", sorted(KINDS))
def test_data_survive_the_way_through_json_and_have_a_patch(name: str) -> None:
    read = KINDS[name].model_validate(json.loads(json.dumps(DATA[name])))
    assert json.loads(json.dumps(read.model_dump(mode="json"))) == DATA[name]
    assert set(KINDS) == set(PATCHES) == set(DATA)


@pytest.mark.parametrize("model", [
    events_seen.LayerLook, events_seen.Histogram, events_seen.LayerStep, events_seen.WeightSample])
@given(data=st.data())
@settings(max_examples=40)
def test_the_parts_refuse_what_is_wrong(model: Any, data: st.DataObject) -> None:
    made = {events_seen.Histogram: COUNTS, events_seen.WeightSample: SAMPLE}  # of which parts fit together
    good = st.just(made[model]) if model in made else valid(model)
    model.model_validate(data.draw(good))
    with pytest.raises(ValidationError):
        model.model_validate(data.draw(bad(model, good))[0])


@given(data=st.data())
@settings(max_examples=60)
def test_a_batch_that_is_wrong_is_refused(data: st.DataObject) -> None:
    with pytest.raises(ValidationError):
        BatchShown.model_validate(data.draw(bad(BatchShown, st.just(SHOWN)))[0])


@pytest.mark.parametrize("change", [
    {"shown": 1}, {"shown": 3}, {"size": 1}, {"labels": [7]}, {"losses": [0.1] * 3}, {"width": 4}, {"channels": 3},
    {"channels": 2, "pixels": "A" * 32}, {"pixels": ""}, {"pixels": "A" * 20}, {"pixels": "?" * 16},
    {"width": 200, "height": 200, "pixels": "A" * 53_336}, {"layers": {"conv1.x": SHOWN["layers"]["conv1"]}}])
def test_the_parts_of_a_batch_fit_together(change: dict[str, Any]) -> None:
    BatchShown.model_validate(SHOWN)
    with pytest.raises(ValidationError):
        BatchShown.model_validate({**SHOWN, **change})


@pytest.mark.parametrize("name", ["", "conv", "1", "Conv1", "conv.1", "__proto__", "constructor", "conv1.x", "x" * 40 + "1"])
def test_names_of_layers_are_safe_in_a_path(name: str) -> None:
    with pytest.raises(ValidationError):
        LayersMeasured.model_validate({"layers": {name: CONV}})
    with pytest.raises(ValidationError):
        HistogramsMeasured.model_validate({"layers": {name: DATA["histograms_measured"]["layers"]["conv1"]}})


def test_there_are_no_more_layers_than_a_blueprint_has() -> None:
    LayersMeasured.model_validate({"layers": {f"relu{number}": RELU for number in range(64)}})
    with pytest.raises(ValidationError):
        LayersMeasured.model_validate({"layers": {f"relu{number}": RELU for number in range(65)}})


@pytest.mark.parametrize("change", [
    {"sample": {**SAMPLE, "of": [2, 2]}}, {"sample": {**SAMPLE, "of": [16, 1]}},
    {"sample": {**SAMPLE, "values": [[1.0, 2.0], [1.0]]}},
    {"sample": {**SAMPLE, "values": [[]]}}, {"sample": {"of": [99, 99], "values": [[0.5]] * 13}},
    {"sample": {"of": [99, 99], "values": [[0.5] * 13]}}, {"sample": {**SAMPLE, "values": [[math.inf, 1.0]]}},
    {"kernels": [[[1.0]]] * 17}, {"kernels": [[[1.0] * 8]]}, {"kernels": [[[1.0]] * 8]}, {"kernels": [[[1.0, 2.0], [1.0]]]}])
def test_samples_of_weights_are_small_and_even(change: dict[str, Any]) -> None:
    LayerHistograms.model_validate(FOUND)
    with pytest.raises(ValidationError):
        LayerHistograms.model_validate({**FOUND, **change})


def test_no_more_than_sixteen_units_are_told() -> None:
    LayersMeasured.model_validate({"layers": {"conv1": {**CONV, "units": [0.5] * 16}}})
    with pytest.raises(ValidationError):
        LayersMeasured.model_validate({"layers": {"conv1": {**CONV, "units": [0.5] * 17}}})


def test_logs_from_before_units_and_samples_fold_as_they_did() -> None:
    old = {name: value for name, value in CONV.items() if name not in ("units", "saturated")} | {"saturated": None}
    counts = {"weights": COUNTS, "gradients": None}
    state = folded(fact("layers_measured", layers={"conv1": old}), fact("histograms_measured", layers={"conv1": counts}),
                   fact("layers_measured", 0.2, layers={"conv1": old}))
    assert state["layers"]["conv1"] == {**old, **counts}
    assert LayersMeasured.model_validate({"layers": {"conv1": old}}).layers["conv1"].units == ()
    assert HistogramsMeasured.model_validate({"layers": {"conv1": counts}}).layers["conv1"].sample is None


# ── the fold ────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_look_replaces_the_last_one_and_keeps_the_histograms() -> None:
    newer = {**CONV, "gradient_norm": None, "weight_norm": 5.0}
    state = folded(fact("layers_measured"), fact("histograms_measured"), fact("layers_measured", 0.2, layers={"conv1": newer}))
    assert state["layers"]["conv1"] == {**newer, **FOUND}
    assert state["layers"]["relu1"] == RELU


def test_histograms_may_come_first_and_are_replaced() -> None:
    both = {"weights": None, "gradients": COUNTS, "sample": None, "kernels": None}
    state = folded(fact("histograms_measured"), fact("layers_measured"), fact("histograms_measured", layers={"conv1": both}))
    assert state["layers"]["conv1"] == {**CONV, **both}


def test_what_is_a_number_grows_a_trend() -> None:
    gone = {**CONV, "gradient_norm": None}
    state = folded(fact("layers_measured", 0.1), fact("layers_measured", 0.2, layers={"conv1": gone}))
    assert state["trends"]["conv1"]["gradient_norm"] == [[0.1, 0.25]]
    assert state["trends"]["conv1"]["weight_norm"] == [[0.1, 4.5], [0.2, 4.5]]
    assert set(state["trends"]["relu1"]) == {"dead", "mean", "spread"}


def test_trends_stay_short_and_keep_their_ends() -> None:
    state = folded(*(fact("layers_measured", number / 8, layers={"conv1": {**CONV, "weight_norm": 4.0 + number}})
                     for number in range(1000)))
    trend = state["trends"]["conv1"]["weight_norm"]
    assert len(trend) <= TREND_LIMIT and trend[-1] == [999 / 8, 1003.0] and trend[0] == [0.0, 4.0]
    assert [x for x, _ in trend] == sorted({x for x, _ in trend})


def test_trends_are_cut_where_a_training_goes_on_from_an_earlier_place() -> None:
    state = folded(*(fact("layers_measured", number / 10) for number in range(10)))
    apply(state, {"cut": cut_trends(state, 0.5)})
    assert all(len(trend) == 6 for metrics in state["trends"].values() for trend in metrics.values())
    assert cut_trends(empty_state("abcdefgh"), 0.5) == {}


def test_a_batch_is_shown_where_it_was_trained() -> None:
    state = folded(fact("batch_shown", 0.3), fact("batch_shown", 0.4, loss=None))
    assert state["session"]["shown"] == {**SHOWN, "loss": None, "position": {**POSITION, "x": 0.4}}
