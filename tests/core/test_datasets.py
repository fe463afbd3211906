"""The facts about the datasets."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from ml_utils.core.datasets import DATASETS, DatasetName, dataset_table


def test_every_name_has_a_dataset_and_digits_comes_first() -> None:
    check = TypeAdapter(DatasetName).validate_python
    assert [check(name) for name in DATASETS] == list(DATASETS) and check("own_0123456789abcdef")
    for name in ("", "MNIST", "mnist ", "own_", "own_0123456789ABCDEF", "own_0123456789abcdef0"):
        with pytest.raises(ValidationError):
            check(name)
    assert next(iter(DATASETS)) == "digits"


@pytest.mark.parametrize("name", list(DATASETS))
def test_a_dataset_has_a_title_images_classes_and_two_splits(name: str) -> None:
    row = DATASETS[name]
    channels, height, width = row.shape
    assert row.name == name and row.title and row.source
    assert channels in (1, 3) and height == width >= 8
    assert len(row.classes) == len(set(row.classes)) == 10
    assert row.train > row.test > 0 and row.megabytes >= 0


def test_digits_needs_no_download_and_has_all_its_images() -> None:
    digits = DATASETS["digits"]
    assert digits.megabytes == 0 and digits.train + digits.test == 1797


def test_the_table_is_plain_json() -> None:
    table = json.loads(json.dumps(dataset_table()))
    assert [row["name"] for row in table] == list(DATASETS) and table[0]["shape"] == [1, 8, 8]
