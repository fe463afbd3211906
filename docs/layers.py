"""The page of the kinds of layers, made from `ml_utils/core/kinds`."""

from __future__ import annotations

import json
from typing import Any

from ml_utils.core.blueprint import MAX_DEPTH, MAX_LAYERS, MAX_NESTED
from ml_utils.core.kinds.blocks import MOST_INSIDE
from ml_utils.core.kinds.table import kinds_table

Row = dict[str, Any]
SHOWN = 12  # choices; more are counted


def layers_page(note: str) -> str:
    """Return the page, English words only; `note` says that it is made."""
    table = kinds_table()
    groups = dict.fromkeys(row["group"] for row in table)
    return "\n".join([
        "# Layers", "", note,
        "What a Blueprint is made of. A layer is an object with its `kind` and its fields; what is left out has its default,",
        "as in `{\"kind\": \"conv\", \"channels\": 32}`. Between layers flow images (channels × height × width), sequences",
        "(steps × features), rows of numbers, or words; what comes in is found by the rules and is never a field. Layers are",
        "named by kind and number, such as `conv2`. `ml_utils/core/kinds` has an entry for each kind: palette, editors,",
        "checks, code and this page are made from it.", "",
        f"At most {MAX_LAYERS} layers stand one after another, {MAX_NESTED} with those inside of blocks; a block has at most "
        f"{MOST_INSIDE}, and",
        f"blocks stand at most {MAX_DEPTH - 1} deep in each other.", "",
        *[line for group in groups for line in _group(group, [row for row in table if row["group"] == group])]])


def _group(title: str, rows: list[Row]) -> list[str]:
    return [f"## {title.capitalize()}", "", *[line for row in rows for line in _kind(row)]]


def _kind(row: Row) -> list[str]:
    head = [f"### `{row['kind']}`: {row['title']['en']}", "", row["help"]["en"] + (" It learns." if row["learns"] else ""), ""]
    fields = [f"| `{one['name']}` | {one['label']['en']} | {_range(one)} | `{json.dumps(one['default'])}` | "
              f"{one['help']['en']} |" for one in row["fields"]]
    if row["block"]:
        fields.insert(0, f"| `layers` | Layers inside | 1 to {MOST_INSIDE} layers | needed | What it is made of. |")
    return [*head, "| field | label | range | default | help |", "|---|---|---|---|---|", *fields, ""] if fields else head


def _range(field: Row) -> str:
    if field["type"] == "bool":
        return "`true` or `false`"
    if field["type"] == "choice":
        names = [name if isinstance(field["default"], int) else f'"{name}"' for name in field["choices"]]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return "one of " + ", ".join(f"`{name}`" for name in names[:SHOWN]) + more
    return (f"{field['minimum']:,} to {field['maximum']:,}" + (", whole" if field["type"] == "int" else "")
            + (" or `null`" if field["optional"] else ""))
