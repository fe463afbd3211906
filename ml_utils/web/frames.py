"""Stands between a WebSocket and the Socket.IO library: what is no message of ours never reaches it.

The library prints a traceback for most malformed packets, lets a client raise its own `connect` and `disconnect`, and
keeps binary attachments without a limit; none of that is needed here. A refused Event with an ack id is answered.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from ..core.errors import Refused
from . import strict_json
from .limits import Limiter

log = logging.getLogger(__name__)
MOST_BAD = 20  # frames that are no messages; more: the line is cut
FRAMES_A_SECOND, FRAMES_AT_ONCE = 100, 400  # of up to 1 kB, larger ones count more; more: the line is cut
RESERVED = ("connect", "disconnect", "__disconnect_final", "*")
SIMPLE = ("1", "3", "41")  # engine closed, pong, namespace left
CONNECT = re.compile(r"40(?:/[^,?\s]{0,100}(?:,|$))?(\{.*\})?", re.DOTALL)
EVENT = re.compile(r"42(\d{1,15})?(\[.*\])", re.DOTALL | re.ASCII)
NO_MESSAGE = Refused("not_json", "This is no message.", "Send an Event of the default namespace as strict JSON.")


class BadFrame(Exception):
    """A frame that is no message; `answer` is what its sender waits for, or None."""

    def __init__(self, answer: str | None = None) -> None:
        self.answer = answer


def check(frame: object) -> None:
    """Raise `BadFrame` where the library would stumble, or obey what it should not."""
    if not isinstance(frame, str):
        raise BadFrame
    if frame in SIMPLE:
        return
    connect, event = CONNECT.fullmatch(frame), EVENT.fullmatch(frame)
    if event:
        _check_event(*event.groups())
    elif not connect or not _is_json(connect[1] or "{}"):
        raise BadFrame


def _check_event(ack: str | None, text: str) -> None:
    try:
        name, *_ = strict_json.loads(text)
        if not isinstance(name, str) or name in RESERVED:
            raise Refused("unknown_message", "There is no such message.", "Messages are join and command.")
    except Refused as refused:
        raise BadFrame(_answer(ack, refused)) from None
    except strict_json.BadJson as error:
        raise BadFrame(_answer(ack, Refused("not_json", f"{NO_MESSAGE.message[:-1]}: {error}.", NO_MESSAGE.hint))) from None
    except ValueError:  # an empty list
        raise BadFrame(_answer(ack, NO_MESSAGE)) from None


def _answer(ack: str | None, refused: Refused) -> str | None:
    return f"3{ack}{strict_json.dumps([refused.as_answer()])}" if ack else None


def _is_json(text: str) -> bool:
    try:
        strict_json.loads(text)
    except strict_json.BadJson:
        return False
    return True


class Gate:
    """One connection. `say(text)` answers, `pause(0)` lets others have their turn, `cut()` ends the line at once."""

    def __init__(self, wire: Any, say: Callable[[str], None], pause: Callable[[float], Any], cut: Callable[[], None]) -> None:
        self._wire, self._say, self._pause, self.cut = wire, say, pause, cut
        self._bad = 0
        self._limit = Limiter(FRAMES_A_SECOND, FRAMES_AT_ONCE)
        self.since = time.monotonic()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wire, name)

    def wait(self) -> str | None:
        """Return the next message, or None at the end."""
        while (frame := self._wire.wait()) is not None:
            self._pause(0)  # a busy line never yields by itself
            if not self._limit.allows("", time.monotonic(), 1 + len(frame) / 1024):
                log.warning("a client is cut off: too many messages")
                break
            try:
                check(frame)
                return str(frame)
            except BadFrame as bad:
                self._bad += 1
                if bad.answer:
                    self._say(bad.answer)
            if self._bad > MOST_BAD:
                log.warning("a client is cut off: what it sends is no message")
                break
        return None

    def close(self) -> None:
        try:
            self._wire.close()
        finally:
            self.cut()
