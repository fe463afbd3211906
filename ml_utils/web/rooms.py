"""Accepts Commands: checks, decides, stores, then acts. Every answer is the first and only one."""

from __future__ import annotations

import logging
from typing import Any

from ..core.commands import Command, Envelope
from ..core.errors import Refused, parse, shown
from ..core.messages import COMMANDS
from .decision import By, Case, Decision, Known, freezing, settings_draft
from .drafting import Drafting
from .errands import Errands
from .ledger import Draft, Ledger, Room
from .trainers import Trainers
from .training import Training
from .travel import Travel
from .work import MOVES
from .writes import Accepted

log = logging.getLogger(__name__)
Answer = dict[str, Any]
FINISHED = ("finished", "stopped_early")  # after these the next fork of the plan begins
ANSWERED = ("training_paused", "session_failed", "settings_changed", "trainer_recovered")  # after these a move may be possible


class Rooms:
    """The use cases of all rooms. `threads`: per trainer, stored with each run; `memory`: of a network, in bytes.

    `more`: cases of what does not touch the training; `known` refuses a Blueprint whose images are not here.
    """

    def __init__(self, ledger: Ledger, trainers: Trainers, errands: Errands, threads: int, memory: int,
                 more: dict[str, Case], known: Known) -> None:
        self._ledger, self._trainers = ledger, trainers
        training = self.training = Training(ledger, trainers, threads, memory, known)
        self._travel = Travel(ledger, trainers, errands, training)
        self._cases: dict[str, Case] = {**training.cases, **self._travel.cases, **Drafting(ledger, known).cases, **more}
        self._accepting = ""  # the room whose Command is being accepted: it moves on when that is done
        trainers.idle = self.settle
        ledger.observers.append(self._observe)

    def resume(self) -> None:
        """After a start of the server: go on with what was planned."""
        with self._ledger.lock:
            for code in self._ledger.store.busy_rooms():
                self._move_on(code)

    def command(self, code: str, by: By, payload: object) -> Answer:
        """Check, decide, store, then act; raise `Refused` where it cannot be."""
        envelope = parse(Envelope, payload)
        with self._ledger.lock:
            first = self._ledger.store.answer(code, envelope.id)
            if first:
                return first
            if self._trainers.stopping:
                raise Refused("restarting", "The server is restarting.", "The page sends this again in a moment.")
            self._accepting = code
            try:
                return self._accept(code, by, envelope)
            finally:
                self._accepting = ""
                self._move_on(code)

    def _accept(self, code: str, by: By, envelope: Envelope) -> Answer:
        if envelope.name not in self._cases:
            raise Refused("unknown_command", f"There is no command {shown(envelope.name)}.",
                          f"Commands are {', '.join(COMMANDS)}.", "name")
        command: Command = parse(COMMANDS[envelope.name], envelope.args)
        self._ledger.tick()
        if not self._ledger.room(code).busy and code not in self._trainers.lines:
            self.settle(code)
        decision = self._cases[envelope.name](self._ledger.room(code), command, by, envelope.id)
        accepted = Accepted(code, envelope.id, envelope.name, command.model_dump(mode="json", exclude_unset=True), by,
                            {"ok": True}, done=not decision.pending)
        self._ledger.commit(decision.drafts, accepted)
        self._act(decision)
        return accepted.answer

    @staticmethod
    def _act(decision: Decision) -> None:
        try:
            decision.then()
        except Refused:  # what is accepted stays accepted; the trainers' tick tries again
            pass

    # ── what was accepted and is not done yet ───────────────────────────────────────────────────────────────

    def settle(self, code: str) -> None:
        """No trainer will answer what it was asked last: do it here."""
        for one in self._ledger.store.undone(code):
            room = self._ledger.room(code)
            if one.name in ("set_settings", "freeze", "unfreeze"):
                asked = one.args if one.name == "set_settings" else freezing(room.state, one.name, one.args)
                self._ledger.commit([settings_draft(room, asked, one.by)], done=[(code, one.id)])
            elif one.name == "interrupt":
                self._ledger.commit(done=[(code, one.id)])
        self._move_on(code)

    def _observe(self, draft: Draft, _: dict[str, Any]) -> None:
        """What stands still needs no further interrupt, and may move."""
        if draft.name in ("training_paused", "session_failed"):
            done = [(one.room, one.id) for one in self._ledger.store.undone(draft.room) if one.name == "interrupt"]
            if done:
                self._ledger.commit(done=done)
        if draft.name in ANSWERED and draft.room != self._accepting:
            self._move_on(draft.room)

    def _move_on(self, code: str) -> None:
        """Do the moves that waited for the training to stop; then begin the next fork of the plan."""
        while not (room := self._ledger.room(code)).busy and not self._trainers.stopping:
            undone = self._ledger.store.undone(code)
            if undone and undone[0].name in MOVES:
                self._perform(room, undone[0])
            elif not undone and room.session["reason"] in FINISHED and room.state["plan"]:
                self._perform_next(room)
            else:
                return

    def _perform(self, room: Room, one: Accepted) -> None:
        try:
            decision = self._travel.perform(room, parse(COMMANDS[one.name], one.args), one.by or {})
        except Refused as refused:  # it was possible when it was accepted; nobody is left to tell
            log.warning("%s of room %s: %s", one.name, room.code, refused)
            decision = Decision()
        self._ledger.commit(decision.drafts, done=[(room.code, one.id)])
        self._act(decision)

    def _perform_next(self, room: Room) -> None:
        decision = self._travel.next_fork(room, room.state["plan"])
        self._ledger.commit(decision.drafts)
        self._act(decision)
