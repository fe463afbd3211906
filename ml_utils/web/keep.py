"""Keeps a room's Checkpoints within its quota: the log says first what goes, then the files go."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from ..core.checkpoints import checkpoint_file
from ..core.keeping import to_drop
from .ledger import Draft, Ledger

STALE_SECONDS = 60.0  # a file is there before the log tells of it
log = logging.getLogger(__name__)


class Keep:
    """Watches what is saved. `quota`: bytes per room."""

    def __init__(self, ledger: Ledger, folder: Path, quota: int) -> None:
        self._ledger, self._folder, self._quota = ledger, folder, quota
        ledger.observers.append(self._observe)

    def _observe(self, draft: Draft, _: dict[str, Any]) -> None:
        if draft.name == "checkpoint_saved" and draft.data["kind"] != "interval":
            self.thin(draft.room)
        elif draft.name == "training_paused":
            self.sweep(draft.room)

    def thin(self, code: str) -> None:
        """Let go what is too much."""
        state = self._ledger.room(code).state
        rows = to_drop(state, self._quota)
        if not rows:
            return
        dropped = [{name: row[name] for name in ("branch", "epoch", "batch", "digest")} for row in rows]
        data = {"dropped": dropped, "quota": self._quota}
        self._ledger.commit([Draft(code, "checkpoints_thinned", data, state["session"]["position"])])
        for row in rows:
            run = state["branches"][row["branch"]]["run"]
            self._remove(self._folder / checkpoint_file(code, run, row))

    def sweep(self, code: str) -> None:
        """Remove what trainers that are gone wrote in between and nobody knows of any more."""
        state = self._ledger.room(code).state
        rows = [*state["checkpoints"], *state["passing"]]
        known = {self._folder / checkpoint_file(code, state["branches"][row["branch"]]["run"], row) for row in rows}
        for file in (self._folder / code).glob("*/*/*.pt"):
            if file not in known and time.time() - file.stat().st_mtime > STALE_SECONDS:
                self._remove(file)

    @staticmethod
    def _remove(file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("cannot remove %s: %s", file, error)
