"""Routes of files: what is brought into a room, and what is taken out of it."""

from __future__ import annotations

from flask import Flask

from .export_routes import add_export, add_weights
from .image_routes import add_images
from .job_routes import add_jobs
from .lab import Lab
from .opening import add_opening
from .run_folder import add_run_folder
from .taking import add_taking
from .upload_routes import add_uploads


def add_files(app: Flask, lab: Lab) -> None:
    """Register all of them; the limit of requests to /api/ holds for them as for all others."""
    add_jobs(app, lab)
    add_uploads(app, lab)
    add_images(app, lab)
    add_export(app, lab)
    add_weights(app, lab)
    add_run_folder(app, lab)
    add_taking(app, lab)
    add_opening(app, lab)
