"""Use cases: what each Command does, given what the room is doing now. Every answer is the first and only one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ..core.blueprint import Blueprint, cnn, shapes
from ..core.commands import Command, Continue, Envelope, NewRun, SetSettings, Start
from ..core.errors import Refused, refusal, shown
from ..core.messages import COMMANDS
from ..core.settings import Settings, changes_between
from .ledger import Draft, Ledger, Room
from .store import Accepted
from .trainers import Trainers

Answer = dict[str, Any]
By = dict[str, Any]


@dataclass
class Decision:
    """What a Command leads to: Events now, and what is done after they are stored."""

    drafts: list[Draft] = field(default_factory=list)
    then: Callable[[], object] = lambda: None
    pending: bool = False  # its Event comes from the trainer


class Rooms:
    """The use cases of all rooms. `threads`: per trainer, stored with each run."""

    def __init__(self, ledger: Ledger, trainers: Trainers, threads: int) -> None:
        self._ledger, self._trainers, self._threads = ledger, trainers, threads
        self._cases: dict[str, Callable[[Room, Any, By, str], Decision]] = {
            "new_run": self._new_run, "start": self._start, "interrupt": self._interrupt,
            "continue": self._continue, "set_settings": self._set_settings}
        trainers.idle = self.settle
        ledger.observers.append(self._observe)

    def command(self, code: str, by: By, payload: object) -> Answer:
        """Check, decide, store, then act; raise `Refused` where it cannot be."""
        envelope = parse(Envelope, payload)
        with self._ledger.lock:
            first = self._ledger.store.answer(code, envelope.id)
            if first:
                return first
            if self._trainers.stopping:
                raise Refused("restarting", "The server is restarting.", "The page sends this again in a moment.")
            return self._accept(code, by, envelope)

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
        try:
            decision.then()
        except Refused:  # what is accepted stays accepted; the trainers' tick tries again
            pass
        return accepted.answer

    # ── one function per Command ────────────────────────────────────────────────────────────────────────────

    def _new_run(self, room: Room, command: NewRun, by: By, _: str) -> Decision:
        if room.busy:
            raise Refused("training", "A new run cannot begin while this one trains or waits to.", "Interrupt it first.")
        shapes(command.blueprint)
        asked = command.settings.model_dump(exclude_unset=True) if command.settings else {}
        settings = Settings.model_validate({**room.state["settings"], **asked})
        return Decision([self._run_started(room, command.blueprint, settings, by)], lambda: self._dismiss(room.code))

    def _run_started(self, room: Room, blueprint: Blueprint, settings: Settings, by: By) -> Draft:
        data = {"run": f"r{len(room.state['runs']) + 1}", "branch": f"b{len(room.state['branches']) + 1}",
                "blueprint": blueprint.model_dump(mode="json"), "settings": settings.model_dump(mode="json"),
                "threads": self._threads}
        return Draft(room.code, "run_started", data, by=by)

    def _dismiss(self, code: str) -> None:
        """A trainer that still holds the run before is of no use."""
        if code in self._trainers.lines:
            self._trainers.revoke(code)

    def _start(self, room: Room, command: Start, by: By, _: str) -> Decision:
        position = room.session["position"]
        self._may_go(room)
        if position and position["x"] > 0:
            raise Refused("already_begun", "This run has begun already.", "Use continue, or begin a new run.")
        drafts = [] if position else [self._run_started(room, cnn(), Settings.model_validate(room.state["settings"]), by)]
        return self._go(room, drafts, command.epochs or room.state["settings"]["epochs"], by)

    def _continue(self, room: Room, command: Continue, by: By, _: str) -> Decision:
        session = room.session
        self._may_go(room)
        if not session["position"] or (session["status"] == "idle"):
            raise Refused("not_begun", "Nothing has been trained yet.", "Use start.")
        left = (session["until"] or 0) - session["position"]["epoch"]
        return self._go(room, [], command.epochs or (left if left > 0 else room.state["settings"]["epochs"]), by)

    @staticmethod
    def _may_go(room: Room) -> None:
        if room.busy:
            raise Refused("training", "The training is running already, or about to.", "Wait, or interrupt it.")

    def _go(self, room: Room, drafts: list[Draft], epochs: int, by: By) -> Decision:
        position = room.session["position"]
        until = (position["epoch"] if position else 0) + epochs
        requested = Draft(room.code, "training_requested", {"until": until}, position, by)
        return Decision([*drafts, requested], lambda: self._trainers.want(room.code))

    def _interrupt(self, room: Room, command: Command, by: By, asked: str) -> Decision:
        session = room.session
        if session["status"] == "training":
            return Decision([], lambda: self._trainers.forward(room.code, asked, "interrupt", {}), pending=True)
        if not room.busy:
            raise Refused("not_training", "There is nothing to interrupt: no training is running.", "Start it first.")
        paused = Draft(room.code, "training_paused", {"reason": "interrupted"}, session["position"], by)
        queued = session["waiting"]["reason"] == "queued"
        return Decision([paused], lambda: None if queued else self._trainers.revoke(room.code))

    def _set_settings(self, room: Room, command: SetSettings, by: By, asked: str) -> Decision:
        changes = command.model_dump(exclude_unset=True)
        if room.session["status"] == "training" or room.code in self._trainers.lines:
            return Decision([], lambda: self._trainers.forward(room.code, asked, "set_settings", changes), pending=True)
        return Decision([settings_draft(room, changes, by)])

    def settle(self, code: str) -> None:
        """No trainer will answer what it was asked last: do it here."""
        for one in self._ledger.store.undone(code):
            room = self._ledger.room(code)
            drafts = [settings_draft(room, one.args, one.by)] if one.name == "set_settings" else []
            self._ledger.commit(drafts, done=[(code, one.id)])

    def _observe(self, draft: Draft, _: dict[str, Any]) -> None:
        """What stands still needs no further interrupt."""
        if draft.name in ("training_paused", "session_failed"):
            done = [(one.room, one.id) for one in self._ledger.store.undone(draft.room) if one.name == "interrupt"]
            if done:
                self._ledger.commit(done=done)


def settings_draft(room: Room, changes: dict[str, Any], by: By | None) -> Draft:
    """Return the Event of a change while nothing trains: in effect from the present Position on."""
    old, position = room.state["settings"], room.session["position"]
    settings = Settings.model_validate({**old, **changes}).model_dump(mode="json")
    until = position["epoch"] + changes["epochs"] if position and "epochs" in changes else None
    data = {"changes": changes_between(old, settings), "settings": settings, "until": until}
    return Draft(room.code, "settings_changed", data, position, by)


def parse(kind: type[Any], payload: object) -> Any:
    """Return what came from outside as a message of this kind; raise `Refused` where it is none."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise refusal(error) from None
