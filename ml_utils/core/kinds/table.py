"""The kinds of layers as one table of plain JSON, as palette, editors and docs need them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from . import KINDS
from .base import Kind, Words

GROUPS = ("convolution", "pooling", "rows", "activation", "normalisation", "regularisation", "sequence", "block", "ready")
FIRST, LAST = ("channels",), ("bias",)  # what one thinks of first, and last
TYPES = {"integer": "int", "number": "float", "boolean": "bool"}


def kinds_table() -> list[dict[str, Any]]:
    """Return a row for each kind: kind, title, help, group, learns, block, and its fields; group by group."""
    return sorted((_row(name, kind) for name, kind in KINDS.items()), key=lambda row: GROUPS.index(row["group"]))


def _row(name: str, kind: type[Kind]) -> dict[str, Any]:
    fields = sorted(field_rows(kind), key=lambda row: (row["name"] not in FIRST, row["name"] in LAST))
    return {"kind": name, "title": _both(kind.about.title), "help": _both(kind.about.help), "group": kind.about.group,
            "learns": kind.learns, "block": kind.about.group == "block", "fields": fields}


def field_rows(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return name, type, minimum, maximum, default, optional, label, help and choices of each field that has words."""
    schema = model.model_json_schema()
    properties = schema.get("properties") or schema["$defs"][model.__name__]["properties"]
    return [_field(name, {**properties[name], **field.json_schema_extra}) for name, field in model.model_fields.items()
            if isinstance(field.json_schema_extra, dict)]  # it has the order of the choices, the schema is sorted


def _field(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    several = schema.get("anyOf", [schema])
    given = next(one for one in several if one.get("type") != "null")
    merged = {**given, **schema}
    kind = "choice" if "choices" in schema else TYPES[given["type"]]
    keys = ("minimum", "maximum", "default", "label", "help", "choices")
    return {"name": name, "type": kind, "optional": len(several) > 1, **{key: merged[key] for key in keys if key in merged}}


def _both(words: Words) -> dict[str, str]:
    return {"en": words[0], "de": words[1]}
