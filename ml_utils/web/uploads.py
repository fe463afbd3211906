"""Files that people send in pieces: resumable after a cut line and after a restart, limited in size and number, swept.

    instance/uploads/<id>/  about.json {person, name, bytes, of} · data

What is on disk is always a beginning of the file: a piece that did not come whole is not written. Names that people give
are never names of files here.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..core.errors import Refused
from ..core.settings import Strict

CHUNK = 1_000_000  # bytes of a piece at most
LARGEST = 500_000_000
MOST_OF_ONE = 2  # that a person may have here at a time
MOST = 100  # of the server
MOST_BYTES = 4_000_000_000  # of all of them
ABANDONED_SECONDS = 1800.0  # without a piece
EMPTY_SECONDS = 60.0  # without the first piece
PLACE_SECONDS = 60.0  # without a piece, then a newer one of the same person may take its place
UNKNOWN = Refused("not_found", "There is no such upload.", "It may have been left alone for too long: begin again.", "id")
FULL = Refused("storage_failed", "The server has no room for this file at the moment.",
               "Try again later; if it stays, the server's disk may be full.")
Offload = Callable[..., Any]


class Wish(Strict):
    """What somebody wants to send; `of`: a fingerprint that the page makes of the file, to find it again."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    bytes: Annotated[int, Field(ge=1, le=LARGEST)]
    of: Annotated[str, Field(max_length=200)] = ""


@dataclass
class Upload:
    """One file on its way. `have`: how many bytes of it are here."""

    id: str
    person: str
    wish: Wish
    touched: float
    have: int = 0
    writing: bool = False

    @property
    def complete(self) -> bool:
        return self.have == self.wish.bytes

    def told(self) -> dict[str, Any]:
        return {"id": self.id, "have": self.have, "bytes": self.wish.bytes}


class Uploads:
    """All of them. `offload` runs what takes long off the hub; `clock` gives seconds."""

    def __init__(self, folder: Path, offload: Offload, clock: Callable[[], float]) -> None:
        self._folder, self._offload, self._clock = folder, offload, clock
        self._lock = threading.Lock()  # held for moments, never while a disk works
        self._rows = {one.id: one for one in self._found()}

    def _found(self) -> list[Upload]:
        """Return what a server that ended has left; remove what cannot be gone on with."""
        rows = []
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            try:
                known = json.loads((folder / "about.json").read_text(encoding="utf-8"))
                have = (folder / "data").stat().st_size
                row = Upload(folder.name, known["person"], Wish.model_validate(known["wish"]), self._clock(), have)
                if have > row.wish.bytes:
                    raise ValueError("longer than it may be")
                rows.append(row)
            except (OSError, ValueError, KeyError, TypeError):
                shutil.rmtree(folder, ignore_errors=True)
        return rows

    # ── for those who send ──────────────────────────────────────────────────────────────────────────────────

    def begin(self, person: str, wish: Wish) -> Upload:
        """Return a new upload, or the one of the same file that was begun before; raises `Refused` where there is no room."""
        with self._lock:
            mine = [row for row in self._rows.values() if row.person == person]
            same = next((row for row in mine if row.wish == wish), None)
            if same:
                same.touched = self._clock()
                return same
            left = self._making_room(mine, wish)
            row = Upload(secrets.token_hex(8), person, wish, self._clock(), writing=True)
            self._rows[row.id] = row
        for old in left:
            self._forget(old)
        try:
            self._offload(_make, self._folder / row.id, {"person": person, "wish": wish.model_dump(mode="json")})
        except OSError as error:
            self._forget(row)
            raise FULL from error
        row.writing = False
        return row

    def _making_room(self, mine: list[Upload], wish: Wish) -> list[Upload]:
        """Return which of one's own goes for a new one; raises `Refused` where none may."""
        if len(self._rows) >= MOST or sum(row.have for row in self._rows.values()) + wish.bytes > MOST_BYTES:
            raise FULL
        if len(mine) < MOST_OF_ONE:
            return []
        oldest = min(mine, key=lambda row: row.touched)
        if oldest.writing or self._clock() - oldest.touched < PLACE_SECONDS:
            raise Refused("too_many", f"You are sending {MOST_OF_ONE} files already.", "Wait until one is there.")
        return [oldest]

    def look(self, person: str, name: str) -> Upload:
        """Return one's own upload; raises `Refused` where there is none."""
        row = self._rows.get(name)
        if row is None or row.person != person:
            raise UNKNOWN
        return row

    def take(self, person: str, name: str, at: int, data: bytes) -> Upload:
        """Write a piece; raises `Refused` where it does not go on from what is here, and nothing of it is kept then."""
        row = self.look(person, name)
        with self._lock:
            if row.writing:
                raise Refused("busy", "A piece of this file is being written.", "Send one piece after the other.")
            if at != row.have:
                raise Refused("wrong_offset", f"The next piece begins at {row.have}, not at {at}.",
                              "Ask how much is here, and go on from there.", "at")
            if not data or len(data) > CHUNK or at + len(data) > row.wish.bytes:
                raise Refused("invalid", f"A piece has 1 to {CHUNK:,} bytes, and all of them no more than the file.",
                              "Send the next piece of it.", "at")
            if sum(one.have for one in self._rows.values()) + len(data) > MOST_BYTES:
                raise FULL
            row.writing = True
        try:
            self._offload(_write, self._folder / row.id / "data", at, data)
            row.have, row.touched = at + len(data), self._clock()
        except FileNotFoundError:  # it was given up meanwhile
            raise UNKNOWN from None
        except OSError as error:
            raise FULL from error
        finally:
            row.writing = False
        return row

    def drop(self, person: str, name: str) -> None:
        """Give one up."""
        self._forget(self.look(person, name))

    # ── for others ──────────────────────────────────────────────────────────────────────────────────────────

    def file(self, person: str, name: str) -> Path:
        """Return where a complete upload lies; raises `Refused` where it is not whole, or not there."""
        row = self.look(person, name)
        if not row.complete:
            raise Refused("not_complete", f"Of this file {row.have:,} of {row.wish.bytes:,} bytes are here.",
                          "Send the rest first.", "upload")
        row.touched = self._clock()
        return self._folder / row.id / "data"

    def sweep(self) -> None:
        """Remove what was left alone."""
        now = self._clock()
        for row in list(self._rows.values()):
            patience = ABANDONED_SECONDS if row.have else EMPTY_SECONDS
            if not row.writing and now - row.touched >= patience:
                self._forget(row)

    def _forget(self, row: Upload) -> None:
        self._rows.pop(row.id, None)
        self._offload(_remove, self._folder / row.id)


def _make(folder: Path, known: dict[str, Any]) -> None:
    folder.mkdir(mode=0o700, parents=True)
    (folder / "data").touch()
    (folder / "about.json").write_text(json.dumps(known), encoding="utf-8")


def _write(file: Path, at: int, data: bytes) -> None:
    """Write all of a piece or nothing of it."""
    with file.open("r+b") as target:
        try:
            target.seek(at)
            target.write(data)
            target.flush()
        except OSError:
            os.ftruncate(target.fileno(), at)
            raise


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
