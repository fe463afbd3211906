"""Jobs: what a process beside the Sessions does once, in a folder of its own, and tells how far it is (`web/jobs.py`).

A job is a function of its args, the Order, and a Desk; it returns plain JSON, or raises `Refused` with words for who asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from ..core.errors import Refused
from .order import Failure, Leave, Order
from .wire import Wire

log = logging.getLogger(__name__)
BETWEEN = 0.3  # seconds at least, from one report of how far it is to the next
Data = dict[str, Any]

KINDS: dict[str, str] = {  # by name: "module:function" below this package, imported when it is asked for
    "inspect_images": "images.inspect:inspect_images",
    "run_folder": "out.zipped:run_folder",
    "export": "out.export:export",
    "check_weights": "out.weights:check_weights",
}


@dataclass
class Desk:
    """Where a job works, and how it tells how far it is. Call `tick` every few seconds: silence counts as hanging."""

    folder: Path
    wire: Wire
    _told: float = 0.0

    def tick(self, **progress: Any) -> None:
        """Give a sign of life; leave where that is asked for; tell how far it is (any JSON), now and then."""
        self.wire.beat()
        if self.wire.leaving:
            raise self.wire.leaving
        if progress and monotonic() - self._told >= BETWEEN:
            self._told = monotonic()
            self.wire.say({"t": "job", "progress": progress})


def do(order: Order, wire: Wire, asked: Data) -> int:
    """Do it and tell what came of it; return the exit code."""
    try:
        module, _, name = KINDS[asked["kind"]].partition(":")
        job: Callable[[Data, Order, Desk], Data] = getattr(import_module(f".{module}", __package__), name)
        wire.say({"t": "job", "result": job(asked["args"], order, Desk(Path(asked["folder"]), wire))})
    except Leave:
        raise
    except Exception as error:
        log.error("job %s", asked["kind"], exc_info=None if isinstance(error, Refused | Failure) else error)
        wire.say({"t": "job", "error": _words(error)})
        return 1
    return 0


def _words(error: Exception) -> Data:
    if isinstance(error, Refused | Failure):
        return Refused(error.code, error.message, error.hint).as_answer()["error"]  # type: ignore[no-any-return]
    text = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text or "out of memory" in text:
        refused = Refused("out_of_memory", "This needed more memory than it may use.", "Try something smaller.")
    else:
        refused = Refused("no_answer", f"The lab could not do this ({type(error).__name__}).",
                          "Try again; if it happens again, show the server's log to whoever runs it.")
    return refused.as_answer()["error"]  # type: ignore[no-any-return]
