"""A whole session as YAML: what was trained, what was changed on the way, and the digest of each Checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from . import logs
from .core.errors import Refused, refusal
from .core.fields import one_line
from .core.recipe import short
from .core.replay import MOST_NOTE, Expected, ReplayedBranch, ReplayedRun, SessionFile, described, notes
from .core.snapshot import Fact, State
from .yaml_reader import dumped, found

NAMES = ("session.yaml", "events.jsonl")  # in a run folder
LARGEST = 32_000_000  # letters
MOST_VALUES = 3_000_000
HEAD = """\
# A session: what was trained, what was changed on the way, and the digest of every checkpoint.
# Train it again and compare: `python -m ml_utils replay FILE --verify` (exit code 0: all the same, 3: not).
# `at: [2, 40]` is after 40 batches of epoch 2, counted from 0; changes took effect before the next batch.
"""


def written(told: SessionFile, said: dict[str, list[str]] | None = None) -> str:
    """Return the YAML of a session; `said` are the comments that `core.replay.notes` makes."""
    return "".join([HEAD, dumped({"lockstep": told.lockstep, "format": told.format, "build": told.build}, False),
                    "\nruns:\n" if told.runs else "\nruns: []\n", *map(_run, told.runs),
                    "\nbranches:\n" if told.branches else "\nbranches: []\n",
                    *(_branch(branch, (said or {}).get(branch.branch, [])) for branch in told.branches)])


def of_log(state: State, facts: Iterable[Fact]) -> str:
    """Return the session of a room's Snapshot and its log."""
    return written(described(state, facts), notes(state))


def read(text: str) -> SessionFile:
    """Return the session that a YAML text describes; raise `Refused`, with the line, where it is none."""
    there = found(text, LARGEST, MOST_VALUES, quick=True)
    if not isinstance(there.value, dict) or there.value.get("lockstep") != "session":
        raise Refused("no_session", "This text is no session.", "It begins with `lockstep: session`, as an exported one does.",
                      "yaml")
    try:
        made: SessionFile = SessionFile.model_validate(there.value)
    except ValidationError as error:
        refused, path = refusal(error), error.errors(include_url=False)[0]["loc"]
        line = there.line(tuple(path))
        raise Refused(refused.code, f"Line {line}: {refused.message}" if line else refused.message, refused.hint,
                      refused.field) from None
    return made


def load(path: Path) -> SessionFile:
    """Return the session in a file or a run folder: `session.yaml`, or a log (`events.jsonl`)."""
    file = path
    if path.is_dir():
        file = next((path / name for name in NAMES if (path / name).is_file()), path / NAMES[0])
    try:
        if file.suffix == ".jsonl":
            return _of_file(file)
        with file.open("rb") as source:
            return read(source.read(4 * LARGEST + 1).decode("utf-8"))
    except OSError as error:
        raise Refused("no_session", f"The session {file} cannot be read: {error.strerror}.",
                      "Name a session.yaml, an events.jsonl or a run folder.", "file") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else one_line(str(error))[:MOST_NOTE]
        raise Refused("no_session", f"The session {file} cannot be read: {why}.",
                      "Name a session.yaml, an events.jsonl or a run folder.", "file") from None


def _of_file(file: Path) -> SessionFile:
    saved: list[Fact] = []

    def seen() -> Iterator[Fact]:
        for fact in logs.read(file):
            if fact["name"] == "checkpoint_saved":
                saved.append(fact)
            yield fact

    return described(logs.folded(logs.code_of(file), seen()), saved)


def _run(run: ReplayedRun) -> str:
    plain = run.model_dump(mode="json")
    warm = {"warm": plain["warm"]} if plain["warm"] else {}
    lines = dumped({"run": run.run, "threads": run.threads, **warm, "blueprint": short(plain["blueprint"]),
                    "settings": plain["settings"]}).splitlines()
    return _item(lines)


def _branch(branch: ReplayedBranch, said: list[str]) -> str:
    name, *comments = said or [""]
    head = [f"branch: {_word(branch.branch)}{_comment(name)}", f"run: {_word(branch.run)}"]
    head += [f"parent: {_word(branch.parent)}", f"epoch: {branch.epoch}"] if branch.parent else []
    head += [f"tip: [{branch.tip[0]}, {branch.tip[1]}]"]
    rows = [f"  - {_flow(change.model_dump(mode='json'))}{_comment(comments[number] if number < len(comments) else '')}"
            for number, change in enumerate(branch.changes)]
    expected = [f"  - {_expected(row)}" for row in branch.expected]
    return _item([*head, *(["changes:", *rows] if rows else []), *(["expected:", *expected] if expected else [])])


def _expected(row: Expected) -> str:
    """Return a row of which there may be many; a digest without letters is quoted, or others would read a number."""
    digest = row.digest if set(row.digest) & set("abcdf") else f"'{row.digest}'"
    build = f", build: {_word(row.build)}" if row.build is not None else ""
    return f"{{at: [{row.at[0]}, {row.at[1]}], digest: {digest}, kind: {row.kind}{build}}}"


def _item(lines: list[str]) -> str:
    """Return lines as one of a list."""
    return "".join(f"{'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines))


def _word(word: Any) -> str:
    return dumped([word], True, 10**6).strip()[1:-1]


def _flow(value: Any) -> str:
    return dumped(value, True, 10**6).strip()


def _comment(text: str) -> str:
    clean = one_line(text)[:MOST_NOTE]
    return f"  # {clean}" if clean else ""
