"""Opens a log from outside as a new room, in which everything stands still: its curves can be looked at, and trained on.

The Events go into the store as they are, a few at a time, under a code that nobody knows; the last transaction makes the
room of them. Files that were beside the log are not here: Checkpoints, drawings and images are taken out of the Snapshot,
and training on begins from the start, quietly, and comes to the same bits.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from flask import Flask, Response
from pydantic import Field

from .. import foreign_logs
from ..core.blueprint import Sketch
from ..core.errors import Refused, parse
from ..core.events_tree import MOST
from ..core.settings import Strict
from ..core.snapshot import Fact, State
from .decision import By
from .downloads import charge
from .http import as_json, json_body, proven_client
from .identity import ALPHABET, CODE_LENGTH
from .lab import Lab
from .ledger import Draft
from .writes import Writes, keep_best, keep_points

PAGE_EVENTS, PAGE_BYTES = 100, 200_000  # in one transaction, so that others need not wait
MOST_THREADS = 16  # or as many as there are processors
LATER = ("busy", "storage_failed")  # what is refused so may be opened in a moment; anything else will be refused again
BUSY = Refused("busy", "Another log is being opened at the moment.", "Try again in a moment.")


class Wish(Strict):
    """An upload: an events.jsonl, or a ZIP with one in it."""

    upload: Annotated[str, Field(max_length=64)]


def add_opening(app: Flask, lab: Lab) -> None:
    """Register the route."""
    opening = Opening(lab)

    @app.post("/api/open")
    def open_run() -> Response:
        """Make a new room of a log."""
        client = proven_client(lab.identity)
        person = lab.identity.person(client)
        upload = parse(Wish, json_body()).upload
        file = lab.uploads.file(person, upload)
        charge(lab)
        try:
            code = opening.open(file, {"id": person, "name": client.name})
        except Refused as refused:
            if refused.code not in LATER:
                lab.uploads.drop(person, upload)
            raise
        lab.uploads.drop(person, upload)
        return as_json({"ok": True, "room": code})


class Opening:
    """Opens one log at a time."""

    def __init__(self, lab: Lab) -> None:
        self._lab, self._turn = lab, threading.Lock()

    def open(self, file: Path, by: By) -> str:
        """Return the code of the new room; raise `Refused` where the log is none, or cannot be trained on here."""
        if not self._turn.acquire(blocking=False):
            raise BUSY
        try:
            with tempfile.TemporaryDirectory(prefix="opening-", dir=self._lab.config.instance) as folder:
                return self._opened(file, Path(folder), by)
        finally:
            self._turn.release()

    def _opened(self, file: Path, folder: Path, by: By) -> str:
        lab, code = self._lab, self._code()
        log = lab.offload(foreign_logs.log_of, file, folder / foreign_logs.LOG)
        state = lab.offload(foreign_logs.checked, log, code)
        lab.offload(self._check, state)
        runs = {name: dict(row) for name, row in state["runs"].items()}
        pages = _pages(log)
        while page := lab.offload(next, pages, None):
            writes = Writes(events=[(code, fact) for fact in page])
            for fact in page:
                keep_points(fact, code, writes)
                keep_best(fact, code, runs, writes)
            lab.ledger.stage(writes)
        lab.ledger.adopt(code, state, [Draft(code, name, data, state["session"]["position"], by)
                                       for name, data in stands_still(state)])
        return code

    def _code(self) -> str:
        """Return a code that no room has."""
        while True:
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            if self._lab.store.room(code) is None and not self._lab.store.events(code, 0, limit=1):
                return code

    def _check(self, state: State) -> None:
        """Raise `Refused` where this server has not the images, the memory or the processors for it."""
        drafts = [(state["draft"] or {}).get("blueprint"), *(row["blueprint"] for row in state["library"].values())]
        for plain in [run["blueprint"] for run in state["runs"].values()] + [one for one in drafts if one]:
            self._lab.images.check(Sketch.model_validate(plain))
        batches = [change["to"] for marker in state["markers"] if (change := marker["changes"].get("batch_size"))]
        for run in state["runs"].values():
            for size in {run["settings"]["batch_size"], state["settings"]["batch_size"], *batches}:
                self._lab.rooms.training.check_size(Sketch.model_validate(run["blueprint"]), {"batch_size": size})
            most = max(MOST_THREADS, os.cpu_count() or 1)
            if run["threads"] > most:
                raise Refused("too_many_threads", f"Run {run['threads']} was trained with {run['threads']} threads; "
                              f"this server has {most}.", "Open it on a larger machine.", "upload")


def _pages(log: Path) -> Iterator[list[Fact]]:
    """Yield the Events of a log, few at a time."""
    page: list[Fact] = []
    size = 0
    for fact in foreign_logs.cleaned(log):
        page.append(fact)
        size += 200 + sum(8 * len(part) for part in fact["data"].values() if isinstance(part, list | dict))
        if len(page) >= PAGE_EVENTS or size >= PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


def stands_still(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the Events after which nothing goes on by itself, and nothing is named whose file is not here."""
    session = state["session"]
    if state["plan"]:
        yield "plan_dropped", {}
    if session["position"] and (session["status"] == "training" or session["waiting"]):
        yield "training_paused", {"reason": "interrupted"}
    because = "The log was opened elsewhere while this was under way."
    for row in state["proofs"]:
        if row["state"] == "running":
            yield "proof_failed", {"branch": row["branch"], "epoch": row["epoch"], "message": because}
    for row in state["evaluations"].values():
        if row["state"] == "running":
            told = {name: row[name] for name in ("branch", "epoch", "split")}
            yield "evaluation_failed", {**told, "drawings": row.get("drawings") or [], "message": because}
    gone = [{name: row[name] for name in ("branch", "epoch", "batch", "digest")}
            for row in [*state["checkpoints"], *state["passing"]]]
    for first in range(0, len(gone), MOST):
        yield "checkpoints_thinned", {"dropped": gone[first:first + MOST], "quota": 0}
    for name in state["drawings"]:
        yield "drawing_dropped", {"id": name}
    for name in state["images"]:
        yield "images_dropped", {"dataset": name}
