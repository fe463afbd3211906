"""Errands: processes beside the Session that do one thing for a room and end. Today: prove an epoch. One at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..core.messages import EVENTS
from ..line import Frame
from .config import Config
from .launcher import Launcher
from .ledger import Draft, Ledger
from .line_server import Line
from .orders import hashed, order_for, proves
from .patience import busy_seconds
from .work import proof_of

log = logging.getLogger(__name__)
START_SECONDS = 60.0  # from asking for the process to its first word
SILENT_SECONDS = 60.0  # without a beat
TRIES = 2
REPORTS = ("epoch_proved", "checkpoint_damaged", "session_failed")


@dataclass
class Errand:
    """Prove that `epoch` of `branch` ends with the digest in the log."""

    room: str
    branch: str
    epoch: int
    number: int = 0  # of the process; its attempt is the negative of it
    token: str = ""  # hashed
    tries: int = 0
    deadline: float = float("inf")
    busy: float = 0.0  # seconds that it may be silent for, beyond the usual
    line: Line | None = None


class Errands:
    """The queue of errands; the first one is under way. They survive a restart: the Snapshot knows which are running."""

    def __init__(self, ledger: Ledger, launcher: Launcher, config: Config, address: str, clock: Callable[[], float]) -> None:
        self._ledger, self._launcher, self._config = ledger, launcher, config
        self._address, self._clock = address, clock
        self._queue: deque[Errand] = deque()
        self._count = 0

    @property
    def _current(self) -> Errand | None:
        return self._queue[0] if self._queue else None

    def want(self, room: str, branch: str, epoch: int) -> None:
        self._queue.append(Errand(room, branch, epoch))
        if len(self._queue) == 1:
            self._launch()

    def resume(self) -> None:
        """Begin again what a restart of the server cut short."""
        for code in self._ledger.store.busy_rooms():
            for row in self._ledger.room(code).state["proofs"]:
                if row["state"] == "running":
                    self.want(code, row["branch"], row["epoch"])

    # ── processes ───────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self) -> None:
        errand = self._queue[0]
        self._count += 1
        errand.number, errand.tries, errand.line = self._count, errand.tries + 1, None
        order = order_for(self._config, self._address, errand.room, -errand.number)
        errand.token, errand.deadline = hashed(order["token"]), self._clock() + START_SECONDS
        try:
            self._launcher.start(order)
        except OSError:
            log.exception("cannot start a proof")
            errand.deadline = 0.0

    def _lost(self, why: str) -> None:
        errand = self._queue[0]
        self._launcher.kill(errand.room, -errand.number, hard=True)
        if errand.tries < TRIES:
            self._launch()
        else:
            self._failed(f"The process that should prove it {why}.")

    def _failed(self, message: str) -> None:
        errand = self._queue[0]
        self._end("proof_failed", {"branch": errand.branch, "epoch": errand.epoch, "message": message})

    def _end(self, name: str, data: dict[str, Any]) -> None:
        """The errand under way has its result; a room that is not what it was then loses nothing but the proof."""
        errand = self._queue[0]
        state = self._ledger.room(errand.room).state
        mine = [row for row in state["proofs"] if (row["branch"], row["epoch"]) == (errand.branch, errand.epoch)]
        by = mine[0]["by"] if mine else None
        self._ledger.commit([Draft(errand.room, name, data, state["session"]["position"], by)])
        self._queue.popleft()
        if self._queue:
            self._launch()

    # ── what they say ───────────────────────────────────────────────────────────────────────────────────────

    def hello(self, line: Line, frame: Frame) -> None:
        errand = self._current
        if not errand or frame["attempt"] != -errand.number or not proves(frame.get("token"), errand.token):
            line.send({"t": "refused", "reason": "not an errand of this server"})
            line.close()
            return
        line.room, line.errand, errand.line = errand.room, errand.number, line
        state = self._ledger.room(errand.room).state
        run = state["runs"][state["branches"][errand.branch]["run"]]
        errand.busy = busy_seconds(run["blueprint"], run["settings"])
        errand.deadline = self._clock() + SILENT_SECONDS + errand.busy
        told = [fact["data"] for fact in self._ledger.store.events(errand.room, 0, ["checkpoint_saved"])]
        mine = [one for one in told if (one["branch"], one["epoch"], one["batch"]) == (errand.branch, errand.epoch, 0)]
        if not mine:
            self._failed("The log knows no digest of the end of this epoch.")
            line.close()
            return
        work = proof_of(state, errand.branch, errand.epoch, mine[-1])
        line.send({"t": "welcome", "acked": 0, "work": work.model_dump(mode="json"), "commands": []})

    def take(self, line: Line, frame: Frame) -> None:
        """One frame of an errand's process; raises ValueError where it is not what one says."""
        errand = self._current
        if not errand or errand.line is not line:
            line.close()
            return
        errand.deadline = self._clock() + SILENT_SECONDS + errand.busy
        if frame["t"] != "event":
            return
        name, n = frame.get("name"), frame.get("n")
        if type(n) is int:
            line.send({"t": "ack", "n": n})
        if name not in REPORTS:
            return
        try:
            data = EVENTS[name].model_validate(frame.get("data")).model_dump(mode="json")
        except ValidationError as error:
            raise ValueError(f"{name}: {error.errors()[0]['msg']}") from None
        if name == "epoch_proved":
            self._end(name, data)
        elif name == "session_failed":
            self._failed(data["message"])
        else:
            self._ledger.commit([Draft(errand.room, name, data, self._ledger.room(errand.room).session["position"])])

    def gone(self, line: Line) -> None:
        errand = self._current
        if errand and errand.line is line:
            errand.line, errand.deadline = None, 0.0

    def tick(self) -> None:
        """Look after processes that hang, or do not come."""
        with self._ledger.lock:
            if (errand := self._current) and self._clock() >= errand.deadline:
                self._lost("ended before it had a result")
