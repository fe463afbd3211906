"""What is wrong with a recipe, in words: with the line where it stands, and the nearest name that is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from .core.datasets import DATASETS
from .core.errors import TOLD, Refused, parse, refusal_of, shown
from .core.recipe import known_at, nearest
from .yaml_reader import Found, Path


def checked(kind: type[Any], there: Found) -> Any:
    """Return what was found as this kind; of all complaints that about a misspelt name comes first."""
    try:
        return kind.model_validate(there.value)
    except ValidationError as error:
        complaints = error.errors(include_url=False)
        raise _complaint(there, min(complaints, key=lambda one: not _misspelt(there, one))) from None


def _misspelt(there: Found, complaint: Any) -> bool:
    if complaint["type"] != "extra_forbidden":
        return False
    path = _path(there.value, complaint["loc"])
    return nearest(str(path[-1]), known_at(path[:-1], _part(there, path))) is not None


def _complaint(there: Found, complaint: Any) -> Refused:
    path = _path(there.value, complaint["loc"])
    made = refusal_of(complaint)
    if complaint["type"] == "extra_forbidden":
        return unknown(there, path, known_at(path[:-1], _part(there, path)), made.field)
    hint = made.hint
    if complaint["type"] == "union_tag_invalid":
        kinds = [word.strip(" '") for word in complaint["ctx"]["expected_tags"].split(",")]
        near = nearest(str(complaint["ctx"]["tag"]), kinds)
        hint = f"Did you mean {near}?" if near else hint
    elif path == ("blueprint", "dataset"):
        near = nearest(str(complaint["input"]), DATASETS)
        hint = f"{f'Did you mean {near}? ' if near else ''}There are {', '.join(DATASETS)}, and own images."
    elif complaint["type"] == "literal_error":
        near = nearest(str(complaint["input"]), complaint["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", "))
        hint = f"Did you mean {near}?" if near else hint
    return at_line(there, path, Refused(made.code, made.message, hint, made.field))


def check_names(there: Found, path: Path, plain: Any) -> None:
    """Refuse the first unknown name in these values."""
    for name in plain if isinstance(plain, dict) else ():
        if name not in known_at(path, plain):
            raise unknown(there, (*path, name), known_at(path, plain))


def parsed(there: Found, path: Path, kind: type[Any], plain: Any) -> Any:
    try:
        return parse(kind, plain)
    except Refused as refused:
        field = ".".join(map(str, (*path, *((refused.field,) if refused.field else ()))))
        raise at_line(there, path, Refused(refused.code, refused.message, refused.hint, field)) from None


def unknown(there: Found, path: Path, known: Iterable[str], field: str | None = None) -> Refused:
    names = tuple(known)
    near = nearest(str(path[-1]), names)
    hint = f"Did you mean {near}?" if near else (f"There are {', '.join(names)}."[:TOLD] if names else "Leave this field out.")
    field = field or ".".join(map(str, path))
    return at_line(there, path, Refused("unknown_field", f"{shown(field)[1:-1]} is not known.", hint, field))


def at_line(there: Found, path: Path, refused: Refused) -> Refused:
    line = there.line(path)
    message = f"Line {line}: {refused.message}" if line else refused.message
    return Refused(refused.code, message, refused.hint, refused.field)


def _path(plain: Any, told: tuple[str | int, ...]) -> Path:
    """Return where a complaint is: pydantic names the kind of a layer, too, and fields that are missing."""
    path: Path = ()
    for number, part in enumerate(told):
        there = part in plain if isinstance(plain, dict) else isinstance(plain, list) and part in range(len(plain))
        if there:
            path, plain = (*path, part), plain[part]
        elif number == len(told) - 1 and isinstance(plain, dict):
            path = (*path, part)
    return path


def _part(there: Found, path: Path) -> Any:
    """Return what holds the last part of a path."""
    here = there.value
    for part in path[:-1]:
        here = here[part]
    return here
