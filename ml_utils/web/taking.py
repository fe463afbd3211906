"""What is taken out of a room as text: the recipe of a Run, the whole session, the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, request

from .. import logs, recipes, session_file
from ..core.blueprint import Blueprint
from ..core.errors import parse
from ..core.settings import Settings
from .decision import settings_for
from .downloads import charge, download, unknown
from .drafting import present
from .exports import pages
from .http import checked_code
from .lab import Lab

State = dict[str, Any]
LINES = 300  # of a log, made at a time
WARM = ("# This run began with weights that were trained before. A recipe does not have them: trained from it, the run begins\n"
        "# with fresh ones. The session file (session.yaml) says where they are from.\n")


def add_taking(app: Flask, lab: Lab) -> None:
    """Register the routes."""

    @app.get("/api/rooms/<code>/recipe.yaml")
    def recipe_file(code: str) -> Response:
        """Blueprint and Settings with which a Run began; before the first Run those it would begin with."""
        state = _state(lab, checked_code(code))
        run = request.args.get("run") or (state["session"]["position"] or {}).get("run")
        if run is not None and run not in state["runs"]:
            raise unknown("run")
        text = lab.offload(recipe_of, state, run)
        return download(text, f"lockstep-{code}-{run or 'draft'}-recipe.yaml", "application/yaml")

    @app.get("/api/rooms/<code>/session.yaml")
    def session_yaml(code: str) -> Response:
        """All that was trained, with every change and every digest, to be trained again."""
        state = _state(lab, checked_code(code))
        charge(lab)
        text = lab.offload(lambda: session_file.of_log(state, pages(lab.store, code, ("checkpoint_saved",))))
        return download(text, f"lockstep-{code}-session.yaml", "application/yaml")

    @app.get("/api/rooms/<code>/events.jsonl")
    def log_file(code: str) -> Response:
        """The whole log, an Event on a line."""
        seq = _state(lab, checked_code(code))["seq"]
        charge(lab)
        return download(_lines(lab, code, seq), f"lockstep-{code}-events.jsonl", "application/jsonl")


def recipe_of(state: State, run: str | None) -> str:
    """Return the recipe of a Run, or of what a Run would be now."""
    if run is None:
        blueprint = present(state)
        settings = settings_for(state, blueprint, {})
        return recipes.recipe(parse(Blueprint, blueprint), Settings.model_validate(settings))
    row = state["runs"][run]
    text = recipes.recipe(Blueprint.model_validate(row["blueprint"]), Settings.model_validate(row["settings"]))
    return f"{WARM}{text}" if row.get("warm") else text


def _state(lab: Lab, code: str) -> State:
    """Return a Snapshot as it is now, as far as lists of it grow; what is in them is never changed in place."""
    with lab.ledger.lock:
        state = lab.ledger.room(code).state
        return {**state, "runs": dict(state["runs"]), "branches": {name: dict(row) for name, row in state["branches"].items()},
                "session": dict(state["session"]), "markers": list(state["markers"])}


def _lines(lab: Lab, code: str, seq: int) -> Iterator[bytes]:
    """Yield the log up to an Event, a piece at a time, each made off the hub."""
    yield logs.head(code).encode()
    since = 0
    while since < seq:
        piece, since = lab.offload(_piece, lab, code, since, min(LINES, seq - since))
        yield piece


def _piece(lab: Lab, code: str, since: int, most: int) -> tuple[bytes, int]:
    facts = lab.store.events(code, since, limit=most)
    return "".join(map(logs.line_of, facts)).encode(), facts[-1]["seq"] if facts else 2**53
