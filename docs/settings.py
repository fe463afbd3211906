"""The page of the settings table, made from `ml_utils/core/settings.py`."""

from __future__ import annotations

import json
from typing import Any

from ml_utils.core.settings import MAX_NAMED, Settings, settings_table

Row = dict[str, Any]


def settings_page(note: str) -> str:
    """Return the page, English words only; `note` says that it is made."""
    table = settings_table()
    groups = dict.fromkeys(row["group"] for row in table)
    choices = [f"* `{row['name']}`: " + ", ".join(f"`{name}` ({text['en']})" for name, text in row["choices"].items())
               for row in table if "choices" in row]
    named = [f"* `{name}`: {field.description}" for name, field in Settings.model_fields.items() if field.description]
    return "\n".join([
        "# Settings", "", note,
        "What may change while a run trains; a change takes effect before the next batch. The table is",
        "`ml_utils/core/settings.py`: checks, sliders, help texts and this page are made from it.", "",
        *[line for group in groups for line in _group(group, [row for row in table if row["group"] == group])],
        "## Choices", "", *choices, "",
        "## Settings of single layers", "", "They stand under the names of layers and have no row on the page of settings.",
        f"Each takes at most {MAX_NAMED} names.", "", *named, ""])


def _group(title: str, rows: list[Row]) -> list[str]:
    head = ["| name | label | range | default | unit | help |", "|---|---|---|---|---|---|"]
    lines = [f"| `{row['name']}` | {row['label']['en']} | {_range(row)} | `{json.dumps(row['default'])}` | "
             f"{row['unit'] or '–'} | {row['help']['en']}{_only(row)} |" for row in rows]
    return [f"## {title.capitalize()}", "", *head, *lines, ""]


def _only(row: Row) -> str:
    return "".join(f" Only with `{other}` " + " or ".join(f"`{value}`" for value in values) + "."
                   for other, values in row.get("only", {}).items())


def _range(row: Row) -> str:
    if row["kind"] == "boolean":
        return "`true` or `false`"
    if "choices" in row:
        return "one of " + ", ".join(f"`{name}`" for name in row["choices"])
    return f"{row['minimum']:,} to {row['maximum']:,}" + (", whole" if row["kind"] == "integer" else "")
