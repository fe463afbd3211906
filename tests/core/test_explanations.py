"""The table of explanations: each has its words, in both languages, and the questions know the same ones."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from ml_utils.core.explanations import METHODS, methods_table
from ml_utils.core.questions import MANY_PASSES, Explain, MethodName

IMAGE = {"kind": "example", "split": "test", "number": 0}


def test_questions_and_table_know_the_same_methods() -> None:
    assert set(get_args(MethodName)) == set(METHODS) and all(row.name == name for name, row in METHODS.items())
    assert set(MANY_PASSES) <= set(METHODS)
    for name in METHODS:
        assert Explain.model_validate({"image": IMAGE, "method": name}).light == (name not in MANY_PASSES)


def test_the_table_is_plain_json() -> None:
    rows = methods_table()
    assert json.loads(json.dumps(rows)) == rows and len(rows) == len(METHODS)


@pytest.mark.parametrize("row", methods_table(), ids=lambda row: row["name"])
def test_each_says_in_two_sentences_what_it_does_and_how_to_read_it(row: dict[str, dict[str, str]]) -> None:
    for field in ("text", "reading"):
        assert set(row[field]) == {"en", "de"}
        assert all(len(re.findall(r"[.](?: |$)", words)) == 2 for words in row[field].values()), field
    assert all(row[field][language] for field in ("label", "passes") for language in ("en", "de"))


def test_it_says_which_method_needs_what() -> None:
    assert [name for name, row in METHODS.items() if row.layer] == ["grad_cam"]
    assert [name for name, row in METHODS.items() if row.black] == ["integrated_gradients", "deep_lift", "occlusion"]
