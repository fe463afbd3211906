"""What people see while it trains: two lines that change, on a terminal; else a line for each epoch."""

from __future__ import annotations

from time import monotonic
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..core.datasets import examples_of
from ..core.snapshot import Fact, State
from ..trainer.out.textlog import line_of
from .told import duration, number, percent

EVERY = 0.2  # seconds between two pictures
LINES = ("epoch_finished", "settings_changed", "training_paused", "trainer_lost", "session_failed", "checkpoint_damaged",
         "training_queued")
ABOVE = tuple(name for name in LINES if name != "training_paused")  # the last line says that


class Display:
    """Draws a run while it is open. `quiet`: nothing."""

    def __init__(self, console: Console, state: State, quiet: bool = False) -> None:
        self._console, self._state, self._quiet = console, state, quiet
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal and not quiet else None
        self._drawn = 0.0
        self._note = ""

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take away what changes."""
        if self._live:
            self._live.stop()

    def see(self, fact: Fact) -> None:
        """Say what stays to be read."""
        if not self._quiet and fact["name"] in (ABOVE if self._live else LINES) and (text := line_of(fact)):
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Say what is done now, in place of where the training stands."""
        self._note = text
        self.tick(at_once=True)

    def tick(self, at_once: bool = False) -> None:
        """Draw anew where it is time."""
        if self._live and (at_once or monotonic() - self._drawn >= EVERY):
            self._live.update(Text(self._note) if self._note else picture(self._state), refresh=True)
            self._drawn = monotonic()


def picture(state: State) -> RenderableType:
    """Return where a training stands."""
    session = state["session"]
    if session["waiting"] or not session["position"]:
        return Text(waiting(session["waiting"] or {}))
    begun, until, x = session["begun"] or 0.0, session["until"] or 0, session["position"]["x"]
    grid = Table.grid(padding=(0, 1))
    grid.add_row(ProgressBar(total=max(until - begun, 1e-9), completed=x - begun, width=24), Text(place(session)),
                 Text(left(state), style="bold"))
    return Group(grid, Text(measured(state)))


def waiting(reason: dict[str, Any]) -> str:
    """Return what is waited for."""
    if reason.get("reason") == "preparing":
        done, total = reason["done"] / 1e6, reason["total"] / 1e6
        return f"Fetching {reason['dataset']} ({reason['what']}): {done:.1f} of {total:.1f} MB"
    return {"queued": f"Waiting for a place on the server: number {reason.get('place')}",
            "recovering": "The trainer was lost; another one takes over …"}.get(str(reason.get("reason")), "Starting …")


def place(session: dict[str, Any]) -> str:
    position = session["position"]
    epoch = min(position["epoch"] + 1, max(1, session["until"] or 1))
    return f"epoch {epoch}/{session['until']}  batch {position['batch']}/{position['batches']}"


def left(state: State) -> str:
    """Return the time that is left, by the last epoch; in the first one by the rate, without what evaluating takes."""
    session = state["session"]
    epochs = max(0.0, (session["until"] or 0) - session["position"]["x"])
    last = state["branches"][session["position"]["branch"]]["last"]
    if last:
        return f"{duration(epochs * last['seconds'])} left"
    return f"{duration(epochs * examples_of(state['blueprint']) / session['rate'])} left" if session["rate"] else ""


def measured(state: State) -> str:
    """Return what was measured last."""
    session = state["session"]
    branch = session["position"]["branch"]
    series, last = state["series"].get(branch, {}), state["branches"][branch]["last"]
    newest = {name: points[-1][1] for name, points in series.items() if points}
    parts = []
    if "train_loss" in newest:
        parts = [f"loss {number(newest['train_loss'])}", f"accuracy {percent(newest['train_accuracy'])}"]
    for split in ("validation", "test"):
        if last and last.get(split):
            parts.append(f"{split} {percent(last[split]['accuracy'])}")
    if session["rate"]:
        parts.append(f"{session['rate']:,.0f} images/s")
    if "learning_rate" in newest:
        parts.append(f"learning rate {newest['learning_rate']:.3g}")
    return "  ".join(parts)
