"""The look inside the layers: right numbers, and a training that does not notice."""

from __future__ import annotations

import math
from base64 import b64decode
from typing import Any

import pytest
import torch
from torch import Tensor

from ml_utils.core.blueprint import Blueprint, Conv, Flatten, Linear, Pool, Relu, cnn, layer_names, mlp
from ml_utils.core.events_seen import BatchShown, HistogramsMeasured, LayersMeasured
from ml_utils.core.settings import OptimizerName, Settings
from ml_utils.trainer.data import Batches, digits
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.lens import EVERY, SHARE, Lens, histograms
from ml_utils.trainer.optim import LOSSES
from ml_utils.trainer.shown import pictures, shown

CPU = torch.device("cpu")
DATA = digits(1, CPU)
IMAGES, LABELS = DATA.sliced(DATA.train, 0, 64)


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


def trained(blueprint: Blueprint, look: bool, **settings: Any) -> dict[str, Tensor]:
    learner, lens = made(blueprint, **settings)
    batches = Batches(DATA, blueprint.seed)
    for seen in range(0, 640, 64):
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
