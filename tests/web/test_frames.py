"""Frames that reach the Socket.IO library, frames that do not, and connections that are cut for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_utils.web.frames import FRAMES_AT_ONCE, MOST_BAD, BadFrame, Gate, check

GOOD = ["1", "3", "41", "40", '40{"token":"x"}', "40/admin,", '40/admin,{"token":"x"}', '42["join",{}]', '421["join",{}]',
        '42999999999999999["join"]', '42["a\\nb",{}]']


class Wire:
    """Gives frames, then the end."""

    def __init__(self, *frames: Any) -> None:
        self.frames = list(frames)
        self.closed = False

    def wait(self) -> Any:
        return self.frames.pop(0) if self.frames else None

    def close(self) -> None:
        self.closed = True


class Line:
    """A gate before a wire, and what was done through it."""

    def __init__(self, *frames: Any) -> None:
        self.wire, self.said, self.pauses, self.cuts = Wire(*frames), [], 0, 0
        self.gate = Gate(self.wire, self.said.append, self._pause, self._cut)

    said: list[str]

    def _pause(self, seconds: float) -> None:
        self.pauses += 1

    def _cut(self) -> None:
        self.cuts += 1


@pytest.mark.parametrize("frame", GOOD)
def test_what_honest_clients_send_passes(frame: str) -> None:
    check(frame)


@given(st.one_of(st.text(), st.binary(), st.from_regex(r"4[0-9]\d*-?(/\w*,)?[\[{].*", fullmatch=True)))
def test_every_frame_passes_or_is_bad_and_nothing_else(frame: Any) -> None:
    try:
        check(frame)
    except BadFrame as bad:
        assert bad.answer is None or bad.answer.startswith("3")


@pytest.mark.parametrize("text", ["[]", "[1]", "[null]", "[NaN]", '["join",{"a":1,"a":1}]', '["connect"]', '["disconnect"]',
                                  '["*"]'])
def test_a_refused_event_with_an_ack_id_is_answered_and_without_is_not(text: str) -> None:
    with pytest.raises(BadFrame) as asked:
        check(f"427{text}")
    answer = asked.value.answer or ""
    assert json.loads(answer.removeprefix("37"))[0]["ok"] is False
    with pytest.raises(BadFrame) as unasked:
        check(f"42{text}")
    assert unasked.value.answer is None


def test_bad_frames_are_skipped_and_the_next_good_one_is_returned() -> None:
    line = Line("", b"garbage", "49", "42[1]", "425[]", "3")
    assert line.gate.wait() == "3"
    assert [text[:2] for text in line.said] == ["35"]
    assert line.gate.wait() is None


def test_too_many_bad_frames_end_the_connection() -> None:
    line = Line(*["x"] * (MOST_BAD + 1), "3")
    assert line.gate.wait() is None
    assert line.wire.frames == ["3"]


def test_a_flood_ends_the_connection_and_large_frames_count_more() -> None:
    small, large = Line(*["3"] * 2000), Line(*['42["' + "x" * 60_000 + '"]'] * 100)
    for line, most in ((small, FRAMES_AT_ONCE + 100), (large, 10)):
        passed = 0
        while line.gate.wait():
            passed += 1
        assert passed <= most


def test_every_frame_gives_others_their_turn() -> None:
    line = Line("3", "x", "3")
    while line.gate.wait():
        pass
    assert line.pauses == 3


def test_closing_ends_the_line_below_too() -> None:
    line = Line()
    line.gate.close()
    assert line.wire.closed
    assert line.cuts == 1
