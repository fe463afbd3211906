"""The ready networks, each one entry: the page, the checks and the tests read it.

To add one, write its options and its layers beside its like and name it there; it must fit every dataset.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ..blueprint import Blueprint
from ..datasets import DATASETS, DatasetName, Images, own
from ..errors import Refused, refusal, shown
from ..kinds.table import field_rows
from .base import Template
from .classic import CLASSIC
from .deep import DEEP
from .ready import READY
from .sequence import SEQUENCE

TEMPLATES: dict[str, Template] = {one.name: one for one in (*CLASSIC, *DEEP, *SEQUENCE, *READY)}


def templates_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON: name, title, help, group, and the fields of the options as those of kinds are."""
    return [{"name": one.name, "title": {"en": one.title[0], "de": one.title[1]},
             "help": {"en": one.help[0], "de": one.help[1]}, "group": one.group,
             "options": field_rows(one.options) if one.options.model_fields else []}
            for one in TEMPLATES.values()]


def template(name: str, dataset: DatasetName, options: dict[str, Any], seed: int,
             images: Images | None = None) -> Blueprint:
    """Return the ready network, fitted to the dataset; raise `Refused` where the name or an option is wrong.

    `images` describes somebody's own.
    """
    found = TEMPLATES.get(name) if isinstance(name, str) else None
    if found is None:
        raise Refused("unknown_template", f"There is no ready network {shown(name)}.", f"Choose one of {', '.join(TEMPLATES)}.",
                      "name")
    try:
        asked = found.options.model_validate(options)
    except ValidationError as error:
        made = refusal(error)
        raise Refused(made.code, made.message, made.hint, f"options.{made.field}" if made.field else "options") from None
    row = own(dataset, images) if images else DATASETS[dataset]
    return Blueprint.model_validate({"dataset": dataset, "images": images, "layers": found.layers(row, asked), "seed": seed})
