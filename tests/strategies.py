"""Good and bad messages, made from the message definitions: a new Command is covered by existing.

    valid_args("set_settings")   args that validation accepts (a Blueprint's shapes may still not fit)
    bad_args("set_settings")     (args, field): args with exactly one flaw, and the `field` of the refusal that follows,
                                 spelled as pydantic spells it, or None where it cannot be named
    flaws("set_settings")        every flaw of one full example, in order and without chance
    valid(Model), bad(Model)     the same for any message, such as `Envelope` and `Join`
    bad_data("metrics")          the same for the data of an Event; good data come from tests/fixtures/timeline.json

    harmless("freeze", "layer")  the hostile values that are good there, such as a script where any text is

Everything drawn can be written by `json.dumps` (NaN, Infinity and lone surrogates as JavaScript spells them).
`longest` bounds the length of the strings, for a way in that cuts off long messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from math import inf, nan
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from ml_utils.core.messages import COMMANDS, EVENTS
from tests.strategies_schema import Fitting, Schema, entry_of, item_of, tagged

Flaw = tuple[dict[str, Any], str | None]
LONG = 100_000
FIXTURE = Path(__file__).parent / "fixtures" / "timeline.json"

STRINGS = [
    "", " ", "1", "true", "null", "NaN", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)",
    "../../etc/passwd", "..\\..\\x", "/etc/passwd", "file:///etc/passwd", "nul\0byte", "\0", "line\r\nSet-Cookie: a=b",
    "\x1b[31mred", "\u202egnirts", "zero\u200bwidth", "😀" * 50, "\ud800", "=cmd|' /C calc'!A0", "%s%n", "{{7*7}}", "${7*7}",
    "' OR 1=1 --", "__proto__", "constructor", "__class__", "os.system", "x" * 1_000, "x" * LONG,
]
NUMBERS = [0, -1, 1.5, -0.5, 2**31, 2**53 + 1, 2**63, -(2**70), 10**9, 10**400, 1e308, -1e308, 5e-324, nan, inf, -inf]
HOSTILE: list[Any] = [None, True, False, *NUMBERS, *STRINGS, [], {}, [[]], [None] * 1_000, {"__proto__": {"polluted": 1}},
           {"kind": "conv"}]
KEYS = ["unknown", "__proto__", "constructor", "__class__", "seq", "by", "role", "<script>", "../", "", "\0", "\ud800", "😀",
        "x" * 1_000, "x" * LONG]


def valid_args(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return valid(COMMANDS[name])


def bad_args(name: str, longest: int = LONG) -> st.SearchStrategy[Flaw]:
    return bad(COMMANDS[name], longest=longest)


def flaws(name: str, longest: int = LONG) -> Iterator[Flaw]:
    kind = COMMANDS[name]
    yield from _flaws(_Walk(kind, longest), example(kind))


def flaws_of(model: type[BaseModel], value: Any) -> Iterator[Flaw]:
    """Every flaw of a value of this class, in order and without chance."""
    yield from _flaws(_Walk(model), value)


def harmless(name: str, field: str) -> list[Any]:
    walk = _Walk(COMMANDS[name])
    return [value for value in HOSTILE if walk.fits(walk.root["properties"][field], value)]


def bad_data(name: str, longest: int = LONG) -> st.SearchStrategy[Flaw]:
    return bad(EVENTS[name], st.sampled_from(_facts(name)), longest)


def valid(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    walk = _Walk(model)
    return walk.good(walk.root).filter(lambda made: _rules_hold(model, made))


def _rules_hold(model: type[BaseModel], made: dict[str, Any]) -> bool:
    """Rules that join several fields stand in no schema, only the class knows them."""
    try:
        model.model_validate(made)
    except ValidationError as error:
        return any(complaint["loc"] for complaint in error.errors())
    return True


def bad(model: type[BaseModel], good: st.SearchStrategy[Any] | None = None, longest: int = LONG) -> st.SearchStrategy[Flaw]:
    walk = _Walk(model, longest)
    return (good if good is not None else valid(model)).flatmap(
        lambda value: st.sampled_from(_steps(walk, value)).flatmap(
            lambda step: st.builds(_apply, st.just(value), st.just(step))))


def example(model: type[BaseModel]) -> dict[str, Any]:
    """One valid message with every field, and one of each kind in every list."""
    walk = _Walk(model)
    made: dict[str, Any] = walk.example(walk.root)
    return made


# ── flaws ───────────────────────────────────────────────────────────────────────────────────────────────────

Keys = tuple[str | int, ...]
Step = tuple[Keys, Any, str | None]  # where, what stands there instead (REMOVED: nothing), the field that is named
REMOVED = object()


def _flaws(walk: _Walk, value: Any) -> Iterator[Flaw]:
    for step in _steps(walk, value):
        yield _apply(value, step)


def _apply(value: Any, step: Step) -> Flaw:
    (*parents, last), put, field = step
    broken = holder = deepcopy(value)
    for key in parents:
        holder = holder[key]
    if put is REMOVED:
        del holder[last]
    else:
        holder[last] = put
    return broken, field


def _steps(walk: _Walk, value: Any) -> list[Step]:
    return list(walk.inside(walk.root, value, (), ()))


class _Walk(Fitting):
    """Knows, beside what fits, what does not, and where."""

    def __init__(self, model: type[BaseModel], longest: int = LONG) -> None:
        super().__init__(model)
        self.hostile = [value for value in HOSTILE if not isinstance(value, str) or len(value) <= longest]
        self.keys = [key for key in KEYS if len(key) <= longest]

    def wrong(self, schema: Schema, value: Any) -> Iterator[Any]:
        """Values that must not stand where this schema stands."""
        edges = [edge for option in self.options(schema) for edge in self._edges(option, value)]
        yield from (one for one in [*edges, *self.hostile] if not self.fits(schema, one))

    def _edges(self, option: Schema, value: Any) -> Iterator[Any]:
        """Values just beyond what is allowed."""
        yield from (option[side] + step for side, step in (("minimum", -1), ("maximum", 1)) if side in option)
        if "maxLength" in option:
            yield "x" * (option["maxLength"] + 1)
        if isinstance(value, list) and value:
            yield from ([value[0]] * (option[side] + step) for side, step in (("minItems", -1), ("maxItems", 1))
                        if side in option)
        if "maxProperties" in option and (entry := entry_of(option)):
            yield dict.fromkeys(self.names(option, option["maxProperties"] + 1), self.example(entry[1]))

    def sites(self, schema: Schema, value: Any, keys: Keys, field: Keys | None) -> Iterator[Step]:
        """Every flaw at a place and below it; `field` is None where its name is not clear."""
        unclear = self._unclear(schema)
        yield from ((keys, one, None if unclear else _dotted(self._named(schema, one, field)))
                    for one in self.wrong(schema, value))
        for option in self.options(schema):
            if isinstance(value, dict | list) and self.fits_one(option, value):
                tag = schema.get("discriminator", {}).get("propertyName")
                below = None if unclear else _below(field, value[tag]) if tag else field
                yield from self.inside(option, value, keys, below, tag)

    def _unclear(self, schema: Schema) -> bool:
        """Where several kinds are possible, pydantic tells about one of them."""
        return len([option for option in self.options(schema) if option.get("type") != "null"]) > 1 and not tagged(schema)

    def _named(self, schema: Schema, value: Any, field: Keys | None) -> Keys | None:
        """Where a whole object or list stands instead, the complaint may be about something inside it."""
        inside = any(option.get("type") == "array" or "properties" in option or entry_of(option)
                     for option in self.options(schema))
        return None if inside and isinstance(value, dict | list) else field

    def inside(self, schema: Schema, value: Any, keys: Keys, field: Keys | None, tag: str | None = None) -> Iterator[Step]:
        if isinstance(value, list):
            for number, item in enumerate(value[:6]):
                yield from self.sites(item_of(schema, number), item, (*keys, number), _below(field, number))
        elif entry_of(schema):
            yield from self._entries(schema, value, keys, field)
        else:
            yield from self._fields(schema, value, keys, field, tag)

    def _entries(self, schema: Schema, value: dict[str, Any], keys: Keys, field: Keys | None) -> Iterator[Step]:
        names, values = entry_of(schema) or ({}, {})
        for name, item in list(value.items())[:6]:
            yield from self.sites(values, item, (*keys, name), _below(field, name))
        yield from (((*keys, key), self.example(values), _dotted(_below(field, key, "[key]")) if _plain(key) else None)
                    for key in self.keys if not self.fits(names, key))

    def _fields(self, schema: Schema, value: dict[str, Any], keys: Keys, field: Keys | None, tag: str | None) -> Iterator[Step]:
        fields = schema.get("properties", {})
        for name, one in fields.items():
            at = field and field[:-1] if name == tag else _below(field, name)
            yield from self.sites(one, value.get(name), (*keys, name), at)
            if name in value and (name in schema.get("required", ()) or name == tag):
                yield (*keys, name), REMOVED, _dotted(at)
        if schema.get("additionalProperties") is False:
            yield from (((*keys, key), 1, _dotted(_below(field, key)) if _plain(key) else None)
                        for key in self.keys if key not in fields)


def _below(field: Keys | None, *keys: str | int) -> Keys | None:
    return None if field is None else (*field, *keys)


def _plain(key: str) -> bool:
    return 0 < len(key) <= 80 and key.isprintable()


def _dotted(field: Keys | None) -> str | None:
    return ".".join(str(part) for part in field) or None if field is not None else None


@cache
def _facts(name: str) -> list[dict[str, Any]]:
    events = json.loads(FIXTURE.read_text(encoding="utf-8"))["events"]
    return [event["data"] for event in events if event["name"] == name][:5]
