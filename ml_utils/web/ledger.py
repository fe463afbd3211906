"""The one way a room changes: number, fold, store, then send.

Measurements are offered and go together at the next tick; everything else is committed at once, with whatever was
offered before it. A commit that fails changes nothing: the rooms it touched are read anew from the store.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import Refused
from ..core.reports import PASSING
from ..core.snapshot import empty_state
from ..core.timeline import fold
from .store import Store
from .writes import Accepted, Writes, keep_best, keep_images, keep_points

log = logging.getLogger(__name__)

RING = 400  # Events kept for those who reconnect
SNAPSHOT_EVERY = 200  # Events; what a start has to fold at most
HEAVY = {"draft_edited", "blueprint_dropped", "evaluated"}  # a whole network, or all curves, travel with each
MOST_HEAVY = 40  # of them are kept for those who reconnect, or to be folded at a start
ROOMS_IN_MEMORY = 400
PATIENT = PASSING | {"epoch_finished", "checkpoint_saved"}  # nobody waits for it: it may go with the next tick


@dataclass
class Draft:
    """A fact that has no number yet. `n`: its number in the outbox of the trainer that reports it."""

    room: str
    name: str
    data: dict[str, Any]
    position: dict[str, Any] | None = None
    by: dict[str, Any] | None = None
    command: str | None = None
    n: int | None = None


@dataclass
class Room:
    """A room in memory: its Snapshot, the newest Events as they were sent, and what the store knows of its trainer."""

    code: str
    state: dict[str, Any]
    attempt: int = 0
    token: str = ""
    acked: int = 0
    stored: int = 0  # seq of the cached Snapshot
    heavy: int = 0  # Events of that kind since then
    ring: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=RING))

    @property
    def seq(self) -> int:
        return int(self.state["seq"])

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.state["session"])

    @property
    def busy(self) -> bool:
        return self.session["status"] == "training" or self.session["waiting"] is not None

    @property
    def unfinished(self) -> bool:
        """Whether a restart of the server has to go on with something here."""
        errands = [*self.state["proofs"], *self.state["evaluations"].values()]
        return self.busy or bool(self.state["plan"]) or any(row["state"] == "running" for row in errands)

    def remember(self, wire: dict[str, Any]) -> None:
        """Keep an Event as it was sent, and let the oldest go where they hold too much."""
        self.ring.append(wire)
        while wire["name"] in HEAVY and sum(one["name"] in HEAVY for one in self.ring) > MOST_HEAVY:
            self.ring.popleft()

    def since(self, seq: int | None) -> list[dict[str, Any]] | None:
        """Return the Events after `seq` as they were sent, or None where they are too many: fetch the Snapshot."""
        if seq is None or seq > self.seq or self.seq - seq > len(self.ring):
            return None
        return [wire for wire in self.ring if wire["seq"] > seq]


class Ledger:
    """All rooms' logs. `publish(room, name, payload)` sends to the browsers; `clock` gives Unix seconds."""

    def __init__(self, store: Store, publish: Callable[[str, str, Any], None], clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.store = store
        self.observers: list[Callable[[Draft, dict[str, Any]], None]] = []
        self._publish, self._clock = publish, clock
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self._offered: list[Draft] = []
        self._failing = False

    def room(self, code: str) -> Room:
        """Return a room as of now; one in which nothing happened yet is made, and not stored."""
        with self.lock:
            room = self._rooms.pop(code, None) or self._load(code)
            self._rooms[code] = room
            self._forget_oldest()
            return room

    def _load(self, code: str) -> Room:
        row = self.store.room(code)
        if row is None:
            return Room(code, empty_state(code))
        state = {**empty_state(code), **(self.store.snapshot(code) or {})}  # one of an earlier version lacks some parts
        room = Room(code, state, row["attempt"], row["token"], row["acked"], state["seq"])
        for fact in self.store.events(code, state["seq"]):
            fold(state, fact)
            room.heavy += fact["name"] in HEAVY
        return room

    def _forget_oldest(self) -> None:
        for code in list(self._rooms)[: max(0, len(self._rooms) - ROOMS_IN_MEMORY)]:
            if not self._rooms[code].unfinished:
                del self._rooms[code]

    def offer(self, draft: Draft) -> None:
        """Take a fact that may wait: it is committed at the next tick, or before the next other fact."""
        with self.lock:
            self._offered.append(draft)

    def tick(self) -> None:
        """Commit what was offered; where the store refuses, keep it for the next tick."""
        with self.lock:
            if not self._offered:
                return
            try:
                self.commit()
            except Refused:  # told in the log by `commit`
                pass

    def commit(self, drafts: Iterable[Draft] = (), accepted: Accepted | None = None,
               columns: dict[str, dict[str, Any]] | None = None, done: Iterable[tuple[str, str]] = (),
               library: Writes | None = None) -> None:
        """Number, fold, store and send what was offered and these.

        `accepted` is the Command that caused them, its answer gets the room's number; `columns` sets columns of rooms
        (attempt, token, acked); `done` names Commands whose Event has come; `library`: what changes in people's own
        libraries. Raises `Refused` where the store fails.
        """
        with self.lock:
            offered, self._offered = self._offered, []
            writes = library or Writes()
            writes.rooms, writes.done = {code: dict(values) for code, values in (columns or {}).items()}, list(done)
            try:
                sent = [pair for draft in [*offered, *drafts] if (pair := self._number(draft, writes))]
                self._finish(writes, accepted)
                self.store.write(writes)
            except Exception as error:
                self._undo(writes, offered)
                self._tell_failure()
                raise Refused("storage_failed", "The server could not store this.",
                              "Try again in a moment; if it stays, the server's disk may be full.") from error
            self._failing = False
            self._remember(writes, columns or {})
            self._send(sent)

    def _tell_failure(self) -> None:
        """Once until it works again: a full disk would fill the log, too."""
        if not self._failing:
            log.exception("the store does not take what happens; measurements wait, commands are refused")
        self._failing = True

    def _number(self, draft: Draft, writes: Writes) -> tuple[Draft, dict[str, Any]] | None:
        """The one function that numbers Events. What a trainer reports and the fold cannot read is dropped and logged."""
        room = self.room(draft.room)
        if draft.n is not None and draft.n <= room.acked:
            return None  # told again after a redial, while the first time was still waiting for the store
        fact = {"seq": room.seq + 1, "name": draft.name, "data": draft.data, "position": draft.position,
                "by": draft.by, "at": round(self._clock(), 3)}
        columns = writes.rooms.setdefault(room.code, {})
        if draft.n is not None:
            columns["acked"] = room.acked = draft.n
        if draft.command:
            writes.done.append((room.code, draft.command))
        try:
            patch = fold(room.state, fact)
        except (KeyError, TypeError, ValueError):
            if draft.n is None:
                raise
            log.exception("dropped %s of room %s", draft.name, draft.room)
            return None
        writes.events.append((room.code, fact))
        writes.durable |= draft.name not in PASSING
        room.heavy += draft.name in HEAVY
        keep_points(fact, room.code, writes)
        keep_best(fact, room.code, room.state["runs"], writes)
        keep_images(fact, room.code, writes)
        data = {"rate": draft.data["rate"]} if draft.name == "metrics" else draft.data  # the rows travel in the patch
        return draft, {**fact, "data": data, "patch": patch}

    def _finish(self, writes: Writes, accepted: Accepted | None) -> None:
        for code, columns in writes.rooms.items():
            room = self.room(code)
            columns.update(seq=room.seq, busy=room.unfinished)
            if room.seq - room.stored >= SNAPSHOT_EVERY or room.heavy >= MOST_HEAVY:
                writes.snapshots[code] = room.state
        if accepted:
            accepted.answer["seq"] = self.room(accepted.room).seq
            writes.accepted, writes.durable = [accepted], True

    def _remember(self, writes: Writes, columns: dict[str, dict[str, Any]]) -> None:
        for code, state in writes.snapshots.items():
            self.room(code).stored, self.room(code).heavy = state["seq"], 0
        for code, values in columns.items():
            for name, value in values.items():
                setattr(self.room(code), name, value)

    def _undo(self, writes: Writes, offered: list[Draft]) -> None:
        for code in writes.rooms:
            self._rooms.pop(code, None)
        self._offered = offered + self._offered

    def _send(self, sent: list[tuple[Draft, dict[str, Any]]]) -> None:
        for draft, wire in sent:
            self.room(draft.room).remember(wire)
            self._publish(draft.room, "event", wire)
        for draft, wire in sent:
            for observe in self.observers:
                try:
                    observe(draft, wire)
                except Exception:  # a broken observer is logged, the rest go on
                    log.exception("observer failed on %s", wire["name"])

    def stage(self, writes: Writes) -> None:
        """Store a part of a log whose room is still to come: until `adopt` nobody sees it. Raises what the store raises."""
        with self.lock:
            self.store.write(writes)

    def adopt(self, code: str, state: dict[str, Any], drafts: Iterable[Draft]) -> None:
        """Make a room of the log that was staged; `state` is its Snapshot, and these come after it."""
        with self.lock:
            self._rooms[code] = Room(code, state, heavy=MOST_HEAVY)  # so that its Snapshot is stored at once
            self.commit(drafts, columns={code: {}})

    def snapshot(self, code: str) -> dict[str, Any]:
        """Return a copy of the Snapshot that nobody changes."""
        with self.lock:
            return copy.deepcopy(self.room(code).state)
