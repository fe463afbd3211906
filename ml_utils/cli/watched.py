"""A run on this machine with all who look at its Events: people, programs, its folder."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from . import exits
from .display import Display
from .folder import Folder, Keep, TextLog
from .ledger import Ledger
from .output import Output
from .people import person
from .place import Place
from .signals import Signals
from .terminal import EndNow, Terminal
from .told import Teller, farewell, outcome

log = logging.getLogger(__name__)


class Watched:
    """While it is open, what happens is seen. `train` has it happen."""

    def __init__(self, ledger: Ledger, place: Place, args: argparse.Namespace, output: Output) -> None:
        self._ledger, self._place, self._output = ledger, place, output
        self._signals = Signals()
        self._display = Display(output.console, ledger.state, args.quiet or args.json)
        self._folder, self._keep = Folder(place), Keep(ledger, place, args.quota * 1_000_000)
        self._teller = Teller(output)
        ledger.seen += [TextLog(place.folder / "logs" / "log.txt").see, self._display.see, self._teller.see, self._folder.see,
                        self._keep.see]

    def __enter__(self) -> Watched:
        self._handler = logging.FileHandler(self._place.said, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        logging.getLogger("ml_utils").addHandler(self._handler)
        self._signals.__enter__()
        self._display.__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        self._display.__exit__(*about)
        self._signals.__exit__(*about)
        logging.getLogger("ml_utils").removeHandler(self._handler)
        self._handler.close()
        self._folder.stop()

    def train(self, folder: Path, asked: dict[str, Any] | None = None) -> int:
        """Train, write the folder, say how it ended; return the exit code."""
        self._teller.started(self._ledger.state, str(folder), self._place.device)
        unwritten = self._train(asked)
        self._display.close()
        found = outcome(self._ledger.state)
        self._output.tell("ended", **found, folder=str(folder))
        if unwritten:
            self._output.console.print(f"The run folder is not complete: {unwritten}.", markup=False, soft_wrap=True)
        self._output.say(farewell(self._ledger.state, str(folder)))
        return self._code(found["reason"], unwritten)

    def _train(self, asked: dict[str, Any] | None) -> str | None:
        """Return why the run folder is not complete, None where it is, or where nobody wanted to wait for it."""
        try:
            if self._ledger.training:
                Terminal(self._ledger, self._place, self._signals, person(), self._tick, asked).run()
            self._display.note("Writing the run folder …")
            self._keep.sweep()
            return self._folder.finish(self._signals, self._display.tick)
        except EndNow:
            return None
        except OSError as error:
            log.exception("the log cannot be written")
            return f"{error.strerror or error}; what is in the log so far is kept, and --resume goes on from there"

    def _tick(self) -> None:
        self._display.tick()
        self._folder.tick()

    def _code(self, reason: str | None, unwritten: str | None) -> int:
        if reason in ("finished", "stopped_early") and not unwritten:
            return exits.DONE
        if reason in ("failed", "loss_not_finite") or not self._signals.count:
            return exits.FAILED
        return self._signals.code
