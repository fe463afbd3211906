"""Takes a whole run out of a room: a folder with weights, reports, plots, curves and the log, as a ZIP that a job makes."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

from flask import Flask, Response

from .. import logs
from ..core.errors import Refused, parse
from ..core.fields import Identifier
from ..core.settings import Strict
from .downloads import charge, unknown
from .exports import pages
from .http import as_json, checked_code, json_body, proven_client
from .lab import Lab
from .store import Store

LOG = "events.jsonl"
NO_RUN = Refused("no_run", "There is no run in this room that could be taken out.", "Start the training first.", "branch")


class Asked(Strict):
    """Which Branch, with its ancestors; if none, the one on which the Session stands."""

    branch: Identifier | None = None


def add_run_folder(app: Flask, lab: Lab) -> None:
    """Register the route; what it made is downloaded from its job."""

    @app.post("/api/rooms/<code>/folder")
    def folder(code: str) -> Response:
        """Make the run folder of a Branch."""
        person = lab.identity.person(proven_client(lab.identity))
        branch, seq = _wanted(lab, checked_code(code), parse(Asked, json_body()).branch)
        charge(lab)
        job = lab.jobs.want(code, person, "run_folder", {"branch": branch}, dict,
                            lambda into: write_log(lab.store, code, seq, into / LOG))
        return as_json({"ok": True, "job": job.id})


def _wanted(lab: Lab, code: str, branch: str | None) -> tuple[str, int]:
    """Return the Branch, and the number of the newest Event."""
    with lab.ledger.lock:
        state = lab.ledger.room(code).state
        position = state["session"]["position"]
        if position is None:
            raise NO_RUN
        wanted: str = branch or position["branch"]
        if wanted not in state["branches"]:
            raise unknown("branch")
        return wanted, state["seq"]


def write_log(store: Store, code: str, seq: int, file: Path) -> None:
    """Write the Events of a room up to a number, read from the store a page at a time."""
    logs.write(file, code, takewhile(lambda fact: fact["seq"] <= seq, pages(store, code, ())))
