"""Ready networks: each fits every dataset whatever its options are, and the table says which options there are."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from ml_utils.core.blueprint import MAX_LAYERS, MAX_NESTED, mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.kinds.zoo import SIZES, ZOO
from ml_utils.core.rules import report
from ml_utils.core.templates import TEMPLATES, template, templates_table
from ml_utils.core.templates.base import ACTIVATIONS
from tests.strategies import HOSTILE
from tests.waiting import quickest

NAMES = ["logistic_regression", "mlp", "lenet5", "three_blocks", "deep_cnn", "vgg", "small_resnet", "resnet50", "lstm",
         "transformer", "torchvision"]
ROWS = {row["name"]: row for row in templates_table()}


def values(row: dict[str, Any]) -> list[Any]:
    """Return the ends of an option's range, or all that can be chosen."""
    if row["type"] == "bool":
        return [False, True]
    if row["type"] == "choice":
        return [int(value) if isinstance(row["default"], int) else value for value in row["choices"]]
    return [row["minimum"], row["maximum"]]


def corners(name: str) -> list[dict[str, Any]]:
    """Return the defaults, and all options at their ends together."""
    rows = [row for row in ROWS[name]["options"] if row["name"] != "model"]  # the models have a test of their own
    return [{}, *(dict(zip([row["name"] for row in rows], some, strict=True)) for some in product(*map(values, rows)))]


def refused(name: Any, options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        template(name, "digits", options, 1)
    assert caught.value.message and caught.value.hint
    return caught.value


# ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────

def test_all_that_were_promised_are_there() -> None:
    assert list(TEMPLATES) == NAMES == list(ROWS)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("name", NAMES)
def test_every_ready_network_fits_every_dataset_whatever_its_options_are(name: str, dataset: Any) -> None:
    for options in corners(name):
        made = template(name, dataset, options, 7)
        found = report(made)
        assert found["error"] is None, (options, found["error"])
        assert made.seed == 7 and made.dataset == dataset and found["parameters"] > 0
        assert len(made.layers) <= MAX_LAYERS and sum(1 + len(layer.inside) for layer in made.layers) <= MAX_NESTED
        assert made.layers[-1] == KINDS["linear"](features=10)


@pytest.mark.parametrize("model", ZOO)
def test_every_model_of_torchvision_fits_at_each_size_that_it_can_take(model: str) -> None:
    for size in SIZES:
        options = {"model": model, "size": size, "pretrained": True}
        if ZOO[model].macs[SIZES.index(size)]:
            made = template("torchvision", "mnist", options, 1)
            assert report(made)["error"] is None and made.layers[0].kind == "backbone"
        else:
            error = refused("torchvision", options)
            assert error.field == "options.size" and model in error.message and "224×224" in error.hint


def test_options_change_what_they_say() -> None:
    def kinds(name: str, **options: Any) -> list[str]:
        return [layer.kind for layer in template(name, "mnist", options, 1).layers]

    assert kinds("mlp", layers=3, activation="gelu", dropout=False) == ["flatten", *["linear", "gelu"] * 3, "linear"]
    assert kinds("three_blocks", blocks=2, activation="tanh")[:6] == ["conv", "tanh", "pool"] * 2
    assert template("three_blocks", "mnist", {"kernel": "large"}, 1).layers[0].kernel == 7  # type: ignore[union-attr]
    assert kinds("small_resnet", blocks=5).count("residual") == 15
    assert kinds("transformer", blocks=4).count("transformer") == 4
    assert template("transformer", "digits", {"heads": 2, "width": 8}, 1).layers[1].features == 16  # type: ignore[union-attr]
    assert report(template("lstm", "mnist", {"features": 20, "both": True}, 1))["layers"][1]["out"] == [40]


def test_they_are_those_of_the_textbooks() -> None:
    assert template("mlp", "mnist", {}, 3) == mlp("mnist", 3)
    assert report(template("logistic_regression", "mnist", {}, 1))["parameters"] == 7850
    assert report(template("lenet5", "mnist", {}, 1))["parameters"] == 61_706
    convolutions = [layer for layer in template("deep_cnn", "cifar10", {}, 1).layers if layer.kind == "conv"]
    assert len(convolutions) == 6
    assert report(template("small_resnet", "cifar10", {}, 1))["layers"][-3]["in"] == [64, 8, 8]


def test_resnet50_has_the_parameters_of_resnet50() -> None:
    body, head = 25_557_032 - 1000 * 2049, 10 * 2049
    assert report(template("resnet50", "cifar10", {}, 1))["parameters"] == body + head
    grey = report(template("resnet50", "mnist", {}, 1))["parameters"]
    assert grey == body + head - 2 * 64 * 49


def test_every_activation_can_be_chosen() -> None:
    assert set(ACTIVATIONS) == {name for name, kind in KINDS.items() if kind.about.group == "activation"}
    assert all(kind().kind == name for name, kind in ACTIVATIONS.items())


def test_they_are_made_within_50_ms() -> None:
    assert all(quickest(lambda name=name: template(name, "cifar10", {}, 1), 5) < 0.05 for name in NAMES)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────

def test_the_table_is_plain_json_with_words_in_both_languages() -> None:
    assert json.loads(json.dumps(templates_table())) == templates_table()
    for row in ROWS.values():
        assert row["group"] in ("classic", "course", "deep", "sequence", "ready")
        for words in [row["title"], row["help"], *(one[key] for one in row["options"] for key in ("label", "help"))]:
            assert set(words) == {"en", "de"} and all(words.values())
        assert row["help"]["en"] != row["help"]["de"]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_range_and_its_default_lies_in_it(name: str) -> None:
    for row in ROWS[name]["options"]:
        assert row["type"] in ("int", "bool", "choice") and row["optional"] is False
        if row["type"] == "int":
            assert row["minimum"] <= row["default"] <= row["maximum"]
        else:
            assert row["default"] in values(row)
        assert template(name, "digits", {row["name"]: row["default"]}, 1) == template(name, "digits", {}, 1)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", HOSTILE, ids=lambda value: type(value).__name__)
def test_a_name_that_there_is_not_is_refused(name: Any) -> None:
    error = refused(name, {})
    assert error.field == "name" and "mlp" in error.hint and len(error.message) < 200


@pytest.mark.parametrize("name", NAMES)
def test_an_option_outside_its_range_is_refused_by_name(name: str) -> None:
    for row in ROWS[name]["options"]:
        wrong = [None, "x", [], {}, 1.5, float("nan"), 10**400]
        wrong += [row["minimum"] - 1, row["maximum"] + 1, True] if row["type"] == "int" else [2, -1]
        for value in wrong:
            assert refused(name, {row["name"]: value}).field == f"options.{row['name']}"


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_there_is_not_is_refused(name: str) -> None:
    assert refused(name, {"__class__": 1}).field == "options.__class__"


@pytest.mark.parametrize("options", [None, [], "x", 3, [["width", 3]], {1: 2}], ids=str)
def test_options_that_are_none_at_all_are_refused(options: Any) -> None:
    assert (refused("mlp", options).field or "").startswith("options")
