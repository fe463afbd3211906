"""Every setting has the effect that its formula says."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau, StepLR

from ml_utils.core.blueprint import mlp
from ml_utils.core.settings import Settings, changed
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.losses import Focal, balance, loss_of, weights_of

from .trained import BASES, CPU, DATA, EPOCH, PLAIN, Trained, same


def by_hand(settings: Settings, batches: int, rates: list[float] | None = None) -> list[Tensor]:
    """Train without torch's optimizers, losses and clipping; return the weights."""
    model = Learner(mlp(), PLAIN, CPU).model
    weights = list(model.parameters())
    memory: list[dict[str, Any]] = [{} for _ in weights]
    for batch in range(batches):
        images, labels = DATA.sliced(DATA.train, batch * 64 % 1280, 64)
        gradients = torch.autograd.grad(loss_by_hand(settings, model(images), labels), weights)
        norm = sum(one.square().sum() for one in gradients) ** 0.5
        shorter = min(1.0, settings.clipping / (float(norm) + 1e-6)) if settings.clipping else 1.0
        rate = rates[batch] if rates else settings.learning_rate
        with torch.no_grad():
            for weight, gradient, kept in zip(weights, gradients, memory, strict=True):
                weight -= step_by_hand(settings, weight, gradient * shorter, kept, batch + 1, rate)
    return weights


def loss_by_hand(settings: Settings, outputs: Tensor, labels: Tensor) -> Tensor:
    logs, share = outputs.log_softmax(1), settings.label_smoothing
    own = logs[range(len(labels)), labels]
    truth = torch.nn.functional.one_hot(labels, 10) * (1 - share) + share / 10
    losses = -(truth * logs).sum(1)
    if settings.loss == "focal":
        losses = -(1 - own.exp()) ** settings.focal_gamma * own
    if settings.loss == "multi_margin":
        over = (1 - outputs[range(len(labels)), labels][:, None] + outputs).clamp_min(0)
        losses = (over.sum(1) - 1) / 10  # its own class is over by 1
    counts = COUNTS if settings.balanced else torch.full((10,), 1 / 10)
    weights = counts.sum() / (10 * counts)
    for key, weight in settings.class_weights.items():
        weights[int(key)] *= weight
    return torch.stack([weights[label] * loss for label, loss in zip(labels.tolist(), losses, strict=True)]).sum() / len(labels)


def step_by_hand(settings: Settings, weight: Tensor, gradient: Tensor, kept: dict[str, Any], count: int, rate: float) -> Tensor:
    keep, decay = settings.momentum, settings.weight_decay
    if settings.optimizer != "adamw":
        gradient = gradient + decay * weight
    if settings.optimizer == "sgd":
        kept["v"] = keep * kept.get("v", 0) + gradient
        return rate * (gradient + keep * kept["v"] if settings.nesterov else kept["v"])
    longer = settings.alpha if settings.optimizer == "rmsprop" else settings.beta2
    kept["s"] = longer * kept.get("s", 0) + (1 - longer) * gradient ** 2
    if settings.optimizer == "rmsprop":
        kept["v"] = keep * kept.get("v", 0) + gradient / (kept["s"].sqrt() + settings.epsilon)
        return rate * kept["v"]
    kept["v"] = keep * kept.get("v", 0) + (1 - keep) * gradient
    size = (kept["s"] / (1 - longer ** count)).sqrt() + settings.epsilon
    return rate * (kept["v"] / (1 - keep ** count)) / size + (rate * decay * weight if settings.optimizer == "adamw" else 0)


ALL: list[dict[str, Any]] = [{"momentum": 0.5}, {"momentum": 0.0}, {"weight_decay": 0.1}, {"clipping": 0.05},
                             {"label_smoothing": 0.3}, {"balanced": True}]
LOSSES: list[dict[str, Any]] = [
    *({"loss": loss, **change} for loss in ("cross_entropy", "focal", "multi_margin") for change in (
        {"balanced": True, "class_weights": {"3": 5.0}}, {"class_weights": {"0": 0.1, "9": 8.0}})),
    {"loss": "focal", "focal_gamma": 5.0}, {"loss": "multi_margin"}, {"label_smoothing": 0.2, "balanced": True}]
COUNTS = torch.tensor([3.0, 100, 20, 1, 50, 7, 900, 1, 2, 11])  # of training examples, as the learner is told
EFFECTS = [(base, change) for base in BASES for change in ALL] + [
    ("sgd", {"nesterov": True}), ("adam", {"beta2": 0.5}), ("adamw", {"beta2": 0.9}), ("adam", {"epsilon": 0.1}),
    *(("sgd", change) for change in LOSSES),
    ("adamw", {"epsilon": 0.1}), ("rmsprop", {"epsilon": 0.5}), ("rmsprop", {"alpha": 0.5}), ("adam", {"beta2": 0.0})]


@pytest.mark.parametrize(("base", "change"), EFFECTS, ids=str)
def test_a_setting_does_what_its_formula_says(base: str, change: dict[str, Any]) -> None:
    before = Settings.model_validate({**PLAIN.model_dump(), **BASES[base]})
    after = changed(before, change)
    trained = Trained(before)
    trained.learner.know(torch.repeat_interleave(torch.arange(10), COUNTS.long()))
    trained.obey(**change)
    trained.go(6)
    found = list(trained.learner.model.parameters())
    torch.testing.assert_close(found, by_hand(after, 6), rtol=2e-4, atol=2e-6)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(found, by_hand(before, 6), rtol=2e-4, atol=2e-6)


