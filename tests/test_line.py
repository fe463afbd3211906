"""The line: frames come out as they went in, whatever the network does to the bytes."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils.line import MAX_FRAME, FrameReader, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=10)
FRAMES = st.builds(lambda kind, rest: {**rest, "t": kind}, st.text(), st.dictionaries(st.text(), VALUES, max_size=4))


def read(*parts: bytes) -> list[dict[str, Any]]:
    reader = FrameReader()
    return [frame for part in parts for frame in reader.feed(part)]


def framed(body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">I", len(body) if length is None else length) + body


@given(st.lists(FRAMES, max_size=5), st.data())
def test_frames_survive_any_chunking(frames: list[dict[str, Any]], data: st.DataObject) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    assert read(*[stream[first:last] for first, last in pairwise([0, *cuts, len(stream)])]) == frames


@given(FRAMES)
@settings(max_examples=20)
def test_frames_survive_byte_by_byte(frame: dict[str, Any]) -> None:
    assert read(*[bytes([byte]) for byte in encode(frame) * 2]) == [frame, frame]


@given(st.binary(max_size=200))
def test_garbage_is_a_value_error_or_waits_for_more(noise: bytes) -> None:
    try:
        for frame in read(noise):
            assert isinstance(frame["t"], str)
    except ValueError:
        pass


@given(st.binary(max_size=200))
def test_a_frame_of_garbage_is_a_value_error_or_a_frame(noise: bytes) -> None:
    try:
        (frame,) = read(framed(noise))
    except ValueError:
        return
    assert isinstance(frame["t"], str)


@pytest.mark.parametrize("value", [None, 3, True, "t", [], ["t"], {}, {"t": None}, {"t": 1}, {"t": ["x"]}, {"T": "beat"}])
def test_what_is_not_a_map_with_a_type_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not a frame"):
        read(framed(msgpack.packb(value)))


@pytest.mark.parametrize("body", [b"", b"\xc1", msgpack.packb({"t": "x"})[:-1], msgpack.packb({"t": "x"}) + b"\x00",
                                  b"\x91" * 100_000, b"\x81\x91\x01\x01", b"\xdf\xff\xff\xff\xff", b"\xa1\xff"])
def test_broken_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not"):
        read(framed(body))


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 2**31, 2**32 - 1])
def test_too_long_a_frame_is_refused_by_its_length_before_its_bytes_are_there(length: int) -> None:
    with pytest.raises(ValueError, match=str(length)):
        read(framed(b"", length))


def test_the_longest_frame_allowed_goes_through_and_one_byte_more_does_not() -> None:
    spare = len(msgpack.packb({"t": "x", "data": b"\0" * 70_000})) - 70_000
    frame = {"t": "x", "data": b"\0" * (MAX_FRAME - spare)}
    assert read(encode(frame)) == [frame]
    with pytest.raises(ValueError, match="frame of"):
        read(framed(b"", MAX_FRAME + 1))


def test_an_unfinished_frame_waits() -> None:
    reader, bytes_ = FrameReader(), encode({"t": "beat"})
    assert list(reader.feed(bytes_[:-1])) == []
    assert list(reader.feed(bytes_[-1:])) == [{"t": "beat"}]


def test_good_frames_before_garbage_are_still_read() -> None:
    reader, found = FrameReader(), []
    with pytest.raises(ValueError, match="not"):
        for frame in reader.feed(encode({"t": "beat"}) + framed(b"\xc1")):
            found.append(frame)
    assert found == [{"t": "beat"}]
