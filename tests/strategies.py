"""Good and bad messages, made from the message definitions: a new Command is covered by existing.

    valid_args("set_settings")   args that validation accepts (a Blueprint's shapes may still not fit)
    bad_args("set_settings")     (args, field): args with exactly one flaw, and the `field` of the refusal that follows,
                                 spelled as pydantic spells it, or None where it cannot be named
    flaws("set_settings")        every flaw of one full example, in order and without chance
    valid(Model), bad(Model)     the same for any message, such as `Envelope` and `Join`
    bad_data("metrics")          the same for the data of an Event; good data come from tests/fixtures/timeline.json

Everything drawn can be written by `json.dumps` (NaN, Infinity and lone surrogates as JavaScript spells them).
`longest` bounds the length of the strings, for a way in that cuts off long messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from ml_utils.core.messages import COMMANDS, EVENTS

Schema = dict[str, Any]
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
HOSTILE = [None, True, False, *NUMBERS, *STRINGS, [], {}, [[]], [None] * 1_000, {"__proto__": {"polluted": 1}},
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


def bad_data(name: str, longest: int = LONG) -> st.SearchStrategy[Flaw]:
    return bad(EVENTS[name], st.sampled_from(_facts(name)), longest)


def valid(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    walk = _Walk(model)
    return walk.good(walk.root)


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


class _Walk:
    """Knows one message's JSON schema: what fits it, what does not, and where."""

    def __init__(self, model: type[BaseModel], longest: int = LONG) -> None:
        self.root = _schema(model)
        self.defs: Schema = self.root.get("$defs", {})
        self.hostile = [value for value in HOSTILE if not isinstance(value, str) or len(value) <= longest]
        self.keys = [key for key in KEYS if len(key) <= longest]

    def options(self, schema: Schema) -> list[Schema]:
        """The schemas of which one must fit; references followed."""
        if "$ref" in schema:
            return self.options(self.defs[schema["$ref"].rpartition("/")[2]])
        several = schema.get("anyOf") or schema.get("oneOf")
        return [one for option in several for one in self.options(option)] if several else [schema]

    # what fits

    def fits(self, schema: Schema, value: Any) -> bool:
        if isinstance(value, dict) and "discriminator" in schema and schema["discriminator"]["propertyName"] not in value:
            return False
        return any(self._fits(option, value) for option in self.options(schema))

    def _fits(self, schema: Schema, value: Any) -> bool:
        if "const" in schema or "enum" in schema:
            return any(type(value) is type(one) and value == one for one in schema.get("enum", [schema.get("const")]))
        return bool(getattr(self, "_fits_" + schema["type"])(schema, value))

    def _fits_null(self, schema: Schema, value: Any) -> bool:
        return value is None

    def _fits_boolean(self, schema: Schema, value: Any) -> bool:
        return isinstance(value, bool)

    def _fits_integer(self, schema: Schema, value: Any) -> bool:
        return type(value) is int and schema.get("minimum", -inf) <= value <= schema.get("maximum", inf)

    def _fits_number(self, schema: Schema, value: Any) -> bool:
        if type(value) not in (int, float) or not _finite(value):
            return False
        return bool(schema.get("minimum", -inf) <= value <= schema.get("maximum", inf))

    def _fits_string(self, schema: Schema, value: Any) -> bool:
        if not isinstance(value, str) or any("\ud800" <= ch <= "\udfff" for ch in value):
            return False
        pattern = schema.get("pattern", "").removesuffix("$") + r"\Z" if "pattern" in schema else ""
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", inf) and bool(re.match(pattern, value))

    def _fits_array(self, schema: Schema, value: Any) -> bool:
        return (isinstance(value, list) and schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", inf)
                and all(self.fits(schema["items"], item) for item in value))

    def _fits_object(self, schema: Schema, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        fields, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        if not set(schema.get("required", ())) <= set(value):
            return False
        return all(self.fits(fields[key], item) if key in fields
                   else self.fits(rest, item) if isinstance(rest, dict) else rest for key, item in value.items())

    # what is good

    def good(self, schema: Schema, always: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
        if "discriminator" in schema:
            always = (schema["discriminator"]["propertyName"],)
        return st.one_of([self._good(option, always) for option in self.options(schema)])

    def _good(self, schema: Schema, always: tuple[str, ...]) -> st.SearchStrategy[Any]:
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum", [schema.get("const")]))
        low, high = schema.get("minimum"), schema.get("maximum")
        match schema["type"]:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return st.integers(low, high)
            case "number":
                return st.floats(low, high, allow_nan=False, allow_infinity=False)
            case "string":
                return self._text(schema)
            case "array":
                return st.lists(self.good(schema["items"]), min_size=schema.get("minItems", 0), max_size=5)
        return self._object(schema, always)

    def _text(self, schema: Schema) -> st.SearchStrategy[str]:
        if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
        return st.text(max_size=min(schema.get("maxLength", 20), 20))

    def _object(self, schema: Schema, always: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
        fields = schema.get("properties", {})
        if not fields:
            rest = schema.get("additionalProperties")
            return st.dictionaries(st.text(max_size=5), self.good(rest), max_size=3) if isinstance(rest, dict) else st.just({})
        needed = {*schema.get("required", ()), *always}
        some = st.sets(st.sampled_from(sorted(fields)), min_size=0 if needed else 1)  # a change changes something
        return some.flatmap(lambda more: st.fixed_dictionaries({name: self.good(fields[name])
                                                                for name in sorted(needed | more)}))

    def example(self, schema: Schema) -> Any:
        schema = self.options(schema)[0]
        if "const" in schema or "enum" in schema:
            return schema.get("enum", [schema.get("const")])[0]
        match schema["type"]:
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "string":
                return next(text for text in ("a", "a" * 8, "a" * 64) if self.fits(schema, text))
            case "array":
                return [self.example(option) for option in self.options(schema["items"])]
        return {name: self.example(field) for name, field in schema.get("properties", {}).items()}

    # what is bad

    def wrong(self, schema: Schema, value: Any) -> Iterator[Any]:
        """Values that must not stand where this schema stands."""
        edges: list[Any] = []
        for option in self.options(schema):
            edges += [option[side] + step for side, step in (("minimum", -1), ("maximum", 1)) if side in option]
            edges += ["x" * (option["maxLength"] + 1)] if "maxLength" in option else []
            if "maxItems" in option and isinstance(value, list) and value:
                edges.append([value[0]] * (option["maxItems"] + 1))
        yield from (one for one in [*edges, *self.hostile] if not self.fits(schema, one))

    def sites(self, schema: Schema, value: Any, keys: Keys, field: Keys) -> Iterator[Step]:
        """Every flaw at a place and below it."""
        yield from ((keys, one, _dotted(self._named(schema, one, field))) for one in self.wrong(schema, value))
        for option in self.options(schema):
            if isinstance(value, dict | list) and self._fits(option, value):
                tag = schema.get("discriminator", {}).get("propertyName")
                yield from self.inside(option, value, keys, (*field, value[tag]) if tag else field, tag)

    def _named(self, schema: Schema, value: Any, field: Keys) -> Keys | None:
        """Where a whole object or list stands instead, the complaint may be about something inside it."""
        inside = any("items" in option or "properties" in option or isinstance(option.get("additionalProperties"), dict)
                     for option in self.options(schema))
        unclear = len([option for option in self.options(schema) if option.get("type") != "null"]) > 1 and not tagged(schema)
        return None if unclear or (inside and isinstance(value, dict | list)) else field

    def inside(self, schema: Schema, value: Any, keys: Keys, field: Keys, tag: str | None = None) -> Iterator[Step]:
        if isinstance(value, list):
            for number, item in enumerate(value[:6]):
                yield from self.sites(schema["items"], item, (*keys, number), (*field, number))
            return
        fields = schema.get("properties", {})
        for name, one in fields.items():
            at = field[:-1] if name == tag else (*field, name)
            yield from self.sites(one, value.get(name), (*keys, name), at)
            if name in value and (name in schema.get("required", ()) or name == tag):
                yield (*keys, name), REMOVED, _dotted(at)
        if schema.get("additionalProperties") is False:
            yield from (((*keys, key), 1, _dotted((*field, key)) if _plain(key) else None)
                        for key in self.keys if key not in fields)


def tagged(schema: Schema) -> bool:
    return "discriminator" in schema


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # an integer beyond the range of floats
        return False


def _plain(key: str) -> bool:
    return 0 < len(key) <= 80 and key.isprintable()


def _dotted(field: Keys | None) -> str | None:
    return ".".join(str(part) for part in field) or None if field is not None else None


@cache
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


@cache
def _facts(name: str) -> list[dict[str, Any]]:
    events = json.loads(FIXTURE.read_text(encoding="utf-8"))["events"]
    return [event["data"] for event in events if event["name"] == name][:5]
