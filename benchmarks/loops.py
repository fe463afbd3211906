"""The loops that ours is measured against; they observe nothing but what they need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import SGD
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor

from ml_utils.core.blueprint import Blueprint, layer_names
from ml_utils.core.settings import Settings
from ml_utils.trainer.data import Data
from ml_utils.trainer.model import build

CPU = torch.device("cpu")


class BareLoop:
    """The best bare loop: one float tensor in memory, one permutation an epoch and index_select, channels-last weights and
    images, fused optimizer, pooling before ReLU."""

    def __init__(self, blueprint: Blueprint, settings: Settings, data: Data) -> None:
        self._model = build(blueprint, CPU).train()
        self._optimizer = SGD(self._model.parameters(), settings.learning_rate, settings.momentum, fused=True)
        self._loss = nn.CrossEntropyLoss()
        self._images, self._labels = data.sliced(data.train, 0, len(data.train))
        self._size = settings.batch_size
        self._batches = self._forever()

    def train(self, batches: int) -> None:
        for _ in range(batches):
            index = next(self._batches)
            images, labels = self._images.index_select(0, index), self._labels.index_select(0, index)
            self._optimizer.zero_grad()
            self._loss(self._model(images), labels).backward()
            self._optimizer.step()

    def _forever(self) -> Iterator[Tensor]:
        while True:
            yield from torch.randperm(len(self._labels)).split(self._size)


class UsualLoop:
    """The loop of the tutorials: DataLoader, ToTensor, Normalize, torch's own layers as written, no fused optimizer."""

    def __init__(self, blueprint: Blueprint, settings: Settings, root: Path) -> None:
        built = dict(build(blueprint, CPU).named_children())
        layers = (built[name] for name in layer_names(blueprint))
        self._model = nn.Sequential(*(nn.Dropout() if isinstance(layer, nn.Dropout) else layer for layer in layers))
        self._model.to(memory_format=torch.contiguous_format).train()  # type: ignore[call-overload]
        self._optimizer = SGD(self._model.parameters(), settings.learning_rate, settings.momentum)
        self._loss = nn.CrossEntropyLoss()
        dataset = MNIST(root, train=True, transform=Compose([ToTensor(), Normalize((0.1307,), (0.3081,))]))
        self._loader = DataLoader(dataset, batch_size=settings.batch_size, shuffle=True)
        self._batches = self._forever()

    def train(self, batches: int) -> None:
        running = 0.0
        for _ in range(batches):
            images, labels = next(self._batches)
            self._optimizer.zero_grad()
            loss = self._loss(self._model(images), labels)
            loss.backward()
            self._optimizer.step()
            running += loss.item()

    def _forever(self) -> Iterator[list[Tensor]]:
        while True:
            yield from self._loader
