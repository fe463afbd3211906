"""Every setting has the effect that its formula says."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau, StepLR

from ml_utils.core.blueprint import mlp
from ml_utils.core.settings import Settings, changed
from ml_utils.trainer.learner import Learner

from .trained import BASES, CPU, DATA, EPOCH, PLAIN, Trained, same


def by_hand(settings: Settings, batches: int, rates: list[float] | None = None) -> list[Tensor]:
    """Train without torch's optimizers, losses and clipping; return the weights."""
    model = Learner(mlp(), PLAIN, CPU).model
    weights = list(model.parameters())
    memory: list[dict[str, Any]] = [{} for _ in weights]
    for batch in range(batches):
        images, labels = DATA.sliced(DATA.train, batch * 64 % 1280, 64)
        logs, share = model(images).log_softmax(1), settings.label_smoothing
        truth = torch.nn.functional.one_hot(labels, 10) * (1 - share) + share / 10
        gradients = torch.autograd.grad(-(truth * logs).sum(1).mean(), weights)
        norm = sum(one.square().sum() for one in gradients) ** 0.5
        shorter = min(1.0, settings.clipping / (float(norm) + 1e-6)) if settings.clipping else 1.0
        rate = rates[batch] if rates else settings.learning_rate
        with torch.no_grad():
            for weight, gradient, kept in zip(weights, gradients, memory, strict=True):
                weight -= step_by_hand(settings, weight, gradient * shorter, kept, batch + 1, rate)
    return weights


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
                             {"label_smoothing": 0.3}]
EFFECTS = [(base, change) for base in BASES for change in ALL] + [
    ("sgd", {"nesterov": True}), ("adam", {"beta2": 0.5}), ("adamw", {"beta2": 0.9}), ("adam", {"epsilon": 0.1}),
    ("adamw", {"epsilon": 0.1}), ("rmsprop", {"epsilon": 0.5}), ("rmsprop", {"alpha": 0.5}), ("adam", {"beta2": 0.0})]


@pytest.mark.parametrize(("base", "change"), EFFECTS, ids=str)
def test_a_setting_does_what_its_formula_says(base: str, change: dict[str, Any]) -> None:
    before = Settings.model_validate({**PLAIN.model_dump(), **BASES[base]})
    after = changed(before, change)
    trained = Trained(before)
    trained.obey(**change)
    trained.go(6)
    found = list(trained.learner.model.parameters())
    torch.testing.assert_close(found, by_hand(after, 6), rtol=2e-4, atol=2e-6)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(found, by_hand(before, 6), rtol=2e-4, atol=2e-6)


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
