"""Routes of files that people send in pieces."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from ..core.errors import Refused, parse
from .downloads import charge, number
from .http import NO_TOKEN, as_json, json_body, known_client, proven_client
from .lab import Lab
from .uploads import CHUNK, LARGEST, Upload, Wish

KIND = "application/octet-stream"


def add_uploads(app: Flask, lab: Lab) -> None:
    """Register the routes; whoever began an upload goes on with it, and nobody else sees it."""

    def me() -> str:
        return lab.identity.person(proven_client(lab.identity))

    @app.post("/api/uploads")
    def begin_upload() -> Response:
        """Begin to send a file, or go on with one."""
        person = me()
        charge(lab)
        return _told(lab.uploads.begin(person, parse(Wish, json_body())), chunk=CHUNK)

    @app.get("/api/uploads/<id>")
    def upload(id: str) -> Response:
        """How much of a file is here."""
        client = known_client(lab.identity)
        if client is None:
            raise NO_TOKEN
        return _told(lab.uploads.look(lab.identity.person(client), id))

    @app.put("/api/uploads/<id>")
    def take_piece(id: str) -> Response:
        """The next piece."""
        person, at = me(), number("at", LARGEST)
        lab.uploads.look(person, id)
        if at is None or request.mimetype != KIND:
            raise Refused("invalid", "This is no piece of a file.", f"Send ?at=<offset> and Content-Type: {KIND}.", "at")
        request.max_content_length = CHUNK  # this route's own limit
        return _told(lab.uploads.take(person, id, at, request.get_data(cache=False)))

    @app.delete("/api/uploads/<id>")
    def drop_upload(id: str) -> Response:
        """Give up an upload."""
        lab.uploads.drop(me(), id)
        return as_json({"ok": True})


def _told(row: Upload, **more: Any) -> Response:
    return as_json({"ok": True, **row.told(), **more})
