"""A ZIP archive that nobody has looked at yet: all of its directory is checked before an entry is read, and while it is read.

What is odd is refused, never repaired, and nothing is unpacked under a name that the archive says. Sizes are bytes.
Format: APPNOTE.TXT of PKWARE.
"""

from __future__ import annotations

import mmap
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ...core.errors import Refused, shown

MOST_FILES = 40_000
MOST_ENTRIES = 60_000  # with folders and hidden files
MOST_BYTES = 500_000_000  # unpacked
LARGEST_FILE = 20_000_000
LONGEST_NAME = 1_000  # bytes
STORED, DEFLATED = 0, 8
ENCRYPTED = 0x2061  # bits: encrypted, strongly, patched, its headers masked
LATER, UTF8 = 0x0008, 0x0800  # bits: sizes come after the data; the name is UTF-8
_END, _ROW, _LOCAL = struct.Struct("<4s4H2LH"), struct.Struct("<4s4B4HL2L5H2L"), struct.Struct("<4s5H3L2H")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".iso", ".cab")
DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
PACK_AGAIN = "Pack the folder again as an ordinary ZIP file, and choose that."


def bad(message: str, hint: str = PACK_AGAIN, code: str = "bad_archive") -> Refused:
    return Refused(code, message, hint)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the archive: its name, and where its bytes are."""

    name: str
    at: int  # of its local header
    start: int  # of its data
    packed: int
    size: int
    crc: int
    method: int
    folder: bool = False


def printable(text: str) -> bool:
    """Whether a name has no signs that control how a text is shown; emoji are fine."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in DIRECTIONS for sign in text)


