"""The rules: what they say of a network, how they refuse it in words, and that their fixes mend; torch is in tests/trainer."""

from __future__ import annotations

import json
import re
from time import thread_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ml_utils.core.blueprint import MAX_LAYERS, MAX_NESTED, Blueprint, Sketch, cnn, count_of, mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.core.editing import edited
from ml_utils.core.edits import Edit
from ml_utils.core.errors import Refused
from ml_utils.core.kinds.blocks import MOST_INSIDE
from ml_utils.core.rules import STEP_MACS, check_size, forms, layer_name, report, taken_over
from tests.layers import layers
from tests.strategies import valid

EDITS: TypeAdapter[Any] = TypeAdapter(Edit)
END = {"kind": "linear", "features": 10}
ROWS = {"kind": "patches", "height": 1, "width": 28}


def plain(*names: Any) -> list[dict[str, Any]]:
    return [{"kind": one} if isinstance(one, str) else one for one in names]


def sketch(*names: Any, dataset: str = "mnist") -> Sketch:
    return Sketch.model_validate({"dataset": dataset, "layers": plain(*names)})


def blueprint(*names: Any, dataset: str = "mnist") -> Blueprint:
    return Blueprint.model_validate({"dataset": dataset, "layers": plain(*names)})


def residual(*inside: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "residual", "layers": plain(*inside), **fields}


def conv(**fields: Any) -> dict[str, Any]:
    return {"kind": "conv", **fields}


def mended(broken: Sketch) -> Sketch:
    """Press the first fix."""
    return edited(broken, [EDITS.validate_python(edit) for edit in report(broken)["error"]["fixes"][0]["edits"]])


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────

def test_a_report_says_everything_of_each_layer() -> None:
    told = report(blueprint(conv(channels=4), residual(conv(channels=8), "relu"), "pool", "flatten", END))
    assert told["input"] == [1, 28, 28] and told["error"] is None
    first, block, pool, flat, last = told["layers"]
    assert (first["name"], first["kind"], first["in"], first["out"]) == ("conv1", "conv", [1, 28, 28], [4, 28, 28])
    assert (first["parameters"], first["macs"], first["kept"]) == (40, 4 * 784 * 9, 4 * 784)
    assert first["options"]["groups"] == [1] and first["reach"] == [3, 3]
    assert [row["name"] for row in block["layers"]] == ["conv1", "relu1"]
    assert block["parameters"] == 8 * 37 + 8 * 4 + 16 and block["reach"] == [5, 5]  # the projection and its norm
    assert pool["reach"] == [6, 6] and last["reach"] is None and flat["out"] == [8 * 14 * 14]
    assert told["parameters"] == sum(row["parameters"] for row in told["layers"])
    assert told["macs"] == sum(row["macs"] for row in told["layers"])
    assert told["memory"]["fixed"] == told["parameters"] * 16


def test_after_a_misfit_nothing_is_told_but_names() -> None:
    told = report(sketch(conv(channels=4), residual("relu", "lstm", "relu"), "flatten", END))
    kinds = [told["layers"][0], told["layers"][1]["layers"][0]]
    assert all(row["out"] == row["in"] or row["kind"] == "conv" for row in kinds)
    after = [told["layers"][1], told["layers"][1]["layers"][1], told["layers"][1]["layers"][2], *told["layers"][2:]]
    for row in after:
        assert all(row[key] is None for key in ("out", "parameters", "macs", "kept", "reach"))
    assert after[1]["in"] == [4, 28, 28] and after[2]["in"] is None and after[2]["options"] == {}
    assert told["error"]["at"] == [1, 1] and told["error"]["layer"] == "residual1.lstm1"
    assert told["parameters"] == 40


def test_words_are_told_with_how_many_there_are() -> None:
    rows = report(blueprint("tokens", "embedding", "flatten", END, dataset="digits"))["layers"]
    assert (rows[0]["out"], rows[0]["words"], rows[1]["out"]) == ([64], 16, [64, 32])


