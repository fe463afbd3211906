"""What is written into a log before a trainer comes: a run that begins, or one that goes on."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..core.blueprint import Blueprint
from ..core.settings import Settings, whole
from ..core.tree import target
from .ledger import Ledger
from .overrides import changes_of, settings_asked

RUN, BRANCH = "r1", "b1"
By = dict[str, Any]
DONE = ("finished", "stopped_early")


def begin(ledger: Ledger, blueprint: Blueprint, settings: Settings, threads: int, by: By,
          warm: dict[str, Any] | None = None) -> None:
    """A run begins, and training is asked for; `warm`: weights that were brought in, to begin with."""
    ledger.commit("run_started", {
        "run": RUN, "branch": BRANCH, "blueprint": blueprint.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"), "threads": threads, "warm": warm}, by=by)
    _request(ledger, settings.epochs, by)


def go_on(ledger: Ledger, args: Namespace, by: By) -> dict[str, Any] | None:
    """A run goes on; return the changes of Settings that its trainer is to make when it has caught up.

    While a training goes on in the log, because nobody told it to stop, the trainer decides where a change takes effect;
    else it is decided here. A training that has finished does not go on by itself.
    """
    state = ledger.state
    wanted, changes = settings_asked(state, changes_of(args))
    more = args.epochs is not None or any(one.strip().startswith("settings.epochs") for one in args.set or ())
    asked = {name: one["to"] for name, one in changes.items()} | ({"epochs": wanted.epochs} if more else {})
    if ledger.session["status"] == "training":
        _lose(ledger)
        return whole(asked, state["settings"]) if asked else None
    if not ledger.training and not asked and ledger.session["reason"] in DONE:
        return None
    if changes:
        _change(ledger, wanted, changes, more, by)
    if ledger.training:
        _lose(ledger)
    if not ledger.training or more:
        _request(ledger, _until(ledger, wanted.epochs, more), by)
    return None


def _lose(ledger: Ledger) -> None:
    if not ledger.ended:
        ledger.commit("trainer_lost", {"attempt": ledger.attempt, "reason": "the command that it trained for was ended"})


def _change(ledger: Ledger, wanted: Settings, changes: dict[str, Any], more: bool, by: By) -> None:
    position = {**ledger.session["position"], **target(ledger.state)}
    ledger.commit("settings_changed", {
        "changes": changes, "settings": wanted.model_dump(mode="json"),
        "until": position["epoch"] + wanted.epochs if more else None, "reason": None, "replays": None}, position, by)


def _until(ledger: Ledger, epochs: int, more: bool) -> int:
    """Return the epoch to train to: what was left of it before, or so many more."""
    epoch = int(target(ledger.state)["epoch"])
    before = ledger.session["until"] or 0
    return epoch + epochs if more or before <= epoch else int(before)


def _request(ledger: Ledger, until: int, by: By) -> None:
    ledger.commit("training_requested", {"until": until, "steps": None}, ledger.session["position"], by)
