"""A network beside a network: the same weights in the same memory, but what is done to one cannot be seen in the other."""

from __future__ import annotations

from copy import deepcopy

from torch import Tensor, nn


def apart(model: nn.Sequential) -> nn.Sequential:
    """Return the network for looking into: nothing in it works in place, and no gradient is worked out for its weights.

    It takes a millisecond: no number is copied, so it also follows where the model's numbers are changed in place.
    """
    shared: dict[int, Tensor] = {id(one): nn.Parameter(one.detach(), requires_grad=False) for one in model.parameters()}
    shared |= {id(one): one.detach() for one in model.buffers()}
    copied = deepcopy(model, shared)
    for part in copied.modules():
        if hasattr(part, "inplace"):
            setattr(part, "inplace", False)  # noqa: B010  # a module without a type of its own
        if isinstance(part, nn.RNNBase):  # cuDNN knows no way back through one in eval mode
            part.dropout = 0.0
            part.train()
    return copied
