"""Plain values as YAML, and back. What is read are lists, maps and values, each where it stands: no anchors, no tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .core.errors import Refused, shown

MOST_DEPTH = 12  # fields of a layer in the innermost block are 11 deep
LONGEST_NUMBER = 40  # letters
WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
Path = tuple[str | int, ...]


@dataclass
class Found:
    """What a text says, and in which line (from 1) each part of it stands."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    empty: bool = False

    def line(self, path: Path) -> int | None:
        """Return the line of the innermost part on this path that has one; None where there is none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def found(text: str, letters: int, values: int, quick: bool = False) -> Found:
    """Read at most so many letters and values; raise `Refused`, with the line, where it is no YAML that is read here.

    `quick`: by the parser in C where there is one, for files of one's own that are large.
    """
    if len(text) > letters:
        raise Refused("too_long", f"This text has {len(text):,} letters; {letters:,} are read.", "Leave something out.", "yaml")
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if quick else yaml.SafeLoader
        return _Reader(yaml.parse(text, Loader=loader), values).document()
    except yaml.MarkedYAMLError as error:
        raise _broken(error.problem_mark, str(error.problem or error.context or "it cannot be read")) from None
    except (yaml.YAMLError, ValueError):  # signs that no text has; an escape such as \U00110000 names none
        raise Refused("not_yaml", "This text is no YAML: there are signs in it that no text has.",
                      "Export a network and compare.", "yaml") from None


def dumped(value: Any, flow: bool | None = None, width: int = 120) -> str:
    """Return the YAML of plain values. `flow`: on one line each, or (None) only what holds nothing but plain values."""
    return str(yaml.dump(value, Dumper=_Writer, sort_keys=False, default_flow_style=flow, allow_unicode=True, width=width))


class _Writer(yaml.SafeDumper):  # type: ignore[misc]
    """Never writes an anchor, and quotes every word that the reader here, or any other, would take for a value."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _word(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if not text.isprintable() else None if isinstance(scalar(text), str) else "'"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style)


_Writer.add_representer(str, _word)


class _Reader:
    """Makes values of what the parser finds, piece by piece, and stops where it is too much."""

    def __init__(self, pieces: Iterator[Any], values: int) -> None:
        self._pieces, self._left, self._found = pieces, values, Found()

    def document(self) -> Found:
        next(self._pieces)
        first = next(self._pieces)
        if isinstance(first, yaml.StreamEndEvent):
            self._found.empty = True
            return self._found
        self._found.value = self._value(next(self._pieces), ())
        next(self._pieces)
        if not isinstance(more := next(self._pieces), yaml.StreamEndEvent):
            raise _broken(more.start_mark, "a second document begins there")
        return self._found

    def _value(self, piece: Any, path: Path) -> Any:
        self._left -= 1
        if len(path) >= MOST_DEPTH or self._left < 0:
            raise _broken(piece.start_mark, "it is nested too deeply, or has too many values")
        if piece.anchor is not None:  # of an alias, too
            raise _broken(piece.start_mark, "anchors and aliases are not read here; write the value where it belongs")
        if piece.tag is not None:
            raise _broken(piece.start_mark, "tags such as !!str are not read here; write the value alone")
        self._found.lines.setdefault(path, piece.start_mark.line + 1)
        if isinstance(piece, yaml.ScalarEvent):
            return scalar(piece.value) if not piece.style else piece.value
        return self._list(path) if isinstance(piece, yaml.SequenceStartEvent) else self._map(path)

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(piece := next(self._pieces), yaml.SequenceEndEvent):
            items.append(self._value(piece, (*path, len(items))))
        return items

    def _map(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(piece := next(self._pieces), yaml.MappingEndEvent):
            key = self._value(piece, (*path, ""))
            if not isinstance(key, str):
                raise _broken(piece.start_mark, "the name of a value has to be a word")
            if key in values:
                raise _broken(piece.start_mark, f"{shown(key)} stands there twice")
            self._found.lines[(*path, key)] = piece.start_mark.line + 1
            values[key] = self._value(next(self._pieces), (*path, key))
        return values


def scalar(text: str) -> Any:
    """Return what a word without quotes means."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return text
    return int(text) if WHOLE.fullmatch(text) else float(text)


def _broken(mark: Any, why: str) -> Refused:
    line = f" in line {mark.line + 1}" if mark else ""
    return Refused("not_yaml", f"This text cannot be read{line}: {why}.", "Correct that line, or export a network and compare.",
                   "yaml")
