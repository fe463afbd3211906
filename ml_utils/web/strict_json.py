"""JSON that means one thing only: no NaN, no duplicate keys, no endless depth. For HTTP and for Socket.IO."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 40
_BRACKETS = re.compile(r"[\[\]{}]")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_compact = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class BadJson(ValueError):
    """Text that is not the JSON we read."""


def dumps(value: Any, **_: Any) -> str:
    """Return compact JSON; a NaN in it is our own fault and raises ValueError."""
    return _compact.encode(value)


def loads(text: str | bytes, **_: Any) -> Any:
    """Return the value of JSON text; raise `BadJson` where it is not strict."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        if _depth(text) > MAX_DEPTH:
            raise BadJson("nested too deeply")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique, parse_float=_finite)
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson("not JSON") from error


def _depth(text: str) -> int:
    """The nesting, or an upper bound of it where that is small enough."""
    most = text.count("[") + text.count("{")
    return most if most <= MAX_DEPTH else _exact_depth(text)


def _exact_depth(text: str) -> int:
    deepest = depth = 0
    for sign in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def _no_constant(name: str) -> Any:
    raise BadJson(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadJson("number out of range")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("a key stands twice")
    return found
