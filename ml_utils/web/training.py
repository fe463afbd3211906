"""Use cases of the training itself. While it trains the trainer decides, else this process does and the trainer follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.blueprint import Blueprint, cnn
from ..core.commands import Command, Continue, Freeze, NewRun, SetSettings, Start, Step
from ..core.errors import Refused
from ..core.rules import check_layers, check_size, forms
from ..core.tree import next_branch, target
from .decision import By, Case, Decision, Known, freezing, settings_after, settings_draft, settings_for, standpoint
from .ledger import Draft, Ledger, Room
from .trainers import Trainers
from .warm import no_weights, warm_start
from .work import MOVES, order_of


class Training:
    """new_run, start, continue, step, interrupt, set_settings, freeze, unfreeze. `threads`: per trainer, kept with each run.

    `memory`: bytes that a network may need while it trains, 0: no limit.
    """

    def __init__(self, ledger: Ledger, trainers: Trainers, threads: int, memory: int, known: Known) -> None:
        self._ledger, self._trainers, self._threads, self._memory, self._known = ledger, trainers, threads, memory, known
        self.brought: Callable[[str, Blueprint], dict[str, Any]] = no_weights  # what `run_started` says of a file
        self.cases: dict[str, Case] = {
            "new_run": self._new_run, "start": self._start, "continue": self._continue, "step": self._step,
            "interrupt": self._interrupt, "set_settings": self._set_settings,
            "freeze": self._freeze, "unfreeze": self._freeze}

    def _new_run(self, room: Room, command: NewRun, by: By, _: str) -> Decision:
        if room.busy:
            raise Refused("training", "A new run cannot begin while this one trains or waits to.", "Interrupt it first.")
        self._known(command.blueprint)
        asked = command.settings.model_dump(exclude_unset=True) if command.settings else {}
        settings = settings_for(room.state, command.blueprint.model_dump(mode="json"), asked)
        check_layers(command.blueprint, settings)
        self.check_size(command.blueprint, settings)
        warm = self._first_weights(room, command)
        return Decision([self._run_started(room, command.blueprint, settings, by, warm)],
                        lambda: self._trainers.stand(room.code))

    def _first_weights(self, room: Room, command: NewRun) -> dict[str, Any] | None:
        if command.weights is None:
            return warm_start(room.state, command.blueprint) if command.warm else None
        if command.warm:
            raise Refused("invalid", "A run begins with trained weights of this room, or with those of a file, not with both.",
                          "Leave warm or weights out.", "weights")
        return self.brought(command.weights, command.blueprint)

    def check_size(self, blueprint: Blueprint, settings: dict[str, Any]) -> None:
        """Raise `Refused` where the network cannot work, or not with batches of this size."""
        forms(blueprint)
        check_size(blueprint, settings["batch_size"], self._memory)

    def _run_started(self, room: Room, blueprint: Blueprint, settings: dict[str, Any], by: By,
                     warm: dict[str, Any] | None = None) -> Draft:
        data = {"run": f"r{len(room.state['runs']) + 1}", "branch": next_branch(room.state),
                "blueprint": blueprint.model_dump(mode="json"), "settings": settings, "threads": self._threads, "warm": warm}
        return Draft(room.code, "run_started", data, by=by)

    def _start(self, room: Room, command: Start, by: By, _: str) -> Decision:
        position = room.session["position"]
        self._may_go(room)
        if position and (position["x"] > 0 or room.session["status"] == "paused"):
            raise Refused("already_begun", "This run has begun already.", "Use continue, or begin a new run.")
        return self._go(room, command.epochs or room.state["settings"]["epochs"], by)

    def _continue(self, room: Room, command: Continue, by: By, _: str) -> Decision:
        session = room.session
        self._may_go(room)
        if not session["position"] or session["status"] == "idle":
            raise Refused("not_begun", "Nothing has been trained yet.", "Use start.")
        left = (session["until"] or 0) - target(room.state)["epoch"]
        return self._go(room, command.epochs or (left if left > 0 else room.state["settings"]["epochs"]), by)

    def _step(self, room: Room, command: Step, by: By, _: str) -> Decision:
        self._may_go(room)
        return self._go(room, room.state["settings"]["epochs"], by, command.batches)

    def _may_go(self, room: Room) -> None:
        if room.busy or any(one.name in MOVES for one in self._ledger.store.undone(room.code)):
            raise Refused("training", "The training is running already, or about to.", "Wait, or interrupt it.")

    def _go(self, room: Room, epochs: int, by: By, steps: int | None = None) -> Decision:
        """Train on; off the tip of its Branch that starts a new one."""
        position, drafts = standpoint(room), []
        if position is None:
            blueprint, settings = cnn(), settings_after(room.state["settings"], {})
            drafts.append(self._run_started(room, blueprint, settings, by))
        elif room.session["held"] is not None:
            drafts.append(branch_draft(room, position, room.state["settings"], by))
            position = drafts[0].position
        until = (position["epoch"] if position else 0) + epochs
        drafts.append(Draft(room.code, "training_requested", {"until": until, "steps": steps}, position, by))
        return Decision(drafts, lambda: self._trainers.want(room.code))

    def _interrupt(self, room: Room, command: Command, by: By, asked: str) -> Decision:
        session = room.session
        if session["status"] == "training":
            return Decision([], lambda: self._forward(room.code, asked, "interrupt", {}), pending=True)
        if not room.busy:
            raise Refused("not_training", "There is nothing to interrupt: no training is running.", "Start it first.")
        return self.cancelled(room, by)

    def cancelled(self, room: Room, by: By) -> Decision:
        """Give up a training that has not begun."""
        session = room.session
        paused = Draft(room.code, "training_paused", {"reason": "interrupted"}, session["position"], by)
        queued = session["waiting"]["reason"] == "queued"
        return Decision([paused], lambda: None if queued else self._trainers.revoke(room.code))

    def _set_settings(self, room: Room, command: SetSettings, by: By, asked: str) -> Decision:
        changes = command.model_dump(exclude_unset=True)
        wanted = settings_after(room.state["settings"], {name: value for name, value in changes.items() if name != "reason"})
        blueprint = Blueprint.model_validate(room.state["blueprint"])
        check_layers(blueprint, wanted)
        if "batch_size" in changes:
            self.check_size(blueprint, wanted)
        return self._change(room, "set_settings", changes, changes, by, asked)

    def _freeze(self, room: Room, command: Freeze, by: By, asked: str) -> Decision:
        args = command.model_dump(exclude_unset=True)
        return self._change(room, command.name, args, freezing(room.state, command.name, args), by, asked)

    def _change(self, room: Room, name: str, args: dict[str, Any], changes: dict[str, Any], by: By, asked: str) -> Decision:
        """The trainer says from which batch on a change is in effect; where nothing trains it follows what is decided here."""
        if room.session["status"] == "training" or (
                room.code in self._trainers.lines and self._ledger.store.undone(room.code)):
            return Decision([], lambda: self._forward(room.code, asked, name, args), pending=True)
        return Decision([settings_draft(room, changes, by)], lambda: self._trainers.follow(room.code))

    def _forward(self, code: str, asked: str, name: str, args: dict[str, Any]) -> None:
        self._trainers.forward(code, order_of(self._ledger.room(code).state, asked, name, args))


def branch_draft(room: Room, position: dict[str, Any], settings: dict[str, Any], by: By | None, **about: Any) -> Draft:
    """Return the Event of a Branch that starts at a Position off the tip."""
    branch = next_branch(room.state)
    data = {"branch": branch, "run": position["run"], "parent": position["branch"], "epoch": position["epoch"], "kind": "fork",
            "settings": settings, "replay": [], "of": None, "group": None, "before": None,
            "planned": False, **about}
    return Draft(room.code, "branch_started", data, {**position, "branch": branch}, by)
