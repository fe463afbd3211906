"""JSON that means one thing only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_utils.web.strict_json import MAX_DEPTH, BadJson, dumps, loads
from tests.waiting import quickest

SIMPLE = (st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
          | st.text())
VALUES = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
                      max_leaves=20)


@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    text = dumps(value)
    assert loads(text) == value
    assert loads(text.encode()) == value
    assert json.loads(text) == value


@pytest.mark.parametrize("text", [
    "", " ", "{", "[1,]", "{'a':1}", "NaN", "[Infinity]", "-Infinity", "1e400", "[-1e999]", '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}', "01", "\ufeff{}", "{} {}", "undefined", '"\n"', "[1] x", "9" * 5_000, "\0", '{"a":1}\0',
])
def test_what_is_not_strict_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        loads(text)
    with pytest.raises(BadJson):
        loads(text.encode())


@pytest.mark.parametrize("data", [b"\xff", b'"\xc3"', "{}".encode("utf-16"), b"\xef\xbb\xbf{}"])
def test_bytes_that_are_no_utf8_are_refused(data: bytes) -> None:
    with pytest.raises(BadJson):
        loads(data)


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        assert loads(dumps(loads(text))) == loads(text)
    except BadJson:
        pass


@pytest.mark.parametrize("sign", ['[', '{"a":'])
def test_the_depth_is_limited_exactly(sign: str) -> None:
    close = {"[": "]", '{"a":': "}"}[sign]
    inner = "1"
    loads(sign * MAX_DEPTH + inner + close * MAX_DEPTH)
    with pytest.raises(BadJson, match="deep"):
        loads(sign * (MAX_DEPTH + 1) + inner + close * (MAX_DEPTH + 1))


def test_brackets_inside_texts_and_side_by_side_are_no_depth() -> None:
    assert loads('["' + "[{" * 500 + '\\"["]') == ["[{" * 500 + '"[']
    assert loads("[" + ",".join(["[]"] * 500) + "]") == [[]] * 500


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[]" * 30_000, "[" * 41 + '"' + '\\"' * 30_000,
                                  '"' * 65_000,
                                  "[" * 41 + '"' + "\\" * 60_001, "[" * 41 + '"a"' * 20_000], ids=range(7))
def test_hostile_texts_are_refused_at_once(text: str) -> None:
    def refused() -> None:
        with pytest.raises(BadJson):
            loads(text)

    assert quickest(refused) < 0.05


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": float("-inf")}])
def test_what_browsers_cannot_read_is_never_written(value: Any) -> None:
    with pytest.raises(ValueError):
        dumps(value)
