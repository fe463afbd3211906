"""The hot loop: one batch after the other, in the order in which things happen."""

from __future__ import annotations

from math import isfinite
from time import monotonic

import torch

from .augment import Augmenter
from .losses import shared
from .session import Session


def train(session: Session) -> None:
    """Train until a Command, the last epoch or a loss that is not finite stops it."""
    learner, progress, rows = session.learner, session.progress, session.rows
    keeper, watcher = session.keeper, session.watcher
    augment = Augmenter(session.data, session.dataset.name, session.work.blueprint.seed)
    session.start_clock()
    now = monotonic()
    while session.obey():  # Commands take effect here, between two batches
        if progress.seen >= session.examples:
            session.finish_epoch()
            continue
        images, labels = session.batches.take(progress.epoch, progress.seen, learner.settings.batch_size)
        images, share = augment(images, learner.settings, progress.epoch, progress.seen) if learner.augments else (images, 1.0)
        before = learner.before()
        watched = watcher.watch(now)  # few batches are looked into, layer by layer
        outputs = learner.outputs(images)
        loss = shared(learner.loss, outputs, labels, share)
        hits = torch.count_nonzero(outputs.argmax(1) == labels)
        value, correct = loss.item(), int(hits.item())  # here a device is waited for
        if not isfinite(value):  # the weights stay as they are, and the batch is drawn again later
            learner.take_back(before)
            session.stop_at_nonsense(images)
            continue
        learner.step(loss, session.x)
        progress.add(value, correct, len(labels))
        rows.add(progress, value, correct, len(labels))
        if watched:
            watcher.see(images, labels, outputs, share)
        now = monotonic()
        if now >= rows.due:
            session.report(now)
        if now >= keeper.due:
            session.save("interval")
        if learner.settings.pace:
            watcher.slow_down()
    session.stop_clock()
