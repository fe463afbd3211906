"""The hot loop: one batch after the other, in the order in which things happen."""

from __future__ import annotations

from math import isfinite
from time import monotonic

import torch

from .session import Session


def train(session: Session) -> None:
    """Train until a Command, the last epoch or a loss that is not finite stops it."""
    learner, progress, rows, keeper = session.learner, session.progress, session.rows, session.keeper
    session.start_clock()
    while session.obey():  # Commands take effect here, between two batches
        if progress.seen >= session.dataset.train:
            session.finish_epoch()
            continue
        images, labels = session.batches.take(progress.epoch, progress.seen, learner.settings.batch_size)
        random = learner.random()
        outputs = learner.model(images)
        loss = learner.loss(outputs, labels)
        value, correct = torch.stack((loss.detach(), (outputs.argmax(1) == labels).sum())).tolist()  # one read of the device
        if not isfinite(value):  # the weights stay as they are, and the batch is drawn again later
            learner.set_random(random)
            session.pause("loss_not_finite")
            continue
        learner.optimizer.zero_grad()
        loss.backward()
        learner.optimizer.step()
        progress.add(value, int(correct), len(labels))
        rows.add(progress, value, int(correct), len(labels))
        now = monotonic()
        if now >= rows.due:
            session.report(now)
        if now >= keeper.due:
            session.save("interval")
    session.stop_clock()
