"""Places, queue, attempts and recovery: which room trains now, and what to do when its trainer is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..core.crashes import Crashes
from ..core.patience import hangs
from ..core.standing import go_order, work_of
from ..line import Frame
from .config import Config
from .launcher import Launcher
from .ledger import PATIENT, Draft, Ledger
from .line_server import Line
from .orders import hashed, order_for, proves
from .places import Places
from .reports import checked
from .work import order_of

log = logging.getLogger(__name__)
START_SECONDS = 60.0  # from asking for a trainer to its first word; torch may have to be imported
RETRY_SECONDS = 1.0  # after the store refused what a start needs
REDIAL_SECONDS = 3.0  # a living trainer redials twice a second
SILENT_SECONDS = 10.0  # without a beat, unless the network is large: hanging


class Trainers:
    """All trainers of this server. `idle(code)` is told when a room's trainer left while nothing is wanted of it."""

    def __init__(self, ledger: Ledger, launcher: Launcher, config: Config, address: str, clock: Callable[[], float]) -> None:
        self._ledger, self._launcher, self._config = ledger, launcher, config
        self._address, self._clock = address, clock
        self.idle: Callable[[str], None] = lambda code: None
        self.lines: dict[str, Line] = {}
        self._places = Places(config.max_trainers)
        self._deadlines: dict[str, float] = {}
        self._crashes = Crashes()
        self.stopping = False
        ledger.observers.append(self._observe)

    # ── wishes of the rooms ─────────────────────────────────────────────────────────────────────────────────

    def want(self, code: str) -> None:
        """Train this room now, or as soon as there is a place."""
        if code in self._places:
            return
        if self._places.enter(code):
            self._go(code)
        else:
            self._tell_places()

    def forward(self, code: str, order: dict[str, Any]) -> bool:
        """Hand a Command to the room's trainer; False where none is on the line."""
        return self._send(code, {"t": "command", **order})

    def stand(self, code: str) -> None:
        """Let a trainer that is on the line stand where the Session stands now."""
        work = work_of(self._ledger.room(code).state, go=False)
        self._send(code, {"t": "stand", "work": work.model_dump(mode="json")})

    def follow(self, code: str) -> None:
        """Tell a trainer that does not train which Settings are in force."""
        self._send(code, {"t": "settings", "settings": self._ledger.room(code).state["settings"]})

    def _send(self, code: str, frame: Frame) -> bool:
        if line := self.lines.get(code):
            line.send(frame)
        return line is not None

    def revoke(self, code: str) -> None:
        """Give up a trainer that has not begun: it is refused from now on."""
        self._drop_line(code)
        self._launcher.kill(code, self._ledger.room(code).attempt, hard=True)
        self._ledger.commit(columns={code: {"token": ""}})

    def resume(self) -> None:
        """After a start of the server: expect the trainers that live on, start those that do not."""
        waiting = []
        for code in self._ledger.store.busy_rooms():
            room = self._ledger.room(code)
            if not room.busy:
                continue
            if (room.session["waiting"] or {}).get("reason") == "queued":
                waiting.append((room.session["waiting"]["place"], code))
                continue
            self._places.active.add(code)
            self._deadlines[code] = self._clock() + (REDIAL_SECONDS if room.token else 0)
        self._places.queue += [code for _, code in sorted(waiting)]
        self._promote()

    # ── places ──────────────────────────────────────────────────────────────────────────────────────────────

    def _go(self, code: str) -> None:
        room = self._ledger.room(code)
        if not self.forward(code, {"id": f"go-{room.seq}", "name": "go", "args": go_order(room.state)}):
            self._launch(code)

    def _release(self, code: str) -> None:
        self._places.leave(code)
        self._deadlines.pop(code, None)
        self._promote()

    def _promote(self) -> None:
        while not self.stopping and (code := self._places.promote()):
            self._go(code)
        self._tell_places()

    def _tell_places(self) -> None:
        moved = [Draft(code, "training_queued", {"place": place}) for place, code in enumerate(self._places.queue, 1)
                 if (self._ledger.room(code).session["waiting"] or {}).get("place") != place]
        if moved:
            self._ledger.commit(moved)

    def _observe(self, draft: Draft, wire: dict[str, Any]) -> None:
        if draft.n is not None and (line := self.lines.get(draft.room)):
            line.send({"t": "ack", "n": draft.n})
        if wire["name"] in ("training_paused", "session_failed"):
            self._release(draft.room)

    # ── attempts ────────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self, code: str) -> None:
        self._deadlines[code] = self._clock() + RETRY_SECONDS
        attempt = self._ledger.room(code).attempt + 1
        order = order_for(self._config, self._address, code, attempt)
        columns = {code: {"attempt": attempt, "token": hashed(order["token"]), "acked": 0}}
        self._ledger.commit([Draft(code, "trainer_started", {"attempt": attempt})], columns=columns)
        self._deadlines[code] = self._clock() + START_SECONDS
        try:
            self._launcher.start(order)
        except OSError:
            log.exception("cannot start a trainer")
            self._deadlines[code] = 0.0

    def _lost(self, code: str, reason: str) -> None:
        """A wanted trainer is gone: start the next attempt, or give up where that does not help."""
        room, now = self._ledger.room(code), self._clock()
        self._drop_line(code)
        if self.stopping:
            return
        self._deadlines[code] = now + RETRY_SECONDS
        log.warning("trainer %d of room %s lost: %s", room.attempt, code, reason)
        if crashes := self._crashes.add(code, now):
            self._ledger.commit([Draft(code, "session_failed", {
                "code": "trainer_crashed", "message": f"The training process ended {crashes} times in a row.",
                "hint": "Press Continue to try once more, or begin a new run with a smaller network or batch size."})])
            return
        self._ledger.commit([Draft(code, "trainer_lost", {"attempt": max(1, room.attempt), "reason": reason})])
        self._launch(code)

    def _drop_line(self, code: str) -> None:
        if line := self.lines.pop(code, None):
            line.close()

    # ── what trainers say ───────────────────────────────────────────────────────────────────────────────────

    def take(self, line: Line, frame: Frame) -> None:
        """One frame of a trainer; raises ValueError (the line is closed) where it is not what a trainer says."""
        line.last_seen = self._clock()
        if frame["t"] == "hello":
            self._hello(line, frame)
        elif self.lines.get(line.room) is not line:
            line.close()  # an older attempt, fenced off
        elif frame["t"] == "event":
            self._event(line, frame)
        elif frame["t"] == "bye":
            self._ledger.commit(columns={line.room: {"token": ""}})

    def _hello(self, line: Line, frame: Frame) -> None:
        self._ledger.tick()  # what was offered counts as stored from here on
        code, attempt = str(frame.get("room")), frame.get("attempt")
        room = self._ledger.room(code)
        if attempt != room.attempt or not proves(frame.get("token"), room.token):
            line.send({"t": "refused", "reason": "not this room's trainer"})
            line.close()
            return
        self._drop_line(code)
        line.room, line.attempt = code, room.attempt
        self.lines[code] = line
        self._deadlines.pop(code, None)
        undone = [order_of(room.state, one.id, one.name, one.args) for one in self._ledger.store.undone(code)]
        work = work_of(room.state, code in self._places.active)
        line.send({"t": "welcome", "acked": room.acked, "work": work.model_dump(mode="json"), "commands": undone})

    def _event(self, line: Line, frame: Frame) -> None:
        room = self._ledger.room(line.room)
        draft = checked(room, frame)
        if draft is None or draft.n is not None and draft.n <= room.acked:
            line.send({"t": "ack", "n": frame["n"] if draft is None else room.acked})
            return
        if draft.command:
            draft.by = self._ledger.store.asked_by(room.code, draft.command.partition(".")[0])
        if draft.name in PATIENT:
            self._ledger.offer(draft)
        else:
            self._ledger.commit([draft])

    def gone(self, line: Line) -> None:
        """A line ended. A wanted trainer has a moment to redial."""
        if self.lines.get(line.room) is not line:
            return
        del self.lines[line.room]
        if line.room in self._places.active:
            left = not self._ledger.room(line.room).token
            self._deadlines[line.room] = self._clock() + (0 if left else REDIAL_SECONDS)
        elif not self.stopping:
            self.idle(line.room)

    def on_exit(self, code: str, attempt: int, status: int) -> None:
        """The launcher saw a trainer end."""
        with self._ledger.lock:
            if code in self._places.active and attempt == self._ledger.room(code).attempt and not self.stopping:
                self._lost(code, f"ended with status {status}")

    def tick(self) -> None:
        """Look after trainers that hang, or do not come."""
        with self._ledger.lock:
            now = self._clock()
            for code in [code for code, line in self.lines.items() if code in self._places.active
                         and hangs(now - line.last_seen, SILENT_SECONDS, self._ledger.room(code).state)]:
                self._kill(code)
                self._lost(code, "gave no sign of life")
            for code in [code for code, deadline in self._deadlines.items() if now >= deadline]:
                self._launcher.kill(code, self._ledger.room(code).attempt, hard=True)
                self._lost(code, "is not on the line")

    def _kill(self, code: str) -> None:
        self._launcher.kill(code, self.lines[code].attempt, hard=True)
        self.lines[code].kill()

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def leave(self) -> None:
        """Ask every trainer to write a checkpoint and leave."""
        with self._ledger.lock:
            self.stopping = True
            for line in self.lines.values():
                line.send({"t": "leave"})

    def end(self) -> None:
        """End what has not left, then the launcher."""
        with self._ledger.lock:
            for code in list(self.lines):
                self._kill(code)
            for code in self._places.active:
                self._launcher.kill(code, self._ledger.room(code).attempt, hard=True)
        self._launcher.stop()
