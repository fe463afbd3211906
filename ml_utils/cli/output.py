"""What a command says: words for people on a terminal, or one JSON object per line for programs (`--json`)."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

from ..core.errors import Refused

_SAFE = {"highlight": False, "markup": False, "soft_wrap": True}


class Output:
    """Words go to stdout for people, progress and complaints to stderr; with `as_json` stdout has JSON lines only."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(stderr=True, highlight=False)
        self._out = Console(file=sys.stdout, highlight=False)

    def say(self, text: str) -> None:
        """Tell people; programs are not told."""
        if not self.as_json:
            self._out.print(text, **_SAFE)  # type: ignore[arg-type]

    def show(self, renderable: Any) -> None:
        """Show people a table or the like of rich."""
        if not self.as_json:
            self._out.print(renderable)

    def tell(self, kind: str, /, **data: Any) -> None:
        """Tell programs: `{"type": kind, …}` on a line of its own."""
        if self.as_json:
            try:
                sys.stdout.write(json.dumps({"type": kind, **data}, allow_nan=False) + "\n")
                sys.stdout.flush()
            except BrokenPipeError:  # nobody reads it any more: it ends, as where words are told (rich does it so)
                self._out.on_broken_pipe()

    def refuse(self, refused: Refused) -> None:
        """Say what was asked, why not, what would work."""
        if self.as_json:
            self.tell("error", **refused.as_answer()["error"])
        else:
            self.console.print(f"{refused.message}\n{refused.hint}", **_SAFE)  # type: ignore[arg-type]
