"""Networks to look into, each with a dataset, and asking them as the process that answers does."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.datasets import DATASETS
from ml_utils.trainer.data import Data, Split, digits
from ml_utils.trainer.evaluate import lot
from ml_utils.trainer.look.answers import reply
from ml_utils.trainer.look.scene import Scene
from ml_utils.trainer.model import build
from ml_utils.trainer.order import Order

CPU = torch.device("cpu")
ORDER = Order(line="", room="abcdefgh", attempt=1, token="t", checkpoints=str(Path("nowhere") / "checkpoints"))
IMAGE = {"kind": "example", "split": "test", "number": 3}
PLACE = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 0, "x": 0.0}


@contextmanager
def one_core() -> Iterator[None]:
    """Compute with one thread: faster where other tests want the other cores, and the same to the bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@cache
def data_of(dataset: str) -> Data:
    """The digits, or noise in the shape of another dataset."""
    if dataset == "digits":
        return digits(1, CPU)
    channels, height, width = DATASETS[dataset].shape
    noise = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (120, height, width, channels), dtype=torch.uint8, generator=noise)
    split = Split(images, torch.arange(120) % 10)
    return Data(split, split, torch.full((1, channels, 1, 1), 100.0), torch.full((1, channels, 1, 1), 1 / 70))


def scene_of(blueprint: Blueprint) -> Scene:
    return Scene(build(blueprint, CPU).eval(), blueprint, dict(PLACE), data_of(blueprint.dataset), CPU, lot(blueprint), ORDER)


def network(*layers: Any, dataset: str = "digits", end: bool = True) -> Blueprint:
    """A Blueprint of layers, by their kinds or as plain JSON; a Linear for ten classes at its end."""
    found = [{"kind": one} if isinstance(one, str) else one for one in layers]
    last = [{"kind": "flatten"}, {"kind": "linear", "features": 10}] if end else []
    return Blueprint.model_validate({"dataset": dataset, "layers": [*found, *last]})


def ask(scene: Scene, name: str, **args: Any) -> dict[str, Any]:
    """Ask, and return the answer as it would arrive: plain JSON without NaN, not too large."""
    answer = reply({"t": "ask", "id": "1", "name": name, "args": args}, lambda: scene)["answer"]
    text = json.dumps(answer, allow_nan=False)
    assert len(text) < 2_000_000
    return json.loads(text)  # type: ignore[no-any-return]


def floats(text: str, *shape: int) -> Tensor:
    return torch.from_numpy(np.frombuffer(b64decode(text), dtype="<f4").copy()).reshape(*shape)


def plane(found: dict[str, Any]) -> Tensor:
    """A map of an answer as a tensor."""
    return floats(found["values"], found["height"], found["width"])


def marks(scene: Scene) -> dict[str, Any]:
    """All that looking into a network must leave as it is."""
    model = scene.model
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {"weights": {name: values.clone() for name, values in model.state_dict().items()},
            "modes": {name: part.training for name, part in model.named_modules()},
            "hooks": {name: [len(getattr(part, kind)) for kind in hooks] for name, part in model.named_modules()},
            "inplace": {name: getattr(part, "inplace", None) for name, part in model.named_modules()},
            "wants": {name: (one.requires_grad, one.grad is None) for name, one in model.named_parameters()},
            "attributes": {name: sorted(vars(part)) for name, part in model.named_modules()},
            "random": torch.get_rng_state()}


def unchanged(before: dict[str, Any], after: dict[str, Any]) -> bool:
    tensors = all(torch.equal(one, after["weights"][name]) for name, one in before["weights"].items())
    rest = all(before[kind] == after[kind] for kind in ("modes", "hooks", "inplace", "wants", "attributes"))
    return tensors and rest and torch.equal(before["random"], after["random"])