def test_an_empty_sketch_is_told_what_to_begin_with() -> None:
    error = report(sketch())["error"]
    assert (error["code"], error["at"], error["layer"]) == ("empty", [], "")
    forms(Blueprint.model_validate(mended(sketch()).model_dump()))


@given(st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_every_blueprint_has_a_report_in_plain_json_and_in_no_time(data: st.DataObject) -> None:
    plan = Sketch.model_validate(data.draw(valid(Blueprint)))
    start = thread_time()
    told = report(plan)
    assert thread_time() - start < 0.05
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["error"] is None or told["error"]["fixes"]


@given(layers(), st.sampled_from(list(DATASETS)))
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_a_refusal_names_the_layer_and_why_in_two_languages(found: list[dict[str, Any]], dataset: Any) -> None:
    plan = sketch(*found, dataset=dataset)
    error = report(plan)["error"]
    if error is None:
        forms(plan)
        return
    with pytest.raises(Refused) as caught:
        forms(plan)
    assert caught.value.code == error["code"] and error["layer"] in caught.value.message
    assert error["why"]["en"] in caught.value.message and error["fixes"][0]["label"]["en"].lower() in caught.value.hint.lower()
    assert error["layer"] == layer_name(plan, tuple(error["at"]))
    texts = [error["why"], *(fix["label"] for fix in error["fixes"])]
    assert all(text["en"] and text["de"] for text in texts)
    assert numbers(error["why"]["en"]) == numbers(error["why"]["de"]) and numbers(error["why"]["en"])


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text.replace(",", "")))


# ── how fast ────────────────────────────────────────────────────────────────────────────────────────────────

def worst() -> list[Sketch]:
    """The most that may be asked: 64 layers, 256 with those inside, blocks three deep; wide, and with many divisors."""
    wide = {"kind": "conv", "channels": 2048, "groups": 8}
    deep = residual(residual(residual(*[wide] * 8)))
    padded = residual(residual(residual(conv(padding=0), conv(padding=0)), conv(padding=0)), conv(padding=0))
    primes = [{"kind": "linear", "features": 16_381}, "groupnorm"]
    return [
        sketch(conv(channels=2048), *[deep] * 22), sketch(*[residual(*[wide] * 31)] * 7, *[wide] * 32),
        sketch(*[padded] * 36), sketch("flatten", *primes * 31), sketch("tokens", "embedding", *["transformer"] * 62),
        sketch(*[residual(*["convtranspose", "pool"] * 15)] * 8), sketch(*[residual(residual(residual("flatten")))] * 64),
        sketch(ROWS, *[{"kind": "lstm", "depth": 4, "both": True, "output": "all"}] * 63)]


@pytest.mark.parametrize("number", range(8))
def test_the_largest_networks_are_told_or_refused_within_50_milliseconds(number: int) -> None:
    plan = worst()[number]
    assert len(plan.layers) <= MAX_LAYERS and count_of(plan.layers) <= MAX_NESTED
    assert quickest(lambda: report(plan)) < 0.05


def test_a_report_of_a_deep_network_takes_ten_milliseconds_at_most() -> None:
    block = residual(conv(kernel=1), "batchnorm", "relu", conv(channels=64), "batchnorm", "relu", conv(kernel=1), "batchnorm")
    plan = blueprint("conv", *[block, "relu"] * 16, *["conv", "batchnorm"] * 2, "adaptiveavgpool", "flatten", END)
    assert len(plan.layers) >= 40 and count_of(plan.layers) >= 160
    assert quickest(lambda: report(plan)) < 0.01


def quickest(work: Any) -> float:
    times = []
    for _ in range(5):
        start = thread_time()
        work()
        times.append(thread_time() - start)
    return min(times)


# ── fixes ───────────────────────────────────────────────────────────────────────────────────────────────────

