"""Losses as the Settings describe them: each a mean over examples, whatever their classes weigh.

`Focal`, `Weighted` and `balance` are shown word for word in the code of a network (`core/code`).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..core.settings import Settings

SHAPING = ("loss", "label_smoothing", "focal_gamma", "balanced", "class_weights")  # settings that make another loss
LEAST_MISS = 1e-6  # below, the power of a number would have no gradient, or an endless one


class Focal(nn.Module):
    """Cross-entropy, of which less counts the surer the network is of the right class: times (1 - p) ** gamma."""

    def __init__(self, gamma: float, reduction: str = "mean") -> None:
        super().__init__()
        self.gamma, self.reduction = gamma, reduction

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        losses = nn.functional.cross_entropy(outputs, labels, reduction="none")
        losses = losses * (-torch.expm1(-losses)).clamp_min(LEAST_MISS) ** self.gamma
        return losses.mean() if self.reduction == "mean" else losses


class Weighted(nn.Module):
    """A loss of which each example counts as much as its class weighs; torch's own would divide by the weights in the batch."""

    def __init__(self, each: nn.Module, weights: Tensor, reduction: str = "mean") -> None:
        super().__init__()
        self.each, self.weights, self.reduction = each, weights, reduction

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        losses: Tensor = self.each(outputs, labels) * self.weights[labels]
        return losses.mean() if self.reduction == "mean" else losses


def balance(counts: Tensor) -> Tensor:
    """Return how much an example of each class weighs where all classes count alike; 1 for a class without examples."""
    return torch.where(counts > 0, counts.sum() / (len(counts) * counts), 1.0)


LOSSES: dict[str, Callable[[Settings, str], nn.Module]] = {
    "cross_entropy": lambda settings, how: nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing, reduction=how),
    "focal": lambda settings, how: Focal(settings.focal_gamma, how),
    "multi_margin": lambda settings, how: nn.MultiMarginLoss(reduction=how),
}


def loss_of(settings: Settings, counts: Tensor) -> nn.Module:
    """Return it for classes with so many training examples (classes), on their device."""
    if not settings.balanced and not settings.class_weights:
        return LOSSES[settings.loss](settings, "mean")
    return Weighted(LOSSES[settings.loss](settings, "none"), weights_of(settings, counts))


def shared(loss: nn.Module, outputs: Tensor, labels: Tensor, share: float) -> Tensor:
    """Return the loss of a batch in which this share of each image is itself, and the rest the image before it."""
    found: Tensor = loss(outputs, labels)
    return found if share == 1 else share * found + (1 - share) * loss(outputs, labels.roll(1))


def weights_of(settings: Settings, counts: Tensor) -> Tensor:
    """Return how much an example of each class counts; what is said of classes that are not there is passed over."""
    weights = balance(counts) if settings.balanced else torch.ones(len(counts), device=counts.device)
    for key, weight in settings.class_weights.items():
        if int(key) < len(counts):
            weights[int(key)] *= weight
    return weights
