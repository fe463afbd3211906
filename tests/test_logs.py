"""A room's log as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_utils import logs
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "timeline.json").read_text(encoding="utf-8"))
FACTS: list[dict[str, Any]] = [{name: one[name] for name in ("seq", "name", "data", "position", "by", "at")}
                               for one in FIXTURE["events"]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    logs.write(tmp_path / "events.jsonl", FIXTURE["code"], FACTS)
    return tmp_path / "events.jsonl"


def test_a_log_comes_back_as_it_was_and_folds_to_the_same_snapshot(file: Path) -> None:
    state = empty_state(FIXTURE["code"])
    for fact in FACTS:
        fold(state, fact)
    assert list(logs.read(file)) == FACTS and logs.code_of(file) == FIXTURE["code"]
    assert logs.folded(FIXTURE["code"], logs.read(file)) == state


def test_a_line_that_was_cut_short_is_none(file: Path) -> None:
    whole = file.read_bytes()
    for cut in (1, 2, 40):
        file.write_bytes(whole[:-cut])
        assert list(logs.read(file)) == FACTS[:-1]
    assert b"\n" not in json.dumps("a\nb").encode()  # no text in an Event ends a line


@pytest.mark.parametrize(("line", "says"), [
    (b"{}\n", "line 2"), (b"[]\n", "line 2"), (b"\xff\n", "line 2"), (b"[" * 100_000 + b"\n", "line 2"),
    (b'{"seq":1}\n', "line 2"), (b"x" * logs.LONGEST, "too long")])
def test_what_is_no_event_is_refused_with_its_line(tmp_path: Path, line: bytes, says: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(logs.head("abcdefgh").encode() + line + b"\n")
    with pytest.raises(ValueError, match=says):
        list(logs.read(file))


@pytest.mark.parametrize("head", [b"", b"\n", b"PK\x03\x04", b'{"lockstep":"log","format":2,"room":"x"}\n', b"null\n",
                                  b"[" * 90_000])
def test_what_is_no_log_is_refused(tmp_path: Path, head: bytes) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(head)
    for read in (lambda: list(logs.read(file)), lambda: logs.code_of(file)):
        with pytest.raises(ValueError, match="first line"):
            read()
