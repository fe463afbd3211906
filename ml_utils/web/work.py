"""Commands as a trainer gets them."""

from __future__ import annotations

from typing import Any

from .decision import layers_of

State = dict[str, Any]
MOVES = ("revert", "fork", "twin", "undo")  # Commands that move the Position: the training stops for them


def order_of(state: State, asked: str, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Return a Command as the trainer gets it. For a move it only has to stop; the `.stop` is told as that of the asker."""
    if name in MOVES:
        return {"id": f"{asked}.stop", "name": "interrupt", "args": {}}
    if name in ("freeze", "unfreeze"):
        return {"id": asked, "name": name, "args": {"layers": layers_of(state, args["layer"]), "reason": args.get("reason")}}
    return {"id": asked, "name": name, "args": args}
