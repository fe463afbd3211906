"""Answers between two batches: whatever goes wrong in them, the training draws the same random numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ml_utils.core.blueprint import mlp
from ml_utils.line import Frame
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.look import desk

from .trained import CPU, PLAIN


def test_a_copy_for_which_memory_ends_leaves_the_generators_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Frame] = []
    learner = Learner(mlp(), PLAIN, CPU)
    wire = SimpleNamespace(say=said.append, beat=lambda: None)
    session: Any = SimpleNamespace(learner=learner, work=SimpleNamespace(blueprint=mlp()), going=True, wire=wire)
    asking = desk.Desk(session)

    def ends(*_: object) -> None:
        torch.rand(10)
        raise MemoryError

    monkeypatch.setattr(desk, "build", ends)
    before = learner.random()["cpu"].clone()
    asking.add({"t": "ask", "id": 1, "name": "classify", "args": {
        "image": {"kind": "example", "split": "test", "number": 0}}})
    asking.serve()
    assert torch.equal(learner.random()["cpu"], before)
    assert "memory" in said[0]["answer"]["error"]["message"]
