"""With which weights a Run begins: fresh ones, pretrained ones, those of a Checkpoint of another Run, or of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..core.checkpoints import checkpoint_file
from ..core.fields import Brought, Warm
from .brought import load_brought
from .checkpoint import Damaged, load
from .learner import Learner
from .loading import beside
from .order import Failure, Order
from .pretrained import load_pretrained, megabytes, wanting

Tick = Callable[[int, str, int], None]  # bytes fetched, of what, and about how many megabytes it has


def originate(learner: Learner, warm: Warm | Brought | None, order: Order, tick: Tick) -> None:
    """Give a fresh network the weights that its Run begins with; raises Failure where they cannot be had."""
    if wanting(learner.model):
        whole = megabytes(learner.model)
        beside(lambda report: load_pretrained(learner.model, order, report), lambda done: tick(done, "weights", whole))
    if isinstance(warm, Brought):
        learner.take_over(load_brought(order.instance, warm.file), warm.layers)
    elif warm:
        _take_over(learner, warm, order)


def _take_over(learner: Learner, warm: Warm, order: Order) -> None:
    owner = {"room": order.room, "run": warm.run, "branch": warm.branch}
    file = Path(order.checkpoints) / checkpoint_file(order.room, warm.run, warm.model_dump())
    try:
        learner.take_over(load(file, warm.digest, owner).tensors, warm.layers)
    except Damaged as error:
        raise Failure("weights_missing", f"The weights of run {warm.run} that this run begins with could not be read: {error}.",
                      "Begin a new run with fresh weights.") from error
