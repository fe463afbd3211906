"""Questions to a Session about the network as it is at this moment, answered between two batches."""

from __future__ import annotations

from collections import deque
from time import monotonic, thread_time
from typing import TYPE_CHECKING

import torch

from ...line import Frame
from ..model import build
from .answers import reply
from .scene import Scene

if TYPE_CHECKING:
    from ..session import Session

REST = 24  # the training has so many times as long for itself as an answer took: under 4 %


class Desk:
    """Answers from a copy of the network, so that no answer can leave a trace in what is trained."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: deque[Frame] = deque()
        self._scene: Scene | None = None
        self._copied = -1  # batches after which the copy was made
        self._known: set[tuple[str, str | None]] = set()  # kinds of questions that were answered before
        self._rest = 0.0  # until then the training has its time

    def add(self, frame: Frame) -> None:
        self._waiting.append(frame)

    def take_over(self, other: Desk) -> None:
        """Answer what another Session was asked."""
        self._waiting = other._waiting

    def serve(self) -> None:
        """Answer what waits; while it trains one question only, and where it has had its time since the last."""
        going, wire = self._session.going, self._session.wire
        while self._waiting and not (going and monotonic() < self._rest):
            frame, begun = self._waiting.popleft(), thread_time()
            wire.say(reply(frame, self._now))
            wire.beat()
            kind = frame["name"], frame["args"].get("method")
            if kind in self._known:  # what the first of a kind loads and builds is not held against the next
                self._rest = monotonic() + REST * (thread_time() - begun)
            self._known.add(kind)

    def _now(self) -> Scene:
        """Return the network as it is now."""
        session, learner = self._session, self._session.learner
        with torch.inference_mode(False), torch.no_grad():
            scene = self._scene or self._made()
            if self._copied != session.progress.steps:
                theirs = learner.model.state_dict()
                for name, values in scene.model.state_dict().items():
                    values.copy_(theirs[name])
                self._copied = session.progress.steps
        scene.place = session.position()
        self._scene = scene
        return scene

    def _made(self) -> Scene:
        session, learner = self._session, self._session.learner
        random = learner.random()
        try:
            model = build(session.work.blueprint, learner.device).eval()
        finally:  # also where memory ends
            learner.set_random(random)
        return Scene(model, session.work.blueprint, {}, session.data, learner.device, learner.lot, session.order)
