"""What a page needs to know before anything happens: the tables of settings and datasets, the ready blueprints."""

from __future__ import annotations

from typing import Any

from .blueprint import PRESETS
from .datasets import DATASETS, dataset_table
from .series import SERIES_LIMIT
from .settings import settings_table


def catalogue(quota: int) -> dict[str, Any]:
    """Return it as plain JSON; `quota`: bytes of Checkpoints that a room may keep."""
    blueprints = {name: {dataset.name: preset(dataset.name).model_dump(mode="json") for dataset in DATASETS.values()}
                  for name, preset in PRESETS.items()}
    return {"settings": settings_table(), "datasets": dataset_table(), "blueprints": blueprints,
            "limits": {"series": SERIES_LIMIT, "quota": quota}}
