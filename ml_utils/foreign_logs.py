"""Reads a log that came from outside: every Event is checked as its class says, and against what was told before it.

It may be anything: a file with other bytes in it, an archive that unpacks to too much, a log that names what is not there.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from . import logs
from .core.errors import Refused, refusal, shown
from .core.events import Event
from .core.fields import Person, Position, one_line
from .core.messages import EVENTS
from .core.patches_inside import evaluation_id
from .core.snapshot import Fact, State, empty_state
from .core.timeline import fold
from .core.tree import next_branch

LARGEST = 64_000_000  # bytes of a log
MOST_EVENTS = 200_000
MOST_EPOCHS = 100_000
LARGEST_STATE = 32_000_000  # letters of the Snapshot that it makes
LARGEST_INDEX = 4_000_000  # bytes of what lists the files of an archive
LOG = "events.jsonl"
RESULTS = ("evaluation_progress", "evaluated", "evaluation_failed")
LEAST_TIME, MOST_TIME = 0.0, 4e9  # Unix seconds
HINT = "Choose the events.jsonl of a run folder, or a ZIP of the folder."
KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
END, TAIL = b"PK\x05\x06", 22 + 65_535  # of an archive


def log_of(file: Path, unpacked: Path) -> Path:
    """Return the log in an upload: itself, or out of an archive, written to `unpacked`; raises `Refused`."""
    with file.open("rb") as source:
        first = source.read(4)
    if first[:2] == b"PK":
        _unpack(file, unpacked)
        return unpacked
    if file.stat().st_size > LARGEST:
        raise _too_large()
    return file


def _unpack(file: Path, target: Path) -> None:
    _check_index(file)
    try:
        with zipfile.ZipFile(file) as archive:
            found = [one for one in archive.infolist() if _is_log(one.filename)]
            if len(found) != 1:
                raise Refused("no_log", f"This archive has {len(found) or 'no'} {LOG}.", HINT, "upload")
            if found[0].file_size > LARGEST:
                raise _too_large()
            if found[0].flag_bits & 1 or found[0].compress_type not in KINDS:
                raise Refused("no_log", "The log in this archive is encrypted, or packed in a way that is not read here.", HINT,
                              "upload")
            with archive.open(found[0]) as source, target.open("wb") as out:
                shutil.copyfileobj(_Limited(source), out)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Refused("no_log", "This archive is damaged.", HINT, "upload") from error
    except Exception as error:
        if isinstance(error, Refused) or type(error).__module__ != "zlib":
            raise
        raise Refused("no_log", "This archive is damaged.", HINT, "upload") from error


class _Limited:
    """Reads no more than a log may have, whatever the archive says."""

    def __init__(self, source: Any) -> None:
        self._source, self._left = source, LARGEST

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large()
        return data


def _check_index(file: Path) -> None:
    """Refuse an archive whose list of files would fill the memory before anybody could look at it."""
    size = file.stat().st_size
    with file.open("rb") as source:
        source.seek(max(0, size - TAIL))
        tail = source.read()
    plain = tail[-22:-18] == END and tail[-2:] == b"\0\0"
    at = len(tail) - 22 if plain else tail.rfind(END)
    if at < 0 or len(tail) - at < 22:
        raise Refused("no_log", "This archive is damaged.", HINT, "upload")
    if int.from_bytes(tail[at + 12:at + 16], "little") > LARGEST_INDEX or tail[max(0, at - 20):at].startswith(b"PK\x06\x07"):
        raise Refused("no_log", "This archive has too many files.", HINT, "upload")


def _is_log(name: str) -> bool:
    """Whether this is a log at the top, or one folder deep."""
    *folders, last = name.split("/")
    return last == LOG and len(folders) <= 1


def _too_large() -> Refused:
    return Refused("too_large", f"This log has more than {LARGEST // 1_000_000} MB.", "Open a shorter one.", "upload")


def checked(file: Path, code: str) -> State:
    """Return the Snapshot that a log makes in the room of this code; raise `Refused`, with the line, where it is none."""
    state, number = empty_state(code), 1
    try:
        for number, fact in enumerate(logs.read(file), 2):
            _check(state, fact, number - 1)
            fold(state, _clean(fact))
            _check_place(state, fact)
    except Refused as refused:
        raise _wrong(number, refused.message) from None
    except Exception as error:  # whatever a log may break
        raise _wrong(number, str(error) if isinstance(error, ValueError) else "it does not fit what was told before") from None
    if state["seq"] == 0:
        raise Refused("no_log", "This log has no events.", HINT, "upload")
    if len(json.dumps(state)) > LARGEST_STATE:
        raise _too_large()
    return state


def cleaned(file: Path) -> Iterator[Fact]:
    """Return the Events of a log that was checked, as they are stored."""
    return map(_clean, logs.read(file))


def _clean(fact: Fact) -> Fact:
    return {**fact, "by": _person(fact["by"]), "at": float(fact["at"])}


def _check(state: State, fact: Fact, number: int) -> None:
    """Raise ValueError or `Refused` where an Event is none, or cannot come next."""
    if number > MOST_EVENTS:
        raise ValueError(f"there are more than {MOST_EVENTS:,} events")
    if fact["seq"] != number:
        raise ValueError(f"its number is {shown(fact['seq'])}, and should be {number}")
    json.dumps(fact, allow_nan=False, ensure_ascii=False).encode()  # no NaN, and no half of a letter
    try:
        Event.model_validate(fact)
        if fact["name"] not in EVENTS:
            raise ValueError(f"there is no event {shown(fact['name'])}")
        EVENTS[fact["name"]].model_validate(fact["data"])
        if fact["position"] is not None:
            Position.model_validate(fact["position"])
        if fact["by"] is not None:
            Person.model_validate(_person(fact["by"]))
    except ValidationError as error:
        raise refusal(error) from None
    if not LEAST_TIME <= fact["at"] <= MOST_TIME:
        raise ValueError("its time is none")
    if fact["name"] in RESULTS and evaluation_id(fact["data"]) not in state["evaluations"]:
        raise ValueError("nobody has asked for this evaluation")
    if fact["name"] in ("run_started", "branch_started"):
        _check_new(state, fact["name"], fact["data"])


def _check_new(state: State, name: str, data: dict[str, Any]) -> None:
    """A Run or Branch has the next name, and a Branch leaves a place that was trained: so the tree is one."""
    if data["branch"] != next_branch(state):
        raise ValueError(f"its branch is {shown(data['branch'])}, and should be {next_branch(state)}")
    if name == "run_started":
        if data["run"] != f"r{len(state['runs']) + 1}":
            raise ValueError(f"its run is {shown(data['run'])}, and should be r{len(state['runs']) + 1}")
        return
    parent = state["branches"].get(data["parent"])
    if parent is None or parent["run"] != data["run"] or not parent["epoch"] <= data["epoch"] <= parent["tip"]["epoch"]:
        raise ValueError(f"branch {data['branch']} leaves a place where nothing was trained")


def _check_place(state: State, fact: Fact) -> None:
    """What an Event says of where it was, and where the Session stands after it, is in the tree."""
    for place in (fact["position"], state["session"]["position"]):
        if place is None:
            continue
        branch = state["branches"].get(place["branch"])
        if branch is None or branch["run"] != place["run"] or place["epoch"] > MOST_EPOCHS:
            raise ValueError("it took place where nothing was trained")
    named = fact["data"].get("branch")
    if isinstance(named, str) and named not in state["branches"]:
        raise ValueError(f"there is no branch {shown(named)}")


def _person(by: Any) -> Any:
    return {**by, "name": one_line(by["name"][:200])[:40].rstrip()} if isinstance(by, dict) and isinstance(
        by.get("name"), str) else by


def _wrong(number: int, why: str) -> Refused:
    """Return what is wrong with a line; reading itself says which line it means."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in why)[:300].rstrip(".")
    told = clean if clean.startswith(("line ", "the first line")) else f"line {number}: {clean}"
    return Refused("bad_log", f"This is no log of the lab: {told}.", HINT, "upload")