TYPICAL = {  # name: layers, how often one presses at most
    "no flatten": (["conv", "relu", END], 1),
    "kernel larger than the image": ([conv(kernel=15, padding=0), conv(kernel=15, padding=0), conv(kernel=5, padding=0),
                                      "flatten", END], 2),
    "dilated kernel larger than the image": ([conv(kernel=7, dilation=8, padding=0), "flatten", END], 1),
    "groups that do not divide": ([conv(channels=16), conv(channels=30, groups=4), "flatten", END], 1),
    "wrong number of classes": (["flatten", {"kind": "linear", "features": 7}], 1),
    "an image at the end": (["conv", "pool"], 1),
    "a sequence at the end": ([ROWS, {"kind": "lstm", "output": "all"}], 1),
    "words at the end": (["tokens"], 1),
    "heads that do not divide": (["patches", {"kind": "transformer", "heads": 3}, "sequencepool", END], 1),
    "pooling of one pixel": ([*["pool"] * 4, "conv", "pool", "flatten", END], 1),
    "LSTM on an image": (["conv", "lstm", END], 1),
    "LSTM on the last step of another": ([ROWS, "lstm", "lstm", END], 1),
    "LSTM on a row": (["flatten", {"kind": "linear", "features": 64}, "lstm", END], 1),
    "BatchNorm on a sequence": ([ROWS, "batchnorm", "lstm", END], 1),
    "convolution behind Flatten": (["flatten", "conv", "relu", END], 1),
    "Dropout2d on a row": (["flatten", "spatialdropout", END], 1),
    "patches that do not divide": ([{"kind": "patches", "height": 5, "width": 3}, "sequencepool", END], 1),
    "a residual block that shrinks": ([residual(conv(padding=0), "relu", conv(padding=0)), "flatten", END], 1),
    "groups of one number": (["flatten", {"kind": "linear", "features": 64}, {"kind": "groupnorm", "groups": 64}, END], 1),
    "too long a sequence": ([conv(channels=64), "tokens", "embedding", "sequencepool", END], 1),
    "padding of pooling": ([{"kind": "pool", "size": 2, "padding": 2}, "flatten", END], 1),
    "output padding": ([{"kind": "convtranspose", "output_padding": 2}, "flatten", END], 1),
    "nothing but a misfit": (["lstm"], 2), "nothing but a block of a misfit": ([residual(residual("flatten"))], 3),
    "nothing to learn": (["flatten", "relu"], 1),
    "flatten twice, nothing else": (["flatten", "flatten"], 1),
}


@pytest.mark.parametrize("name", TYPICAL)
def test_typical_mistakes_are_mended_by_pressing_the_first_fix(name: str) -> None:
    found, most = TYPICAL[name]
    plan = sketch(*found)
    assert report(plan)["error"]
    for _ in range(most):
        plan = mended(plan) if report(plan)["error"] else plan
    assert report(plan)["error"] is None, report(plan)["error"]


@pytest.mark.parametrize(("found", "at", "label"), [
    ([*["pool"] * 4, conv(kernel=3, padding=0)], [4], "padding 1 keeps 1×1"),
    ([*["pool"] * 2, conv(kernel=9, padding=0)], [2], "padding 4 keeps 7×7"),
    ([*["pool"] * 2, conv(kernel=9, padding=0, stride=2)], [2], "padding 4 gives 4×4"),
    ([*["pool"] * 3, {"kind": "pool", "size": 4}], [3], "size 3 gives 1×1"),
    ([conv(channels=16, groups=2)], [0], "groups 1"),
    (["lstm"], [0], "read the image row by row"),
])
def test_a_fix_says_what_it_gives(found: list[Any], at: list[int], label: str) -> None:
    error = report(sketch(*found))["error"]
    assert error["at"] == at and error["fixes"][0]["label"]["en"] == label


def test_full_lists_are_mended_without_more_layers() -> None:
    plan = sketch(*["relu"] * (MAX_LAYERS - 1), END)
    for _ in range(3):
        plan = mended(plan) if report(plan)["error"] else plan
        assert len(plan.layers) <= MAX_LAYERS
    block = residual(*["relu"] * (MOST_INSIDE - 1), END)
    assert report(mended(sketch(block, "flatten", END)))["error"] is None


