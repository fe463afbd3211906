"""Everything seen in the layers: the numbers are those of the network, under the names of the Blueprint."""

from __future__ import annotations

import warnings
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ml_utils.core.blueprint import Blueprint, cnn, layer_names, mlp
from ml_utils.core.kinds import KINDS
from ml_utils.core.templates import template
from ml_utils.trainer.look.convolve import parted
from ml_utils.trainer.look.scene import Scene

from .scenes import IMAGE, ask, data_of, floats, marks, network, one_core, plane, scene_of, unchanged
from .test_explain import with_kind

QUICK = settings(max_examples=150, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _one_core() -> Iterator[None]:
    with one_core():
        yield


def picture(scene: Scene) -> Tensor:
    """The image that is asked about, as the network gets it."""
    return scene.batch(scene.data.test.images[3:4])


def error(scene: Scene, name: str, **args: Any) -> dict[str, str]:
    answer = ask(scene, name, **args)
    assert not answer["ok"] and answer["error"]["message"] and answer["error"]["hint"]
    return answer["error"]  # type: ignore[no-any-return]


def outputs_of(scene: Scene) -> dict[str, Tensor]:
    """What each layer of the default CNN gives, worked out in the order of the Blueprint."""
    model: Any = scene.model
    found, values = {}, picture(scene)
    with torch.no_grad():
        for number in (1, 2):
            found[f"conv{number}"] = values = getattr(model, f"conv{number}")(values)
            found[f"relu{number}"] = values = values.relu()
            found[f"pool{number}"] = values = nn.functional.max_pool2d(values, 2)
        found["flatten1"] = found["dropout1"] = values = values.flatten(1)
        found["linear1"] = values = model.linear1(values)
        found["relu3"] = values = values.relu()
        found["linear2"] = model.linear2(values)
    return found


def close(bytes_: str, low: float, high: float, values: Tensor) -> bool:
    """Whether a map in bytes is these numbers."""
    steps = torch.from_numpy(np.frombuffer(b64decode(bytes_), dtype=np.uint8).copy()).view(values.shape)
    exact = low == pytest.approx(float(values.min()), abs=1e-6) and high == pytest.approx(float(values.max()), abs=1e-6)
    return exact and torch.allclose(low + steps * ((high - low) / 255), values, atol=(high - low) / 400 + 1e-6)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────

def test_parts_are_the_layers_of_the_blueprint_in_its_order() -> None:
    scene = scene_of(cnn("mnist"))
    answer = ask(scene, "parts")
    assert [row["path"] for row in answer["layers"]] == layer_names(cnn("mnist"))
    assert [row["shape"] for row in answer["layers"][:4]] == [[16, 28, 28], [16, 28, 28], [16, 14, 14], [32, 14, 14]]
    assert [row["kind"] for row in answer["layers"][:3]] == ["Conv2d", "ReLU", "MaxPool2d"]
    assert answer["convolutions"][1] == {
        "path": "conv2", "kind": "Conv2d", "inputs": 16, "outputs": 32, "groups": 1, "kernel": [3, 3], "stride": [1, 1],
        "padding": [1, 1], "dilation": [1, 1], "input_size": [14, 14], "output_size": [14, 14]}
    assert [(row["path"], row["image"]) for row in answer["linears"]] == [("linear1", False), ("linear2", False)]
    assert ask(scene_of(mlp("cifar10")), "parts")["linears"][0] == {
        "path": "linear1", "inputs": 3072, "outputs": 128, "image": True}


def test_parts_inside_of_blocks_and_ready_networks_have_their_paths() -> None:
    blueprint = network("separable", {"kind": "residual", "layers": [{"kind": "conv", "channels": 4}, {"kind": "relu"}]},
                        {"kind": "convtranspose", "channels": 2})
    found = ask(scene_of(blueprint), "parts")
    assert [row["path"] for row in found["convolutions"]] == [
        "separable1.depthwise", "separable1.pointwise", "residual1.body.conv1", "residual1.skip.conv", "convtranspose1"]
    ready = scene_of(network({"kind": "backbone", "model": "resnet18", "size": 32}))
    paths = [row["path"] for row in ask(ready, "parts")["convolutions"]]
    assert len(paths) == 20 and all(isinstance(ready.model.get_submodule(path), nn.Conv2d) for path in paths)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_is_walked_and_left_as_it_was(kind: str) -> None:
    scene = scene_of(with_kind(kind))
    before = marks(scene)
    found = ask(scene, "parts")
    assert set(layer_names(scene.blueprint)) <= {row["path"] for row in found["layers"]}
    told = ask(scene, "way", image=IMAGE)
    with torch.no_grad():
        assert told["logits"] == pytest.approx(scene.model(picture(scene))[0].tolist(), abs=1e-4)
    assert told["formula"]["logit"] == pytest.approx(max(told["logits"]), abs=1e-4)
    assert all(scene.model.get_submodule(row["path"]) for row in found["layers"])
    for row in found["layers"][-8:]:
        for question in ("maps", "neurons"):
            answer = ask(scene, question, layer=row["path"], **({"image": IMAGE} if question == "maps" else {}))
            assert answer["ok"] or answer["error"]["code"] in ("no_maps", "no_units"), answer
    assert unchanged(before, marks(scene))


# ── filters ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_filters_are_the_weights() -> None:
    scene = scene_of(cnn("cifar10"))
    first, second = ask(scene, "filters", layer="conv1"), ask(scene, "filters", layer="conv2")
    weights: Any = scene.model.state_dict()
    assert (first["channels"], first["per"], first["of"], len(first["filters"])) == (3, 1, 32, 32)
    assert torch.equal(floats(first["filters"][5], 3, 3, 3), weights["conv1.weight"][5])
    assert (second["channels"], second["per"], second["of"], second["inputs"]) == (1, 16, 64, 32)
    assert torch.equal(floats(second["filters"][63], 16, 3, 3), weights["conv2.weight"][63, :16])
    assert second["most"] == float(weights["conv2.weight"][:, :16].abs().max())


def test_the_first_layer_of_an_mlp_looks_at_the_image() -> None:
    scene = scene_of(mlp("cifar10"))
    found = ask(scene, "filters", layer="linear1")
    assert (found["channels"], found["width"], found["height"], found["of"], len(found["filters"])) == (3, 32, 32, 128, 64)
    assert torch.equal(floats(found["filters"][7], 3, 32, 32), scene.model.linear1.weight[7].view(3, 32, 32))  # type: ignore
    assert error(scene, "filters", layer="linear2")["code"] == "no_image"


# ── maps ────────────────────────────────────────────────────────────────────────────────────────────────────

def test_maps_are_what_the_layer_gives_though_pooling_comes_before_relu() -> None:
    scene = scene_of(cnn())
    expected = outputs_of(scene)
    for layer in ("conv1", "relu1", "pool1", "conv2", "relu2", "pool2"):
        found, values = ask(scene, "maps", image=IMAGE, layer=layer), expected[layer][0]
        assert [found["of"], found["shown"], found["height"], found["width"]] == [*values.shape[:1], *values.shape]
        for number in range(found["shown"]):
            assert close(found["maps"][number], found["low"][number], found["high"][number], values[number]), (layer, number)
    refusal = error(scene, "maps", image=IMAGE, layer="linear1")
    assert refusal["code"] == "no_maps" and "conv1, relu1, pool1" in refusal["hint"]


def test_maps_are_those_before_a_later_layer_writes_into_them() -> None:
    scene = scene_of(network({"kind": "backbone", "model": "resnet18", "size": 32}))
    net: Any = scene.model.backbone1
    kept: list[Tensor] = []
    hook = net.net.layer1[0].bn2.register_forward_hook(lambda *call: kept.append(call[2].clone()))
    with torch.no_grad():
        scene.model(picture(scene))
    hook.remove()
    found = ask(scene, "maps", image=IMAGE, layer="backbone1.net.layer1.0.bn2")
    assert close(found["maps"][0], found["low"][0], found["high"][0], kept[0][0, 0])


def test_large_maps_are_averaged_down() -> None:
    scene = scene_of(network({"kind": "convtranspose", "kernel": 4, "stride": 4, "channels": 70}, dataset="cifar10"))
    found = ask(scene, "maps", image=IMAGE, layer="convtranspose1")
    with torch.no_grad():
        values = nn.functional.avg_pool2d(scene.model.convtranspose1(picture(scene)), 2)[0]  # type: ignore[operator]
    assert (found["width"], found["height"], found["of"], found["shown"]) == (64, 64, 70, 64)
    assert close(found["maps"][9], found["low"][9], found["high"][9], values[9])


# ── convolve ────────────────────────────────────────────────────────────────────────────────────────────────

@st.composite
def convolutions(draw: st.DrawFn) -> tuple[nn.Conv2d, Tensor]:
    number = st.integers(1, 4)
    groups, pair = draw(number), st.tuples(number, number)
    each, outputs = draw(number), draw(st.integers(1, 3))
    kernel, dilation = draw(pair), draw(pair)
    padding = draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    torch.manual_seed(draw(st.integers(0, 1000)))
    module = nn.Conv2d(each * groups, outputs * groups, kernel, draw(pair), padding, dilation, groups, draw(st.booleans()))
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    for side, one, around, spread in zip((height, width), kernel, padding, dilation, strict=True):
        assume(side + 2 * around >= spread * (one - 1) + 1)
    return module.eval(), torch.randn(each * groups, height, width)


@given(convolutions(), st.data())
@QUICK
def test_stepping_through_a_convolution_gives_what_torch_gives(drawn: tuple[nn.Conv2d, Tensor], data: st.DataObject) -> None:
    module, images = drawn
    each = module.in_channels // module.groups
    output = data.draw(st.integers(0, module.out_channels - 1))
    among = data.draw(st.integers(0, each - 1))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        found, expected = parted(module, images, output, among), module(images[None])[0, output]
        alone = nn.functional.conv2d(images[None, found["channel"]:found["channel"] + 1],
                                     torch.tensor(found["kernel"])[None, None], None, module.stride, module.padding,
                                     module.dilation)[0, 0]
    made, partial, rest = (plane(found[name]) for name in ("output_map", "partial", "rest"))
    assert torch.allclose(made, expected, rtol=1e-4, atol=1e-5)
    assert torch.allclose(partial, alone, rtol=1e-4, atol=1e-5)
    assert torch.allclose(partial + rest + found["bias"], made, rtol=1e-6, atol=1e-6)
    assert torch.equal(plane(found["input_map"]), images[found["channel"]])
    assert found["channel"] // each == output // (module.out_channels // module.groups)
    if module.bias is None:
        assert found["bias"] == 0.0


@pytest.mark.parametrize("layer", ["conv1", "conv2", "separable1.depthwise", "residual1.skip.conv"])
def test_the_convolution_of_a_network_is_stepped_through_on_an_image(layer: str) -> None:
    scene = scene_of(network("conv", "relu", "pool", {"kind": "conv", "groups": 4, "bias": False}, "separable",
                             {"kind": "residual", "layers": [{"kind": "conv", "channels": 3, "stride": 2}]}))
    module: Any = scene.model.get_submodule(layer)
    kept: list[Tensor] = []
    hook = module.register_forward_hook(lambda *call: kept.append(call[2].clone()))
    with torch.no_grad():
        scene.model(picture(scene))
    hook.remove()
    found = ask(scene, "convolve", image=IMAGE, layer=layer, output=2)
    assert torch.allclose(plane(found["output_map"]), kept[0][0, 2], rtol=1e-4, atol=1e-5)
    assert found["of"] == {"inputs": module.in_channels, "outputs": module.out_channels, "groups": module.groups}
    assert torch.equal(torch.tensor(found["kernel"]), module.weight[2, 0]) and found["input"] == 0


@pytest.mark.parametrize(("layer", "args", "code", "words"), [
    ("conv1", {"output": 16}, "unknown_channel", "0 to 15"), ("conv1", {"input": 3}, "unknown_channel", "0 to 2"),
    ("conv9", {}, "unknown_layer", "conv1"), ("relu1", {}, "unknown_layer", "conv1"),
    ("convtranspose1", {}, "transposed", "another"), ("conv2", {}, "too_large", "96×96")])
def test_what_cannot_be_stepped_through_is_refused(layer: str, args: dict[str, int], code: str, words: str) -> None:
    large = {"kind": "convtranspose", "kernel": 4, "stride": 4, "channels": 2}
    scene = scene_of(network("conv", "relu", large, {"kind": "conv", "channels": 2}, "pool", "pool", dataset="cifar10"))
    refusal = error(scene, "convolve", image=IMAGE, layer=layer, **args)
    assert refusal["code"] == code and words in refusal["hint"]


# ── way ─────────────────────────────────────────────────────────────────────────────────────────────────────

def test_the_way_of_an_image_is_that_of_the_blueprint_up_to_the_formula() -> None:
    scene = scene_of(cnn())
    told, expected = ask(scene, "way", image=IMAGE), outputs_of(scene)
    assert [step["path"] for step in told["steps"]] == list(expected)
    for step in told["steps"]:
        values = expected[step["path"]][0]
        assert step["shape"] == list(values.shape) and step["of"] == len(values)
        if "maps" in step:
            assert len(step["maps"]) == 8 and all(
                close(one["values"], one["low"], one["high"], values[number]) for number, one in enumerate(step["maps"]))
        else:
            assert step["values"] == pytest.approx(values[:64].tolist(), rel=1e-4, abs=1e-9)
    assert told["logits"] == pytest.approx(expected["linear2"][0].tolist(), rel=1e-4)
    assert told["softmax"] == ask(scene, "classify", image=IMAGE)["softmax"]


def test_the_formula_adds_up() -> None:
    scene = scene_of(cnn())
    told, expected = ask(scene, "way", image=IMAGE), outputs_of(scene)
    found, last = told["formula"], scene.model.linear2
    products = expected["relu3"][0] * last.weight[found["class"]]  # type: ignore[index, operator]
    assert found["class"] == told["prediction"] and len(found["terms"]) == 10
    assert [term["unit"] for term in found["terms"]] == products.abs().argsort(descending=True, stable=True)[:10].tolist()
    for term in found["terms"]:
        assert term["product"] == pytest.approx(term["activation"] * term["weight"], rel=1e-9)
    total = sum(term["product"] for term in found["terms"]) + found["rest"] + found["bias"]
    assert total == pytest.approx(found["logit"], abs=1e-5) and found["logit"] == pytest.approx(max(told["logits"]), rel=1e-4)


def test_a_network_whose_last_layer_is_no_linear_has_no_formula() -> None:
    blueprint = network({"kind": "conv", "channels": 10}, "adaptiveavgpool", "flatten", end=False)
    told = ask(scene_of(blueprint), "way", image=IMAGE)
    assert told["formula"] is None and len(told["logits"]) == 10


def test_the_way_through_a_ready_network_shows_what_is_inside() -> None:
    told = ask(scene_of(network({"kind": "backbone", "model": "resnet18", "size": 32})), "way", image=IMAGE)
    paths = [step["path"] for step in told["steps"]]
    assert paths[:5] == [f"backbone1.net.{name}" for name in ("conv1", "bn1", "relu", "maxpool", "layer1.0")]
    assert len(paths) <= 64 and paths[-1] == "linear1"


# ── neurons ─────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("layer", ["relu1", "linear1", "linear2"])
def test_what_fires_for_a_class_are_the_means_over_its_examples(layer: str) -> None:
    scene = scene_of(cnn())
    told = ask(scene, "neurons", layer=layer)
    test = data_of("digits").test
    values = scene.batch(test.images)
    model: Any = scene.model
    with torch.no_grad():
        relu = model.conv1(values).relu()
        inner = model.linear1(nn.functional.max_pool2d(model.conv2(nn.functional.max_pool2d(relu, 2)).relu(), 2).flatten(1))
        units = {"relu1": relu.mean((2, 3)), "linear1": inner, "linear2": model.linear2(inner.relu())}[layer].double()
    assert told["examples"] == 360 and told["classes"] == 10 and told["of"] == units.shape[1]
    assert len(told["units"]) == min(64, units.shape[1])
    for one in told["units"]:
        means = torch.stack([units[test.labels == label, one["unit"]].mean() for label in range(10)])
        assert one["means"] == pytest.approx(means.tolist(), rel=1e-3, abs=1e-5) and one["best"] == int(means.argmax())
        lead = (means.max() - (means.sum() - means.max()) / 9) / units[:, one["unit"]].std(correction=0)
        assert one["selectivity"] == pytest.approx(float(lead), rel=1e-3, abs=1e-4)
    order = [one["selectivity"] for one in told["units"]]
    assert order == sorted(order, reverse=True)


def test_neurons_of_a_dead_layer_and_of_a_broken_one_are_plain_json() -> None:
    scene = scene_of(cnn())
    with torch.no_grad():
        scene.model.linear1.bias.fill_(-1e6)  # type: ignore[union-attr, operator]
    dead = ask(scene, "neurons", layer="relu3")
    assert {one["selectivity"] for one in dead["units"]} == {0.0} and dead["units"][0]["means"] == [0.0] * 10
    with torch.no_grad():
        scene.model.linear1.bias.fill_(float("nan"))  # type: ignore[union-attr, operator]
    assert ask(scene, "neurons", layer="relu3")["units"][0]["means"] == [None] * 10
    told = ask(scene, "way", image=IMAGE)
    assert told["ok"] and told["formula"] is None and told["logits"] == [None] * 10
    assert ask(scene, "maps", image=IMAGE, layer="conv1")["ok"]


# ── bad input ───────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("question", ["filters", "maps", "convolve", "neurons"])
@pytest.mark.parametrize("layer", ["nowhere", "__class__", "conv1.weight", "x" * 200])
def test_a_layer_that_is_not_there_is_refused_with_those_that_are(question: str, layer: str) -> None:
    scene = scene_of(cnn())
    before = marks(scene)
    image = {"image": IMAGE} if question in ("maps", "convolve") else {}
    refusal = error(scene, question, layer=layer, **image)
    assert refusal["code"] == "unknown_layer" and "conv1" in refusal["hint"] and refusal["field"] == "layer"
    assert unchanged(before, marks(scene))


@pytest.mark.parametrize("question", ["maps", "way", "convolve"])
def test_an_image_of_another_size_is_refused(question: str) -> None:
    layer = {} if question == "way" else {"layer": "conv1"}
    assert error(scene_of(cnn()), question, image={"kind": "pixels", "pixels": "AAAA"}, **layer)["code"] == "wrong_shape"


def test_the_answers_of_a_large_network_are_not_too_large() -> None:
    scene = scene_of(template("resnet50", "cifar10", {}, 1))
    last = ask(scene, "parts")["convolutions"][-1]["path"]
    for name, args in (("way", {"image": IMAGE}), ("maps", {"image": IMAGE, "layer": "conv1"}), ("filters", {"layer": last}),
                       ("convolve", {"image": IMAGE, "layer": last})):
        assert ask(scene, name, **args)["ok"], name
    wide = Blueprint.model_validate({"dataset": "cifar10", "layers": [{"kind": "flatten"}, {"kind": "linear", "features": 2000},
                                                                      {"kind": "linear", "features": 10}]})
    assert len(ask(scene_of(wide), "filters", layer="linear1")["filters"]) == 64
