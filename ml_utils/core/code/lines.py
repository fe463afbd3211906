"""Calls as lines of Python: one line where it fits, else one for each argument; each part of a network has its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..kinds.base import Call, Net

WIDTH = 100  # characters of a line
DEEPER = 4  # spaces
OPEN, CLOSE = "nn.Sequential(OrderedDict([", "]))"


class Word(str):
    """A name among the arguments of a Call."""


@dataclass(frozen=True)
class Part:
    """One line of a network: what is called, a note behind it, and the parts of the network inside."""

    name: str
    call: Call
    note: str = ""
    inside: tuple[Part, ...] = ()


def network_lines(parts: Iterable[Part], indent: int, before: str = "", after: str = "") -> list[str]:
    """Return the lines of `nn.Sequential` with these parts, begun and ended by these words."""
    return [_line(indent, before + OPEN), *(line for part in parts for line in _part_lines(part, indent + DEEPER)),
            _line(indent, CLOSE + after)]


def _part_lines(part: Part, indent: int) -> list[str]:
    comment = f"  # {part.note}" if part.note else ""
    return lines_of(part.call, indent, f'("{part.name}", ', f"),{comment}", part.inside)


def lines_of(value: Any, indent: int, before: str = "", after: str = "", inside: tuple[Part, ...] = ()) -> list[str]:
    """Return the lines of a value, begun and ended by these words; `inside` are the parts of the first Net in it."""
    if isinstance(value, Net):
        return network_lines(inside or [Part(name, part) for name, part in value.parts], indent, before, after)
    line = _line(indent, before + flat(value) + after)
    if (len(line) <= WIDTH and not _has_net(value)) or not isinstance(value, Call | tuple):
        return [line]
    opening = f"{value.name}(" if isinstance(value, Call) else "("
    return [_line(indent, before + opening), *_argument_lines(value, indent + DEEPER, inside), _line(indent, f"){after}")]


def _argument_lines(value: Call | tuple[Any, ...], indent: int, inside: tuple[Part, ...]) -> list[str]:
    line = _line(indent, ", ".join(before + flat(one) for before, one in _arguments(value)) + ",")
    if len(line) <= WIDTH and not _has_net(value):
        return [line]
    lines = []
    for before, one in _arguments(value):
        lines += lines_of(one, indent, before, ",", inside)
        inside = () if isinstance(one, Net) else inside
    return lines


def _arguments(value: Call | tuple[Any, ...]) -> list[tuple[str, Any]]:
    """Return them with the names they are given by; a skip that is not there is left out."""
    if isinstance(value, tuple):
        return [("", one) for one in value]
    given = [("", one) for one in value.args if one is not None or value.name != "Residual"]
    return given + [(f"{name}=", one) for name, one in value.named]


def flat(value: Any) -> str:
    """Return a value as Python, in one line."""
    if isinstance(value, Net):
        return OPEN + ", ".join(f'("{name}", {flat(one)})' for name, one in value.parts) + CLOSE
    if isinstance(value, Call):
        return f"{value.name}({', '.join(before + flat(one) for before, one in _arguments(value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(flat, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value) if isinstance(value, str) and not isinstance(value, Word) else f"{value!s}"


def _has_net(value: Any) -> bool:
    return isinstance(value, Net) or (isinstance(value, Call) and any(_has_net(one) for _, one in _arguments(value)))


def _line(indent: int, text: str) -> str:
    return " " * indent + text
