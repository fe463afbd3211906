"""What happens inside a network while an image passes: which layer is called how often, and what is computed where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

LINEAR = frozenset((  # operations of torch that are linear in what comes in, or only move or make numbers
    "convolution", "addmm", "mm", "add", "add_", "sub", "sub_", "rsub", "neg", "sum", "mean", "cumsum", "im2col",
    "avg_pool2d", "_adaptive_avg_pool2d", "adaptive_avg_pool2d", "upsample_bilinear2d", "constant_pad_nd",
    "native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "miopen_batch_norm",
    "batch_norm_inference", "cat", "stack", "view", "_unsafe_view", "reshape", "_reshape_alias", "flatten", "t", "transpose",
    "permute", "clone", "expand", "slice", "select", "squeeze", "unsqueeze", "split", "split_with_sizes", "unbind", "alias",
    "detach", "_to_copy", "copy_", "as_strided", "as_strided_", "roll", "flip", "empty", "empty_like", "empty_strided", "zeros",
    "zeros_like", "ones", "ones_like", "full", "full_like", "arange", "fill_", "zero_", "resize_"))
SCALED = frozenset(("mul", "mul_", "div", "div_"))  # linear where one side is a number


@dataclass
class Observed(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The operations that are not linear, as (path of the innermost layer, operation), and how often each layer is called."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    _within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        scaled = name in SCALED and sum(isinstance(one, Tensor) for one in args) < 2
        if name not in LINEAR and not scaled:
            self.steps.append((self._within[-1] if self._within else "", name))
        return func(*args, **kwargs or {})

    def enter(self, path: str) -> None:
        self.calls[path] += 1
        self._within.append(path)

    def leave(self) -> None:
        self._within.pop()


@torch.no_grad()
def observe(model: nn.Module, images: Tensor) -> Observed:
    """Let images pass through a network of one's own, and return what happened."""
    seen = Observed()
    hooks = [hook for path, part in model.named_modules() if path for hook in (
        part.register_forward_pre_hook(_entering(seen, path)), part.register_forward_hook(lambda *_: seen.leave()))]
    with seen:
        model(images.detach())
    for hook in hooks:
        hook.remove()
    return seen


def _entering(seen: Observed, path: str) -> Callable[..., None]:
    return lambda *_: seen.enter(path)


def blinding(model: nn.Module, images: Tensor) -> str:
    """Return the path of the first layer of a network of one's own that lets no gradient through, "" where all do."""
    found: list[str] = []

    def watch(path: str) -> Callable[..., None]:
        def look(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            came = any(isinstance(one, Tensor) and one.requires_grad for one in inputs)
            if came and isinstance(output, Tensor) and not output.requires_grad:
                found.append(path)
        return look

    hooks = [part.register_forward_hook(watch(path)) for path, part in model.named_modules() if path]
    model(images)
    for hook in hooks:
        hook.remove()
    return found[0] if found else ""
