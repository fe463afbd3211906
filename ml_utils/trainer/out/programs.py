"""A network as a program for other engines: TorchScript, torch.export, ONNX. Normalisation is inside.

All take `images`, float32 (n, channels, height, width) from 0 to 1, any n from 1 on, and return `logits` (n, classes).
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import Refused
from ..data import Data
from .model_pt import brightest, facts
from .safe import texts
from .stored import Stored

log = logging.getLogger(__name__)
FACTS = "lockstep.json"  # the extra file of TorchScript and torch.export
BATCH = 2  # of the example that is traced; one image would be taken for the only size there is
INPUT, OUTPUT = "images", "logits"
ENGINES = {"torchscript": "TorchScript", "pt2": "torch.export", "onnx": "ONNX"}


class Program(nn.Module):
    """The network with what comes before it: values from 0 to 1 become those of the dataset, then normal ones."""

    def __init__(self, network: nn.Module, data: Data, white: int) -> None:
        super().__init__()
        self.network, self.white = network, float(white)
        self.register_buffer("mean", data.mean.detach().clone().cpu())
        self.register_buffer("scale", data.scale.detach().clone().cpu())

    def forward(self, images: Tensor) -> Tensor:
        return self.network((images * self.white - self.mean) * self.scale)  # type: ignore[no-any-return, operator]


def program_of(found: Stored, data: Data) -> Program:
    """Return the program of a stored model, in eval mode on the CPU, its weights in the usual memory format."""
    network = found.network().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return Program(network, data, brightest(found.blueprint)).eval().requires_grad_(False)


def write(engine: str, file: Path, found: Stored, data: Data) -> None:
    """Write the program for one of `ENGINES`, whole or not at all; raises `Refused` where its exporter cannot."""
    program, known = program_of(found, data), texts(facts(found, data))
    temp = file.with_name(f".{os.getpid()}.{file.name}")  # torch.export looks at the ending
    example = torch.rand(BATCH, *found.blueprint.row.shape, generator=torch.Generator().manual_seed(1))
    with _quiet():
        try:
            WRITERS[engine](program, example, temp, known)
            temp.replace(file)
        except (OSError, MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:  # exporters raise whatever they like
            log.warning("%s cannot export", engine, exc_info=error)
            raise _refused(engine, program, example, temp) from error
        finally:
            temp.unlink(missing_ok=True)


def _torchscript(program: nn.Module, example: Tensor, file: Path, known: dict[str, str]) -> None:
    traced = torch.jit.trace(program, example, check_trace=False)  # type: ignore[no-untyped-call]
    torch.jit.save(traced, file, _extra_files={FACTS: json.dumps(known)})  # type: ignore[no-untyped-call]


def _exported(program: nn.Module, example: Tensor) -> Any:
    return torch.export.export(program, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))


def _pt2(program: nn.Module, example: Tensor, file: Path, known: dict[str, str]) -> None:
    torch.export.save(_exported(program, example), file, extra_files={FACTS: json.dumps(known)})


def _onnx(program: nn.Module, example: Tensor, file: Path, known: dict[str, str]) -> None:
    made = torch.onnx.export(_exported(program, example), dynamo=True, verbose=False,
                             input_names=[INPUT], output_names=[OUTPUT])
    assert made
    made.model.metadata_props.update(known)
    made.save(file, external_data=False)


WRITERS: dict[str, Callable[[nn.Module, Tensor, Path, dict[str, str]], None]] = {
    "torchscript": _torchscript, "pt2": _pt2, "onnx": _onnx}


def _refused(engine: str, program: Program, example: Tensor, temp: Path) -> Refused:
    """Return words that name the layer that cannot be exported, or none where each can by itself."""
    name = _culprit(engine, program, example, temp)
    what = f"the layer {name}" if name else "this network"
    return Refused("cannot_export", f"{ENGINES[engine]} cannot express {what}.",
                   "Choose another format: model.pt and safetensors take every network.", "format")


def _culprit(engine: str, program: Program, example: Tensor, temp: Path) -> str | None:
    values = (example * program.white - program.mean) * program.scale  # type: ignore[operator]
    for name, layer in program.network.named_children():
        try:
            WRITERS[engine](nn.Sequential(layer), values, temp, {})
        except Exception:  # whatever it is: it is this layer
            return name
        values = layer(values)
    return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Let exporters say nothing, and see attention as plain sums: its fast path is no operation of other engines."""
    fast, level = torch.backends.mha.get_fastpath_enabled(), logging.root.manager.disable
    logging.disable(logging.WARNING)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        logging.disable(level)
