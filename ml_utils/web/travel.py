"""Use cases of time travel: going back, forks, twins, undone changes, and what is kept and proved."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from ..core.blueprint import Blueprint
from ..core.checkpoints import epoch_checkpoint
from ..core.commands import Command, MakeFork, Pin, Prove, RenameBranch, Revert, Twin, Undo
from ..core.errors import Refused, shown
from ..core.patches import inside, start_of
from ..core.settings import Settings, whole
from ..core.tree import home, next_branch, place_of, settings_at
from .decision import By, Case, Decision, branch_of, settings_after, settings_draft
from .errand_kinds import Proof
from .errands import Errands
from .ledger import Draft, Ledger, Room
from .trainers import Trainers
from .training import Training, branch_draft
from .work import order_of

MOST_PROOFS = 4  # of a room at a time: the server makes one after the other, for all rooms


class Travel:
    """revert, fork, twin, undo, drop_plan, rename_branch, pin, unpin, prove.

    The first four move the Position. They are done at once where nothing trains and nothing is under way, else as soon
    as the training has stopped for them: until then they are accepted and pending.
    """

    def __init__(self, ledger: Ledger, trainers: Trainers, errands: Errands, training: Training) -> None:
        self._ledger, self._trainers, self._errands, self._training = ledger, trainers, errands, training
        self._moves: dict[str, Callable[[Room, Any, By], Decision]] = {
            "revert": self._revert, "fork": self._fork, "twin": self._twin, "undo": self._undo}
        self.cases: dict[str, Case] = {
            **dict.fromkeys(self._moves, self._move), "drop_plan": self._drop_plan,
            "rename_branch": self._rename_branch, "pin": self._pin, "unpin": self._pin, "prove": self._prove}

    # ── moves ───────────────────────────────────────────────────────────────────────────────────────────────

    def _move(self, room: Room, command: Command, by: By, asked: str) -> Decision:
        decision = self._moves[command.name](room, command, by)  # refused now, if at all
        if room.session["waiting"] and room.session["status"] != "training":
            cancelled = self._training.cancelled(room, by)
            return Decision(cancelled.drafts, cancelled.then, pending=True)
        if room.session["status"] == "training":
            stop = order_of(room.state, asked, command.name, {})
            return Decision([], lambda: self._trainers.forward(room.code, stop), pending=True)
        if self._ledger.store.undone(room.code):
            return Decision(pending=True)
        return decision

    def perform(self, room: Room, command: Command, by: By) -> Decision:
        """Return what a pending move does now."""
        return self._moves[command.name](room, command, by)

    def _revert(self, room: Room, command: Revert, by: By) -> Decision:
        position = _place(room, command.branch, command.epoch)
        if command.keep_settings:
            self._check_size(room, position, room.state["settings"])
        drafts = [Draft(room.code, "plan_dropped", {}, room.session["position"], by)] if room.state["plan"] else []
        drafts += self._drafts_back(room, position, by, command.reason, room.state["settings"] if command.keep_settings else {})
        return Decision(drafts, lambda: self._trainers.stand(room.code))

    def _check_size(self, room: Room, position: dict[str, Any], settings: dict[str, Any]) -> None:
        self._training.check_size(Blueprint.model_validate(room.state["runs"][position["run"]]["blueprint"]), settings)

    def _drafts_back(self, room: Room, position: dict[str, Any], by: By | None, reason: str | None,
                     asked: dict[str, Any], before: int | None = None) -> list[Draft]:
        """Go there; then change what is asked to be other than it was there."""
        settings = settings_after(settings_at(room.state, position["branch"], place_of(position), before), {})
        data = {"branch": position["branch"], "epoch": position["epoch"], "settings": settings, "reason": reason}
        drafts = [Draft(room.code, "reverted", data, position, by)]
        changed = settings_draft(room, whole(asked, settings), by, position, settings) if asked else None
        if changed and changed.data["changes"]:
            changed.data |= {"until": None, "reason": reason}
            drafts.append(changed)
        return drafts

    def _fork(self, room: Room, command: MakeFork, by: By) -> Decision:
        position = _place(room, command.branch, command.epoch)
        asked = command.settings.model_dump(exclude_unset=True, mode="json") if command.settings else {}
        fork = _told_of("settings", lambda: self._planned(
            room, position, asked, command.epochs, "fork", command.reason, by))
        return self._plan(room, [fork], by)

    def _twin(self, room: Room, command: Twin, by: By) -> Decision:
        position = _place(room, command.branch, command.epoch)
        if command.setting not in Settings.model_fields:
            raise Refused("unknown_setting", f"There is no setting {shown(command.setting)}.",
                          f"Settings are {', '.join(Settings.model_fields)}.", "setting")
        forks = [_told_of("values", lambda value=value: self._planned(  # type: ignore[misc]
            room, position, {command.setting: value}, command.epochs, "twin", None, by)) for value in command.values]
        if forks[0]["settings"] == forks[1]["settings"]:
            raise Refused("no_difference", "Both values are the same, so both branches would be.", "Give two different values.",
                          "values")
        return self._plan(room, [{**fork, "group": f"{next_branch(room.state)}-twins"} for fork in forks], by)

    def _undo(self, room: Room, command: Undo, by: By) -> Decision:
        state = room.state
        marker = next((one for one in state["markers"] if one["seq"] == command.seq), None)
        if marker is None:
            raise Refused("unknown_change", f"Event {command.seq} is no change of settings on a branch of this room.",
                          "Choose a marker of the tree or a row of the ledger.", "seq")
        branch, epoch = marker["branch"], marker["epoch"]
        tip = state["branches"][branch]["tip"]
        position = _place(room, branch, epoch)
        before = command.seq if marker["batch"] == 0 else None  # made at the fork itself: it and what follows it stay away
        rest = [one for one in state["markers"] if one["branch"] == branch and one["seq"] != command.seq
                and (place_of(one) > (epoch, 0) or before and place_of(one) == (epoch, 0) and one["seq"] > before)]
        epochs = command.epochs or max(1, ceil(tip["x"]) - epoch)
        fork = self._planned(room, position, {}, epochs, "undo", None, by, before)
        replay = [{"seq": one["seq"], "x": one["x"], "changes": one["changes"]} for one in rest]
        return self._plan(room, [{**fork, "of": command.seq, "replay": replay}], by)

    def _planned(self, room: Room, position: dict[str, Any], asked: dict[str, Any], epochs: int | None, kind: str,
                 reason: str | None, by: By, before: int | None = None) -> dict[str, Any]:
        settings = settings_after(settings_at(room.state, position["branch"], place_of(position), before), asked)
        self._check_size(room, position, settings)
        return {"parent": position["branch"], "epoch": position["epoch"], "epochs": epochs or settings["epochs"],
                "settings": settings, "kind": kind, "replay": [], "of": None, "group": None, "before": before,
                "reason": reason, "by": by}

    def _plan(self, room: Room, forks: list[dict[str, Any]], by: By) -> Decision:
        planned = Draft(room.code, "forks_planned", {"forks": forks}, room.session["position"], by)
        first = self.next_fork(room, forks)
        return Decision([planned, *first.drafts], first.then)

    def next_fork(self, room: Room, forks: list[dict[str, Any]]) -> Decision:
        """Begin the first of the planned forks."""
        fork = forks[0]
        position = _place(room, fork["parent"], fork["epoch"])
        drafts = self._drafts_back(room, position, fork["by"], fork["reason"], fork["settings"], fork.get("before"))
        about = {name: fork[name] for name in ("kind", "replay", "of", "group", "before")}
        drafts.append(branch_draft(room, position, fork["settings"], fork["by"], planned=True, **about))
        until = {"until": fork["epoch"] + fork["epochs"], "steps": None}
        drafts.append(Draft(room.code, "training_requested", until, drafts[-1].position, fork["by"]))

        def go() -> None:
            self._trainers.stand(room.code)
            self._trainers.want(room.code)

        return Decision(drafts, go)

    # ── the rest moves nothing ──────────────────────────────────────────────────────────────────────────────

    def _drop_plan(self, room: Room, command: Command, by: By, _: str) -> Decision:
        if not room.state["plan"]:
            raise Refused("no_plan", "Nothing more is planned in this room.", "Nothing needs to be dropped.")
        return Decision([Draft(room.code, "plan_dropped", {}, room.session["position"], by)])

    def _rename_branch(self, room: Room, command: RenameBranch, by: By, _: str) -> Decision:
        branch_of(room.state, command.branch)
        data = {"branch": command.branch, "title": command.title}
        return Decision([Draft(room.code, "branch_renamed", data, room.session["position"], by)])

    def _pin(self, room: Room, command: Pin, by: By, _: str) -> Decision:
        branch = home(room.state, branch_of(room.state, command.branch), command.epoch)
        kept = epoch_checkpoint(room.state, branch, command.epoch)
        if kept is None and command.name == "pin":
            raise Refused("not_kept", f"No checkpoint is kept at the end of epoch {command.epoch} of {branch}.",
                          "Go back there and train on: then it is made again, and can be pinned.", "epoch")
        name = "epoch_pinned" if command.name == "pin" else "epoch_unpinned"
        data = {"branch": branch, "epoch": command.epoch}
        return Decision([Draft(room.code, name, data, room.session["position"], by)])

    def _prove(self, room: Room, command: Prove, by: By, _: str) -> Decision:
        position = _place(room, command.branch, command.epoch)
        branch, branches = position["branch"], room.state["branches"]
        while branches[branch]["parent"] and branches[branch]["epoch"] == command.epoch:
            branch = branches[branch]["parent"]  # the epoch that ends at a fork was trained before it
        running = [(one["branch"], one["epoch"]) for one in room.state["proofs"] if one["state"] == "running"]
        if (branch, command.epoch) in running:
            raise Refused("proving", "This epoch is being proved already.", "Wait for its result.")
        if len(running) >= MOST_PROOFS:
            raise Refused("proving", f"{MOST_PROOFS} proofs of this room are waiting already.", "Wait for a result.")
        data = {"branch": branch, "epoch": command.epoch}
        requested = Draft(room.code, "proof_requested", data, room.session["position"], by)
        return Decision([requested], lambda: self._errands.want(Proof(room.code, branch, command.epoch)))


def _told_of(field: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what is made; a refusal names the field of the Command that it comes from."""
    try:
        return make()
    except Refused as refused:
        raise Refused(refused.code, refused.message, refused.hint, field) from None


def _place(room: Room, branch: str, epoch: int | None) -> dict[str, Any]:
    """Return the Position at the end of an epoch (None: at the tip); raise `Refused` where nobody has been."""
    state = room.state
    branch_of(room.state, branch)
    tip = state["branches"][branch]["tip"]
    if epoch is not None and epoch > tip["epoch"]:
        raise Refused("not_trained", f"Branch {branch} has been trained up to epoch {tip['x']:g} only.",
                      f"Choose an epoch from 0 to {tip['epoch']}.", "epoch")
    run = state["branches"][branch]["run"]
    if epoch is None and tip["batch"]:
        settings = settings_at(state, branch, place_of(tip))
        return inside(run, branch, state["runs"][run]["blueprint"], settings, tip)
    epoch = tip["epoch"] if epoch is None else epoch
    branch = home(state, branch, epoch)
    settings = settings_at(state, branch, (epoch, 0))
    return start_of(run, branch, state["runs"][run]["blueprint"], settings, epoch)


