"""A Learner that trains without a Session, and comparing to the bit."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor

from ml_utils.core.blueprint import Blueprint, mlp
from ml_utils.core.settings import Settings, changed
from ml_utils.trainer.augment import Augmenter
from ml_utils.trainer.data import digits
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.losses import shared

CPU = torch.device("cpu")
EPOCH = 8  # batches
PLAIN = Settings(dropout=0.0, learning_rate=0.02)
DATA = digits(1, CPU)
AUGMENT = Augmenter(DATA, "digits", 1)
BASES: dict[str, dict[str, Any]] = {
    "sgd": {}, "adam": {"optimizer": "adam", "learning_rate": 0.002, "epsilon": 1e-3},
    "adamw": {"optimizer": "adamw", "learning_rate": 0.002, "epsilon": 1e-3},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.001, "epsilon": 1e-2}}


class Trained:
    """A Learner with its place."""

    def __init__(self, settings: Settings = PLAIN, blueprint: Blueprint | None = None) -> None:
        self.blueprint, self.batch = blueprint or mlp(), 0
        self.learner = Learner(self.blueprint, settings, CPU)
        self.learner.know(DATA.train.labels[:700])  # not all: then classes are not equally many
        self._random = self.learner.random()  # all share torch's generator

    @property
    def x(self) -> float:
        return self.batch / EPOCH

    def obey(self, **asked: Any) -> None:
        self.learner.obey(changed(self.learner.settings, asked), self.x)

    def go(self, batches: int) -> None:
        self.learner.set_random(self._random)
        for _ in range(batches):
            images, labels = DATA.sliced(DATA.train, self.batch * 64 % 1280, 64)
            images, share = self._seen(images)
            self.learner.step(shared(self.learner.loss, self.learner.outputs(images), labels, share), self.x)
            self.batch += 1
            if self.batch % EPOCH == 0:
                self.learner.epoch_ended(float(self.batch // EPOCH))  # never better: a plateau drops
        self._random = self.learner.random()

    def _seen(self, images: Tensor) -> tuple[Tensor, float]:
        """Change them as the loop does."""
        if not self.learner.augments:
            return images, 1.0
        return AUGMENT(images, self.learner.settings, self.batch // EPOCH, self.batch % EPOCH * 64)

    def tensors(self) -> dict[str, Tensor]:
        self.learner.set_random(self._random)
        return {name: tensor.clone() for name, tensor in self.learner.tensors().items()}

    def copied(self) -> Trained:
        """Another one, from what a Checkpoint would keep."""
        other = Trained(PLAIN, self.blueprint)
        state = json.loads(json.dumps([self.learner.settings.model_dump(mode="json"), self.learner.schedule_state()]))
        other.learner.obey(Settings.model_validate(state[0]))
        other.learner.restore(self.tensors())
        other.learner.restore_schedule(state[1])
        other.batch, other._random = self.batch, other.learner.random()
        return other


def same(one: dict[str, Tensor], other: dict[str, Tensor], *starts: str) -> bool:
    """Whether what begins like this is there in both with the same bits and strides."""
    found = [name for name in one if name.startswith(starts or "")]
    return (found == [name for name in other if name.startswith(starts or "")] and bool(found)
            and all(torch.equal(one[name], other[name]) and one[name].stride() == other[name].stride() for name in found))
