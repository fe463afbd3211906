"""Names of checkpoint files: both sides of the line derive them from the log, so no path ever travels."""

from __future__ import annotations

from typing import Any


def checkpoint_file(room: str, run: str, known: dict[str, Any]) -> str:
    """Return the file of a Checkpoint the log knows (branch, epoch, batch, digest), below the checkpoint folder."""
    place = f"{known['epoch']:06d}-{known['batch']:07d}"
    return f"{room}/{run}/{known['branch']}/{place}-{known['digest'][:16]}.pt"


def epoch_checkpoint(state: dict[str, Any], branch: str, epoch: int) -> dict[str, Any] | None:
    """Return the kept Checkpoint at the end of an epoch of a Branch."""
    rows = (one for one in state["checkpoints"] if (one["branch"], one["epoch"], one["batch"]) == (branch, epoch, 0))
    return next(rows, None)
