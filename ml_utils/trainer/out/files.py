"""Writing into a folder that somebody may look into at any moment: each file is the former or the new one, never half.

That holds for a power cut, too: what takes the place of a file has reached the disk before.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALE_SECONDS = 3600.0  # nobody writes so long at one file


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """Give the name to write to; when that is done it takes the place of the file, else it is gone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temp = file.with_name(f".{_plain(file.name)}.{os.getpid()}.tmp")
    try:
        yield temp
        with temp.open("rb+") as written:  # Windows brings nothing to the disk that is open for reading only
            os.fsync(written.fileno())
        temp.replace(file)
    finally:
        temp.unlink(missing_ok=True)


def put(file: Path, content: str | bytes) -> None:
    """Write a whole file."""
    with replaced(file) as temp:
        temp.write_bytes(content.encode() if isinstance(content, str) else content)


def sweep(folder: Path, alone: bool) -> None:
    """Remove what was half written when its writer was killed; `alone`: nobody else is writing now."""
    for left in folder.glob("**/.*.tmp"):
        if left.is_file() and (alone or time.time() - left.stat().st_mtime > STALE_SECONDS):
            left.unlink(missing_ok=True)


def _plain(name: str) -> str:
    return name.replace("tfevents", "events")  # TensorBoard reads whatever has that word in its name
