"""What a page needs to know before anything happens: settings, datasets, kinds of layers, ways to explain, first networks."""

from __future__ import annotations

from typing import Any

from .blueprint import PRESETS, Blueprint
from .datasets import DATASETS, dataset_table
from .explanations import methods_table
from .kinds.table import kinds_table
from .rules import forms
from .series import SERIES_LIMIT
from .settings import settings_table


def catalogue(quota: int) -> dict[str, Any]:
    """Return it as plain JSON; `quota`: bytes of Checkpoints that a room may keep."""
    networks = {name: {dataset.name: with_shapes(preset(dataset.name)) for dataset in DATASETS.values()}
                for name, preset in PRESETS.items()}
    kinds = {row["kind"]: {name: row[name] for name in ("title", "help", "learns")} for row in kinds_table()}
    return {"settings": settings_table(), "datasets": dataset_table(), "kinds": kinds, "networks": networks,
            "methods": methods_table(), "limits": {"series": SERIES_LIMIT, "quota": quota}}


def with_shapes(blueprint: Blueprint) -> dict[str, Any]:
    """Return the Blueprint, and what comes out of each of its layers."""
    return {"blueprint": blueprint.model_dump(mode="json"), "out": [list(form.sides) for form in forms(blueprint)]}