class Archive:
    """`files` that are not hidden, and `folders`, both in the order of the archive. Reading is safe from several threads."""

    def __init__(self, file: Path) -> None:
        """Check all that can be checked before anything is read; raises `Refused`."""
        with file.open("rb") as opened:
            self._size = opened.seek(0, 2)
            if self._size < _END.size:
                raise bad("This is no ZIP file." if self._size else "This file is empty.", "Choose a ZIP file with images.")
            self._data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            entries = _checked(list(self._directory()), self._directory_at)
        except BaseException:
            self.close()
            raise
        self.folders = [one.name for one in entries if one.folder and not _hidden(one.name)]
        self.files = [one for one in entries if not one.folder and not _hidden(one.name)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._data.close()

    def read(self, entry: Entry) -> bytes:
        """Return what is in a file; raises `Refused` where it is not what the directory says, as soon as that is seen."""
        found = self._data[entry.start:entry.start + entry.packed]
        if entry.method == DEFLATED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                found = unpacker.decompress(found, entry.size + 1)  # never more than was said
            except zlib.error:
                raise bad(f"{shown(entry.name)} is damaged in this archive.") from None
            if not unpacker.eof or unpacker.unused_data:
                raise bad(f"{shown(entry.name)} is not as large as the archive says.")
        if len(found) != entry.size or zlib.crc32(found) != entry.crc:
            raise bad(f"{shown(entry.name)} is damaged in this archive.")
        return found

    # ── its directory ───────────────────────────────────────────────────────────────────────────────────────

    def _directory(self) -> Iterator[Entry]:
        end, count, length = self._end()
        self._directory_at = at = end - length
        for _ in range(count):
            if at + _ROW.size > end:
                raise bad("The directory of this archive is cut off.")
            row = _ROW.unpack_from(self._data, at)
            names, extra, comment = row[12:15]
            if row[0] != b"PK\1\2" or at + _ROW.size + names + extra + comment > end:
                raise bad("The directory of this archive is damaged.")
            yield self._entry(row, self._data[at + _ROW.size:at + _ROW.size + names])
            at += _ROW.size + names + extra + comment
        if at != end:
            raise bad("The directory of this archive has another length than it says.")

    def _end(self) -> tuple[int, int, int]:
        """Return where the directory ends, how many entries it has, and its length."""
        at = self._data.rfind(b"PK\5\6", max(0, self._size - _END.size - 0xFFFF))
        if at < 0 or at + _END.size > self._size:
            raise bad("This is no ZIP file, or its end is missing." if self._data[:2] == b"PK" else "This is no ZIP file.",
                      "Choose a ZIP file with images; where it is one, it was cut off: copy or pack it again.")
        _, disk, first, here, count, length, start, comment = _END.unpack_from(self._data, at)
        if at + _END.size + comment != self._size:
            raise bad("There is something behind the end of this archive, or its end is missing.")
        if 0xFFFF in (disk, first, here, count) or 0xFFFFFFFF in (length, start) or self._data[at - 20:at - 16] == b"PK\6\7":
            raise bad("This archive is written as ZIP64, which is for more than 4 GB or 65,535 files.")
        if disk or first or here != count:
            raise bad("This is a part of a split archive.")
        if start + length != at:
            raise bad("There is something before the beginning of this archive, or its directory is not where it says.")
        if count > MOST_ENTRIES:
            raise _too_many()
        return at, count, length

    def _entry(self, row: tuple[int, ...], raw: bytes) -> Entry:
        _, _, _, _, _, flags, method, _, _, crc, packed, size, _, _, _, disk, _, mode, at = row
        name = _name(raw, bool(flags & UTF8))
        if flags & ENCRYPTED:
            raise bad("This archive is encrypted.", "Pack it without a password.")
        if method not in (STORED, DEFLATED):
            raise bad(f"{shown(name)} is packed in a way that is not read here (method {method}).")
        if 0xFFFFFFFF in (packed, size, at) or disk == 0xFFFF:
            raise bad("This archive is written as ZIP64, which is for more than 4 GB or 65,535 files.")
        if disk or (method == STORED and packed != size):
            raise bad(f"What the archive says of {shown(name)} cannot be.")
        kind = stat.S_IFMT(mode >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise bad(f"{shown(name)} is a link or a device, no file.", "Pack the files themselves.")
        folder = name.endswith("/")
        if folder and size or (kind == stat.S_IFDIR and not folder):
            raise bad(f"{shown(name)} is a folder with content of its own.")
        return Entry(name, at, self._local(raw, row), packed, size, crc, method, folder)

    def _local(self, raw: bytes, row: tuple[int, ...]) -> int:
        """Return where the data begin; raise `Refused` where the header before them says something else."""
        flags, method, crc, packed, size, at = row[5], row[6], row[9], row[10], row[11], row[18]
        if at + _LOCAL.size + len(raw) > self._directory_at:
            raise bad("The directory of this archive leads outside of it.")
        sign, _, here, how, _, _, *numbers, names, extra = _LOCAL.unpack_from(self._data, at)
        told = [(crc, packed, size)] + ([(0, 0, 0)] if flags & LATER else [])
        same = self._data[at + _LOCAL.size:at + _LOCAL.size + names] == raw
        if sign != b"PK\3\4" or (here, how) != (flags, method) or tuple(numbers) not in told or not same:
            raise bad(f"Directory and header of {shown(raw.decode('utf-8', 'replace'))} disagree.")
        start = at + _LOCAL.size + names + extra
        if start + packed > self._directory_at:
            raise bad("The directory of this archive leads outside of it.")
        return int(start)


def _name(raw: bytes, utf8: bool) -> str:
    """Return a name in Unicode's composed form; raises `Refused` where it could lead anywhere."""
    try:
        name = unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError:
        if utf8:
            raise bad("A name in this archive is not in UTF-8, though it says so.") from None
        name = raw.decode("cp437")  # as DOS wrote them
    parts = name.removesuffix("/").split("/")
    if len(raw) > LONGEST_NAME:
        raise bad(f"{shown(name)} is too long for a name.", "Use shorter names for files and folders.")
    if "\\" in name or (len(name) > 1 and name[1] == ":") or set(parts) & {"", ".", ".."}:
        raise bad(f"{shown(name)} leads out of the archive.", "Names are like train/cat/1.png.")
    if not printable(name):
        raise bad(f"{shown(name)} has signs that cannot be shown.", "Use names of letters, digits and other visible signs.")
    return name


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or any(
        part.startswith(".") or part.lower() in ("thumbs.db", "desktop.ini") for part in name.split("/"))


def _too_many() -> Refused:
    return bad(f"This archive has more than {MOST_FILES:,} files.", "Take a part of them.", "archive_too_large")


def _checked(entries: list[Entry], directory: int) -> list[Entry]:
    """Return them; raises `Refused` where they are too many, too large, twice there, or in each other."""
    files = [one for one in entries if not one.folder]
    if not files:
        raise bad("This archive is empty.", "Pack a folder with images.")
    if len([one for one in files if not _hidden(one.name)]) > MOST_FILES:
        raise _too_many()
    for one in files:
        if one.size > LARGEST_FILE:
            raise bad(f"{shown(one.name)} has more than {LARGEST_FILE // 10**6} MB.", "Make it smaller.", "archive_too_large")
        if one.name.lower().endswith(ARCHIVES) and not _hidden(one.name):
            raise bad(f"{shown(one.name)} is an archive inside of this one.", "Unpack it, and pack all as one ZIP file.")
    if sum(one.size for one in files) > MOST_BYTES:
        raise bad(f"Unpacked this is more than {MOST_BYTES // 10**6} MB.", "Take a part of it, or smaller images.",
                  "archive_too_large")
    seen = {one.name.removesuffix("/") for one in entries}
    if len(seen) < len(entries):
        raise bad("A name is there twice in this archive.")
    ordered = sorted(entries, key=lambda one: one.at)
    if ordered[0].at:
        raise bad("There is something before the beginning of this archive.")
    ends = [*(one.at for one in ordered[1:]), directory]
    if any(one.start + one.packed > end for one, end in zip(ordered, ends, strict=True)):
        raise bad("Files of this archive lie in each other.")
    return entries
