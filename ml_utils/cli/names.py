"""Names of run folders: out of the recipe and what was changed about it; never one that is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from ..core.errors import Refused, shown

LONGEST = 100  # letters
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.=,+-]{{0,{LONGEST - 1}}}")
UNSAFE = re.compile(r"[^A-Za-z0-9_.=,+-]+")
MOST_TRIES = 10_000


def automatic(base: str, changes: Iterable[str]) -> str:
    """Return a name such as ``mnist-cnn-learning_rate=0.01``."""
    parts = [base, *(_short(change) for change in changes)]
    name = UNSAFE.sub("_", "-".join(part for part in parts if part)).strip("_-.=,+")
    return name[:LONGEST - 6].rstrip("_-.=,+") or "run"


def _short(change: str) -> str:
    name, _, value = change.partition("=")
    return f"{name.strip().rpartition('.')[2]}={value.strip()}"


def make_folder(runs: Path, name: str, given: bool) -> Path:
    """Make and return a new folder; one that is there is never taken: ``name-2`` is, or it is refused where it was `given`."""
    if given and not NAME.fullmatch(name):
        raise Refused("invalid_name", f"{shown(name)} is no name of a run.", "Use letters, digits and _ . = , + - "
                      f"(at most {LONGEST}), and a letter or a digit first.", "name")
    try:
        runs.mkdir(parents=True, exist_ok=True)
        return _first_free(runs, name, given)
    except OSError as error:
        raise Refused("no_folder", f"No folder can be made in {runs}: {error.strerror or error}.",
                      "Choose another place with --runs.", "runs") from None


def _first_free(runs: Path, name: str, given: bool) -> Path:
    for number in count(1):
        folder = runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            if given or number == MOST_TRIES:
                break
    raise Refused("name_taken", f"There is a run {name} in {runs} already, and nothing is overwritten.",
                  "Choose another --name, leave it out, or go on with it by --resume.", "name")
