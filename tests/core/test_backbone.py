"""The kind `backbone`: which images each model of torchvision can see, what it gives, and what is said where it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.kinds.backbone import Backbone
from ml_utils.core.kinds.base import Call, Fix, Form, Misfit, Reach
from ml_utils.core.kinds.convolutions import Conv
from ml_utils.core.kinds.rows import Linear
from ml_utils.core.kinds.zoo import SIZES, ZOO
from ml_utils.core.rules import report, taken_over

PHOTO = Form((3, 32, 32))


def misfit(backbone: Backbone, form: Form) -> Misfit:
    with pytest.raises(Misfit) as found:
        backbone.out(form)
    return found.value


def blueprint(*layers: dict[str, Any], dataset: str = "mnist") -> Blueprint:
    return Blueprint.model_validate({"dataset": dataset, "layers": [*layers, {"kind": "linear", "features": 10}]})


@pytest.mark.parametrize("model", ZOO)
def test_every_model_says_which_sizes_it_can_see_and_what_it_costs(model: Any) -> None:
    backbone = Backbone(model=model)
    sizes = backbone.sizes()
    assert sizes and 224 in sizes and backbone.options(PHOTO) == {"size": sizes}
    costs = []
    for size in sizes:
        fitting = Backbone(model=model, size=size)
        out = fitting.out(PHOTO)
        assert out == Form((ZOO[model].features,))
        assert fitting.weights(PHOTO) == {model: (fitting.parameters(PHOTO),)} and fitting.parameters(PHOTO) > out.size
        costs.append((fitting.macs(PHOTO, out), fitting.kept(PHOTO, out)))
    assert costs == sorted(costs) and min(costs[0]) > 0


@pytest.mark.parametrize(("model", "size"), [(model, size) for model, row in ZOO.items()
                                             for size, macs in zip(SIZES, row.macs, strict=True) if not macs])
def test_a_size_that_a_model_cannot_see_is_refused_with_the_nearest_it_can(model: Any, size: Any) -> None:
    found = misfit(Backbone(model=model, size=size), PHOTO)
    assert found.why == (f"{model} cannot see images of {size}×{size}", f"{model} kann keine Bilder von {size}×{size} sehen")
    mended = Backbone(model=model, **(found.fixes[0].fields or {}))
    assert mended.out(PHOTO) and abs(mended.size - size) == min(abs(other - size) for other in mended.sizes())


def test_most_models_can_see_every_size() -> None:
    assert {model for model in ZOO if Backbone(model=model).sizes() != list(SIZES)} == {
        "alexnet", "inception_v3", "maxvit_t", "vit_h_14"}


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_coloured_images_come_in_whatever_their_size(channels: int) -> None:
    assert {Backbone().out(Form((channels, *sides))) for sides in ((8, 8), (28, 28), (1, 300), (224, 224))} == {Form((512,))}


@pytest.mark.parametrize("channels", [2, 4, 16])
def test_other_channels_are_refused_with_a_convolution_that_mends_it(channels: int) -> None:
    found = misfit(Backbone(), Form((channels, 9, 7)))
    assert "1 or 3 channels" in found.why[0] and f"{channels} Kanäle" in found.why[1]
    mended = Conv.model_validate(found.fixes[0].layers[0]).out(Form((channels, 9, 7)))
    assert mended == Form((3, 9, 7)) and Backbone().out(mended) == Form((512,))


@pytest.mark.parametrize("form", [Form((64,)), Form((8, 16)), Form((64,), words=16)])
def test_only_images_come_in(form: Form) -> None:
    found = misfit(Backbone(), form)
    assert "needs images" in found.why[0] and isinstance(found.fixes[-1], Fix)


@pytest.mark.parametrize("fields", [{"model": "resnet"}, {"model": None}, {"size": 33}, {"size": True}, {"size": "64"},
                                    {"pretrained": 1}, {"weights": "DEFAULT"}])
def test_other_values_are_no_backbone(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Backbone.model_validate({"kind": "backbone", **fields})


def test_it_reaches_all_pixels_and_is_built_by_its_name() -> None:
    assert Backbone().reach(Reach(), PHOTO).whole
    assert Backbone().module(PHOTO) == Call("Backbone", ("resnet18", 64))
    assert Backbone(pretrained=True).module(PHOTO) == Call("Backbone", ("resnet18", 64), (("pretrained", True),))


def test_the_report_has_its_numbers() -> None:
    found = report(blueprint({"kind": "backbone", "model": "resnet18", "size": 32}))
    row = found["layers"][0]
    assert (row["name"], row["out"], row["parameters"], row["reach"]) == ("backbone1", [512], 11_176_512, None)
    assert row["options"] == {"size": list(SIZES)} and found["error"] is None
    assert found["parameters"] == 11_176_512 + Linear(features=10).parameters(Form((512,)))


def test_the_report_offers_the_size_as_an_edit() -> None:
    error = report(blueprint({"kind": "backbone", "model": "maxvit_t", "size": 64}))["error"]
    assert error["layer"] == "backbone1"
    assert error["fixes"][0]["edits"] == [{"op": "change", "at": [0], "fields": {"size": 224}}]


def test_weights_are_taken_over_by_the_same_model_with_as_many_of_them() -> None:
    def kept(before: dict[str, Any], after: dict[str, Any]) -> bool:
        return "backbone1" in taken_over(blueprint({"kind": "backbone", **after}), blueprint({"kind": "backbone", **before}))

    assert kept({"size": 32}, {"size": 64, "pretrained": True})
    assert not kept({"model": "resnet18"}, {"model": "resnet34"})
    assert not kept({"model": "vit_b_32", "size": 32}, {"model": "vit_b_32", "size": 64})  # one position for each patch


def test_every_choice_has_words() -> None:
    fields = Backbone.model_json_schema()["properties"]
    assert list(fields["model"]["choices"]) == sorted(ZOO) and fields["model"]["enum"] == list(ZOO)
    assert set(map(str, fields["size"]["enum"])) == set(fields["size"]["choices"]) == set(map(str, SIZES))
