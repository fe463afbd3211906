"""A recipe as text: every setting with what it is, its unit and its range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .core.blueprint import Blueprint
from .core.datasets import DATASETS
from .core.recipe import short
from .core.settings import Settings, settings_table
from .yaml_reader import dumped

GROUPS = ("training", "optimizer", "schedule", "augmentation", "pace")  # those that come later stand behind them
LONGEST = 120  # letters of a line with what is said of it
WIDE = 24  # letters of a value, so that what is said of it stands in a column
HEAD = """\
# A recipe: a network, and how it is trained. What is left out has its usual value.
# Train it with `python -m ml_utils train FILE`; change a value on the way with `--set settings.learning_rate=0.01`.
"""
LAYERS = "one after another; `python -m ml_utils models` lists all kinds and their fields"
UNGROUPED = {"dropouts": "dropout of single layers, such as {dropout1: 0.5}", "frozen": "layers that rest, such as [conv1]",
             "class_weights": "how much single classes count, such as {'3': 2.0}; others 1"}


def recipe(blueprint: Blueprint, settings: Settings, comments: bool = True, template: dict[str, Any] | None = None) -> str:
    """Return the YAML that `read_recipe` reads as exactly these; `template` {name, options} stands in place of its layers."""
    told = short(blueprint.model_dump(mode="json"))
    told.setdefault("validation", blueprint.validation)
    layers = told.pop("layers")
    parts = {**told, "template": template} if template else {**told, "layers": layers}
    order = ["task", "dataset", "images", "seed", "validation", "without", "template", "layers"]
    lines = [HEAD if comments else "", "blueprint:\n"]
    lines += [_line(name, parts[name], _of_blueprint(name) if comments else "") for name in order if name in parts]
    lines += ["\n" if comments else "", "settings:\n", *_settings(settings.model_dump(mode="json"), comments)]
    return "".join(lines)


def _settings(values: dict[str, Any], comments: bool) -> Iterator[str]:
    rows = {row["name"]: row for row in settings_table()}
    found = {row["group"]: None for row in rows.values()}
    for group in sorted(found, key=lambda one: GROUPS.index(one) if one in GROUPS else len(GROUPS)):
        yield f"  # {group}\n" if comments else ""
        for name, row in rows.items():
            if row["group"] == group:
                yield _line(name, values[name], _of_setting(row) if comments else "")
    yield "  # layers and classes\n" if comments else ""
    for name in (name for name in values if name not in rows):
        yield _line(name, values[name], UNGROUPED.get(name, "") if comments else "")


def _line(name: str, value: Any, comment: str) -> str:
    """Return a value with what is said of it: behind it where it is on a line, else before it."""
    flow = True if not isinstance(value, dict | list) or not value or name in ("frozen", "dropouts", "class_weights") else None
    text = "".join(f"  {line}\n" for line in dumped({name: value}).splitlines()) if not flow else (
        f"  {dumped({name: value}, True, 10**6).strip()[1:-1]}\n")
    if not comment:
        return text
    said = _cut(comment, LONGEST - max(WIDE, len(text)) - 4)
    if text.count("\n") > 1 or not said:
        return f"  # {comment}\n{text}"
    return f"{text.rstrip():{WIDE}}  # {said}\n"


def _cut(sentence: str, room: int) -> str:
    """Leave out the last parts of a sentence that is too long; all of it where that is not enough."""
    ends = [place for sign in (", ", ": ", "; ") if (place := sentence.rfind(sign, 0, max(room, 0))) > 0]
    return sentence if len(sentence) <= room else sentence[:max(ends)] if ends else ""


def _of_blueprint(name: str) -> str:
    return {"dataset": f"{', '.join(DATASETS)}, or own images", "seed": "of weights, order and chance; 0 to 4294967295",
            "images": "the own images that it was made for", "template": "a ready network, fitted to the dataset",
            "validation": "share of the training images held back to validate; 0 to 0.5",
            "without": "numbers of training images that are left out", "layers": LAYERS}.get(name, "")


def _of_setting(row: dict[str, Any]) -> str:
    """Return unit, range or choices, and the first sentence of the help."""
    unit = f" {row['unit']}" if row["unit"] else ""
    if "choices" in row:
        told = ", ".join(row["choices"])
    elif "minimum" in row:
        told = f"{row['minimum']:g} to {row['maximum']:g}{unit}"
    else:
        told = "true or false"
    only = "; ".join(f"with {name} {' or '.join(map(str, values))}" for name, values in row.get("only", {}).items())
    return f"{told}{f' ({only})' if only else ''}: {row['help']['en'].split('. ')[0].rstrip('.')}"
