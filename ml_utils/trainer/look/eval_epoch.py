"""What is evaluated at the end of every epoch, and the Records that are kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...core.datasets import examples_key
from ..data import Split
from ..evaluate import Score, evaluate, score
from .kept import kept_batch
from .records import keep, made, record_file

if TYPE_CHECKING:
    from ..session import Session


@dataclass
class Seen:
    """Scores by what was evaluated: test, and validation and drawings where there are any; `outputs` by split."""

    scores: dict[str, Score]
    outputs: dict[str, Tensor]


def see(session: Session) -> Seen | None:
    """Evaluate the epoch that ends, or return None where something stops it: then it is done again later."""
    seen = Seen({}, {})
    for name, split in splits_of(session).items():
        outputs: list[Tensor] = []
        found = evaluate(session.learner, session.data, session.obey, outputs, split)
        if found is None:
            return None
        seen.scores[name], seen.outputs[name] = found, torch.cat(outputs)
    if drawn := kept_batch(session):
        found = score(session.learner, *drawn, session.obey)
        if found is None:
            return None
        seen.scores["drawings"] = found
    return seen


def splits_of(session: Session) -> dict[str, Split]:
    """Return what is evaluated at an epoch's end."""
    held = {"validation": session.validation} if session.validation else {}
    return {"test": session.data.test, **held}


def keep_seen(session: Session, seen: Seen) -> None:
    """Write a Record of each split, for the Checkpoint that was just written. It never stops the training."""
    order, place = session.order, session.position()
    key, at = examples_key(session.work.blueprint.model_dump()), (place["run"], place["branch"], place["epoch"], place["batch"])
    for name, split in splits_of(session).items():
        record = made(seen.outputs[name], split.labels, key, session.keeper.digest, numbers=split.numbers)
        keep(record_file(order.instance, order.room, *at, name), record)
