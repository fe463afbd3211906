"""Examiners: processes beside the Sessions that answer questions about stored models, one per room, a few at a time."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..core.errors import Refused
from ..line import Frame
from .config import Config
from .launcher import Launcher
from .line_server import Line
from .orders import hashed, order_for, proves

log = logging.getLogger(__name__)
MOST = 3  # at once
START_SECONDS = 60.0  # from asking for one to its first word


@dataclass
class Examiner:
    """One process; `frames` wait until it has dialled in."""

    room: str
    number: int  # its attempt is the negative of it
    token: str  # hashed
    deadline: float
    line: Line | None = None
    asked: int = 0  # questions that it has not answered
    frames: list[Frame] = field(default_factory=list)


class Examiners:
    """Starts them when a room asks, and ends the one that was idle longest where others need the place.

    `lost(room)` is told when one ends with questions unanswered.
    """

    def __init__(self, launcher: Launcher, config: Config, address: str, clock: Callable[[], float],
                 numbers: Iterator[int]) -> None:
        self._launcher, self._config, self._address, self._clock, self._numbers = launcher, config, address, clock, numbers
        self._rooms: OrderedDict[str, Examiner] = OrderedDict()  # last asked last
        self.lost: Callable[[str], None] = lambda room: None

    def ask(self, room: str, frame: Frame) -> None:
        """Hand over a question; raise `Refused` where there is no place for one more process."""
        one = self._rooms.get(room) or self._start(room)
        self._rooms.move_to_end(room)
        one.asked += 1
        if one.line:
            one.line.send(frame)
        else:
            one.frames.append(frame)

    def answered(self, line: Line) -> bool:
        """Take note that a question was answered; False where this is no examiner of ours."""
        one = self._rooms.get(line.room)
        if not one or one.line is not line:
            return False
        one.asked -= 1
        return True

    def _start(self, room: str) -> Examiner:
        if len(self._rooms) >= MOST:
            self._make_place()
        number = next(self._numbers)
        order = order_for(self._config, self._address, room, -number)
        try:
            self._launcher.start(order)
        except OSError:
            log.exception("cannot start an examiner")
            raise Refused("no_examiner", "The server cannot look inside at the moment.", "Try again in a moment.") from None
        self._rooms[room] = Examiner(room, number, hashed(order["token"]), self._clock() + START_SECONDS)
        return self._rooms[room]

    def _make_place(self) -> None:
        idle = next((one for one in self._rooms.values() if one.line and not one.asked), None)
        if idle is None or idle.line is None:
            raise Refused("busy", f"{MOST} rooms look inside at the moment; that is all this server can do.",
                          "Try again in a moment.")
        idle.line.send({"t": "leave"})
        del self._rooms[idle.room]

    def kill(self, room: str) -> None:
        """End one that hangs."""
        if one := self._rooms.pop(room, None):
            try:
                self._launcher.kill(room, -one.number, hard=True)
            except OSError:  # whoever waits is told all the same
                log.exception("cannot end an examiner")
            if one.line:
                one.line.kill()
                one.line.close()

    # ── what they say ───────────────────────────────────────────────────────────────────────────────────────

    def knows(self, attempt: int) -> bool:
        return any(one.number == -attempt for one in self._rooms.values())

    def hello(self, line: Line, frame: Frame) -> None:
        one = next((one for one in self._rooms.values() if one.number == -frame["attempt"]), None)
        if not one or one.line or not proves(frame.get("token"), one.token):
            line.send({"t": "refused", "reason": "not an examiner of this server"})
            line.close()
            return
        line.room, one.line = one.room, line
        line.send({"t": "welcome", "acked": 0, "work": None, "commands": []})
        for waiting in one.frames:
            line.send(waiting)
        one.frames = []

    def take(self, line: Line, frame: Frame) -> None:
        """Beats and farewells need no answer."""

    def gone(self, line: Line) -> None:
        one = self._rooms.get(line.room)
        if one and one.line is line:
            del self._rooms[line.room]
            self.lost(line.room)

    def exited(self, attempt: int) -> None:
        for one in [one for one in self._rooms.values() if one.number == -attempt and not one.line]:
            del self._rooms[one.room]
            self.lost(one.room)

    def tick(self) -> None:
        """Give up those that never came."""
        for one in [one for one in self._rooms.values() if not one.line and self._clock() >= one.deadline]:
            self.kill(one.room)
            self.lost(one.room)

    def end(self) -> None:
        for room in list(self._rooms):
            self.kill(room)
