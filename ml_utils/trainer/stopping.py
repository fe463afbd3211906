"""When a training pauses by itself: at its end, after the batches asked for, at weights that are none, or early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.best import COUNTED, METRICS, better
from ..core.settings import Settings
from ..core.work import Best, Watched
from .evaluate import Score

if TYPE_CHECKING:
    from .session import Session


class Stopping:
    """Watches the epochs of a line, and says when the patience is at its end.

    What it knows is a function of the way to where the Session stands (`core.best.watched_on`), so that a trainer that
    takes over stops at the same epoch.
    """

    def __init__(self, watched: Watched) -> None:
        self._best: dict[str, Best | None] = {metric: getattr(watched, metric) for metric in METRICS}
        self._since, self._known = watched.since, watched.known

    def note(self, epoch: int, scores: dict[str, Score]) -> None:
        """Take note of what an epoch came to; one that is trained again comes to the same."""
        if epoch <= self._known:
            return
        self._known, score = epoch, scores.get("validation") or scores["test"]
        for metric, old in self._best.items():
            value = score[metric]
            if value is not None and (old is None or better(metric, value, old.value)):
                self._best[metric] = Best(epoch=epoch, value=value)

    def changed(self, old: Settings, new: Settings, epoch: int) -> None:
        """Count anew where what is counted by has changed."""
        if any(getattr(old, name) != getattr(new, name) for name in COUNTED):
            self._since = epoch

    def reason(self, session: Session) -> str | None:
        """Return why the training is to pause here; None: it goes on."""
        progress = session.progress
        if session.sick:  # some losses stay numbers where the weights are none
            return "loss_not_finite"
        if session.stop is not None:
            return "stepped" if progress.steps >= session.stop else None
        if not progress.batch and self._exhausted(session.learner.settings, progress.epoch):
            self._since = progress.epoch  # whoever trains on has all the patience again
            return "stopped_early"
        return "finished" if progress.epoch >= session.until else None

    def _exhausted(self, settings: Settings, epoch: int) -> bool:
        best = self._best[settings.watch]
        return 0 < settings.patience <= epoch - max(best.epoch if best else 0, self._since)
