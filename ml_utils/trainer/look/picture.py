"""A picture becomes an image of the dataset: its middle square, scaled. What it is, its bytes say, not its name."""

from __future__ import annotations

import warnings
from base64 import b64encode
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ...core.datasets import Dataset
from ...core.errors import Refused
from ...core.questions import OfPixels
from .scene import Scene

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MOST_PIXELS = 16_000_000
NO_PICTURE = Refused("no_picture", "This is no picture that the lab can read.",
                     "Choose a PNG, JPEG, WebP or BMP file; open it in another program to see whether it is whole.")
TOO_LARGE = Refused("picture_too_large", f"This picture has more than {MOST_PIXELS // 10**6} million pixels.",
                    "Make it smaller, or take a part of it.")


def picture(scene: Scene, args: dict[str, Any]) -> dict[str, Any]:
    """Return `pixels` for an image {kind: "pixels"}, and what the network gets of it."""
    pixels = b64encode(shaped(args["data"], scene.dataset, args["invert"])).decode("ascii")
    return {"pixels": pixels, "image": scene.shown(scene.image(OfPixels(kind="pixels", pixels=pixels)))}


def shaped(data: bytes, dataset: Dataset, invert: bool) -> bytes:
    """Return height × width × channels bytes, 255 for white; raises `Refused` where the data are no picture."""
    channels, height, width = dataset.shape
    whole = _decoded(data)
    side = min(whole.size)
    left, top = ((size - side) / 2 for size in whole.size)
    small = whole.resize((width, height), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    image = small.convert("L" if channels == 1 else "RGB")
    return (ImageOps.invert(image) if invert else image).tobytes()


def _decoded(data: bytes) -> Image.Image:
    """Return a picture as RGB, upright; its size is looked at before anything is decoded."""
    width, height = webp_size(data)
    if width * height > MOST_PIXELS:
        raise TOO_LARGE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            found = Image.open(BytesIO(data), formats=FORMATS)
            if found.width * found.height > MOST_PIXELS:
                raise TOO_LARGE
            return opaque(ImageOps.exif_transpose(found))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TOO_LARGE from None
    except (Refused, MemoryError):
        raise
    except Exception as error:  # Pillow raises many kinds; all mean that it cannot be read
        raise NO_PICTURE from error


def opaque(image: Image.Image) -> Image.Image:
    """Return any kind of picture as RGB, on white where it is transparent."""
    if image.mode.startswith(("I", "F")):  # 16 bits a pixel; Pillow would cut them off at 255
        grey = (np.asarray(image).astype(np.float64) / 257).round().clip(0, 255)
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")


def webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height that a WebP file says it has; Pillow makes room for all of it before it tells. Else (0, 0)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return 0, 0
    kind, head = data[12:16], data[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
