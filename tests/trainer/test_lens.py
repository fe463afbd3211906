"""The look inside the layers: right numbers, and a training that does not notice."""

from __future__ import annotations

import math
from base64 import b64decode
from typing import Any

import pytest
import torch
from torch import Tensor

from ml_utils.core.blueprint import Blueprint, cnn, layer_names, mlp
from ml_utils.core.events_seen import BatchShown, HistogramsMeasured, LayersMeasured
from ml_utils.core.kinds.activations import Relu
from ml_utils.core.kinds.convolutions import Conv
from ml_utils.core.kinds.pooling import Pool
from ml_utils.core.kinds.rows import Flatten, Linear
from ml_utils.core.settings import OptimizerName, Settings
from ml_utils.trainer.data import Batches, digits
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.lens import EVERY, SHARE, Lens, histograms
from ml_utils.trainer.losses import LOSSES
from ml_utils.trainer.shown import pictures, shown

CPU = torch.device("cpu")
DATA = digits(1, CPU)
IMAGES, LABELS = DATA.sliced(DATA.train, 0, 64)


RESIDUAL = {"kind": "residual", "layers": [{"kind": "conv", "channels": 8}, {"kind": "batchnorm"}, {"kind": "relu"}]}
END = {"kind": "linear", "features": 10}
MIXED: dict[str, list[dict[str, Any]]] = {
    "residual": [{"kind": "conv", "channels": 4}, {"kind": "batchnorm"}, RESIDUAL, {"kind": "relu"}, {"kind": "flatten"}, END],
    "transformer": [{"kind": "patches"}, {"kind": "linear", "features": 8}, {"kind": "relu"}, {"kind": "position"},
                    {"kind": "transformer", "heads": 2, "feedforward": 16}, {"kind": "sequencepool"}, {"kind": "tanh"}, END],
    "words": [{"kind": "tokens"}, {"kind": "embedding", "features": 4}, {"kind": "lstm", "features": 20}, {"kind": "sigmoid"},
              {"kind": "dropout"}, END],
    "backbone": [{"kind": "backbone", "model": "resnet18", "size": 32}, END],
}


def mixed(name: str) -> Blueprint:
    return Blueprint.model_validate({"dataset": "digits", "layers": MIXED[name]})