def test_focal_without_focus_is_cross_entropy_and_sure_examples_count_less_but_never_nothing() -> None:
    outputs, labels = torch.randn(50, 10, generator=torch.Generator().manual_seed(1)), torch.arange(50) % 10
    usual = nn.CrossEntropyLoss()(outputs, labels)
    values = [float(Focal(gamma)(outputs, labels)) for gamma in (0.0, 0.5, 2.0, 5.0)]
    assert values[0] == pytest.approx(float(usual)) and values == sorted(values, reverse=True) and values[-1] > 0


@pytest.mark.parametrize("gamma", [0.0, 0.001, 0.5, 1.0, 5.0])
def test_focal_has_finite_gradients_however_sure_the_network_is(gamma: float) -> None:
    for most in (0.0, 20.0, 1e4, -1e4):
        outputs = torch.zeros(4, 10).index_fill(1, torch.tensor([2]), most).requires_grad_()
        found = Focal(gamma)(outputs, torch.tensor([2, 2, 3, 2]))
        gradient, = torch.autograd.grad(found, outputs)
        assert bool(found.isfinite()) and bool(gradient.isfinite().all())


def test_a_weighted_loss_is_a_mean_over_examples_in_whatever_lots() -> None:
    """So the loss of an evaluation does not depend on how many examples go through the network at once."""
    settings = Settings(balanced=True, class_weights={"2": 3.0})
    loss, outputs, labels = loss_of(settings, COUNTS), torch.randn(60, 10), torch.arange(60) % 7
    parts = [loss(outputs[first:first + 25], labels[first:first + 25]) for first in (0, 25, 50)]
    assert float(loss(outputs, labels)) == pytest.approx(float(parts[0] * 25 + parts[1] * 25 + parts[2] * 10) / 60)


def test_balanced_classes_count_alike_and_absent_ones_as_usual() -> None:
    weights = balance(torch.tensor([1, 3, 0, 4]))
    assert weights.tolist() == pytest.approx([2.0, 2 / 3, 1.0, 0.5])
    assert weights_of(Settings(class_weights={"1": 2.0, "999": 5.0}), torch.ones(2)).tolist() == [1.0, 2.0]


def test_without_weights_the_losses_are_those_of_torch() -> None:
    """The same modules as ever: the same bits as before there were weights."""
    assert type(loss_of(Settings(), COUNTS)) is nn.CrossEntropyLoss
    assert type(loss_of(Settings(loss="multi_margin"), COUNTS)) is nn.MultiMarginLoss


def test_nesterov_without_momentum_is_plain() -> None:
    plain, looking = Trained(changed(PLAIN, {"momentum": 0.0})), Trained(changed(PLAIN, {"momentum": 0.0, "nesterov": True}))
    for one in (plain, looking):
        one.go(3)
    assert same(plain.tensors(), looking.tensors())


def cycle(x: float) -> float:
    if x < 0.6:
        return 1 - 0.96 * (1 + cos(pi * x / 0.6)) / 2
    return 1e-4 + 0.9999 * (1 + cos(pi * (x - 0.6) / 1.4)) / 2 if x < 2 else 1e-4


SHAPES: dict[str, Any] = {
    "constant": lambda x: 1.0, "step": lambda x: 0.25 ** (x // 2), "plateau": lambda x: 0.25 ** max(0, (x - 1) // 2),
    "cosine": lambda x: 0.01 + 0.99 * (1 + cos(pi * min(x, 2) / 2)) / 2, "one_cycle": cycle}


@pytest.mark.parametrize("warmup", [0.0, 1.5])
@pytest.mark.parametrize("scheduler", SHAPES)
def test_each_batch_is_trained_at_the_scheduled_rate(scheduler: str, warmup: float) -> None:
    settings = changed(PLAIN, {"scheduler": scheduler, "warmup": warmup, "schedule_epochs": 2, "schedule_factor": 0.25})
    places = [batch / EPOCH for batch in range(5 * EPOCH)]
    rates = [0.02 * SHAPES[scheduler](x) * (min(1, 0.01 + 0.99 * x / warmup) if warmup else 1) for x in places]
    trained = Trained(settings)
    seen = []
    for _ in places:
        trained.go(1)
        seen.append(trained.learner.optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx(rates)
    found = list(trained.learner.model.parameters())
    torch.testing.assert_close(found, by_hand(settings, len(places), rates), rtol=1e-3, atol=1e-4)


def test_the_shapes_are_those_of_torch() -> None:
    made = {"step": lambda optimizer: StepLR(optimizer, 4, 0.5),
            "cosine": lambda optimizer: CosineAnnealingLR(optimizer, 4, 0.01),
            "plateau": lambda optimizer: ReduceLROnPlateau(optimizer, factor=0.5, patience=3)}
    for name, make in made.items():
        theirs = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler: Any = make(theirs)
        learner = Learner(mlp(), changed(PLAIN, {"learning_rate": 1.0, "scheduler": name, "schedule_epochs": 4}), CPU)
        for epoch in range(5 if name == "cosine" else 10):  # after its end torch's cosine rises again
            assert learner.rate(float(epoch)) == pytest.approx(theirs.param_groups[0]["lr"]), (name, epoch)
            loss = 1.0 if epoch < 6 else 0.5
            learner.epoch_ended(loss)
            theirs.step()
            scheduler.step(*([loss] if name == "plateau" else []))
