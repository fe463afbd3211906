"""Models, losses and optimizers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ml_utils.core.blueprint import PRESETS, Blueprint, cnn, layer_names, mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.core.kinds.activations import Relu
from ml_utils.core.kinds.pooling import Pool
from ml_utils.core.kinds.rows import Flatten, Linear
from ml_utils.core.rules import report
from ml_utils.core.settings import LossName, OptimizerName, Settings
from ml_utils.trainer.data import digits
from ml_utils.trainer.evaluate import evaluate
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.losses import LOSSES
from ml_utils.trainer.model import QuickDropout, build

CPU = torch.device("cpu")


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_fits_every_dataset(preset: str, dataset: Any) -> None:
    blueprint = PRESETS[preset](dataset)
    model = build(blueprint, CPU)
    images = torch.zeros(2, *DATASETS[dataset].shape)
    assert model(images).shape == (2, len(DATASETS[dataset].classes))
    assert sum(parameter.numel() for parameter in model.parameters()) == report(blueprint)["parameters"]
    assert sorted(name for name, _ in model.named_children()) == sorted(layer_names(blueprint))


def test_weights_depend_on_the_seed_only() -> None:
    first = build(cnn(seed=5), CPU).state_dict()
    torch.rand(10)
    again, other = build(cnn(seed=5), CPU).state_dict(), build(cnn(seed=6), CPU).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_pooling_before_relu_gives_the_same_values() -> None:
    model = build(Blueprint(dataset="digits", layers=(Relu(), Pool(), Flatten(), Linear(features=10))), CPU)
    assert [name for name, _ in model.named_children()] == ["pool1", "relu1", "flatten1", "linear1"]
    images = torch.randn(3, 1, 8, 8)
    usual = model.linear1(torch.nn.functional.max_pool2d(images.relu(), 2).flatten(1))
    assert torch.equal(model(images), usual)


def test_dropout_switches_off_its_share_and_makes_up_for_it() -> None:
    layer, values = QuickDropout(0.25), torch.ones(1000, 100, requires_grad=True)
    dropped = layer(values)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped)  # type: ignore[arg-type]
    assert torch.equal(layer.eval()(values), values)


@pytest.mark.parametrize("optimizer", OptimizerName.__args__)  # type: ignore[attr-defined]
@pytest.mark.parametrize("loss", LossName.__args__)  # type: ignore[attr-defined]
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_every_optimizer_and_loss_learns(optimizer: Any, loss: Any, momentum: float) -> None:
    rate = 0.05 if optimizer == "sgd" else 0.002
    learner = Learner(mlp(), Settings(optimizer=optimizer, loss=loss, momentum=momentum, learning_rate=rate), CPU)
    data = digits(1, CPU)
    images, labels = data.sliced(data.train, 0, 64)
    losses = []
    for _ in range(8):
        value = learner.loss(learner.model(images), labels)
        learner.step(value, 0.0)
        losses.append(value.item())
    assert losses[-1] < losses[0]


def test_there_is_a_loss_for_every_name() -> None:
    assert set(LOSSES) == set(LossName.__args__)  # type: ignore[attr-defined]


def test_settings_reach_the_optimizer_and_every_dropout_layer() -> None:
    learner = Learner(cnn(), Settings(), CPU)
    before = learner.optimizer
    learner.obey(Settings(learning_rate=0.5, momentum=0.1, weight_decay=0.2, dropout=0.7))
    group = learner.optimizer.param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.5, 0.1, 0.2)
    assert learner.model.dropout1.p == 0.7 and learner.optimizer is before
    learner.obey(Settings(optimizer="adam", momentum=0.3))
    assert learner.optimizer is not before and learner.optimizer.param_groups[0]["betas"] == (0.3, 0.999)


def test_a_dropout_layer_with_a_share_of_its_own_keeps_it() -> None:
    learner = Learner(mlp(), Settings(dropout=0.1, dropouts={"dropout1": 0.5, "dropout9": 0.9, "linear1": 0.2}), CPU)
    assert learner.model.dropout1.p == 0.5
    learner.obey(Settings(dropout=0.3))
    assert learner.model.dropout1.p == 0.3


def test_evaluating_disturbs_nothing() -> None:
    learner, data = Learner(cnn(), Settings(), CPU), digits(1, CPU)
    before = {name: tensor.clone() for name, tensor in learner.tensors().items()}
    score = evaluate(learner, data, lambda: True)
    after = learner.tensors()
    assert all(torch.equal(before[name], after[name]) for name in before) and before.keys() == after.keys()
    assert learner.model.training and score and score["examples"] == 360


def test_an_evaluation_can_be_stopped_and_is_begun_anew_where_the_loss_changes() -> None:
    learner, data = Learner(cnn(), Settings(), CPU), digits(1, CPU)
    assert evaluate(learner, data, lambda: False) is None
    assert evaluate(learner, data, lambda: not learner.obey(Settings(loss="multi_margin"))) is None
    assert learner.model.training
