"""What the web process is to a room, the terminal is to its run: it starts the trainer, keeps what it tells, starts another."""

from __future__ import annotations

import hmac
import logging
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

from ..core.crashes import Crashes
from ..core.patience import hangs
from ..core.standing import work_of
from ..line import Frame
from .ledger import ROOM, Ledger
from .line import Line
from .place import Place, Process, ended
from .signals import Signals

log = logging.getLogger(__name__)
TURN_SECONDS = 0.2
START_SECONDS = 60.0  # from the start of a trainer to its first word; torch has to be imported
SILENT_SECONDS = 10.0  # without a beat, unless the network is large: hanging
LEAVE_SECONDS = 10.0
By = dict[str, Any]


class EndNow(Exception):
    """Asked for twice: nothing is waited for any more."""


class Terminal:
    """Trains until the training stands still. One thread: what came over the line, what was asked, how the trainer is.

    `tick` is called at every turn; `asked`: changes of Settings that the trainer is to make as soon as it has caught up.
    """

    def __init__(self, ledger: Ledger, place: Place, signals: Signals, by: By, tick: Callable[[], None],
                 asked: dict[str, Any] | None = None) -> None:
        self._ledger, self._place, self._signals, self._by, self._tick = ledger, place, signals, by, tick
        self._undone: dict[str, Frame] = {}  # Commands whose Event has not come
        self._crashes = Crashes()
        self._token = ""
        self._process: Process | None = None
        self._heard = 0.0
        self._greeted = self._interrupted = False
        if asked:
            self._ask("set_settings", asked)

    def run(self) -> None:
        """Be there until nothing is trained any more; raises EndNow, and OSError where the log cannot be written."""
        self._line = Line(self._place.folder, self._signals.bell)
        try:
            self._launch()
            while self._ledger.training:
                self._turn()
            self._dismiss()
        finally:
            if self._process and self._process.poll() is None:
                self._kill()
            self._line.close()

    def _turn(self) -> None:
        self._hear(TURN_SECONDS)
        self._obey()
        self._look_after()
        self._tick()

    # ── what was asked ──────────────────────────────────────────────────────────────────────────────────────

    def _obey(self) -> None:
        if self._signals.count > 1:
            self._kill()
            self._lose("the training was ended at once")
            raise EndNow
        if self._signals.count and not self._interrupted:
            self._interrupted = True
            if self._ledger.session["status"] == "training":
                self._ask("interrupt", {})
            elif self._ledger.training:
                self._kill()
                self._ledger.commit("training_paused", {"reason": "interrupted"}, self._ledger.session["position"], self._by)

    def _ask(self, name: str, args: dict[str, Any]) -> None:
        asked = f"terminal-{self._ledger.state['seq']}-{name}"
        command = self._undone[asked] = {"id": asked, "name": name, "args": args}
        if self._greeted:
            self._line.send({"t": "command", **command})

    def _by_of(self, command: str | None) -> By | None:
        """A Command's Event is that of who gave it; the Command is done."""
        return self._by if command and self._undone.pop(command, None) else None

    # ── the line ────────────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, seconds: float) -> None:
        told = False
        for sock, frame in self._line.hear(seconds):
            if frame["t"] == "hello":
                self._greet(sock, frame)
            elif not self._line.is_trainer(sock):
                self._line.refuse(sock)
            else:
                self._heard = monotonic()
                if frame["t"] == "event":
                    told = self._store(frame)
        if told:
            self._line.send({"t": "ack", "n": self._ledger.acked})

    def _store(self, frame: Frame) -> bool:
        """Keep what the trainer tells; one that tells what cannot be true is ended, and replaced."""
        try:
            self._ledger.take(frame, self._by_of)
        except ValueError as error:
            log.warning("trainer %d: %s", self._ledger.attempt, error)
            self._kill()
            return False
        return True

    def _greet(self, sock: socket.socket, frame: Frame) -> None:
        known = frame.get("room") == ROOM and frame.get("attempt") == self._ledger.attempt
        if not known or not hmac.compare_digest(str(frame.get("token")).encode(), self._token.encode()):
            self._line.refuse(sock)
            return
        self._heard, self._greeted = monotonic(), True
        work = work_of(self._ledger.state, go=self._ledger.training)
        self._line.welcome(sock, {"t": "welcome", "acked": self._ledger.acked, "work": work.model_dump(mode="json"),
                                  "commands": list(self._undone.values())})

    # ── the trainer ─────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self) -> None:
        self._ledger.commit("trainer_started", {"attempt": self._ledger.attempt + 1})
        self._greeted, self._heard = False, monotonic()
        self._process, self._token = self._place.trainer(self._line.address, self._ledger.attempt)

    def _look_after(self) -> None:
        assert self._process
        status = self._process.poll()
        if status is not None:
            self._hear_out()
        if not self._ledger.training:
            return
        silent = monotonic() - self._heard
        if status is not None:
            self._lost(f"ended with status {status}")
        elif hangs(silent, SILENT_SECONDS, self._ledger.state) if self._greeted else silent > START_SECONDS:
            self._lost("gave no sign of life" if self._greeted else "is not on the line")

    def _hear_out(self) -> None:
        """Take what a trainer said before it ended."""
        ends = monotonic() + LEAVE_SECONDS
        while self._line.has_trainer and monotonic() < ends:
            self._hear(TURN_SECONDS)

    def _lost(self, reason: str) -> None:
        """A wanted trainer is gone: start the next one, or give up where that does not help."""
        self._kill()
        log.warning("trainer %d: %s", self._ledger.attempt, reason)
        if crashes := self._crashes.add(ROOM, monotonic()):
            self._ledger.commit("session_failed", {
                "code": "trainer_crashed", "message": f"The training process ended {crashes} times in a row.",
                "hint": "Use --resume to try again, or a smaller network or smaller batches; logs/processes.txt says more."})
            return
        self._lose(reason)
        self._launch()

    def _lose(self, reason: str) -> None:
        self._ledger.commit("trainer_lost", {"attempt": max(1, self._ledger.attempt), "reason": reason})

    def _kill(self) -> None:
        self._line.hang_up()
        if self._process:
            self._process.kill()
            self._process.wait()

    def _dismiss(self) -> None:
        """Let the trainer go; what it still tells is kept."""
        ends = monotonic() + LEAVE_SECONDS
        self._line.send({"t": "leave"})
        while self._process and self._process.poll() is None and monotonic() < ends and self._signals.count < 2:
            self._hear(TURN_SECONDS)
            self._tick()
        self._hear_out()
        ended(self._process, 0.0)
