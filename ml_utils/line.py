"""The line between web process and trainer: length-prefixed msgpack frames over a stream socket.

A frame is a map with `t`, its type. The trainer dials in and speaks first.

trainer → web
    hello    room, attempt, token, pid             first frame; answered by `welcome`, or `refused` and the end
    event    n, name, data, position, command,     n counts 1, 2, 3 … within the attempt; command: id of the cause or None;
             moved                                 moved: as in the Work (or `go`) that the trainer stands by
    answer   id, answer                            to an `ask`: {ok, …} or the error shape; may be lost
    job      progress | result | error             of a job's process; may be lost
    beat                                           every 2 s, and only while the training thread makes progress
    bye                                            leaves on purpose, everything before it is to be stored
web → trainer
    welcome  acked, work, commands,                events up to n = acked are stored; work: None: an examiner, or, where
             evaluate? | job?                      there is `evaluate` {subject, of, drawings}, an evaluation, or, where
                                                   there is `job` {kind, args, folder}, a job
    refused  reason                                not this room's trainer (any more): exit
    ack      n                                     events up to n are stored; the outbox may forget them
    command  id, name, args                        go {see core/work.py} · interrupt {} · set_settings {changes, reason?} ·
                                                   freeze, unfreeze {layers, reason?}
    stand    work                                  the Session stands elsewhere: be there, and obey what follows
    settings settings                              in force from now on, decided while nothing trains
    ask      id, name, args, subject?              a question, see `core/questions.py`; subject: of which stored model
    drawings rows                                  [{id, dataset, label, pixels}]: what the room keeps, all of it, each time
    leave                                          write a checkpoint if training, then exit
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack

Frame = dict[str, Any]
MAX_FRAME = 9_000_000  # bytes; a picture as it was sent is the largest
LONGEST_PATH = 100  # bytes; Unix socket addresses end at 104 on macOS
_LENGTH = struct.Struct(">I")


def encode(frame: Frame) -> bytes:
    """Return the bytes of one frame."""
    body: bytes = msgpack.packb(frame)
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes as they came; yield each frame that is complete; raise ValueError on garbage."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME:
                raise ValueError(f"frame of {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size:end])
            del self._buffer[:end]
            yield _checked(body)


def _checked(body: bytes) -> Frame:
    try:
        frame = msgpack.unpackb(body)
    except Exception as error:  # msgpack raises many kinds; all mean garbage
        raise ValueError("not msgpack") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise ValueError("not a frame")
    return frame


def line_address(instance: Path) -> str:
    """Return the path of the Unix socket: in this folder, or in a private short one where that is too long."""
    path = str(instance.resolve() / "line.sock")
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    folder = Path(tempfile.gettempdir()) / f"lockstep-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise SystemExit(f"{folder} is open to others: remove it, or use a folder with a shorter path.")
    return str(folder / "line.sock")
