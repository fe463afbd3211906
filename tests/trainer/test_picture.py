"""Pictures become images of the dataset; what is none, or too large, is refused before it costs anything."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ml_utils.core.datasets import DATASETS
from ml_utils.core.errors import Refused
from ml_utils.trainer.look.picture import FORMATS, shaped

CIFAR, MNIST, DIGITS = (DATASETS[name] for name in ("cifar10", "mnist", "digits"))


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(width: int = 90, height: int = 60) -> Image.Image:
    """Left red, right blue, green edges that are cut off."""
    image = Image.new("RGB", (width, height), "lime")
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    image.paste("red", (left, top, left + side // 2, top + side))
    image.paste("blue", (left + side // 2, top, left + side, top + side))
    return image


def seen(data: bytes, name: str = "cifar10", invert: bool = False) -> np.ndarray[Any, Any]:
    channels, height, width = DATASETS[name].shape
    return np.frombuffer(shaped(data, DATASETS[name], invert), np.uint8).reshape(height, width, channels)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_middle_square_is_taken_and_scaled(kind: str) -> None:
    for size in ((90, 60), (60, 90), (32, 32), (1000, 900)):
        found = seen(file(halves(*size), kind)).astype(int)
        assert found[16, 4, 0] > 180 and found[16, 4, 2] < 70, "red on the left"
        assert found[16, 28, 2] > 180 and found[16, 28, 0] < 70, "blue on the right"
        assert found[2:-2, 4, 1].max() < 90, "nothing of the green edges"


def test_a_tiny_picture_is_enlarged() -> None:
    assert seen(file(Image.new("RGB", (1, 1), "red"))).tolist() == [[[255, 0, 0]] * 32] * 32


def test_what_turns_it_upright_is_obeyed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    found = seen(file(halves(60, 60), "JPEG", exif=exif, quality=95)).astype(int)
    assert found[4, 16, 0] > 150 > found[4, 16, 2] and found[28, 16, 2] > 150 > found[28, 16, 0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_is_understood(mode: str) -> None:
    if mode == "I;16":
        data = file(Image.fromarray(np.full((40, 40), 257 * 200, np.uint16)))
        assert abs(int(seen(data)[5, 5, 0]) - 200) <= 1
        return
    plain = Image.new("RGB", (40, 40), "white")
    plain.paste("black", (0, 0, 20, 40))
    found = seen(file(plain.convert(mode), "JPEG" if mode == "CMYK" else "PNG"))
    assert found[16, 4].max() < 40 and found[16, 28].min() > 215


def test_what_is_transparent_lies_on_white() -> None:
    assert seen(file(Image.new("RGBA", (40, 40), (0, 0, 0, 0)))).min() == 255
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([0, 0, 0] * 256)
    assert seen(file(palette, transparency=0)).min() == 255


def test_grey_datasets_get_grey_and_dark_on_white_can_be_turned_round() -> None:
    paper = Image.new("RGB", (50, 50), "white")
    paper.paste("black", (20, 10, 30, 40))
    plain, turned = (seen(file(paper), "mnist", invert) for invert in (False, True))
    assert plain.shape == (28, 28, 1) and np.array_equal(255 - plain, turned)
    assert turned[14, 14, 0] > 200 and turned[2, 2, 0] == 0
    assert seen(file(paper), "digits").shape == (8, 8, 1)


def test_of_an_animation_the_first_picture_counts() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for kind in ("WEBP", "PNG"):
        data = file(frames[0], kind, save_all=True, append_images=frames[1:])
        assert seen(data)[16, 16, 0] > 200


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is this large."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def jpeg(width: int, height: int) -> bytes:
    plain = file(Image.new("RGB", (8, 8)), "JPEG")
    at = plain.index(b"\xff\xc0") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4:]


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        shaped(data, CIFAR, False)
    assert refused.value.hint
    return refused.value.code


HUGE = [png(50_000, 50_000), png(4_001, 4_000), png(2**31 - 1, 1), webp(16_384, 16_384), bmp(50_000, 50_000),
        jpeg(50_000, 50_000)]


@pytest.mark.parametrize("data", HUGE, ids=lambda data: f"{data[:4]!r}, {len(data)} bytes")
def test_a_header_that_says_it_is_too_large_is_refused_before_anything_is_decoded(data: bytes) -> None:
    tracemalloc.start()
    assert code_of(data) == "picture_too_large"
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


WHOLE = {kind: file(Image.effect_noise((64, 64), 50).convert("RGB"), kind) for kind in FORMATS}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_half_a_file_is_no_picture(kind: str, part: float) -> None:
    assert code_of(WHOLE[kind][:int(len(WHOLE[kind]) * part)]) == "no_picture"


NO_PICTURES = {
    "nothing": b"", "text": b"hello", "HTML": b"<!doctype html><script>alert(1)</script>", "PDF": b"%PDF-1.7\n" + bytes(100),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>', "zeros": bytes(10_000),
    "GIF": file(Image.new("P", (9, 9)), "GIF"), "TIFF": file(Image.new("L", (9, 9)), "TIFF"),
    "ICO": file(Image.new("RGB", (16, 16)), "ICO"), "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a PNG's name only": b"\x89PNG\r\n\x1a\n", "a JPEG's name only": b"\xff\xd8\xff\xe0", "BM": b"BM",
    "RIFF": b"RIFF\0\0\0\0WEBPVP8X",
    "text before a PNG": b"GIF89a" + WHOLE["PNG"], "HTML before a JPEG": b"<html>" + WHOLE["JPEG"],
    "a size of nothing": png(0, 0), "no height": png(5, 0),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused_in_words(name: str) -> None:
    assert code_of(NO_PICTURES[name]) == "no_picture"


def test_what_hangs_on_behind_a_picture_is_not_looked_at() -> None:
    assert np.array_equal(seen(WHOLE["PNG"] + b"<script>alert(1)</script>"), seen(WHOLE["PNG"]))
