"""Routes of jobs: how far one is, giving it up, the file it made."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_file

from .http import as_json, checked_code, proven_client
from .jobs import UNKNOWN
from .lab import Lab


def add_jobs(app: Flask, lab: Lab) -> None:
    """Register the routes. A job whose result has `file` (in its folder) and `name` can be downloaded."""

    @app.get("/api/rooms/<code>/jobs/<name>")
    def job(code: str, name: str) -> Response:
        """How far a job is; its result, or why there is none."""
        return as_json({"ok": True, "job": lab.jobs.look(checked_code(code), name).told()})

    @app.delete("/api/rooms/<code>/jobs/<name>")
    def cancel(code: str, name: str) -> Response:
        """Give up a job that one has asked for."""
        lab.jobs.cancel(checked_code(code), lab.identity.person(proven_client(lab.identity)), name)
        return as_json({"ok": True})

    @app.get("/api/rooms/<code>/jobs/<name>/file")
    def job_file(code: str, name: str) -> Response:
        """What a job made, as a file."""
        found = lab.jobs.look(checked_code(code), name)
        file = found.folder / Path(str(found.result.get("file", ""))).name
        if found.state != "done" or not file.is_file():
            raise UNKNOWN
        response = send_file(file, "application/octet-stream", as_attachment=True, download_name=found.result["name"])
        response.headers["Cache-Control"] = "no-store"
        return response
