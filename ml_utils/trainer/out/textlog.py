"""A log for people: a line for each Event that says what happened; measurements have none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ...core.snapshot import Fact

Data = dict[str, Any]
WHY = {"interrupted": "interrupted", "finished": "all epochs are trained", "stepped": "the steps asked for are done",
       "loss_not_finite": "the loss is no number any more", "stopped_early": "no better result for a while"}


def line_of(fact: Fact) -> str | None:
    """Return when, where, what and by whom; None for what is only measured."""
    words = WORDS.get(fact["name"])
    said = words(fact["data"]) if words else None
    if said is None:
        return None
    by = f" ({plain(str(fact['by'].get('name') or 'somebody'))})" if fact["by"] else ""
    return f"{moment(fact['at'])}  {_place(fact['position']):<20}  {plain(said)}{by}"


def moment(at: float) -> str:
    """Return a time in UTC to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def plain(text: str) -> str:
    """Return a text as one line that no terminal obeys."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def changed(changes: dict[str, dict[str, Any]]) -> str:
    """Return changes of Settings in words."""
    return ", ".join(f"{name} {_short(one['from'])} → {_short(one['to'])}" for name, one in changes.items())


def scored(scores: Data) -> str:
    """Return the scores of an epoch in words, by split."""
    return "; ".join(f"{side} loss {number(one.get('loss'))}, accuracy {percent(one.get('accuracy'))}"
                     for side in ("train", "validation", "test") if (one := scores.get(side)))


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.2f} %"


def _place(position: Data | None) -> str:
    return f"{position['branch']} epoch {position['epoch']} batch {position['batch']}" if position else "–"


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _run(data: Data) -> str:
    blueprint = data["blueprint"]
    return (f"run {data['run']} begins: {blueprint['dataset']}, {len(blueprint['layers'])} layers, seed {blueprint['seed']}, "
            f"{data['threads']} thread{'s' * (data['threads'] > 1)}")


def _started(data: Data) -> str:
    end = f"epoch {data['until']}" if data.get("stop") is None else f"batch {data['stop']}"
    return f"training, up to the end of {end}"


def _settings(data: Data) -> str | None:
    because = f" because: {data['reason']}" if data.get("reason") else ""
    return f"settings: {changed(data['changes'])}{because}" if data["changes"] else None


def _epoch(data: Data) -> str:
    return f"epoch ends: {scored(data)}; {data['seconds']:.1f} s"


def _checkpoint(data: Data) -> str | None:
    return None if data["kind"] == "interval" else f"checkpoint, {data['bytes']:,} bytes, digest {data['digest']}"


def _branch(data: Data) -> str:
    return f"branch {data['branch']} leaves {data['parent']} at the end of epoch {data['epoch']} ({data['kind']})"


def _evaluated(data: Data) -> str:
    return (f"epoch {data['epoch']} of {data['branch']} evaluated on {data['split']}: accuracy {percent(data['accuracy'])}, "
            f"{data['examples']:,} examples")


def _proved(data: Data) -> str:
    return f"epoch {data['epoch']} of {data['branch']} trained again: {'' if data['same'] else 'not '}the same bits"


WORDS: dict[str, Callable[[Data], str | None]] = {
    "run_started": _run, "training_started": _started, "settings_changed": _settings, "epoch_finished": _epoch,
    "training_paused": lambda data: f"paused: {WHY.get(data['reason'], data['reason'])}",
    "checkpoint_saved": _checkpoint, "checkpoint_damaged": lambda data: data["message"], "branch_started": _branch,
    "reverted": lambda data: f"back to the end of epoch {data['epoch']} of {data['branch']}", "evaluated": _evaluated,
    "branch_renamed": lambda data: f"branch {data['branch']} is named {data['title'] or 'by its changes'}",
    "session_failed": lambda data: f"failed: {data['message']} {data['hint']}",
    "trainer_lost": lambda data: f"the trainer is lost: {data['reason']}",
    "trainer_recovered": lambda data: "a new trainer stands here; what came after is trained again",
    "epoch_proved": _proved,
}
