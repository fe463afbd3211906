"""What a page is told before anything happens."""

from __future__ import annotations

import json

from ml_utils.core.blueprint import PRESETS, Blueprint
from ml_utils.core.catalogue import catalogue
from ml_utils.core.datasets import DATASETS, dataset_table
from ml_utils.core.explanations import methods_table
from ml_utils.core.freezing import LEARNING
from ml_utils.core.kinds import KINDS
from ml_utils.core.settings import settings_table


def test_the_catalogue_is_plain_json_with_both_tables() -> None:
    told = json.loads(json.dumps(catalogue(10**9), allow_nan=False))
    assert told["settings"] == settings_table()
    assert told["datasets"] == json.loads(json.dumps(dataset_table()))
    assert told["methods"] == methods_table()
    assert set(told["kinds"]) == set(KINDS)
    assert {kind for kind, row in told["kinds"].items() if row["learns"]} == LEARNING


def test_every_ready_blueprint_for_every_dataset_is_in_it() -> None:
    told = catalogue(10**9)["networks"]
    assert set(told) == set(PRESETS)
    for preset, fitted in told.items():
        assert set(fitted) == set(DATASETS)
        assert all(Blueprint.model_validate(one["blueprint"]) == PRESETS[preset](name) for name, one in fitted.items())
        assert all(len(one["out"]) == len(one["blueprint"]["layers"]) and one["out"][-1] == [10] for one in fitted.values())
