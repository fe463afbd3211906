"""Backbones: torchvision's models train on the images of the lab, and are what the rules say of them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.datasets import DATASETS
from ml_utils.core.kinds import zoo as table
from ml_utils.core.kinds.backbone import Backbone as Kind
from ml_utils.core.kinds.zoo import SIZES, ZOO
from ml_utils.core.rules import report
from ml_utils.core.settings import Settings
from ml_utils.trainer import zoo_table
from ml_utils.trainer.learner import Learner, Tensors
from ml_utils.trainer.model import build
from ml_utils.trainer.zoo import Backbone

CPU = torch.device("cpu")
SOME = (  # of every family
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3", "maxvit_t",
    "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet34", "resnet50",
    "resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vgg11_bn",
    "vit_b_32", "wide_resnet50_2")
SHAPES = ("digits", "mnist", "cifar10")
SETTINGS = Settings(learning_rate=0.001, batch_size=4)
LARGEST = 8e9  # bytes that training a model may take here


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def smallest(model: Any) -> int:
    return Kind(model=model).sizes()[0]


def blueprint(model: str, dataset: str = "digits", **fields: Any) -> Blueprint:
    layer = {"kind": "backbone", "model": model, "size": smallest(model), **fields}
    return Blueprint.model_validate({"dataset": dataset, "seed": 7, "layers": [layer, {"kind": "linear", "features": 10}]})


def images(dataset: str) -> Tensor:
    return torch.randn(4, *DATASETS[dataset].shape, generator=torch.Generator().manual_seed(3)).contiguous(
        memory_format=torch.channels_last)


def step(learner: Learner, dataset: str) -> float:
    loss = learner.loss(learner.model(images(dataset)), torch.tensor([0, 1, 2, 9]))
    learner.step(loss, 0.0)
    return float(loss.item())


def check_training(model: str, dataset: str) -> None:
    asked = blueprint(model, dataset)
    learner = Learner(asked, SETTINGS, CPU)
    assert sum(weight.numel() for weight in learner.model.parameters()) == report(asked)["parameters"]
    before = [weight.detach().clone() for weight in learner.model.parameters()]
    assert isfinite(step(learner, dataset))
    moved = [not torch.equal(old, new) for old, new in zip(before, learner.model.parameters(), strict=True)]
    assert moved[0] and moved[-1] and sum(moved) > len(moved) / 2  # of biases before a batch norm the gradient is 0
    assert all(weight.grad is not None for weight in learner.model.parameters())


@pytest.mark.parametrize("dataset", SHAPES)
@pytest.mark.parametrize("model", SOME)
def test_a_backbone_trains_a_step(model: str, dataset: str) -> None:
    check_training(model, dataset)


@pytest.mark.parametrize("model", SOME)
def test_the_table_has_what_torch_has(model: str) -> None:
    size = smallest(model)
    row, at = ZOO[model], SIZES.index(size)
    assert zoo_table.tried(model, size) == (row.features, row.parameters[at], row.macs[at], row.kept[at])


@pytest.mark.parametrize(("model", "size"), [("alexnet", 32), ("inception_v3", 64), ("maxvit_t", 128), ("vit_h_14", 64)])
def test_torch_refuses_the_sizes_that_the_table_refuses(model: str, size: int) -> None:
    assert ZOO[model].macs[SIZES.index(size)] == 0 and zoo_table.tried(model, size) is None


def test_the_table_has_every_model_and_is_as_it_was_written() -> None:
    assert zoo_table.names() == list(ZOO)
    assert Path(str(table.__file__)).read_text(encoding="utf-8") == zoo_table.page(ZOO)


def test_images_are_brought_to_their_size_and_grey_ones_become_coloured() -> None:
    class Seen(nn.Module):
        def forward(self, values: Tensor) -> Tensor:
            return values

    backbone = Backbone("squeezenet1_1", 32)
    backbone.net = Seen()
    grey = torch.arange(4.0).reshape(1, 1, 2, 2)
    seen = backbone(grey)
    assert seen.shape == (1, 3, 32, 32) and torch.equal(seen[0, 0], seen[0, 2])
    assert seen[0, 0, 0, 0] == 0 and seen[0, 0, -1, -1] == 3 and (seen[0, 0].diff() >= 0).all()
    right = torch.randn(2, 3, 32, 32)
    assert torch.equal(backbone(right), right)


@pytest.mark.parametrize("model", ["googlenet", "mnasnet0_5", "resnet18", "squeezenet1_1", "vit_b_32"])
def test_the_same_seed_gives_the_same_weights_pretrained_or_not(model: str) -> None:
    def made(**fields: Any) -> tuple[Tensors, Tensor]:
        return build(blueprint(model, **fields), CPU).state_dict(), torch.rand(1)

    (first, drawn), (again, drawn_again), (asking, _) = made(), made(), made(pretrained=True)
    assert all(torch.equal(first[name], again[name]) and torch.equal(first[name], asking[name]) for name in first)
    assert torch.equal(drawn, drawn_again)


@pytest.mark.parametrize("model", ["efficientnet_b0", "mnasnet0_5", "shufflenet_v2_x0_5", "squeezenet1_1", "swin_v2_t"])
def test_training_goes_on_from_a_checkpoint_to_the_bit(model: str) -> None:
    """They have stochastic depth, dropout, batch norm, a load of their own, and buffers with four sides."""
    learner = Learner(blueprint(model), SETTINGS, CPU)
    step(learner, "digits")
    kept = {name: tensor.clone() for name, tensor in learner.tensors().items()}
    step(learner, "digits")
    other = Learner(blueprint(model), SETTINGS, CPU)
    other.restore(kept)
    step(other, "digits")
    assert all(torch.equal(tensor, other.tensors()[name]) for name, tensor in learner.tensors().items())


def test_a_frozen_backbone_rests_and_the_head_learns() -> None:
    learner = Learner(blueprint("resnet18"), SETTINGS.model_copy(update={"frozen": ("backbone1",)}), CPU)
    before = {name: weight.detach().clone() for name, weight in learner.model.named_parameters()}
    step(learner, "digits")
    changed = {name for name, weight in learner.model.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == {"linear1.weight", "linear1.bias"}


# ── every model: `make nightly` ─────────────────────────────────────────────────────────────────────────────

def too_large(model: str) -> bool:
    memory = report(blueprint(model))["memory"]
    return bool(memory["fixed"] + memory["example"] * 4 > LARGEST)


@pytest.mark.nightly
@pytest.mark.parametrize("dataset", SHAPES)
@pytest.mark.parametrize("model", ZOO)
def test_every_backbone_trains_a_step(model: str, dataset: str) -> None:
    if not too_large(model):
        check_training(model, dataset)
        return
    with zoo_table.nothing_computed():
        net = nn.Sequential(Backbone(model, smallest(model)), nn.Linear(ZOO[model].features, 10)).train()
        assert net(images(dataset).to("meta")).shape == (4, 10)


@pytest.mark.nightly
@pytest.mark.parametrize("model", ZOO)
def test_every_row_of_the_table_is_as_torch_has_it(model: str) -> None:
    assert zoo_table.row(model) == ZOO[model]
