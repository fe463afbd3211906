"""A Blueprint as YAML. What is read are lists, maps and plain values, each where it stands: no anchors, no tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from .core.blueprint import Sketch
from .core.errors import Refused, parse, shown
from .core.recipe import short
from .core.settings import Strict

LARGEST = 65_536  # letters
MOST_VALUES = 10_000
MOST_DEPTH = 12  # fields of a layer in the innermost block are 11 deep
LONGEST_NUMBER = 40  # letters
WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
NO_BLUEPRINT = Refused("no_blueprint", "This text describes no network.",
                       "It begins with `blueprint:`, as an exported one does.", "yaml")


class Recipe(Strict):
    """What a text may have in it."""

    blueprint: Sketch


def written(blueprint: dict[str, Any]) -> str:
    """Return the YAML of a Blueprint: fields with their usual value are left out, a layer stands on a line."""
    return str(yaml.safe_dump({"blueprint": short(blueprint)}, sort_keys=False, default_flow_style=None, allow_unicode=True,
                              width=120))


def read(text: str) -> dict[str, Any]:
    """Return the Blueprint that a YAML text describes, as plain JSON; raise `Refused`, with the line where there is one."""
    found = values(text)
    if not isinstance(found, dict) or "blueprint" not in found:
        raise NO_BLUEPRINT
    others = [name for name in found if name != "blueprint"]
    if others:
        raise Refused("unknown_part", f"This text has a part {shown(others[0])} that is not known here.",
                      "Leave only `blueprint:` in it.", "yaml")
    plain: dict[str, Any] = parse(Recipe, found).blueprint.model_dump(mode="json")
    return plain


def values(text: str) -> Any:
    """Return what a YAML text says; raise `Refused` where it is none, or says it in a way that is not read here."""
    if len(text) > LARGEST:
        raise Refused("too_long", f"This text has {len(text):,} letters; {LARGEST:,} are read.", "Leave something out.", "yaml")
    try:
        return _Reader(yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        raise _broken(error.problem_mark, str(error.problem or error.context or "it cannot be read")) from None
    except yaml.YAMLError:  # signs that no text has
        raise Refused("not_yaml", "This text is no YAML: there are signs in it that no text has.",
                      "Export a network and compare.", "yaml") from None


class _Reader:
    """Makes values of what the parser finds, piece by piece, and stops where it is too much."""

    def __init__(self, pieces: Iterator[Any]) -> None:
        self._pieces, self._count = pieces, 0

    def document(self) -> Any:
        next(self._pieces)
        first = next(self._pieces)
        if isinstance(first, yaml.StreamEndEvent):
            raise NO_BLUEPRINT
        found = self._value(next(self._pieces), 1)
        next(self._pieces)
        if not isinstance(more := next(self._pieces), yaml.StreamEndEvent):
            raise _broken(more.start_mark, "a second document begins there")
        return found

    def _value(self, piece: Any, depth: int) -> Any:
        self._count += 1
        if depth > MOST_DEPTH or self._count > MOST_VALUES:
            raise _broken(piece.start_mark, "it is nested too deeply, or has too many values")
        if piece.anchor is not None:  # of an alias, too
            raise _broken(piece.start_mark, "anchors and aliases are not read here; write the value where it belongs")
        if piece.tag is not None:
            raise _broken(piece.start_mark, "tags such as !!str are not read here; write the value alone")
        if isinstance(piece, yaml.ScalarEvent):
            return _scalar(piece.value) if piece.style is None else piece.value
        return self._list(depth) if isinstance(piece, yaml.SequenceStartEvent) else self._map(depth)

    def _list(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(piece := next(self._pieces), yaml.SequenceEndEvent):
            found.append(self._value(piece, depth + 1))
        return found

    def _map(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(piece := next(self._pieces), yaml.MappingEndEvent):
            key = self._value(piece, depth + 1)
            if not isinstance(key, str):
                raise _broken(piece.start_mark, "the name of a value has to be a word")
            if key in found:
                raise _broken(piece.start_mark, f"{shown(key)} stands there twice")
            found[key] = self._value(next(self._pieces), depth + 1)
        return found


def _scalar(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return text
    return int(text) if WHOLE.fullmatch(text) else float(text)


def _broken(mark: Any, why: str) -> Refused:
    line = f" in line {mark.line + 1}" if mark else ""
    return Refused("not_yaml", f"This text cannot be read{line}: {why}.", "Correct that line, or export a network and compare.",
                   "yaml")
