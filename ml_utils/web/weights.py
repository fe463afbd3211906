"""Weights that people bring in: checked by a job, kept by their digest, and what a new Run says of them.

    instance/weights/<digest>.safetensors            what Runs begin with; stays
    instance/weights/waiting/<digest>.safetensors    checked, and not used yet; goes after a while
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from ..core.blueprint import Blueprint
from ..core.errors import Refused
from ..core.fields import Brought
from ..core.rules import taken_over
from ..weights_head import head_of
from .warm import no_weights

WAITING_SECONDS = 3600.0
MOST_WAITING = 2_000_000_000  # bytes; the oldest go first
MOST_BYTES = 20_000_000_000  # of those that Runs begin with
DIGEST = re.compile(r"[0-9a-f]{64}")
Data = dict[str, Any]


class Weights:
    """The files of an instance."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._waiting = folder, folder / "waiting"

    def keep(self, made: Path, report: Data) -> Data:
        """Take what a job has found good into the folder of those that wait; return its report."""
        if report.get("accepted"):
            digest = str(report.get("digest"))
            if not DIGEST.fullmatch(digest):
                raise ValueError("no digest")
            self._waiting.mkdir(mode=0o700, parents=True, exist_ok=True)
            made.replace(self._waiting / f"{digest}.safetensors")
            self.sweep()
        return report

    def sweep(self) -> None:
        """Remove what nobody has begun a Run with, the oldest first."""
        files = sorted(((one.stat().st_mtime, one) for one in self._waiting.glob("*")), reverse=True)
        whole = 0
        for at, file in files:
            whole += file.stat().st_size
            if time.time() - at > WAITING_SECONDS or (whole > MOST_WAITING and file != files[0][1]):
                file.unlink(missing_ok=True)

    def begin(self, digest: str, blueprint: Blueprint) -> Data:
        """Return what `run_started` says of a Run that begins with these weights, and keep them; raises `Refused`."""
        kept, waiting = self._folder / f"{digest}.safetensors", self._waiting / f"{digest}.safetensors"
        file = next((one for one in (kept, waiting) if one.is_file()), None)
        if file is None:
            return no_weights(digest, blueprint)
        layers = taken_over(blueprint, Blueprint.model_validate(json.loads(head_of(file).texts["blueprint"])))
        if not layers:
            raise Refused("nothing_fits", "No layer of this network has the name and the shapes of one in the file.",
                          "Begin with the network that the file is of, or without the file.", "weights")
        if file == waiting:
            self._check_room(waiting.stat().st_size)
            waiting.replace(kept)
        return Brought(file=digest, layers=tuple(layers)).model_dump(mode="json")

    def _check_room(self, more: int) -> None:
        if more + sum(one.stat().st_size for one in self._folder.glob("*.safetensors")) > MOST_BYTES:
            raise Refused("storage_failed", "The server has no room for more weights.",
                          "Ask whoever runs the server to make room.", "weights")
