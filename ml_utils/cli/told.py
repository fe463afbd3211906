"""What happened to a run: rows for programs, and the last line for people."""

from __future__ import annotations

from time import monotonic
from typing import Any

from ..core.best import best_of
from ..core.checkpoints import epoch_checkpoint
from ..core.recipe import network_digest
from ..core.snapshot import Fact, State
from ..core.tree import checkpoints_on, place_of
from .output import Output

Row = dict[str, Any]
EVERY = 1.0  # seconds
REASONS = {
    "finished": "Finished", "stopped_early": "Stopped early: no better result for so many epochs",
    "interrupted": "Interrupted, with a checkpoint", "loss_not_finite": "Paused: the loss is no number any more",
    "stepped": "Paused"}


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4f}"


def duration(seconds: float) -> str:
    """Return hours, minutes and seconds as on a clock."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def row(fact: Fact) -> tuple[str, Row] | None:
    """Return kind and fields of the JSON line of an Event; None where programs are not told of it."""
    data, position = fact["data"], fact["position"] or {}
    place = {name: position.get(name) for name in ("epoch", "batch", "batches", "x")}
    match fact["name"]:
        case "metrics" if data["x"]:
            last = {name: data[name][-1] for name in ("train_loss", "train_accuracy")}
            return "metrics", {**place, **last, **{name: data[name] for name in ("rate", "learning_rate", "step")}}
        case "epoch_finished":
            return "epoch", {"epoch": position["epoch"], **{name: data.get(name) for name in (
                "train", "validation", "test", "seconds")}}
        case "settings_changed":
            return "settings", {**place, "changes": data["changes"]}
        case "checkpoint_saved":
            return "checkpoint", {name: data[name] for name in ("branch", "epoch", "batch", "digest", "kind")}
        case "trainer_lost":
            return "lost", dict(data)
        case "session_failed":
            return "error", dict(data)
    return None


class Teller:
    """Writes the lines for programs; of measurements at most one a second."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._measured = float("-inf")

    def started(self, state: State, folder: str, device: str) -> None:
        """Say what is trained, and where."""
        run = state["runs"][state["session"]["position"]["run"]]
        blueprint = run["blueprint"]
        self._output.tell("started", folder=folder, blueprint=network_digest(blueprint), dataset=blueprint["dataset"],
                          seed=blueprint["seed"], threads=run["threads"], device=device, until=state["session"]["until"])

    def see(self, fact: Fact) -> None:
        if not self._output.as_json or fact["name"] == "metrics" and monotonic() - self._measured < EVERY:
            return
        if found := row(fact):
            self._output.tell(found[0], **found[1])
            self._measured = monotonic() if fact["name"] == "metrics" else self._measured


def outcome(state: State) -> Row:
    """Return how a run stands: `reason`, `epoch`, the `digest` of the Checkpoint there, and the `best` epoch with its own."""
    session = state["session"]
    position = session["position"]
    known = checkpoints_on(state, position["branch"], place_of(position)) if position else []
    best = best_of(state, position["branch"]) if position else None
    if best:
        best = {**best, "digest": (epoch_checkpoint(state, best["branch"], best["epoch"]) or {}).get("digest")}
    return {"reason": "failed" if session["status"] == "failed" else session["reason"], "x": position and position["x"],
            "digest": known[0]["digest"] if known else None, "best": best}


def farewell(state: State, folder: str) -> str:
    """Return the last line: how it ended, the best epoch, and where everything lies."""
    found = outcome(state)
    how = f"Failed: {state['session']['error']['message'].rstrip('.')}" if found["reason"] == "failed" else REASONS.get(
        found["reason"], "Ended at once; --resume goes on")
    best = found["best"]
    where = f" at epoch {found['x']:g}" if found["reason"] in REASONS else ""
    if best:
        value = percent(best["value"]) if best["metric"] == "accuracy" else number(best["value"])
        where += f"; best epoch {best['epoch']} ({best['split']} {best['metric']} {value})"
    return f"{how}{where}. {folder}"
