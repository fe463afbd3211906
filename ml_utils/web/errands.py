"""Errands: processes beside the Session that do one thing for a room and end. Of each kind one is under way at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from ..core.errors import Refused
from ..core.messages import EVENTS
from ..line import Frame
from .config import Config
from .errand_kinds import Errand, Evaluation, Proof, Rows
from .launcher import Launcher
from .ledger import Draft, Ledger
from .line_server import Line
from .orders import hashed, order_for, proves

log = logging.getLogger(__name__)
START_SECONDS = 60.0  # from asking for the process to its first word
SILENT_SECONDS = 60.0  # without a beat
TRIES = 2
FAILURES = ("session_failed", "evaluation_failed")


class Errands:
    """A queue of errands of each kind; the first one is under way. They survive a restart: the Snapshot knows which run.

    `drawings(room, dataset)` gives the rows of drawings, with their pixels.
    """

    def __init__(self, ledger: Ledger, launcher: Launcher, config: Config, address: str, clock: Callable[[], float],
                 numbers: Iterator[int]) -> None:
        self._ledger, self._launcher, self._config = ledger, launcher, config
        self._address, self._clock = address, clock
        self._queues: dict[type[Errand], deque[Errand]] = {Proof: deque(), Evaluation: deque()}
        self._numbers = numbers
        self.drawings: Rows = lambda room, dataset: []

    def want(self, errand: Errand) -> None:
        """Do this when its turn comes."""
        queue = self._queues[type(errand)]
        queue.append(errand)
        if len(queue) == 1:
            self._launch(errand)

    def resume(self) -> None:
        """Begin again what a restart of the server cut short."""
        for code in self._ledger.store.busy_rooms():
            state = self._ledger.room(code).state
            for row in state["proofs"]:
                if row["state"] == "running":
                    self.want(Proof(code, row["branch"], row["epoch"]))
            for row in state["evaluations"].values():
                if row["state"] == "running":
                    self.want(Evaluation(code, row["branch"], row["epoch"], row["split"], row["drawings"]))

    def _under_way(self) -> list[Errand]:
        return [queue[0] for queue in self._queues.values() if queue]

    # ── processes ───────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self, errand: Errand) -> None:
        errand.number, errand.tries, errand.line = next(self._numbers), errand.tries + 1, None
        order = order_for(self._config, self._address, errand.room, -errand.number)
        errand.token, errand.deadline = hashed(order["token"]), self._clock() + START_SECONDS
        try:
            self._launcher.start(order)
        except OSError:
            log.exception("cannot start an errand")
            errand.deadline = 0.0

    def _lost(self, errand: Errand, why: str) -> None:
        self._launcher.kill(errand.room, -errand.number, hard=True)
        if errand.tries < TRIES:
            self._launch(errand)
        else:
            self._failed(errand, f"The process that should {errand.kind} {why}.")

    def _failed(self, errand: Errand, message: str) -> None:
        self._end(errand, *errand.failure(message))

    def _end(self, errand: Errand, name: str, data: dict[str, Any]) -> None:
        """The errand has its result; a room that is not what it was then loses nothing but that."""
        state = self._ledger.room(errand.room).state
        self._ledger.commit([Draft(errand.room, name, data, state["session"]["position"], errand.by(state))])
        queue = self._queues[type(errand)]
        queue.popleft()
        if queue:
            self._launch(queue[0])

    # ── what they say ───────────────────────────────────────────────────────────────────────────────────────

    def hello(self, line: Line, frame: Frame) -> None:
        errand = next((one for one in self._under_way() if one.number == -frame["attempt"]), None)
        if not errand or not proves(frame.get("token"), errand.token):
            line.send({"t": "refused", "reason": "not an errand of this server"})
            line.close()
            return
        line.room, errand.line = errand.room, line
        state = self._ledger.room(errand.room).state
        try:
            asked = errand.welcome(state, self._ledger.store, self.drawings)
        except Refused as refused:
            self._failed(errand, refused.message)
            line.close()
            return
        errand.busy = errand.busy_seconds(state)
        errand.deadline = self._clock() + SILENT_SECONDS + errand.busy
        line.send({"t": "welcome", "acked": 0, "commands": [], **asked})

    def take(self, line: Line, frame: Frame) -> None:
        """One frame of an errand's process; raises ValueError where it is not what one says."""
        errand = next((one for one in self._under_way() if one.line is line), None)
        if not errand:
            line.close()
            return
        errand.deadline = self._clock() + SILENT_SECONDS + errand.busy
        if frame["t"] != "event":
            return
        name, n = frame.get("name"), frame.get("n")
        if type(n) is int:
            line.send({"t": "ack", "n": n})
        if name in (errand.result, *errand.reports, *FAILURES):
            self._report(errand, name, _checked(name, frame.get("data")))

    def _report(self, errand: Errand, name: str, data: dict[str, Any]) -> None:
        if (why := errand.failed_by(name, data)) is not None:
            self._failed(errand, why)
        elif name in (errand.result, *errand.passing) and not errand.concerns(data):
            raise ValueError(f"{name} of another errand")
        elif name == errand.result:
            self._end(errand, name, data)
        elif name in errand.reports:
            draft = Draft(errand.room, name, data, self._ledger.room(errand.room).session["position"])
            self._ledger.offer(draft) if name in errand.passing else self._ledger.commit([draft])

    def gone(self, line: Line) -> None:
        for errand in self._under_way():
            if errand.line is line:
                errand.line, errand.deadline = None, 0.0

    def exited(self, attempt: int) -> None:
        for errand in self._under_way():
            if errand.number == -attempt and not errand.line:
                errand.deadline = 0.0

    def tick(self) -> None:
        """Look after processes that hang, or do not come."""
        with self._ledger.lock:
            for errand in self._under_way():
                if self._clock() >= errand.deadline:
                    self._lost(errand, "ended before it had a result")


def _checked(name: str, data: object) -> dict[str, Any]:
    try:
        return EVENTS[name].model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from None
