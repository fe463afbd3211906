"""Writes docs/messages.md and docs/settings.md from the classes: ``python -m docs.generate``.

`tests/test_docs.py` fails while a page is older than the code, or while a field has no meaning in `MEANINGS`.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ml_utils.core import blueprint, events
from ml_utils.core.commands import Envelope, Join
from ml_utils.core.errors import refusal
from ml_utils.core.events import Event
from ml_utils.core.fields import Person, Position
from ml_utils.core.messages import COMMANDS, EVENTS
from ml_utils.core.series import LIVE_LIMIT, SERIES_LIMIT
from ml_utils.core.settings import Settings, settings_table
from ml_utils.core.timeline import empty_state

FOLDER = Path(__file__).parent
NOTE = "<!-- Made by `python -m docs.generate` from the classes in ml_utils/core; edit those. -->\n"
Schema = dict[str, Any]

OBJECTS: tuple[type[BaseModel], ...] = (
    blueprint.Blueprint, blueprint.Conv, blueprint.Pool, blueprint.Relu, blueprint.Dropout, blueprint.Flatten, blueprint.Linear,
    Position, Person, events.Score)

# What a field means: by message and field, or by field alone where it means the same everywhere.
MEANINGS = {
    "Envelope.id": "Made by the sender, unique; a repeat of the same Command gets the first answer again.",
    "Envelope.name": "Which Command.", "Envelope.args": "Its args, see below.",
    "Join.room": "Code of the room.", "Join.name": "Display name.",
    "Join.since": "`seq` of the last Event seen; null: none.",
    "Event.name": "Which Event.", "Event.data": "Its data, see below.", "seq": "Number in the room, without gaps.",
    "Event.position": "Where it took effect; null before the first Run.", "at": "When, in Unix seconds.",
    "by": "Who asked; null: the lab itself.",
    "Person.id": "Public id.", "Person.name": "The name the person gave.",
    "blueprint": "What fixes the Run.", "layers": "The network, from input to output.",
    "task": "Kind of thing that is learned.", "dataset": "Which dataset.",
    "seed": "Where all random numbers of the Run come from.",
    "kind": "Which layer.", "channels": "Images it gives.", "kernel": "Side of its window, in pixels.",
    "Pool.size": "Side of its window, in pixels.", "features": "Numbers it gives.",
    "new_run.settings": "Settings of the new Run where they differ from the room's present ones.",
    "settings": "All Settings, from here on.", "changes": "`{name: {from, to}}` for each setting that differs.",
    "run": "Id of the Run.", "branch": "Id of the Branch.", "epoch": "Finished epochs.",
    "batch": "Finished batches of the next epoch.",
    "batches": "Batches in an epoch.", "x": "The same in epochs, as a fraction.",
    "metrics.x": "Position after each batch, in epochs.",
    "threads": "Threads of its trainer; they stay, as results depend on them.",
    "until": "The epoch at whose end training stops.", "settings_changed.until": "New end, where `epochs` was changed.",
    "place": "Place in the queue; 1 is next.", "attempt": "Number of the trainer process of this room.",
    "done": "Bytes so far.", "total": "Bytes in all; 0: not known.",
    "training_paused.reason": "Why.", "trainer_lost.reason": "How it was noticed.",
    "train_loss": "Loss of each batch, before its step.",
    "train_accuracy": "Share of each batch that was right, before its step.",
    "rate": "Images per second.", "train": "Mean over the epoch's training batches.", "test": "On the test split.",
    "seconds": "How long it took.", "bytes": "Size of the file.", "digest": "SHA-256 of the content.",
    "checkpoint_saved.kind": "Why it was written; those in between (`interval`) are kept only for recovery.",
    "message": "What happened, in words for students.", "hint": "What would work.", "code": "The same for programs.",
    "loss": "Mean loss; null where it is not a finite number.", "accuracy": "Share that was right, 0 to 1.",
    "examples": "How many examples it was measured on.",
}

SNAPSHOT = {
    "seq": "Number of the last Event in it.",
    "room": "`code`, and `mode`: who may steer.",
    "session": "`status` idle, training, paused or failed; `reason` of a pause; what it is `waiting` for (`{reason}`: "
               "starting, queued with `place`, preparing with `dataset`, `done`, `total`, or recovering), else null; "
               "`position`; "
               "`begun` (x) and `until` (epoch) of this stretch of training; `rate` in images per second; `error` "
               "`{code, message, hint}` where it failed.",
    "blueprint": "Of the present Run; before the first, the default one.",
    "settings": "In force now.",
    "runs": "`{id: {blueprint, settings, threads, at, by}}`, the settings it began with.",
    "branches": "`{id: {run, parent, epoch, last}}`; `last` is the newest finished epoch `{epoch, train, test, seconds}`.",
    "checkpoints": "Those that stay: `[{seq, branch, epoch, batch, x, digest}]`, in the order of the log.",
    "passing": "The newest two of those in between, for recovery only.",
    "markers": "`[{seq, branch, epoch, batch, x, changes, by, at}]`, one for each change of Settings in a Run. All are kept.",
    "series": f"`{{branch: {{name: [[x, y], …]}}}}`, x in epochs and rising, at most {SERIES_LIMIT:,} points each. "
              "`train_loss` and `train_accuracy` are single batches; `epoch_…` is the mean over an epoch's training, "
               "`test_…` the test split.",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {"messages.md": messages(), "settings.md": settings()}


def messages() -> str:
    """Return the page of everything that travels between browser and web process, and of what is kept of it."""
    return "\n".join([
        "# Messages", "", NOTE,
        "Every message is strict: no unknown fields, no conversions (`\"1\"` or `true` is no number), no NaN, no infinity.",
        "The page's settings have [a table of their own](settings.md).", "",
        "## How they travel", "",
        "`join` and `command` go to the server as Socket.IO messages, each answered once; a Command may also be sent as",
        "`POST /api/rooms/<code>/commands`, with the same body and answer. `ok` means stored.", "",
        *_section("`command`", Envelope), *_section("`join`", Join), *_section("`event`", Event),
        "With an Event travels its `patch`: the change of the Snapshot, computed once on the server. The `data` of `metrics`",
        "travels with `rate` only: its rows are in the patch, thinned; the log and `…/points` have them all.", "",
        *_errors(),
        "## Commands", "", *_each(COMMANDS),
        "## Events", "", *_each(EVENTS),
        "## Objects", "", *[line for kind in OBJECTS for line in _section(f"`{kind.__name__}`", kind)],
        *_snapshot(), *_patch()])


def settings() -> str:
    """Return the page of the settings table, English words only."""
    rows = [f"| `{row['name']}` | {row['label']['en']} | {_range(row)} | `{row['default']}` | {row['unit'] or '–'} | "
            f"{row['help']['en']} |" for row in settings_table()]
    choices = [f"* `{row['name']}`: " + ", ".join(f"`{name}` ({text['en']})" for name, text in row["choices"].items())
               for row in settings_table() if "choices" in row]
    return "\n".join([
        "# Settings", "", NOTE,
        "What may change while a run trains; a change takes effect before the next batch. The table is",
        "`ml_utils/core/settings.py`: checks, sliders, help texts and this page are made from it.", "",
        "| name | label | range | default | unit | help |", "|---|---|---|---|---|---|", *rows, "",
        "Choices:", "", *choices, ""])


def _range(row: Schema) -> str:
    if "choices" in row:
        return "one of " + ", ".join(f"`{name}`" for name in row["choices"])
    return f"{row['minimum']:,} to {row['maximum']:,}" + (", whole" if row["kind"] == "integer" else "")


def _each(kinds: dict[str, Any]) -> list[str]:
    return [line for name, kind in kinds.items() for line in _section(f"`{name}`", kind, name)]


def _section(title: str, model: type[BaseModel], name: str | None = None) -> list[str]:
    return [f"### {title}", "", _flat(inspect.getdoc(model) or ""), "", *_fields(model, name or model.__name__)]


def _fields(model: type[BaseModel], name: str) -> list[str]:
    if set(Settings.model_fields) <= set(model.model_fields):
        return ["Any of the [settings](settings.md), at least one.", ""]
    schema = model.model_json_schema()
    rows = [f"| `{field}` | {_type(one)} | {_bounds(one)} | {_default(model, field)} | {meaning(model, name, field)} |"
            for field, one in schema.get("properties", {}).items()]
    return ["| field | type | range | default | meaning |", "|---|---|---|---|---|", *rows, ""] if rows else ["No fields.", ""]


def meaning(model: type[BaseModel], name: str, field: str) -> str:
    """Return what a field is; a KeyError says that nobody has told yet."""
    return model.model_fields[field].description or MEANINGS.get(f"{name}.{field}") or MEANINGS[field]


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _linked(schema["$ref"].rpartition("/")[2])
    if several := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in several))
    if "oneOf" in schema:
        return "layer"
    if "const" in schema or "enum" in schema:
        return "one of " + ", ".join(f"`{json.dumps(one)}`" for one in schema.get("enum", [schema.get("const")]))
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}s"
    return {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null",
            "object": "object"}[schema["type"]]


def _linked(name: str) -> str:
    return f"[{name}](#{name.lower()})" if name in {kind.__name__ for kind in OBJECTS} else "[settings](settings.md)"


def _bounds(schema: Schema) -> str:
    found = [text for one in schema.get("anyOf", [schema]) if (text := _bound(one))]
    return ", ".join(found) or "–"


def _bound(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    texts = [f"{low:,} or more" if low is not None else "", f"like `{schema['pattern']}`" if "pattern" in schema else "",
             f"{schema.get('minItems', 0)} to {schema['maxItems']:,} items" if "maxItems" in schema else "",
             f"up to {schema['maxLength']} characters" if "maxLength" in schema else ""]
    return ", ".join(text for text in texts if text)


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "needed"
    nullable = any(one.get("type") == "null" for one in model.model_json_schema()["properties"][name].get("anyOf", ()))
    return "left out" if field.default is None and not nullable else f"`{json.dumps(field.default)}`"


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def _errors() -> list[str]:
    try:
        Settings.model_validate({"learning_rate": -1})
    except ValidationError as error:
        answer = refusal(error).as_answer()
    return ["## The error shape", "", "What was asked, why not, what would work; the same over the socket and over HTTP.",
            "`field` stands there where one field is to blame. A refused Command has changed nothing.", "",
            "```json", json.dumps(answer, indent=2), "```", ""]


def _snapshot() -> list[str]:
    state = empty_state("k7mwxhp4")
    return ["## The Snapshot", "",
            "The fold of a room's Events up to `seq`. `GET /api/rooms/<code>` answers `{ok, seq, snapshot}`.", "",
            "| part | what it holds |", "|---|---|", *[f"| `{name}` | {SNAPSHOT[name]} |" for name in state], "",
            "A room in which nothing has happened yet:", "",
            "```json", *_lines(state), "```", ""]


def _lines(state: dict[str, Any]) -> list[str]:
    parts = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in state.items()]
    return ["{", *[part + "," for part in parts[:-1]], parts[-1], "}"]


def _patch() -> list[str]:
    return ["## The patch", "",
            "How an Event changes the Snapshot: four operations, each a map from path to value, done in this order. A path is",
            "dotted names; objects that are missing on the way are made. The browser's fold knows these four and no Event.", "",
            "| operation | value | does |", "|---|---|---|",
            "| `set` | anything | puts the value there |",
            "| `cut` | x | drops the points of a series after x |",
            "| `append` | list | adds the items at the end |",
            f"| `thin` | limit ({SERIES_LIMIT:,}) | thins a series: the lowest and highest point of each bucket stay, "
            "a bucket is a power of two wide |", "",
            f"One Event brings at most {LIVE_LIMIT} points of a series.", ""]


if __name__ == "__main__":
    for page, content in pages().items():
        (FOLDER / page).write_text(content, encoding="utf-8")
