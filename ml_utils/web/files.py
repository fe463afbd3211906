"""Routes of files: what is brought into a room, and what is taken out of it."""

from __future__ import annotations

from flask import Flask

from .job_routes import add_jobs
from .lab import Lab


def add_files(app: Flask, lab: Lab) -> None:
    """Register all of them; the limit of requests to /api/ holds for them as for all others."""
    add_jobs(app, lab)
