"""Looks closely at a few batches, and slows the training down for the eye."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from torch import Tensor

from .lens import Lens
from .shown import pictures, shown

if TYPE_CHECKING:
    from .session import Session

SHOW_EVERY = 1.0  # seconds between two batches shown in slow motion: each is kept in the log


class Watcher:
    """Decides which batches are looked at: now and then, in slow motion, and the last of single steps."""

    def __init__(self, session: Session) -> None:
        self.lens = Lens(session.learner.model, session.work.blueprint)
        self._session = session
        self._show = False
        self._shown = self._next = 0.0  # times of the last batch that was shown, and of the next in slow motion

    def watch(self, now: float) -> bool:
        """Whether the batch that follows is looked at."""
        session = self._session
        slow = session.learner.settings.pace > 0 and now >= self._shown + SHOW_EVERY
        self._show = slow or session.progress.steps + 1 == session.stop
        watched = (self._show or now >= self.lens.due) and not session.quiet
        if watched:
            self.lens.open()
        return watched

    def see(self, images: Tensor, labels: Tensor, outputs: Tensor, share: float = 1.0) -> None:
        """Tell what was seen of the batch that has just been learned from; `share` as in `losses.shared`."""
        session, look = self._session, self.lens.read()
        session.tell("layers_measured", look.measured())
        if self._show:
            self._shown = monotonic()
            pixels = pictures(images, session.data, session.dataset.name)
            session.tell("batch_shown", shown(pixels, labels, outputs, session.learner.loss,
                                              session.learner.rate(session.x), look, share))

    def slow_down(self) -> None:
        """Wait for the time of the next batch, or for a Command."""
        session = self._session
        while (pace := session.learner.settings.pace) and session.going and (left := self._next - monotonic()) > 0:
            if note := session.wire.wait(left):
                session.commands.take(note)
                session.desk.serve()
        self._next = monotonic() + 1 / pace if pace else 0.0
