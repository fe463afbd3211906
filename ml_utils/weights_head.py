"""The head of a safetensors file, read by hand, before anything else looks at the file: which tensors it says it has, where.

Eight bytes (how long the head is), the head (JSON), then the tensors, one after another. Standard library only; a file that
is something else is told by its first bytes, and never opened as that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from .core.errors import Refused, shown

LONGEST_HEAD = 1_000_000  # bytes
MOST_TENSORS = 10_000
MOST_SIDES = 8
LARGEST_SIDE = 2**31 - 1
BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
PICKLE = "A pickle can run any program when it is opened, so it is not."
HINT = "Bring a .safetensors file as a room gives it out: `Take it with you`, or `python -m ml_utils export`."
SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", f"a ZIP, as PyTorch's .pt, .pth and .ckpt, Keras' .keras and NumPy's .npz are. {PICKLE}"),
    *((b"\x80" + bytes([number]), f"a pickle, as .pkl, .joblib and older .pt, .pth and .bin files are. {PICKLE}")
      for number in range(2, 6)),
    (b"\x93NUMPY", f"a NumPy array: it has no names, and may hold a pickle. {PICKLE}"),
    (b"\x89HDF\r\n\x1a\n", "HDF5, as Keras' .h5 is: a network of another kind, which may hold programs."),
    (b"\x1f\x8b", f"packed by gzip, as .joblib and .tar.gz files are. {PICKLE}"),
    *((sign, f"packed, as .joblib files are. {PICKLE}") for sign in (b"x\x9c", b"x\x01", b"x\xda", b"BZh", b"\xfd7zXZ")),
    (b"GGUF", "GGUF: weights of a network of another kind."), (b"\x08", "a program, as .onnx is: it has no Blueprint."))


@dataclass(frozen=True)
class Row:
    """What a tensor is said to be."""

    dtype: str  # as safetensors names it
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Head:
    """Tensors by name, in the order of the file, and texts by name."""

    tensors: dict[str, Row]
    texts: dict[str, str]


def head_of(file: Path) -> Head:
    """Return the head of a file; raises `Refused` where it is no safetensors file, or one that contradicts itself."""
    size = file.stat().st_size
    with file.open("rb") as data:
        first = data.read(512)
        length = int.from_bytes(first[:8], "little")
        if size < 10 or not 2 <= length <= size - 8 or first[8:9] != b"{":
            raise _other(first)
        if length > LONGEST_HEAD:
            raise _broken(f"its head has {length:,} bytes; {LONGEST_HEAD:,} are read")
        data.seek(8)
        head = data.read(length)
    try:
        return _checked(json.loads(head.decode("utf-8"), object_pairs_hook=_once, parse_constant=_none), size - 8 - length)
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError):
        raise _broken("its head is no JSON") from None
    except ValueError as error:
        raise _broken(str(error)) from None


def _checked(found: Any, size: int) -> Head:
    """Return the Head of a file with so many bytes of tensors; a ValueError says what is wrong."""
    texts = found.pop("__metadata__", {})
    if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
        raise ValueError("its texts are no texts by name")
    if len(found) > MOST_TENSORS:
        raise ValueError(f"it has {len(found):,} tensors; {MOST_TENSORS:,} are read")
    places = {name: _place(name, row) for name, row in found.items()}
    end = 0
    for name in sorted(places, key=lambda name: places[name][1]):
        if places[name][1][0] != end:
            raise ValueError(f"the tensor {shown(name)} does not begin where the one before it ends")
        end = places[name][1][1]
    if end != size:
        raise ValueError(f"its tensors are said to take {end:,} bytes, and there are {size:,}")
    return Head({name: row for name, (row, _) in places.items()}, texts)


def _place(name: str, row: Any) -> tuple[Row, tuple[int, int]]:
    if not isinstance(row, dict) or set(row) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"of the tensor {shown(name)} it does not say dtype, shape and data_offsets")
    dtype, shape, offsets = row["dtype"], row["shape"], row["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise ValueError(f"the tensor {shown(name)} is of a kind {shown(dtype)} that is not read")
    if not _whole(shape, MOST_SIDES) or not _whole(offsets, 2) or len(offsets) != 2:
        raise ValueError(f"shape or place of the tensor {shown(name)} are no whole numbers")
    if offsets[1] - offsets[0] != prod(shape) * BYTES[dtype]:
        raise ValueError(f"the tensor {shown(name)} has another size than its shape")
    return Row(dtype, tuple(shape)), (offsets[0], offsets[1])


def _whole(values: Any, most: int) -> bool:
    return isinstance(values, list) and len(values) <= most and all(
        type(value) is int and 0 <= value <= LARGEST_SIDE for value in values)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in its head twice")
    return found


def _none(word: str) -> Any:
    raise ValueError(f"{word} in its head is no number")


def _broken(why: str) -> Refused:
    return Refused("broken_weights", f"This safetensors file cannot be used: {why}.", "Save it again and bring the new one.",
                   "upload")


def _other(first: bytes) -> Refused:
    what = next((words for sign, words in SIGNS if first.startswith(sign)), "")
    if first[257:262] == b"ustar":
        what = f"a TAR, as early PyTorch files are. {PICKLE}"
    return Refused("not_safetensors", f"This is {what}" if what else "This is no safetensors file.", HINT, "upload")
