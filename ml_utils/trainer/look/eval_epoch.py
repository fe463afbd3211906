"""What is evaluated at the end of every epoch, and the Record that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...core.datasets import examples_key
from ..evaluate import Score, evaluate, score
from .kept import kept_batch
from .records import keep, made, record_file

if TYPE_CHECKING:
    from ..session import Session


@dataclass
class Seen:
    """Scores by what was evaluated: test, and drawings where there are any; `outputs` for the test split."""

    scores: dict[str, Score]
    outputs: Tensor


def see(session: Session) -> Seen | None:
    """Evaluate the epoch that ends, or return None where something stops it: then it is done again later."""
    outputs: list[Tensor] = []
    test = evaluate(session.learner, session.data, session.obey, outputs)
    if test is None:
        return None
    scores = {"test": test}
    if drawn := kept_batch(session):
        found = score(session.learner, *drawn, session.obey)
        if found is None:
            return None
        scores["drawings"] = found
    return Seen(scores, torch.cat(outputs))


def keep_seen(session: Session, seen: Seen) -> None:
    """Write the Record of the test split, for the Checkpoint that was just written. It never stops the training."""
    order, place = session.order, session.position()
    file = record_file(order.instance, order.room, place["run"], place["branch"], place["epoch"], place["batch"], "test")
    key = examples_key(session.work.blueprint.model_dump())
    keep(file, made(seen.outputs, session.data.test.labels, key, session.keeper.digest))
