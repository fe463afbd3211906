"""Routes of models as files: a stored one is taken out in a format, weights are brought in; jobs do both."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from flask import Flask, Response
from pydantic import Field

from ..core.errors import parse
from ..core.fields import Identifier
from ..core.formats import FormatName
from ..core.settings import MAX_EPOCHS, Strict
from ..core.which import chosen
from .downloads import charge
from .http import as_json, checked_code, json_body, proven_client
from .lab import Lab
from .subjects import of_checkpoint

Epoch = Annotated[int, Field(ge=0, le=MAX_EPOCHS)]


class Export(Strict):
    """The model at an epoch of a Branch: its number, the best by the setting `watch`, or the last that is kept."""

    branch: Identifier
    epoch: Epoch | Literal["best", "last"]
    format: FormatName


def add_export(app: Flask, lab: Lab) -> None:
    """Register the route; the file is downloaded as that of any job."""

    @app.post("/api/rooms/<code>/export")
    def export(code: str) -> Response:
        """Make a file of a stored model."""
        person = lab.identity.person(proven_client(lab.identity))
        wish = parse(Export, json_body())
        args = _args(lab, checked_code(code), wish)
        charge(lab)
        return as_json({"ok": True, "job": lab.jobs.want(code, person, "export", args).id})


class Bring(Strict):
    """Check this upload."""

    upload: Identifier


def add_weights(app: Flask, lab: Lab) -> None:
    """Register the route; how far it is, and the report, are read as those of any job."""

    @app.post("/api/rooms/<code>/weights")
    def weights(code: str) -> Response:
        """Check a safetensors file that was sent, name by name; a new Run may begin with it then."""
        person = lab.identity.person(proven_client(lab.identity))
        lab.ledger.room(checked_code(code))
        wish = parse(Bring, json_body())
        file = lab.uploads.file(person, wish.upload)
        charge(lab)
        folders: list[Path] = []

        def fill(folder: Path) -> None:
            folders.append(folder)
            _moved(file, folder / "upload")

        job = lab.jobs.want(code, person, "check_weights", {"file": "upload", "memory": lab.config.network_memory},
                            lambda report: lab.weights.keep(folders[0] / "weights.safetensors", report), fill)
        lab.uploads.drop(person, wish.upload)
        return as_json({"ok": True, "job": job.id})


def _moved(file: Path, target: Path) -> None:
    """Let a file be known by another name, too; where that cannot be, by that one alone."""
    try:
        os.link(file, target)
    except OSError:
        file.replace(target)


def _args(lab: Lab, code: str, wish: Export) -> dict[str, Any]:
    with lab.ledger.lock:
        state = lab.ledger.room(code).state
        row = chosen(state, f"{wish.branch}:{wish.epoch}")
        subject = of_checkpoint(state, wish.branch, row)
    batch = f"-batch{row['batch']}" if row["batch"] else ""
    return {"subject": subject.model_dump(mode="json"), "format": wish.format,
            "name": f"lockstep-{code}-{wish.branch}-epoch{row['epoch']}{batch}"}
