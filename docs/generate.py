"""Writes docs/messages.md, docs/settings.md and docs/layers.md from the classes: ``python -m docs.generate``.

`tests/test_docs.py` fails while a page is older than the code, or while a field has no meaning in `docs/meanings.py`.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from docs.layers import layers_page
from docs.meanings import MEANINGS, SNAPSHOT
from docs.settings import settings_page
from ml_utils.core import blueprint, datasets, edits, events, events_inside, events_seen, events_tree, questions
from ml_utils.core.commands import Envelope, Join
from ml_utils.core.errors import refusal
from ml_utils.core.events import Event
from ml_utils.core.fields import Brought, Change, Person, Position, Value, Warm
from ml_utils.core.messages import COMMANDS, EVENTS
from ml_utils.core.patches_seen import TREND_LIMIT
from ml_utils.core.questions import QUESTIONS
from ml_utils.core.series import LIVE_LIMIT, SERIES_LIMIT
from ml_utils.core.settings import Settings
from ml_utils.core.snapshot import empty_state

FOLDER = Path(__file__).parent
NOTE = "<!-- Made by `python -m docs.generate` from the classes in ml_utils/core; edit those. -->\n"
Schema = dict[str, Any]

OBJECTS: tuple[type[BaseModel], ...] = (
    blueprint.Blueprint, blueprint.Sketch, datasets.Images, questions.At, questions.OfSplit, questions.OfRoom, questions.OfPad,
    questions.OfPixels, events_inside.ClassScore, events_inside.Bin, events_inside.Curve, *edits.EDITS, Position, Person,
    Warm, Brought,
    events.Score, events_tree.Fork, events_tree.Replayed, events_tree.Dropped, events_seen.LayerLook,
    events_seen.Histogram, events_seen.LayerHistograms,
    events_seen.WeightSample, events_seen.LayerStep)
PARTS: dict[str, tuple[Any, str]] = {  # what is no class but stands in several messages
    "Value": (Value, "What a setting may hold; which of these, its [range](settings.md) says."),
    "Change": (Change, "A setting before and after: the keys are `from` and `to`."),
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {"messages.md": messages(), "settings.md": settings_page(NOTE), "layers.md": layers_page(NOTE)}


def messages() -> str:
    """Return the page of everything that travels between browser and web process, and of what is kept of it."""
    return "\n".join([
        "# Messages", "", NOTE,
        "Every message is strict: no unknown fields, no conversions (`\"1\"` or `true` is no number), no NaN, no infinity.",
        "The page's settings have [a table of their own](settings.md), and so have [layers](layers.md).", "",
        "## How they travel", "",
        "`join` and `command` go to the server as Socket.IO messages, each answered once; a Command may also be sent as",
        "`POST /api/rooms/<code>/commands`, with the same body and answer. `ok` means stored.", "",
        *_section("`command`", Envelope), *_section("`join`", Join), *_section("`event`", Event),
        "With an Event travels its `patch`: the change of the Snapshot, computed once on the server. The `data` of `metrics`",
        "travels with `rate` only: its rows are in the patch, thinned; the log and `…/points` have them all.", "",
        *_errors(),
        "## Commands", "", *_each(COMMANDS),
        "## Events", "", *_each(EVENTS),
        "## Questions", "",
        "About the network: they change nothing and are not stored. `ask` `{id, name, args}` goes to the server as a Socket.IO",
        "message, is answered at once with `{ok: true}` or the error shape, and then by the message `answer`",
        "`{id, answer}` to the same page; of each question about each model only the newest counts (`overtaken`).",
        "`POST /api/rooms/<code>/ask` with the same body waits for the answer. What is asked of the model `now` is answered",
        "by the trainer between two batches; `place` says where it stood.", "",
        *_each(QUESTIONS),
        "## Objects", "", *[line for kind in OBJECTS for line in _section(_heading(kind.__name__), kind)], *_parts(),
        *_snapshot(), *_patch()])


def _each(kinds: dict[str, Any]) -> list[str]:
    return [line for name, kind in kinds.items() for line in _section(f"`{name}`", kind, name)]


def _section(title: str, model: type[BaseModel], name: str | None = None) -> list[str]:
    return [f"### {title}", "", _flat(inspect.getdoc(model) or ""), "", *_fields(model, name or model.__name__)]


def _fields(model: type[BaseModel], name: str) -> list[str]:
    if set(Settings.model_fields) <= set(model.model_fields):
        return ["Any of the [settings](settings.md), at least one" + (", and:" if _beside(model) else "."), "",
                *(_table(model, name, _beside(model)) if _beside(model) else [])]
    return _table(model, name, list(model.model_fields))


def _beside(model: type[BaseModel]) -> list[str]:
    return [field for field in model.model_fields if field not in Settings.model_fields]


def _table(model: type[BaseModel], name: str, fields: list[str]) -> list[str]:
    schemas = model.model_json_schema().get("properties", {})
    rows = [f"| `{field}` | {_type(schemas[field])} | {_bounds(schemas[field])} | {_default(model, field)} | "
            f"{meaning(model, name, field)} |" for field in fields]
    return ["| field | type | range | default | meaning |", "|---|---|---|---|---|", *rows, ""] if rows else ["No fields.", ""]


def meaning(model: type[BaseModel], name: str, field: str) -> str:
    """Return what a field is; a KeyError says that nobody has told yet."""
    return model.model_fields[field].description or MEANINGS.get(f"{name}.{field}") or MEANINGS[field]


def _type(schema: Schema, known: bool = True) -> str:
    """Say what kind of value it is; `known`: a part that has a section of its own is named, else it is told."""
    part = next((name for name, (kind, _) in PARTS.items() if known and _same(schema, _schema(kind))), None)
    if part or "$ref" in schema:
        return _linked(part or schema["$ref"].rpartition("/")[2])
    if several := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in several))
    if "oneOf" in schema:
        return "edit" if schema["discriminator"]["propertyName"] == "op" else "[layer](layers.md)"
    if "const" in schema or "enum" in schema:
        return "one of " + ", ".join(f"`{json.dumps(one)}`" for one in schema.get("enum", [schema.get("const")]))
    if places := schema.get("prefixItems"):
        return f"list of {len(places)}: " + " and ".join(_type(one) for one in places)
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}{_plural(schema['items'])}"
    if values := _values(schema):
        return f"object of {_type(values)}{_plural(values)}"
    return {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null",
            "object": "object"}[schema["type"]]


def _plural(schema: Schema) -> str:
    return "" if "anyOf" in schema else "s"


def _values(schema: Schema) -> Schema | None:
    """Return the schema of the values of an object whose keys are free."""
    values = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
    return values if isinstance(values, dict) else None


def _schema(kind: Any) -> Schema:
    return TypeAdapter(kind).json_schema()


def _same(one: Schema, other: Schema) -> bool:
    return {**one, "title": ""} == {**other, "title": ""}


def _heading(name: str) -> str:
    return f"`{name}`" + (" (object)" if name.lower() in {*COMMANDS, *EVENTS} else "")  # no two headings alike


def _linked(name: str) -> str:
    anchor = re.sub(r"[^\w -]", "", _heading(name).lower()).replace(" ", "-")
    return f"[{name}](#{anchor})" if name in {kind.__name__ for kind in OBJECTS} | set(PARTS) else "[settings](settings.md)"


def _bounds(schema: Schema, known: bool = True) -> str:
    if known and ("prefixItems" in schema or any(_same(schema, _schema(kind)) for kind, _ in PARTS.values())):
        return "–"
    found = [text for one in schema.get("anyOf", [schema]) if (text := _bound(one))]
    return ", ".join(dict.fromkeys(found)) or "–"


def _bound(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    key = next(iter(schema.get("patternProperties", ())), schema.get("propertyNames", {}).get("pattern"))
    texts = [f"{low:,} or more" if low is not None else "", f"like `{schema['pattern']}`" if "pattern" in schema else "",
             f"{least} to {most:,} items" if most is not None and least != most else f"{most} items" if most else "",
             f"keys like `{key}`" if key else "",
             f"up to {schema['maxProperties']} keys" if "maxProperties" in schema else "",
             f"up to {schema['maxLength']:,} characters" if "maxLength" in schema else ""]
    inside = [schema["items"]] if "items" in schema and "$ref" not in schema["items"] else []
    texts += [f"each {text}" for one in inside if (text := _bounds(one)) != "–"]
    return ", ".join(text for text in texts if text)


def _parts() -> list[str]:
    return [line for name, (kind, text) in PARTS.items() for line in _part(name, _schema(kind), text)]


def _part(name: str, schema: Schema, text: str) -> list[str]:
    kind, bounds = _type(schema, known=False), _bounds(schema, known=False)
    return [f"### {_heading(name)}", "", text, "",
            f"Type: {kind}." + (f" Range: {bounds}." if bounds != "–" else ""), ""]


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
            "| `cut` | x | drops the points of a series or trend after x |",
            "| `append` | list | adds the items at the end |",
            f"| `thin` | limit ({SERIES_LIMIT:,}; of a trend {TREND_LIMIT}) | thins a series: the lowest and highest point of "
            "each bucket stay, a bucket is a power of two wide |", "",
            f"One Event brings at most {LIVE_LIMIT} points of a series.", ""]


if __name__ == "__main__":
    for page, content in pages().items():
        (FOLDER / page).write_text(content, encoding="utf-8")
