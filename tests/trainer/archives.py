"""Archives for tests: of real images, and hostile ones, byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

LOCAL, ROW, END = (struct.Struct(f"<4s{rest}") for rest in ("5H3L2H", "4B4HL2L5H2L", "4H2LH"))


def picture(seed: int = 0, size: tuple[int, int] = (12, 12), kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """A small image that no other seed gives."""
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    target = BytesIO()
    Image.fromarray(values).convert(mode).save(target, kind, **options)
    return target.getvalue()


@dataclass
class Packed:
    """One entry as it is written. What is None is said as it is."""

    name: str | bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0x800
    mode: int = 0o100644
    size: int | None = None  # as the directory says
    packed: int | None = None
    crc: int | None = None
    at: int | None = None
    disk: int = 0
    local: dict[str, Any] = field(default_factory=dict)  # what the header before the data says otherwise: name, size, …
    extra: bytes = b""

    @property
    def raw(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name

    @property
    def body(self) -> bytes:
        if self.method != 8:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()


def packed(entries: Iterable[Packed], before: bytes = b"", after: bytes = b"", **end: int) -> bytes:
    """The bytes of an archive; `end`: what its last record says otherwise: disk, count, length, start."""
    entries, whole, rows = list(entries), bytearray(before), bytearray()
    for one in entries:
        body, at = one.body, len(whole)
        crc, size = zlib.crc32(one.data) if one.crc is None else one.crc, len(one.data) if one.size is None else one.size
        length = len(body) if one.packed is None else one.packed
        told = {"name": one.raw, "flags": one.flags, "method": one.method, "crc": crc, "packed": length, "size": size,
                **one.local}
        whole += LOCAL.pack(b"PK\3\4", 20, told["flags"], told["method"], 0, 33, told["crc"], told["packed"], told["size"],
                            len(told["name"]), len(one.extra)) + told["name"] + one.extra + body
        rows += ROW.pack(b"PK\1\2", 20, 3, 20, 0, one.flags, one.method, 0, 33, crc, length, size, len(one.raw), 0, 0, one.disk,
                         0, one.mode << 16, at if one.at is None else one.at) + one.raw
    told = {"disk": 0, "count": len(entries), "length": len(rows), "start": len(whole), **end}
    last = END.pack(b"PK\5\6", told["disk"], told["disk"], told["count"], told["count"], told["length"], told["start"], 0)
    return bytes(whole + rows + last) + after


def folders(classes: Iterable[str] = ("cat", "dog"), train: int = 8, test: int = 2, around: str = "",
            **options: Any) -> list[Packed]:
    """Entries of an ordinary archive: train/<class>/0.png, … and test/<class>/0.png, …"""
    return [Packed(f"{around}{split}/{label}/{number}.png", picture(1000 * place + 100 * (split == "test") + number, **options))
            for place, label in enumerate(classes) for split, count in (("train", train), ("test", test))
            for number in range(count)]
