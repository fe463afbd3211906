"""A room's log as a file: what it is in the first line, then an Event per line, as JSON. Runs keep it, rooms give it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .core.snapshot import Fact, State, empty_state
from .core.timeline import fold

FORMAT = 1
LONGEST = 9_000_000  # bytes of a line


def head(code: str) -> str:
    """Return the first line, with its end."""
    return _line({"lockstep": "log", "format": FORMAT, "room": code})


def line_of(fact: Fact) -> str:
    """Return the line of an Event, with its end."""
    return _line({name: fact[name] for name in ("seq", "name", "data", "position", "by", "at")})


def write(file: Path, code: str, facts: Iterable[Fact]) -> None:
    """Write a whole log."""
    with file.open("w", encoding="utf-8") as out:
        out.write(head(code))
        out.writelines(line_of(fact) for fact in facts)


def code_of(file: Path) -> str:
    """Return whose log this is; ValueError where it is none."""
    with file.open("rb") as lines:
        return _head(lines.readline(LONGEST))


def read(file: Path) -> Iterator[Fact]:
    """Yield the Events of a log, oldest first; ValueError names a line that is none.

    A last line that was cut short is no line.
    """
    with file.open("rb") as lines:
        _head(lines.readline(LONGEST))
        number = 1
        while line := lines.readline(LONGEST):
            number += 1
            if not line.endswith(b"\n"):
                if len(line) == LONGEST:
                    raise ValueError(f"line {number} is too long")
                return
            yield _parsed(line, number)


def folded(code: str, facts: Iterable[Fact]) -> State:
    """Return the Snapshot that these Events make."""
    state = empty_state(code)
    for fact in facts:
        fold(state, fact)
    return state


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def _head(line: bytes) -> str:
    try:
        found = json.loads(line)
        if found["lockstep"] == "log" and found["format"] == FORMAT:
            return str(found["room"])
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ValueError("the first line does not say that this is a log of the lab")


def _parsed(line: bytes, number: int) -> Fact:
    try:
        fact = json.loads(line)
        if isinstance(fact, dict) and set(fact) == {"seq", "name", "data", "position", "by", "at"}:
            return fact
    except (ValueError, RecursionError):
        pass
    raise ValueError(f"line {number} is no Event")
