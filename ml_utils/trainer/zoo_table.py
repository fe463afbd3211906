"""Writes `core/kinds/zoo.py`, what the rules know of torchvision's models: ``python -m ml_utils.trainer.zoo_table``.

It tries each model at each size with two examples in train mode, on torch's meta device: nothing is computed, so that a
model of 600 million weights takes no longer than a small one. `tests/trainer/test_zoo.py` tells whether the file is so old
that torchvision has become another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any

import torch
import torchvision.models
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules import module as registry
from torch.utils.flop_counter import FlopCounterMode

from ..core.kinds import zoo
from ..core.kinds.zoo import SIZES, Row
from .zoo import Backbone

EXAMPLES = 2  # the smallest batch that there is
BYTES = 4  # of a float32
GLUE = "\N{NO-BREAK SPACE}"  # lines break between tuples
Found = tuple[int, int, int, int]  # features, parameters, multiply-adds and numbers kept, of one example
NOTHING: Found = (0, 0, 0, 0)

TEMPLATE = '''"""What the rules know of the models of torchvision; ``python -m ml_utils.trainer.zoo_table`` writes this file."""

from __future__ import annotations

from typing import Literal, NamedTuple

SIZES = {sizes}
Size = Literal[{literals}]
ModelName = Literal[
{names}]


class Row(NamedTuple):
    """A model without its last layer. One number for each of SIZES; all are 0 where the model cannot take that size."""

    features: int  # that it gives
    parameters: tuple[int, ...]
    macs: tuple[int, ...]  # multiply-adds of one example, forward
    kept: tuple[int, ...]  # numbers of one example that are kept for the way back


ZOO: dict[str, Row] = {{
{rows}
}}
'''


def names() -> list[str]:
    """Return the models for classification that torchvision has."""
    return list(torchvision.models.list_models(module=torchvision.models))


def page(table: Mapping[str, Row]) -> str:
    """Return the text of the file."""
    rows = [fill(f'"{name}": Row({row.features}, {_tuple(row.parameters)}, {_tuple(row.macs)}, {_tuple(row.kept)}),', 128,
                 initial_indent=" " * 4, subsequent_indent=" " * 8) for name, row in table.items()]
    listed = fill(", ".join(f'"{name}"' for name in table), 128, initial_indent=" " * 4, subsequent_indent=" " * 4)
    text = TEMPLATE.format(sizes=SIZES, literals=", ".join(map(str, SIZES)), names=listed, rows="\n".join(rows))
    return text.replace(GLUE, " ")


def _tuple(numbers: tuple[int, ...]) -> str:
    text = f"({numbers[0]},) * {len(numbers)}" if len(set(numbers)) == 1 else str(numbers)
    return text.replace(" ", GLUE)


def row(model: str) -> Row:
    """Return what is known of a model."""
    found = [tried(model, size) or NOTHING for size in SIZES]
    features, parameters, macs, kept = zip(*found, strict=True)
    return Row(max(features), parameters, macs, kept)


def tried(model: str, size: int) -> Found | None:
    """Return what a model is with images of this size, None where it cannot take them."""
    try:
        with nothing_computed():
            net = Backbone(model, size).train()
            return _measured(net, torch.empty(EXAMPLES, 3, size, size, device="meta"))
    except (RuntimeError, ValueError, AssertionError):
        return None


def _measured(net: Backbone, images: Tensor) -> Found:
    own = {_memory(one) for one in (*net.parameters(), *net.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}  # held, so that no other gets the same address

    def keep(values: Tensor) -> Tensor:
        kept[_memory(values)] = values.untyped_storage()
        return values

    with FlopCounterMode(display=False) as counter, saved_tensors_hooks(keep, lambda values: values):
        features = net(images).shape[1]
    numbers = sum(storage.nbytes() for address, storage in kept.items() if address not in own) // BYTES
    parameters = sum(one.numel() for one in net.parameters())
    return features, parameters, counter.get_total_flops() // 2 // EXAMPLES, numbers // EXAMPLES


def _memory(values: Tensor) -> int:
    return int(values.untyped_storage()._cdata)


@contextmanager
def nothing_computed() -> Iterator[None]:
    """Make all weights of modules on the meta device; `torch.device` would do so with numbers that RegNet looks at, too."""
    watched: tuple[Any, ...] = (registry.register_module_parameter_registration_hook,
                                registry.register_module_buffer_registration_hook)
    hooks = [watch(_on_meta) for watch in watched]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _on_meta(_: nn.Module, __: str, values: Tensor | None) -> Tensor | None:
    if values is None:
        return None
    moved = values.detach().to("meta")
    return nn.Parameter(moved) if isinstance(values, nn.Parameter) else moved


if __name__ == "__main__":
    Path(str(zoo.__file__)).write_text(page({name: row(name) for name in names()}), encoding="utf-8")
