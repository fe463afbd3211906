"""Pictures and kept drawings over HTTP."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Any

from flask import Flask, Response, request

from ..core.datasets import Dataset, row_of
from ..core.errors import Refused
from .http import TOO_OFTEN, as_json, checked_code, packed, proven_client, zipped
from .lab import Lab

LARGEST_PICTURE = 8_000_000  # bytes
KINDS = ("image/png", "image/jpeg", "image/webp", "image/bmp")
COST = 5  # questions


def add_pictures(app: Flask, lab: Lab) -> None:
    """Register all routes; questions about a kept drawing get its pixels."""
    lab.questions.prepare.append(lab.drawings.prepare)

    @app.post("/api/rooms/<code>/picture")
    def picture(code: str) -> Response:
        """A picture as an image of the present dataset. A process apart decodes it; nothing is kept."""
        person = lab.identity.person(proven_client(lab.identity))
        code, invert = checked_code(code), _checked_invert(request.args.get("invert", "0"))
        if request.mimetype not in KINDS:
            raise Refused("no_picture", "This is no picture that the lab can read.", f"Send one of {', '.join(KINDS)}.")
        if not lab.limits["ask"].allows(person, time.monotonic(), COST):
            raise TOO_OFTEN
        request.max_content_length = LARGEST_PICTURE  # this route's own limit
        return as_json(lab.questions.ask_internally(code, "picture", {"data": request.get_data(), "invert": invert}))

    @app.get("/api/rooms/<code>/drawings")
    def drawings(code: str) -> Response:
        """What the room keeps of the present dataset."""
        code = checked_code(code)
        dataset = row_of(lab.ledger.room(code).state["blueprint"])
        rows = [row for row in lab.drawings.all(code) if row["dataset"] == dataset.name]
        return zipped(*lab.offload(lambda: packed({"ok": True, "drawings": [_shown(row, dataset) for row in rows]})))


def _shown(row: dict[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Return a drawing as a page shows it."""
    channels, height, width = dataset.shape
    image = {"width": width, "height": height, "channels": channels, "pixels": b64encode(row["pixels"]).decode()}
    return {**{name: row[name] for name in ("id", "label", "by", "at")}, "image": image}


def _checked_invert(text: str) -> bool:
    if text not in ("0", "1"):
        raise Refused("invalid", "invert is neither 0 nor 1.", "Use 1 for dark ink on white paper.", "invert")
    return text == "1"