# ── how large ───────────────────────────────────────────────────────────────────────────────────────────────

def refused(plan: Blueprint, batch_size: int, memory: int) -> Refused:
    with pytest.raises(Refused) as caught:
        check_size(plan, batch_size, memory)
    return caught.value


def test_a_network_without_weights_is_refused_though_it_ends_with_one_number_for_each_class() -> None:
    rows = [{"kind": "pool", "size": 2, "stride": 1, "padding": 1}] * 2
    plan = sketch(*rows, {"kind": "patches", "height": 1, "width": 10}, "sequencepool")
    error = report(plan)["error"]
    assert error["code"] == "nothing_learns" and "weights" in error["why"]["en"] and "lernen" in error["why"]["de"]
    assert report(mended(plan))["error"] is None


def test_memory_is_that_of_parameters_and_of_a_batch() -> None:
    told = report(cnn("mnist"))["memory"]
    needed = told["fixed"] + 100 * told["example"]
    check_size(cnn("mnist"), 100, needed)
    error = refused(cnn("mnist"), 100, needed - 1)
    assert error.code == "too_large" and "100 images" in error.message and "batch size" in error.hint
    check_size(cnn("mnist"), 1024, 0)


def test_work_of_a_step_is_bounded_even_where_memory_is_not() -> None:
    large = blueprint(conv(channels=2048, kernel=15), conv(channels=2048, kernel=15), "adaptiveavgpool", "flatten", END)
    assert 3 * 2 * report(large)["macs"] > STEP_MACS
    assert refused(large, 2, 0).code == "too_slow"


@pytest.mark.parametrize("layers", [
    ["flatten", *[{"kind": "linear", "features": 16_384}] * 3, END], [conv(channels=2048)] * 3 + ["flatten", END],
    [{"kind": "convtranspose", "channels": 64, "kernel": 8, "stride": 8}, "flatten", END],
    [{"kind": "convtranspose", "channels": 64, "kernel": 8, "stride": 8}, "layernorm", "flatten", END],
    [{"kind": "patches", "height": 1, "width": 1}, *[{"kind": "transformer", "heads": 1}] * 60, "sequencepool", END],
    ["flatten", *[{"kind": "linear", "features": 16_384}, "layernorm"] * 20, END],
])
def test_what_needs_gigabytes_is_refused_before_anything_is_allocated(layers: list[Any]) -> None:
    assert refused(blueprint(*layers), 64, 10**9).code == "too_large"


def test_an_image_of_billions_of_numbers_is_refused_by_the_rules() -> None:
    growing = {"kind": "convtranspose", "channels": 2048, "kernel": 8, "stride": 8}
    error = report(sketch(*[growing] * 4, "adaptiveavgpool", "flatten", END))["error"]
    assert (error["code"], error["at"]) == ("too_large", [1]) and "2,147,483,648" in error["why"]["en"]


# ── weights that can be taken over ──────────────────────────────────────────────────────────────────────────

def test_layers_of_the_same_name_and_shapes_are_taken_over() -> None:
    wider = blueprint(conv(channels=16), "relu", "pool", conv(channels=99), "relu", "pool", "flatten", "dropout",
                      {"kind": "linear", "features": 64}, "relu", END)
    assert taken_over(wider, cnn("mnist")) == ["conv1", "linear2"]
    assert taken_over(mlp(), cnn()) == [] and taken_over(cnn(), cnn(seed=9)) == ["conv1", "conv2", "linear1", "linear2"]


def test_a_block_is_taken_over_as_a_whole() -> None:
    one, other = (blueprint(residual(conv(), "relu", conv(kernel=size)), "flatten", END) for size in (3, 5))
    assert taken_over(one, one) == ["residual1", "linear1"] and taken_over(other, one) == ["linear1"]
