"""What fits the JSON schema of a message, and good values made from it; used by `tests.strategies`."""

from __future__ import annotations

import re
from functools import cache
from math import inf, isfinite
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from ml_utils.core.datasets import DATASETS

Schema = dict[str, Any]
Above = tuple[Schema, ...]
NESTED = 2  # how often a schema stands inside of itself, in what is drawn
EVERYWHERE = 1_000  # examples that each dataset has: what `without` may name hangs on the dataset, which no schema tells
FIRST = ("a", "a" * 8, "a" * 64)  # one of them fits any text without a number in it


class Fitting:
    """Knows one message's JSON schema: what fits it, and what is good."""

    def __init__(self, model: type[BaseModel]) -> None:
        whole = _schema(model)
        self.defs: Schema = whole.get("$defs", {})
        self.root = self.options(whole)[0]  # one that can stand inside of itself is among its own parts

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
        return any(self.fits_one(option, value) for option in self.options(schema))

    def fits_one(self, schema: Schema, value: Any) -> bool:
        """Whether a value fits a schema that is no choice between several."""
        if "const" in schema or "enum" in schema:
            return any(type(value) is type(one) and value == one for one in _choices(schema))
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
                and all(self.fits(item_of(schema, number), item) for number, item in enumerate(value)))

    def _fits_object(self, schema: Schema, value: Any) -> bool:
        if not isinstance(value, dict) or not set(schema.get("required", ())) <= set(value):
            return False
        if entry := entry_of(schema):
            keys, values = entry
            return (len(value) <= schema.get("maxProperties", inf) and all(self.fits(keys, key) for key in value)
                    and all(self.fits(values, item) for item in value.values()))
        fields, free = schema.get("properties", {}), schema.get("additionalProperties", True)
        return all(self.fits(fields[key], item) if key in fields else free for key, item in value.items())

    # what is good

    def good(self, schema: Schema, always: tuple[str, ...] = (), above: Above = ()) -> st.SearchStrategy[Any]:
        """`above`: the schemas this one is inside of, as a block of layers is inside of a block."""
        if "discriminator" in schema:
            always = (schema["discriminator"]["propertyName"],)
        options = [one for one in self.options(schema) if _times(one, above) < NESTED]
        return st.one_of([self._good(option, always, (*above, option)) for option in options])

    def _good(self, schema: Schema, always: tuple[str, ...], above: Above) -> st.SearchStrategy[Any]:
        if "const" in schema or "enum" in schema:
            return st.sampled_from(_choices(schema))
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
                return self._list(schema, above)
        return self._object(schema, always, above)

    def _text(self, schema: Schema) -> st.SearchStrategy[str]:
        if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
        return st.text(max_size=min(schema.get("maxLength", 20), 20))

    def _list(self, schema: Schema, above: Above) -> st.SearchStrategy[list[Any]]:
        if "prefixItems" in schema:
            return st.tuples(*[self.good(one, above=above) for one in schema["prefixItems"]]).map(list)
        least = schema.get("minItems", 0)
        most = max(least, min(schema.get("maxItems", 5), 5))
        return st.lists(self.good(schema["items"], above=above), min_size=least, max_size=most)

    def _object(self, schema: Schema, always: tuple[str, ...], above: Above) -> st.SearchStrategy[dict[str, Any]]:
        fields = schema.get("properties", {})
        if entry := entry_of(schema):
            keys, values = entry
            least, most = schema.get("minProperties", 0), min(schema.get("maxProperties", 3), 3)
            return st.dictionaries(self.good(keys), self.good(values, above=above), min_size=least, max_size=most)
        if "without" in fields:
            few = {"type": "array", "maxItems": 5, "items": {"type": "integer", "minimum": 0, "maximum": EVERYWHERE}}
            fields = {**fields, "without": few}
        if not fields:
            return st.just({})
        needed = {*schema.get("required", ()), *always}
        some = st.sets(st.sampled_from(sorted(fields)), min_size=0 if needed else 1)  # a change changes something
        return some.flatmap(lambda more: st.fixed_dictionaries({name: self.good(fields[name], above=above)
                                                                for name in sorted(needed | more)}))

    def example(self, schema: Schema, above: Above = ()) -> Any:
        schema = next(one for one in self.options(schema) if not _times(one, above))
        above = (*above, schema)
        if "const" in schema or "enum" in schema:
            return _choices(schema)[0]
        match schema["type"]:
            case "null":
                return None
            case "boolean":
                return True
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "string":
                return next(text for text in (*FIRST, "a1") if self.fits(schema, text))
            case "array":
                return self._example_list(schema, above)
        if entry := entry_of(schema):
            return {key: self.example(entry[1], above) for key in self.names(schema, 2)}
        return {name: self.example(field, above) for name, field in schema.get("properties", {}).items()}

    def _example_list(self, schema: Schema, above: Above) -> list[Any]:
        """One of each kind; where each place has its own schema, the richest kinds."""
        if "prefixItems" in schema:
            kinds = [self.options(one) for one in schema["prefixItems"]]
            return [self.example(options[-1 - number % len(options)]) for number, options in enumerate(kinds)]
        options = [one for one in self.options(schema["items"]) if not _times(one, above)]
        made: list[Any] = [self.example(option, above) for option in options][:schema.get("maxItems")]
        made += made[:1] * (schema.get("minItems", 0) - len(made))
        return made

    def names(self, schema: Schema, most: int) -> list[str]:
        """Up to so many good keys of an object whose keys are free."""
        keys, _ = entry_of(schema) or ({}, {})
        found = _choices(keys) if "enum" in keys else [f"a{number}" for number in range(1, 100)]
        return [key for key in found if self.fits(keys, key)][:most]


def item_of(schema: Schema, number: int) -> Schema:
    """The schema of one place of a list."""
    places = schema.get("prefixItems", ())
    found: Schema = places[number] if number < len(places) else schema["items"]
    return found


def entry_of(schema: Schema) -> tuple[Schema, Schema] | None:
    """The schemas of key and value, where an object's keys are free."""
    if patterns := schema.get("patternProperties"):
        (pattern, values), = patterns.items()
        return {"type": "string", "pattern": pattern}, values
    values = schema.get("additionalProperties")
    return ({"type": "string", **schema.get("propertyNames", {})}, values) if isinstance(values, dict) else None


def _times(schema: Schema, above: Above) -> int:
    """How often a schema that has others inside is among these."""
    return sum(one is schema for one in above) if "properties" in schema else 0


def tagged(schema: Schema) -> bool:
    return "discriminator" in schema


def _choices(schema: Schema) -> list[Any]:
    found: list[Any] = schema.get("enum", [schema.get("const")])
    return found


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # an integer beyond the range of floats
        return False


@cache
def _schema(model: type[BaseModel]) -> Schema:
    """Own images have a name and a description that only fit together: they have tests of their own."""
    schema = model.model_json_schema()
    for one in (schema, *schema.get("$defs", {}).values()):
        fields = one.get("properties", {})
        if {"dataset", "images"} <= set(fields):
            fields["dataset"] = {"type": "string", "enum": list(DATASETS)}
            del fields["images"]
    return schema
