"""Every method of attribution against values worked out otherwise, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.errors import Refused
from ml_utils.core.explanations import METHODS
from ml_utils.core.kinds import KINDS
from ml_utils.core.rules import report
from ml_utils.trainer.look.apart import apart
from ml_utils.trainer.look.methods import ATTRIBUTIONS, MOST_MACS, Case, Found, attributed, windows
from ml_utils.trainer.look.scene import Scene

from .scenes import IMAGE, ask, data_of, floats, marks, network, one_core, scene_of, unchanged

SIDE, CLASSES = 6, 4


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(7)
    with one_core():
        yield


def small(activation: type[nn.Module], pool: bool = False) -> nn.Sequential:
    layers = [nn.Conv2d(2, 3, 3, padding=1), activation(), *([nn.MaxPool2d(2)] if pool else []),
              nn.Conv2d(3, 5, 3), activation(), nn.Flatten(), nn.LazyLinear(CLASSES)]
    model = nn.Sequential(*layers).double()
    model(torch.zeros(1, 2, SIDE, SIDE).double())
    return model.eval()


def case(model: nn.Sequential, target: int = 1, **given: Any) -> Case:
    image, black = torch.randn(1, 2, SIDE, SIDE).double().requires_grad_(), torch.full((1, 2, SIDE, SIDE), -0.4).double()
    return Case(**{"model": apart(model), "image": image, "black": black, "target": target, "layer": None, "macs": 1, "lot": 7,
                   **given})


def logit(one: Case, images: Tensor) -> Tensor:
    with torch.no_grad():
        return one.model(images)[:, one.target]  # type: ignore[no-any-return]


def difference(one: Case) -> float:
    return float(logit(one, one.image) - logit(one, one.black))


def slopes(one: Case, at: Tensor, step: float = 1e-6) -> Tensor:
    """The gradient by central differences."""
    places = torch.eye(at.numel()).double().view(-1, *at.shape[1:]) * step
    return ((logit(one, at + places) - logit(one, at - places)) / (2 * step)).view(at.shape[1:])


# ── each method against values worked out otherwise ─────────────────────────────────────────────────────────

@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU, nn.ReLU])
@pytest.mark.parametrize("target", [0, 3])
def test_saliency_is_the_slope_of_the_logit_with_its_sign(activation: type[nn.Module], target: int) -> None:
    one = case(small(activation, pool=True), target)
    found = attributed("saliency", one).values
    assert torch.allclose(found, slopes(one, one.image.detach()), atol=1e-7) and found.min() < 0 < found.max()


def test_input_x_gradient_is_the_slope_times_what_comes_in() -> None:
    one = case(small(nn.Softplus))
    image = one.image.detach()
    assert torch.allclose(attributed("input_x_gradient", one).values, image[0] * slopes(one, image), atol=1e-7)


def test_integrated_gradients_add_up_the_slopes_on_the_way_from_black() -> None:
    one = case(small(nn.Tanh))
    way = one.image.detach() - one.black
    steps = 200
    mean = sum(slopes(one, one.black + way * ((step + 0.5) / steps)) for step in range(steps)) / steps
    found = attributed("integrated_gradients", one)
    assert torch.allclose(found.values, way[0] * mean, atol=1e-5) and found.passes == 50
    assert float(found.values.sum()) == pytest.approx(difference(one), abs=1e-5)
    assert found.delta == pytest.approx(float(found.values.sum()) - difference(one), abs=1e-6)


def test_deep_lift_of_two_layers_by_hand() -> None:
    first, second = nn.Linear(8, 5).double(), nn.Linear(5, CLASSES).double()
    model = nn.Sequential(nn.Flatten(), first, nn.ReLU(), second).eval()
    image, black = torch.randn(1, 2, 2, 2).double().requires_grad_(), torch.randn(1, 2, 2, 2).double()
    one = Case(apart(model), image, black, 2, None, 1, 7)
    with torch.no_grad():
        before, reference = first(image.flatten(1))[0], first(black.flatten(1))[0]
        multipliers = second.weight[2] * (before.relu() - reference.relu()) / (before - reference)
        expected = (image - black)[0] * (multipliers @ first.weight).view(2, 2, 2)
    found = attributed("deep_lift", one)
    assert torch.allclose(found.values, expected, atol=1e-12)
    assert found.delta == pytest.approx(0, abs=1e-12) and float(expected.sum()) == pytest.approx(difference(one))


class PreActivation(nn.Module):
    """What comes into its ReLU and its pool goes another way, too."""

    def __init__(self) -> None:
        super().__init__()
        self.relu, self.conv, self.pool = nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1), nn.MaxPool2d(1)

    def forward(self, images: Tensor) -> Tensor:
        return images + self.conv(self.relu(images)) + self.pool(images)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus])
@pytest.mark.parametrize("pool", [False, True])
def test_what_deep_lift_finds_adds_up_to_the_difference(activation: type[nn.Module], pool: bool) -> None:
    one = case(small(activation, pool))
    assert float(attributed("deep_lift", one).values.sum()) == pytest.approx(difference(one), abs=1e-9)


def test_deep_lift_adds_up_where_a_layer_shares_what_comes_in_with_others() -> None:
    model = nn.Sequential(PreActivation(), PreActivation(), nn.ReLU(), nn.Flatten(), nn.Linear(72, CLASSES)).double().eval()
    one = case(model)
    assert float(attributed("deep_lift", one).values.sum()) == pytest.approx(difference(one), abs=1e-9)


def test_guided_backprop_drops_what_is_negative_at_every_relu() -> None:
    block = PreActivation().double()
    last = nn.Linear(72, CLASSES).double()
    one = case(nn.Sequential(block, nn.ReLU(), nn.Flatten(), last).eval())
    image = one.image.detach()
    with torch.no_grad():
        made = block(image)
    back = (last.weight[1].view(2, SIDE, SIDE) * (made > 0)[0]).clamp(min=0).detach()[None]
    through = nn.functional.conv_transpose2d(back, block.conv.weight.detach(), padding=1)
    assert torch.allclose(attributed("guided_backprop", one).values, (2 * back + (through * (image > 0)).clamp(min=0))[0])


@pytest.mark.parametrize("side", [(6, 6), (9, 5), (1, 1), (14, 14)])
def test_occlusion_is_the_mean_fall_over_the_windows_that_cover_a_pixel(side: tuple[int, int]) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(2 * side[0] * side[1], CLASSES), nn.Tanh()).double().eval()
    image = torch.randn(1, 2, *side).double()
    one = Case(apart(model), image, torch.full_like(image, -0.4), 1, None, 1, 5)
    (high, wide), (down, right), passes = windows(*side, most=10**9)
    falls, covered, count = torch.zeros(side).double(), torch.zeros(side), 0
    for top in range(0, side[0] - high + down, down):
        for left in range(0, side[1] - wide + right, right):
            hidden = image.clone()
            hidden[:, :, top:top + high, left:left + wide] = -0.4
            falls[top:top + high, left:left + wide] += float(logit(one, image) - logit(one, hidden))
            covered[top:top + high, left:left + wide] += 1
            count += 1
    found = attributed("occlusion", one)
    assert torch.allclose(found.values[0].double(), falls / covered, atol=1e-6)
    assert found.passes == passes == count and len(found.values) == 1


@pytest.mark.parametrize("layer", ["0", "3"])
def test_grad_cam_is_that_written_by_hand(layer: str) -> None:
    model = small(nn.ReLU, pool=True)
    one = case(model, layer=layer)
    image = one.image.detach()
    maps = model[:int(layer) + 1](image).detach().requires_grad_()
    (slope,) = torch.autograd.grad(model[int(layer) + 1:](maps)[0, 1], maps)
    coarse = (slope.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True)
    expected = nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear", align_corners=False)[0]
    found = attributed("grad_cam", one).values
    assert torch.allclose(found, expected) and found.min() < 0


def test_in_a_network_without_bends_four_methods_are_the_same() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(72, CLASSES)).double().eval()
    one = case(model, black=torch.zeros(1, 2, SIDE, SIDE).double())
    expected = model[1].weight[1].detach().view(2, SIDE, SIDE) * one.image.detach()[0]
    for method in ("input_x_gradient", "integrated_gradients", "deep_lift"):
        assert torch.allclose(attributed(method, one).values, expected, atol=1e-6), method
    alone = attributed("occlusion", one).values[0].double()  # its windows are single pixels
    assert torch.allclose(alone, expected.sum(0), atol=1e-6)


# ── long ones ───────────────────────────────────────────────────────────────────────────────────────────────

def test_the_longer_a_pass_the_fewer_there_are() -> None:
    small_steps = attributed("integrated_gradients", case(small(nn.Tanh), macs=int(MOST_MACS / 60))).passes
    assert small_steps == 20
    assert windows(28, 28, 169)[::2] == ((4, 4), 169) and windows(28, 28, 168) == ((4, 4), (4, 4), 49)
    assert windows(28, 28, 25) == ((6, 6), (6, 6), 25) and windows(28, 28, 9) == ((10, 10), (10, 10), 9)


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_what_would_take_too_long_is_refused(method: str) -> None:
    with pytest.raises(Refused, match="too long"):
        attributed(method, case(small(nn.Tanh), macs=int(MOST_MACS)))


# ── the question ────────────────────────────────────────────────────────────────────────────────────────────

def values_of(answer: dict[str, Any]) -> Tensor:
    return floats(answer["values"], answer["height"], answer["width"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dataset", ["digits", "cifar10"])
def test_every_method_answers_for_every_class_and_leaves_no_trace(method: str, dataset: str) -> None:
    scene = scene_of(cnn(dataset))  # type: ignore[arg-type]
    before, said = marks(scene), ask(scene, "classify", image=IMAGE)
    first = ask(scene, "explain", image=IMAGE, method=method)
    other = ask(scene, "explain", image=IMAGE, method=method, target=(first["target"] + 1) % 10)
    assert first["ok"] and first["target"] == first["prediction"] == said["prediction"] and first["softmax"] == said["softmax"]
    assert [first["height"], first["width"]] == [8, 8] if dataset == "digits" else [32, 32]
    found = values_of(first)
    assert found.isfinite().all() and float(found.abs().max()) == pytest.approx(first["most"]) and first["most"] > 0
    assert not torch.equal(found, values_of(other)) and first["place"] == scene.place and first["image"] == said["image"]
    assert (first["layer"] is not None) == METHODS[method].layer and (first["baseline"] == "black") == METHODS[method].black
    assert (first["delta"] is not None) == (method in ("integrated_gradients", "deep_lift"))
    assert unchanged(before, marks(scene))


def test_black_is_byte_0_normalised_and_the_sum_is_the_difference_of_logits() -> None:
    scene = scene_of(cnn("cifar10"))
    image = data_of("cifar10").test.images[3]
    with torch.no_grad():
        outputs = scene.model(scene.batch(torch.stack((image, torch.zeros_like(image)))))[:, 6]
    for method, close in (("deep_lift", 1e-5), ("integrated_gradients", 0.01)):
        answer = ask(scene, "explain", image=IMAGE, method=method, target=6)
        assert float(values_of(answer).sum()) == pytest.approx(float(outputs[0] - outputs[1]), abs=close)
        assert answer["delta"] == pytest.approx(float(values_of(answer).sum() - (outputs[0] - outputs[1])), abs=1e-4)


def test_it_is_the_same_of_a_frozen_network_and_in_the_middle_of_an_evaluation() -> None:
    scene = scene_of(cnn())
    plain = {method: ask(scene, "explain", image=IMAGE, method=method) for method in METHODS}
    scene.model.requires_grad_(False)
    with torch.inference_mode():
        frozen = {method: ask(scene, "explain", image=IMAGE, method=method) for method in METHODS}
    assert all(frozen[method]["values"] == plain[method]["values"] for method in METHODS)


def test_it_follows_the_weights() -> None:
    scene = scene_of(cnn())
    before = ask(scene, "explain", image=IMAGE, method="grad_cam")
    with torch.no_grad():
        for values in scene.model.state_dict().values():
            values.mul_(1.5)
    assert ask(scene, "explain", image=IMAGE, method="grad_cam")["most"] > 1.2 * before["most"]


def test_grad_cam_looks_at_the_convolution_that_is_asked_for() -> None:
    scene = scene_of(network("conv", "relu", {"kind": "residual", "layers": [{"kind": "conv", "channels": 8}]}))
    assert ask(scene, "explain", image=IMAGE, method="grad_cam")["layer"] == "residual1.body.conv1"
    found = {layer: ask(scene, "explain", image=IMAGE, method="grad_cam", layer=layer)
             for layer in ("conv1", "residual1.body.conv1", "residual1.skip.conv")}
    assert [answer["layer"] for answer in found.values()] == list(found)
    assert len({answer["values"] for answer in found.values()}) == 3


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────

def refused(scene: Scene, method: str = "saliency", **args: Any) -> dict[str, str]:
    answer = ask(scene, "explain", **{"image": IMAGE, "method": method, **args})
    assert not answer["ok"] and answer["error"]["message"] and answer["error"]["hint"]
    return answer["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(("args", "code", "words"), [
    ({"target": 99}, "unknown_class", "0, 1, 2, 3"),
    ({"method": "grad_cam", "layer": "conv7"}, "unknown_layer", "conv1, conv2"),
    ({"method": "grad_cam", "layer": "linear1"}, "unknown_layer", "conv1, conv2"),
    ({"image": {"kind": "pixels", "pixels": "AAAA"}}, "wrong_shape", "8×8×1"),
    ({"image": {"kind": "pixels", "pixels": "AAAAA"}}, "invalid", "Encode"),
    ({"image": {"kind": "example", "split": "test", "number": 10**6}}, "unknown_example", "359"),
    ({"method": "magic"}, "no_answer", ""), ({"target": -1}, "no_answer", ""), ({"layer": "../../x"}, "no_answer", ""),
])  # the last ones do not come so far: the web process refuses them
def test_bad_input_is_refused_in_words(args: dict[str, Any], code: str, words: str) -> None:
    scene = scene_of(cnn())
    before = marks(scene)
    error = refused(scene, **args)
    assert error["code"] == code and words in error["hint"]
    assert unchanged(before, marks(scene))


def test_grad_cam_without_a_convolution_is_refused() -> None:
    assert refused(scene_of(mlp()), "grad_cam")["code"] == "no_convolution"


@pytest.mark.parametrize("method", METHODS)
def test_numbers_that_are_not_finite_explain_nothing(method: str) -> None:
    scene = scene_of(cnn())
    with torch.no_grad():
        scene.model.conv1.weight[0] = float("nan")  # type: ignore[index, operator]
    assert refused(scene, method)["code"] == "not_finite"


IMPOSSIBLE: list[tuple[str, Blueprint, str]] = [
    ("deep_lift", network("conv", "gelu"), "gelu1"),
    ("deep_lift", network("conv", "layernorm"), "layernorm1"),
    ("deep_lift", network("patches", {"kind": "lstm", "output": "all"}), "lstm1.cells (LSTM)"),
    ("deep_lift", network("patches", {"kind": "transformer", "heads": 1}), "transformer1."),
    ("deep_lift", network({"kind": "pool", "size": 3, "stride": 2}), "pool1 (MaxPool2d) overlap"),
    ("deep_lift", network("patches", {"kind": "sequencepool", "mode": "max"}), "sequencepool1"),
    ("deep_lift", network({"kind": "backbone", "model": "densenet121", "size": 32}), "backbone1.net"),
    ("guided_backprop", network({"kind": "backbone", "model": "densenet121", "size": 32}), "backbone1.net (DenseNet)"),
    ("guided_backprop", network("conv", "tanh"), "no ReLU"),
    *((method, network("tokens", "embedding"), "tokens1") for method in METHODS if method not in ("occlusion", "grad_cam")),
    ("grad_cam", network("conv", "tokens", "embedding"), "tokens1"),
]


@pytest.mark.parametrize(("method", "blueprint", "words"), IMPOSSIBLE, ids=lambda one: one if isinstance(one, str) else "")
def test_where_a_method_cannot_work_it_names_the_layer_and_one_that_can(method: str, blueprint: Blueprint, words: str) -> None:
    scene = scene_of(blueprint)
    before = marks(scene)
    error = refused(scene, method)
    assert error["code"] == "cannot_explain" and words in error["message"] and "Occlusion" in error["hint"]
    assert unchanged(before, marks(scene))
    assert ask(scene, "explain", image=IMAGE, method="occlusion")["ok"]


def test_a_relu_that_is_used_twice_stops_deep_lift_only() -> None:
    scene = scene_of(network({"kind": "backbone", "model": "resnet18", "size": 32}))
    scene.model.backbone1.net.maxpool = nn.MaxPool2d(2)  # type: ignore[union-attr]
    assert "used 2 times" in refused(scene, "deep_lift")["message"]
    before = marks(scene)
    assert ask(scene, "explain", image=IMAGE, method="guided_backprop")["ok"] and unchanged(before, marks(scene))


def test_nothing_is_left_behind_where_captum_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(one: Case) -> Found:
        one.model.register_forward_hook(lambda *_: None)
        raise RuntimeError("out of memory")

    monkeypatch.setitem(ATTRIBUTIONS, "saliency", broken)
    scene = scene_of(cnn())
    before = marks(scene)
    assert refused(scene)["code"] == "no_answer" and unchanged(before, marks(scene))


# ── every kind of layer ─────────────────────────────────────────────────────────────────────────────────────

FIELDS: dict[str, dict[str, Any]] = {"residual": {"layers": [{"kind": "relu"}, {"kind": "conv", "channels": 3}]},
                                     "backbone": {"model": "resnet18", "size": 32}, "transformer": {"heads": 1},
                                     "groupnorm": {"groups": 1}}
BEFORE: list[list[Any]] = [[{"kind": "conv", "channels": 4}, "relu"], [], ["patches"], ["tokens"], ["flatten"]]
AFTER: list[list[Any]] = [[], ["embedding"]]


def with_kind(kind: str) -> Blueprint:
    """A network that has this kind of layer."""
    for before in BEFORE:
        for after in AFTER:
            blueprint = network(*before, {"kind": kind, **FIELDS.get(kind, {})}, *after)
            if not report(blueprint)["error"]:
                return blueprint
    raise AssertionError(f"no network has {kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_with_every_kind_of_layer_each_method_answers_or_refuses_in_words(kind: str) -> None:
    scene = scene_of(with_kind(kind))
    before = marks(scene)
    for method in METHODS:
        answer = ask(scene, "explain", image=IMAGE, method=method)
        if answer["ok"]:
            found = values_of(answer)
            assert found.shape == (8, 8) and found.isfinite().all(), method
            if method == "deep_lift":
                assert abs(answer["delta"]) < 1e-4 * max(1.0, float(found.abs().sum())), "it does not add up"
        else:
            assert method != "occlusion" and answer["error"]["code"] in ("cannot_explain", "no_convolution"), answer
            assert answer["error"]["hint"].endswith("Occlusion works for every network.")
    assert unchanged(before, marks(scene))


@pytest.mark.parametrize("model", ["squeezenet1_1", "mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5", "vit_b_32"])
def test_ready_networks_are_explained_or_refused_in_words(model: str) -> None:
    scene = scene_of(network({"kind": "backbone", "model": model, "size": 64}))
    before = marks(scene)
    for method in ("saliency", "deep_lift", "guided_backprop", "grad_cam"):
        answer = ask(scene, "explain", image=IMAGE, method=method)
        assert answer["ok"] or answer["error"]["code"] == "cannot_explain", answer
        if answer["ok"] and answer["delta"] is not None:
            assert abs(answer["delta"]) < 1e-4
    assert unchanged(before, marks(scene))


def test_the_table_and_the_methods_are_the_same() -> None:
    assert set(ATTRIBUTIONS) == set(METHODS)
