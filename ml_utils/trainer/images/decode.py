"""One file becomes one image: its middle square, upright, opaque, scaled. What it is, its bytes say, not its name."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from ..look.picture import FORMATS, MOST_PIXELS, opaque, webp_size

ORIENTATION = 0x0112  # in EXIF
FINER = 2  # a JPEG is decoded at this many times the size at least; the rest is scaled with care


class Unreadable(Exception):
    """This file is no image that can be used: kind and detail of the problem."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


TOO_LARGE = Unreadable("too_large", f"more than {MOST_PIXELS // 10**6} million pixels")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Rows of pixels from the top, channels of a pixel together; width and height of what it was made of."""

    pixels: bytes
    size: tuple[int, int]


def decoded(data: bytes, side: int, channels: int) -> Decoded:
    """Return a file as side × side × channels bytes; raises `Unreadable`. Its size is looked at before it is decoded."""
    if not data:
        raise Unreadable("unreadable", "an empty file")
    width, height = webp_size(data)
    if width * height > MOST_PIXELS:
        raise TOO_LARGE
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as found:
            size = found.size
            if size[0] * size[1] > MOST_PIXELS:
                raise TOO_LARGE
            return Decoded(_shaped(found, side, channels), size)
    except Image.DecompressionBombError:
        raise TOO_LARGE from None
    except (Unreadable, MemoryError):
        raise
    except UnidentifiedImageError:
        raise Unreadable("unreadable", "no PNG, JPEG, WebP or BMP") from None
    except Exception as error:  # Pillow raises many kinds; all mean that it cannot be read
        raise Unreadable("unreadable", "damaged or cut off") from error


def _shaped(found: Image.Image, side: int, channels: int) -> bytes:
    mode = "L" if channels == 1 else "RGB"
    if found.format == "JPEG":
        found.draft(mode, (FINER * side, FINER * side))
    upright = ImageOps.exif_transpose(found) if found.getexif().get(ORIENTATION, 1) != 1 else found
    whole = upright if upright.mode == mode and not upright.has_transparency_data else opaque(upright)
    edge = min(whole.size)
    left, top = ((length - edge) / 2 for length in whole.size)
    if whole.size != (side, side):
        whole = whole.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + edge, top + edge))
    return (whole if whole.mode == mode else whole.convert(mode)).tobytes()
