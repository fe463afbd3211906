"""From the drawing pad to an image of a dataset: cut out, scaled and placed as its makers did. numpy only; all sides use it."""

from __future__ import annotations

import zlib
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core.datasets import Dataset
from .core.errors import Refused
from .core.questions import PAD

Ink = NDArray[np.floating[Any]]
Bytes = NDArray[np.uint8]
WHITE = 255
LEAST_SHARE = 0.22  # of a form's square that is ink; of the digits of the dataset it is 0.3
MOST_WIDENED = 3  # times, by one pixel


@dataclass(frozen=True)
class Made:
    """How a dataset placed what was drawn, in pixels of a square of `side`; each image pixel is `block` of them wide.

    `as_form`: as NIST's reader of forms: upright, the full height, pressed into the width, no thin strokes.
    `by_mass`: the centre of mass, not the middle of the box, lies at the image's centre.
    """

    side: int
    height: int
    width: int
    block: int = 1
    as_form: bool = False
    by_mass: bool = False
    brightest: int = WHITE


# MNIST: LeCun et al. 1998, III.A · Fashion-MNIST: Xiao et al. 2017, section 2 · KMNIST: Clanuwat et al. 2018, section 3
# digits: Garris et al. 1994 (NIST's form-based handprint recognition), then Alpaydin and Kaynak 1998
MADE = {
    "mnist": Made(28, 20, 20, by_mass=True),
    "fashion_mnist": Made(28, 28, 28),
    "kmnist": Made(28, 28, 28),
    "digits": Made(32, 32, 20, block=4, as_form=True, brightest=16),
}


def decoded(text: str) -> bytes:
    """Return the bytes that the `pixels` of an image are; raises `Refused` where they are none in base64."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Refused("invalid", "These are no bytes in base64.", "Encode them once more.", "image.pixels") from None


def whole(sent: bytes, dataset: Dataset) -> bytes:
    """Return the bytes of an image as the dataset has it; raises `Refused` where they are too few or too many."""
    channels, height, width = dataset.shape
    if len(sent) != height * width * channels:
        raise Refused("wrong_shape", f"{len(sent):,} bytes are no image of {dataset.title}.",
                      f"Send {height}×{width}×{channels} bytes, row by row, 255 for white.", "image.pixels")
    return sent


def unpacked(sent: bytes) -> Bytes:
    """Return the pad, uint8 (PAD, PAD), 255 where there is ink; it may come packed by zlib, which is twenty times smaller."""
    if len(sent) != PAD * PAD:
        try:
            sent = zlib.decompressobj().decompress(sent, PAD * PAD + 1)
        except zlib.error:
            pass  # so it has the wrong length
    if len(sent) != PAD * PAD:
        raise Refused("wrong_shape", f"{len(sent):,} bytes are no drawing.", f"Send {PAD}×{PAD} bytes.", "image.pixels")
    return np.frombuffer(sent, dtype=np.uint8).reshape(PAD, PAD)


def centred(ink: Bytes, invert: bool, dataset: Dataset) -> Bytes:
    """Return uint8 (height, width, 1) in the dataset's own values; `invert`: dark on bright. Raises `Refused`."""
    made = MADE.get(dataset.name)
    if made is None:
        raise Refused("not_drawn", f"{dataset.title} has photographs: they cannot be drawn on the pad.",
                      "Choose or take a picture.", "image")
    if not ink.any():
        raise Refused("empty", "There is nothing on the pad.", "Draw something.", "image.pixels")
    part = _cut_out(ink)
    placed = _placed(_fitted(_upright(part) if made.as_form else part, made), made)
    if made.as_form:
        placed = _thickened(placed)
    blocks = placed.reshape(made.side // made.block, made.block, -1, made.block).mean((1, 3))
    image: Bytes = np.rint(blocks * (made.brightest / WHITE)).astype(np.uint8)[..., None]
    return (made.brightest - image).astype(np.uint8) if invert else image


def as_white(image: Bytes, dataset: Dataset) -> Bytes:
    """Return an image in the dataset's own values with 255 for white."""
    made = MADE.get(dataset.name)
    return np.rint(image * (WHITE / made.brightest)).astype(np.uint8) if made else image


def _cut_out(ink: NDArray[Any]) -> Ink:
    """Return the part that has ink."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    part: Ink = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1].astype(np.float64)
    return part


def _upright(part: Ink) -> Ink:
    """Return it sheared so that its first and its last row begin at the same column."""
    height, width = part.shape
    begins = [int((row >= row.max() / 2).argmax()) for row in part]
    slant = (begins[-1] - begins[0]) / height
    shifts = np.rint(-slant * np.arange(height)).astype(int)
    shifts -= shifts.min()
    sheared = np.zeros((height, width + shifts.max()))
    for row, shift in enumerate(shifts):
        sheared[row, shift:shift + width] = part[row]
    return _cut_out(sheared)


def _thickened(square: Ink) -> Ink:
    """Return it with wider strokes while they are thin."""
    for _ in range(MOST_WIDENED):
        if square.mean() >= LEAST_SHARE * WHITE:
            break
        for side in (0, 1):
            apart = np.pad(square, [(1, 1) if axis == side else (0, 0) for axis in (0, 1)])
            square = np.maximum.reduce([square, *(apart.take(range(at, at + len(square)), side) for at in (0, 2))])
    return square


def _fitted(part: Ink, made: Made) -> Ink:
    """Return it as large as its box allows; its proportions stay, unless a form's is too wide."""
    height, width = part.shape
    scale = made.height / height if made.as_form else min(made.height / height, made.width / width)
    high, wide = (max(1, round(size * scale)) for size in (height, width))
    return scaled(part, high, min(wide, made.width))


def _placed(part: Ink, made: Made) -> Ink:
    """Return it on its square, at a place of whole pixels."""
    square = np.zeros((made.side, made.side))
    centres = _mass(part) if made.by_mass else [(size - 1) / 2 + 0.5 for size in part.shape]
    top, left = (min(max(round(made.side / 2 - centre), 0), made.side - size)
                 for centre, size in zip(centres, part.shape, strict=True))
    square[top:top + part.shape[0], left:left + part.shape[1]] = part
    return square


def _mass(part: Ink) -> list[float]:
    """Return row and column of the centre of mass."""
    whole = part.sum()
    return [float(part.sum(other) @ np.arange(size)) / whole for other, size in ((1, part.shape[0]), (0, part.shape[1]))]


def scaled(values: NDArray[Any], height: int, width: int) -> Ink:
    """Return an image (h, w) in another size: every new pixel is the mean of the area that it covers."""
    found: Ink = _cover(values.shape[0], height) @ values @ _cover(values.shape[1], width).T
    return found


def _cover(old: int, new: int) -> Ink:
    """Return (new, old): which share each old pixel has in each new one."""
    edges = np.arange(new + 1) * (old / new)
    first, last = edges[:-1, None], edges[1:, None]
    pixels = np.arange(old)[None]
    share: Ink = np.clip(np.minimum(last, pixels + 1) - np.maximum(first, pixels), 0, None) / (old / new)
    return share
