"""The graph of a network, as TensorBoard draws it."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout
from typing import Any

import torch

from ...core.blueprint import Blueprint
from ..model import build

log = logging.getLogger(__name__)


def graph_of(blueprint: Blueprint) -> bytes | None:
    """Return the graph that one image takes through a fresh network; None where torch cannot follow it."""
    from torch.utils.tensorboard import _pytorch_graph  # the same that its SummaryWriter calls

    draw: Any = _pytorch_graph.graph

    model = build(blueprint, torch.device("cpu")).eval()
    quick = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # attention as one step that tells nothing of its parts
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # it prints why it fails
            warnings.simplefilter("ignore")
            found, _ = draw(model, (torch.zeros(1, *blueprint.row.shape),))
    except Exception as error:  # tracing raises many kinds
        log.warning("cannot draw the graph: %s", error)
        return None
    finally:
        torch.backends.mha.set_fastpath_enabled(quick)
    return found.SerializeToString()  # type: ignore[no-any-return]
