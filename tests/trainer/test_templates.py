"""Ready networks in torch: each builds and trains, and learns what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torchvision.models import resnet50

from ml_utils.core.datasets import DATASETS
from ml_utils.core.rules import report
from ml_utils.core.settings import Settings
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.trainer.data import Batches
from ml_utils.trainer.evaluate import evaluate
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.model import build

from .trained import CPU, DATA

SHAPES = ("digits", "mnist", "cifar10")  # the others have the shape of MNIST
SMALL = {"deep_cnn": {"channels": 4}, "vgg": {"channels": 4, "hidden": 8}, "small_resnet": {"blocks": 1, "channels": 4},
         "torchvision": {"model": "resnet18", "size": 32}}
MOVED = ("linear", "conv", "lstm", "position", "transformer", "residual")  # the others may rest where a ReLU is dead
CORNERS: list[tuple[str, dict[str, Any]]] = [
    ("mlp", {"layers": 3, "activation": "softplus", "dropout": False}),
    ("three_blocks", {"kernel": "large", "activation": "leakyrelu"}),
    ("three_blocks", {"blocks": 1, "kernel": "medium", "activation": "gelu"}), ("small_resnet", {"blocks": 3, "channels": 4}),
    ("lstm", {"both": True, "features": 8}), ("transformer", {"blocks": 1, "heads": 1, "width": 4, "patch": "small"}),
    ("transformer", {"heads": 8, "width": 5, "patch": "large"})]


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def step(name: str, dataset: Any, options: dict[str, Any]) -> None:
    """Train one step; the parameters are those that were counted, the loss is a number, and weights have moved."""
    blueprint = template(name, dataset, options, 1)
    learner = Learner(blueprint, Settings(optimizer="adam", dropout=0.0), CPU)
    before = {key: one.clone() for key, one in learner.model.named_parameters()}
    images, labels = torch.randn(4, *DATASETS[dataset].shape), torch.tensor([0, 3, 5, 9])
    loss = learner.loss(learner.model(images), labels)
    learner.step(loss, 0.0)
    assert torch.isfinite(loss)
    after = dict(learner.model.named_parameters())
    assert sum(one.numel() for one in after.values()) == report(blueprint)["parameters"]
    assert [key for key in after if not torch.isfinite(after[key]).all()] == []
    assert all(not torch.equal(before[key], after[key]) for key in after if key.startswith(MOVED))


@pytest.mark.parametrize("dataset", SHAPES)
@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "resnet50"])
def test_every_ready_network_trains_on_every_shape_of_images(name: str, dataset: str) -> None:
    step(name, dataset, SMALL.get(name, {}))


@pytest.mark.parametrize(("name", "options"), CORNERS)
def test_it_trains_whatever_its_options_are(name: str, options: dict[str, Any]) -> None:
    for dataset in SHAPES:
        step(name, dataset, options)


def test_resnet50_trains_on_the_smallest_images() -> None:
    step("resnet50", "digits", {})


def test_resnet50_is_that_of_torchvision_layer_by_layer() -> None:
    own, theirs = build(template("resnet50", "cifar10", {}, 1), CPU), resnet50(num_classes=10)
    assert sorted(tuple(one.shape) for one in own.parameters()) == sorted(tuple(one.shape) for one in theirs.parameters())
    ordered = dict(zip(own.state_dict(), theirs.state_dict().values(), strict=True))
    assert all(one.shape == ordered[key].shape for key, one in own.state_dict().items()), "the order of layers differs"
    own.load_state_dict(ordered)
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(own.eval()(images), theirs.eval()(images), atol=1e-4)


ADAM = {"optimizer": "adam", "learning_rate": 0.003, "dropout": 0.0}


@pytest.mark.parametrize(("name", "settings", "epochs", "least"), [
    ("logistic_regression", {}, 5, 0.93),
    ("mlp", {}, 6, 0.93),
    ("lenet5", {}, 12, 0.90),
    ("three_blocks", {}, 8, 0.90),
    ("deep_cnn", {}, 3, 0.90),
    ("vgg", {}, 4, 0.90),
    ("small_resnet", {}, 5, 0.90),
    ("lstm", ADAM, 6, 0.90),
    ("transformer", ADAM, 10, 0.90),
])
def test_it_learns_to_read_digits(name: str, settings: dict[str, Any], epochs: int, least: float) -> None:
    learner, batches = Learner(template(name, "digits", {}, 1), Settings(**settings), CPU), Batches(DATA, 1)
    for epoch in range(epochs):
        seen = 0
        while seen < len(DATA.train):
            images, labels = batches.take(epoch, seen, 64)
            learner.step(learner.loss(learner.model(images), labels), epoch + seen / len(DATA.train))
            seen += len(labels)
    score = evaluate(learner, DATA, lambda: True)
    assert score and score["accuracy"] >= least
