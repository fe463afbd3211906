"""Makes the file of a model in a format, for a room (job kind `export`) and for the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from ...core.formats import ENDINGS, FormatName
from ...core.questions import Subject
from ..data import Data
from ..jobs import Desk
from ..loading import beside
from ..look.examine import dataset_of
from ..order import Order
from . import model_pt, predict_py, programs, safe
from .stored import Stored, of_subject

Writer = Callable[[Path, Stored, Data], None]
WRITERS: dict[str, Writer] = {"pt": model_pt.write, "safetensors": safe.write, "py": predict_py.write}


def write(format: FormatName, file: Path, found: Stored, data: Data) -> None:
    """Write the file; raises `Refused` where the format cannot express the network."""
    if format in WRITERS:
        WRITERS[format](file, found, data)
    else:
        programs.write(format, file, found, data)


def export(args: dict[str, Any], order: Order, desk: Desk) -> dict[str, Any]:
    """The job: {subject, format, name without its ending} → {file, name, bytes, seconds, format, place}."""
    begun = monotonic()
    subject, format = Subject.model_validate(args["subject"]), args["format"]
    desk.tick(step="loading")
    found, data = of_subject(subject, order), dataset_of(subject, order, desk.wire)
    desk.tick(step="writing")
    name = args["name"] + ENDINGS[format]
    beside(lambda _: write(format, desk.folder / name, found, data), lambda _: desk.tick())  # ONNX may take a minute
    return {"file": name, "name": name, "bytes": (desk.folder / name).stat().st_size, "seconds": round(monotonic() - begun, 2),
            "format": format, "place": found.place}
