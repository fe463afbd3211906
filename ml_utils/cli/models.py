"""What networks can be made of: ready networks with their options, and all kinds of layers with their fields."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from .. import recipes
from ..core.errors import Refused, shown
from ..core.kinds.table import kinds_table
from ..core.recipe import nearest
from ..core.templates import templates_table
from . import exits
from .output import Output

HELP = "list ready networks and kinds of layers"
Row = dict[str, Any]
SMALL: Row = {"name": recipes.USUAL, "title": {"en": "Small CNN"}, "group": "classic", "options": [],
              "help": {"en": "Two blocks of convolution, one hidden layer: what a room begins with."}}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="show all fields of this ready network or kind of layer")


def run(args: argparse.Namespace, output: Output) -> int:
    """List all, or show one; raises `Refused` where there is none of that name."""
    templates, kinds = [SMALL, *templates_table()], kinds_table()
    if args.name is None:
        output.tell("models", templates=[_plain(row, "options") for row in templates],
                    kinds=[_plain(row, "fields") for row in kinds])
        output.show(_table("Ready networks: template: NAME", templates, "name", "options"))
        output.show(_table("Kinds of layers: - {kind: NAME}", kinds, "kind", "fields"))
        return exits.DONE
    row, fields = _named(args.name, templates, kinds)
    output.tell("model", **_plain(row, fields))
    output.say(f"{row['title']['en']}: {row['help']['en']}")
    output.show(_fields(row[fields]))
    return exits.DONE


def _named(name: str, templates: list[Row], kinds: list[Row]) -> tuple[Row, str]:
    for rows, key, fields in ((templates, "name", "options"), (kinds, "kind", "fields")):
        for row in rows:
            if row[key] == name:
                return row, fields
    near = nearest(name, [*(row["name"] for row in templates), *(row["kind"] for row in kinds)])
    raise Refused("unknown_model", f"There is no ready network and no kind of layer {shown(name)}.",
                  f"Did you mean {near}?" if near else "`models` lists them all.", "name")


def _plain(row: Row, fields: str) -> Row:
    """Return what programs are told: names, texts in English, and the fields with their ranges."""
    inside = [{name: value for name, value in field.items() if name not in ("label", "help", "choices")}
              | {"help": field["help"]["en"]} | ({"choices": list(field["choices"])} if "choices" in field else {})
              for field in row[fields]]
    return {"name": row.get("name") or row["kind"], "title": row["title"]["en"], "help": row["help"]["en"],
            "group": row["group"], fields: inside}


def _table(title: str, rows: list[Row], key: str, fields: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("name", fields, "what it is"):
        table.add_column(name, no_wrap=name == "name")
    for row in rows:
        table.add_row(row[key], ", ".join(field["name"] for field in row[fields]), row["help"]["en"])
    return table


def _fields(rows: list[Row]) -> Table:
    table = Table()
    for name in ("field", "usual", "range", "what it is"):
        table.add_column(name, no_wrap=name == "field")
    for row in rows:
        table.add_row(row["name"], str(row.get("default", "")), _range(row), row["help"]["en"])
    return table


def _range(row: Row) -> str:
    if "choices" in row:
        return ", ".join(row["choices"])
    least, most = row.get("minimum"), row.get("maximum")
    told = row["type"] if least is None and most is None else f"{least} to {most}"
    return f"{told}, or nothing" if row["optional"] else told