class Clock:
    """Each look at it is `step` seconds after the last."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 100.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def made(blueprint: Blueprint, **settings: Any) -> tuple[Learner, Lens]:
    learner = Learner(blueprint, Settings(**settings), CPU)
    return learner, Lens(learner.model, blueprint)


def batch(learner: Learner, images: Tensor = IMAGES, labels: Tensor = LABELS) -> Tensor:
    """Train one batch as the loop does; return the outputs."""
    outputs: Tensor = learner.model(images)
    learner.step(learner.loss(outputs, labels), 0.0)
    return outputs


def looked(learner: Learner, lens: Lens) -> dict[str, Any]:
    lens.open()
    batch(learner)
    found: dict[str, Any] = lens.read().measured()["layers"]
    return found


def trained(blueprint: Blueprint, look: bool, count: int = 10, **settings: Any) -> dict[str, Tensor]:
    learner, lens = made(blueprint, **settings)
    batches = Batches(DATA, blueprint.seed)
    for seen in range(0, 64 * count, 64):
        images, labels = batches.take(0, seen, 64)
        if look:
            lens.open()
        outputs = batch(learner, images, labels)
        if look:
            shown(pictures(images, DATA, "digits"), labels, outputs, learner.loss, 0.05, lens.read())
            histograms(learner.model)
    if look:
        lens.examine(learner, IMAGES)
    return learner.tensors()


@pytest.mark.parametrize("optimizer", OptimizerName.__args__)  # type: ignore[attr-defined]
@pytest.mark.parametrize("blueprint", [cnn(), mlp()], ids=["cnn", "mlp"])
def test_training_under_the_lens_is_the_same_to_the_bit(blueprint: Blueprint, optimizer: Any) -> None:
    settings = {"optimizer": optimizer, "weight_decay": 0.01, "dropout": 0.4, "learning_rate": 0.003}
    plain, seen = trained(blueprint, False, **settings), trained(blueprint, True, **settings)
    assert plain.keys() == seen.keys() and any(name.startswith("optimizer.") for name in plain)
    assert all(torch.equal(plain[name], seen[name]) and plain[name].stride() == seen[name].stride() for name in plain)


@pytest.mark.parametrize("name", [name for name in MIXED if name != "backbone"])  # that one is slow, and has the same parts
def test_the_same_holds_for_sequences_blocks_and_running_statistics(name: str) -> None:
    blueprint = mixed(name)
    plain, seen = trained(blueprint, False, count=3), trained(blueprint, True, count=3)
    assert plain.keys() == seen.keys() and all(torch.equal(plain[name], seen[name]) for name in plain)


@pytest.mark.parametrize("optimizer", OptimizerName.__args__)  # type: ignore[attr-defined]
def test_norms_are_those_of_the_gradients_the_weights_and_the_step(optimizer: Any) -> None:
    learner, lens = made(cnn(), optimizer=optimizer, weight_decay=0.1, learning_rate=0.002)
    batch(learner)
    before = {name: weight.detach().clone() for name, weight in learner.model.named_parameters()}
    lens.open()
    learner.loss(learner.model(IMAGES), LABELS).backward()  # on top of the gradients that are there
    gradients = {name: weight.grad.clone() for name, weight in learner.model.named_parameters() if weight.grad is not None}
    learner.optimizer.step()
    after = {name: weight.detach() for name, weight in learner.model.named_parameters()}
    layers = lens.read().measured()["layers"]

    def norm(tensors: dict[str, Tensor], layer: str) -> float:
        return math.hypot(*(float(tensor.norm()) for name, tensor in tensors.items() if name.startswith(layer + ".")))

    for layer in ("conv1", "conv2", "linear1", "linear2"):
        step = {name: after[name] - before[name] for name in after}
        assert layers[layer]["gradient_norm"] == pytest.approx(norm(gradients, layer), rel=1e-4)
        assert layers[layer]["weight_norm"] == pytest.approx(norm(after, layer), rel=1e-4)
        assert layers[layer]["update_ratio"] == pytest.approx(norm(step, layer) / norm(before, layer), rel=1e-4)


def test_outputs_are_those_of_the_blueprint_though_pooling_comes_before_relu() -> None:
    blueprint = Blueprint(dataset="digits", layers=(
        Conv(channels=6), Relu(), Pool(), Flatten(), Linear(features=20), Relu(), Linear(features=10)))
    learner, lens = made(blueprint)
    with torch.no_grad():
        learner.model.conv1.bias[:3] = -1000.0  # type: ignore[index]  # three channels that are never above zero
        convolved = learner.model.conv1(IMAGES)
        hidden = learner.model.linear1(torch.nn.functional.max_pool2d(convolved.relu(), 2).flatten(1))
        expected = {"conv1": convolved, "relu1": convolved.relu(), "pool1": torch.nn.functional.max_pool2d(convolved.relu(), 2),
                    "linear1": hidden, "relu2": hidden.relu()}
    layers = looked(learner, lens)
    assert list(layers) == layer_names(blueprint)
    for name, values in expected.items():
        assert layers[name]["mean"] == pytest.approx(float(values.mean()), rel=1e-3), name
        assert layers[name]["spread"] == pytest.approx(float(values.std(correction=0)), rel=1e-3), name
    dead = {name: layer["dead"] for name, layer in layers.items() if layer["dead"] is not None}
    assert dead == {"relu1": 0.5, "relu2": pytest.approx(float((hidden.amax(0) <= 0).float().mean()), abs=1e-4)}


def test_every_layer_of_a_run_of_pooling_gives_what_the_blueprint_says() -> None:
    """`build` moves the ReLU behind both."""
    blueprint = Blueprint(dataset="digits", layers=(
        Conv(channels=6), Relu(), Pool(), Pool(), Relu(), Flatten(), Linear(features=10)))
    learner, lens = made(blueprint)
    with torch.no_grad():
        values = learner.model.conv1(IMAGES)
        expected = {"relu1": (values := values.relu()), "pool1": (values := torch.nn.functional.max_pool2d(values, 2)),
                    "pool2": (values := torch.nn.functional.max_pool2d(values, 2)), "relu2": values}
    layers = looked(learner, lens)
    for name, one in expected.items():
        assert layers[name]["units"] == pytest.approx(one.mean((0, 2, 3)).tolist(), rel=0.01, abs=1e-6), name


@pytest.mark.parametrize("name", MIXED)
def test_every_kind_of_output_is_told_as_it_is(name: str) -> None:
    blueprint = mixed(name)
    learner, lens = made(blueprint)
    outputs: dict[str, Tensor] = {}
    hooks = [module.register_forward_hook(lambda *call, name=name: outputs.__setitem__(name, call[2].detach()))
             for name, module in learner.model.named_children()]
    layers = looked(learner, lens)
    assert LayersMeasured.model_validate({"layers": layers}) and hooks
    for layer, values in outputs.items():
        look, plain = layers[layer], values.double()
        assert look["mean"] == pytest.approx(float(plain.mean()), rel=1e-3, abs=1e-5), layer
        assert look["spread"] == pytest.approx(float(plain.std(correction=0)), rel=1e-3), layer
        units = plain.movedim(1, -1) if values.dim() == 4 else plain
        means = units.flatten(0, -2).mean(0)[:16].tolist() if values.is_floating_point() else []
        assert look["units"] == pytest.approx(means, rel=0.01, abs=1e-4), layer
        dead = float((units.flatten(0, -2).amax(0) <= 0).double().mean()) if look["kind"] == "relu" else None
        assert look["dead"] == (dead if dead is None else pytest.approx(dead, abs=1e-4))


def test_norms_of_a_layer_with_many_parameters_are_over_all_of_them() -> None:
    learner, lens = made(mixed("residual"))
    before = [weight.detach().clone() for weight in learner.model.residual1.parameters()]
    look = looked(learner, lens)["residual1"]
    after = [weight.detach() for weight in learner.model.residual1.parameters()]
    assert len(after) > 6
    steps = [float((new - old).norm()) for new, old in zip(after, before, strict=True)]
    assert look["weight_norm"] == pytest.approx(math.hypot(*(float(one.norm()) for one in after)), rel=1e-4)
    was = math.hypot(*(float(one.norm()) for one in before))
    assert look["update_ratio"] == pytest.approx(math.hypot(*steps) / was, rel=1e-3)
    assert look["gradient_norm"] == pytest.approx(math.hypot(*(
        float(weight.grad.norm()) for weight in learner.model.residual1.parameters() if weight.grad is not None)), rel=1e-4)


@pytest.mark.parametrize(("kind", "ends"), [("tanh", (-1.0, 1.0)), ("sigmoid", (0.0, 1.0))])
def test_what_is_at_the_flat_ends_of_a_squashing_function_is_saturated(kind: str, ends: tuple[float, float]) -> None:
    layers = [{"kind": "flatten"}, {"kind": "linear", "features": 30}, {"kind": kind}, END]
    learner, lens = made(Blueprint.model_validate({"dataset": "digits", "layers": layers}))
    with torch.no_grad():
        learner.model.linear1.weight.mul_(8)
        outputs = torch.sigmoid(learner.model.linear1(IMAGES.flatten(1)))
        outputs = torch.tanh(learner.model.linear1(IMAGES.flatten(1))) if kind == "tanh" else outputs
    near = 0.03 * (ends[1] - ends[0])
    share = ((outputs <= ends[0] + near) | (outputs >= ends[1] - near)).float().mean()
    found = looked(learner, lens)
    assert 0.1 < share < 0.95 and found[f"{kind}1"]["saturated"] == pytest.approx(float(share), abs=1e-3)
    assert found["linear1"]["saturated"] is None


def test_frozen_layers_are_not_copied() -> None:
    learner, lens = made(cnn())
    looked(learner, lens)
    learner.obey(Settings(frozen=("conv1", "conv2")))
    looked(learner, lens)
    assert [copy.shape for copy in lens._before] == [weight.shape for name, weight in learner.model.named_parameters()
                                                     if name.startswith("linear")]
    learner.obey(Settings())
    assert looked(learner, lens)["conv1"]["update_ratio"] > 0


def test_layers_without_weights_have_no_norms_and_frozen_ones_no_gradient() -> None:
    learner, lens = made(cnn())
    batch(learner)
    learner.obey(Settings(frozen=("conv1",)))
    layers = looked(learner, lens)
    assert layers["conv1"]["gradient_norm"] is None and layers["conv1"]["update_ratio"] == 0
    assert layers["conv2"]["gradient_norm"] > 0 and layers["conv2"]["update_ratio"] > 0
    assert all(layers["pool1"][name] is None for name in ("gradient_norm", "weight_norm", "update_ratio", "dead"))
    assert histograms(learner.model)["layers"]["conv1"]["gradients"] is None


def test_what_is_not_finite_is_null_and_the_rest_is_still_told() -> None:
    learner, lens = made(cnn())
    with torch.no_grad():
        learner.model.linear1.weight[0, 0] = math.nan  # type: ignore[index]
    layers = LayersMeasured.model_validate(lens.examine(learner, IMAGES).measured()).layers
    assert layers["linear1"].weight_norm is None and layers["linear1"].mean is None
    assert layers["conv1"].mean is not None and layers["conv1"].weight_norm is not None
    assert layers["conv1"].gradient_norm is None and layers["conv1"].update_ratio is None  # nothing was learned
    assert histograms(learner.model)["layers"]["linear1"]["weights"] is None


def test_a_network_that_is_frozen_altogether_can_be_looked_at() -> None:
    learner, lens = made(mlp())
    learner.obey(Settings(frozen=("linear1", "linear2")))
    lens.open()
    learner.step(learner.loss(learner.model(IMAGES), LABELS), 0.0)
    look = lens.read()
    layers = look.measured()["layers"].values()
    assert all(layer["gradient_norm"] is None and layer["update_ratio"] in (0, None) for layer in layers)
    assert look.stepped()["gradient_norm"] == look.stepped()["step_norm"] == 0


def test_a_closed_lens_sees_nothing_and_leaves_nothing_behind() -> None:
    learner, lens = made(cnn())
    lens.open()
    lens.open()  # a batch that was not trained
    assert lens.opened
    lens.close()
    assert not lens.opened and not any(module._forward_hooks for module in learner.model)
    assert looked(learner, lens)["conv1"]["mean"] is not None
    assert not lens.opened and not any(module._forward_hooks for module in learner.model)


@pytest.mark.parametrize(("step", "wait"), [(1e-6, EVERY), (0.01, None)])
def test_looking_takes_its_small_share_of_the_time(step: float, wait: float | None) -> None:
    clock, blueprint = Clock(step), cnn()
    learner = Learner(blueprint, Settings(), CPU)
    lens = Lens(learner.model, blueprint, clock)
    began = clock.now
    looked(learner, lens)
    expected = wait or (clock.now - began) / SHARE / 2  # half of the steps lie between two looks at the clock
    assert lens.due - clock.now == pytest.approx(expected, rel=0.2)


def test_histograms_count_every_weight_once() -> None:
    learner, _ = made(cnn())
    batch(learner)
    found = HistogramsMeasured.model_validate(histograms(learner.model)).layers
    assert list(found) == ["conv1", "conv2", "linear1", "linear2"]
    for name, both in found.items():
        weights = torch.cat([weight.detach().flatten() for weight in learner.model.get_submodule(name).parameters()])
        for histogram in (both.weights, both.gradients):
            assert histogram and sum(histogram.counts) == len(weights)
        assert both.weights and both.weights.low == float(weights.min()) and both.weights.high == float(weights.max())


def test_a_sample_of_weights_is_what_it_says() -> None:
    learner, _ = made(cnn())
    found = histograms(learner.model)["layers"]
    linear = learner.model.linear1.weight.detach()
    assert found["linear1"]["sample"]["of"] == list(linear.shape)
    assert torch.tensor(found["linear1"]["sample"]["values"]).allclose(linear[:12, :12], rtol=0.01)
    kernels = learner.model.conv2.weight.detach()
    strength = torch.tensor(found["conv2"]["sample"]["values"])
    assert strength.shape == (12, 12) and strength.abs().allclose(kernels[:12, :12].flatten(2).norm(dim=2), rtol=0.01)
    assert ((strength < 0) == (kernels[:12, :12].sum((2, 3)) < 0)).all()
    assert torch.tensor(found["conv1"]["kernels"]).allclose(learner.model.conv1.weight[:16, 0], rtol=0.01)
    assert found["conv2"]["kernels"] is None and found["linear1"]["kernels"] is None


@pytest.mark.parametrize("name", MIXED)
def test_where_no_number_stands_for_a_pair_there_is_no_sample(name: str) -> None:
    learner, _ = made(mixed(name))
    layers = HistogramsMeasured.model_validate(histograms(learner.model)).layers
    assert {layer for layer, found in layers.items() if found.sample} == {
        layer for layer in layers if layer.startswith(("linear", "conv"))}
    groups = Blueprint(dataset="digits", layers=(
        Conv(channels=4, kernel=9), Conv(channels=4, groups=2), Flatten(), Linear(features=10)))
    found = histograms(made(groups)[0].model)["layers"]
    assert found["conv1"]["sample"] and found["conv1"]["kernels"] is None and found["conv2"]["sample"] is None


def test_weights_that_are_not_finite_are_no_sample() -> None:
    learner, _ = made(cnn())
    with torch.no_grad():
        learner.model.linear1.weight[0, 0] = math.nan  # type: ignore[index]
        learner.model.conv1.weight[0, 0, 0, 0] = math.inf  # type: ignore[index]
    found = HistogramsMeasured.model_validate(histograms(learner.model)).layers
    assert found["linear1"].sample is None and found["conv1"].sample is None and found["conv1"].kernels is None
    assert found["linear2"].sample and found["conv2"].sample


def test_a_histogram_of_one_value_is_one_bin() -> None:
    learner, _ = made(mlp())
    with torch.no_grad():
        for weight in learner.model.linear1.parameters():
            weight.fill_(3.0)
    found = histograms(learner.model)["layers"]["linear1"]
    assert found["weights"]["low"] == found["weights"]["high"] == 3 and max(found["weights"]["counts"]) == 65 * 128
    assert found["gradients"] is None


# ── a batch for the eye ─────────────────────────────────────────────────────────────────────────────────────

def test_pictures_are_the_images_the_network_got() -> None:
    index = torch.arange(64)
    images, _ = DATA.picked(DATA.train, index)
    again = pictures(images, DATA, "digits")
    assert again.dtype == torch.uint8 and torch.equal(again, (DATA.train.images[:64] * (255 / 16)).round().to(torch.uint8))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_is_shown_with_what_the_network_said_of_it(loss: Any, smoothing: float) -> None:
    learner, lens = made(mlp(), loss=loss, label_smoothing=smoothing)
    lens.open()
    outputs = batch(learner)
    images = pictures(IMAGES, DATA, "digits")
    data = BatchShown.model_validate(shown(images, LABELS, outputs, learner.loss, 0.05, lens.read()))
    assert (data.shown, data.size, data.width, data.height, data.channels) == (32, 64, 8, 8, 1)
    assert b64decode(data.pixels) == images[:32].numpy().tobytes()
    assert list(data.labels) == LABELS[:32].tolist() and list(data.predictions) == outputs.argmax(1)[:32].tolist()
    said = outputs.detach()
    assert data.confidences[5] == pytest.approx(float(said.softmax(1)[5].max()), rel=1e-4)
    assert data.losses[5] == pytest.approx(float(learner.loss(said[5:6], LABELS[5:6])), rel=1e-4)
    assert data.loss == pytest.approx(float(learner.loss(said, LABELS)), rel=1e-4) and learner.loss.reduction == "mean"
    norms = [layer.gradient_norm for layer in data.layers.values() if layer.gradient_norm is not None]
    assert data.gradient_norm == pytest.approx(math.hypot(*norms), rel=1e-3) and data.layers["relu1"].step_norm is None


def test_large_pictures_are_fewer() -> None:
    learner, lens = made(mlp())
    lens.open()
    outputs = batch(learner)
    data = shown(torch.zeros(64, 64, 64, 3, dtype=torch.uint8), LABELS, outputs, learner.loss, 0.05, lens.read())
    assert data["shown"] == 3 and len(BatchShown.model_validate(data).labels) == 3
