"""Routes of own images: let an archive be inspected, keep what came of it, list, drop."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.routing import BaseConverter

from ..core.errors import parse
from .decision import By
from .downloads import charge
from .http import as_json, checked_code, json_body, packed, proven_client, zipped
from .images import Inspect, Keep
from .lab import Lab


class OwnName(BaseConverter):
    """The name of own images in an address."""

    regex = "own_[0-9a-f]{16}"


def add_images(app: Flask, lab: Lab) -> None:
    """Register the routes. Nobody gets an archive, or an image as it was in one, back out of the lab."""
    app.url_map.converters["own"] = OwnName

    def me() -> By:
        client = proven_client(lab.identity)
        return {"id": lab.identity.person(client), "name": client.name}

    @app.get("/api/rooms/<code>/images")
    def own_images(code: str) -> Response:
        """What the room keeps, and what others share."""
        found = lab.images.listed(checked_code(code))
        return zipped(*lab.offload(lambda: packed({"ok": True, **found})))

    @app.post("/api/rooms/<code>/images")
    def inspect_images(code: str) -> Response:
        """Let a process apart make a dataset of an upload."""
        by = me()
        charge(lab)
        return as_json({"ok": True, "job": lab.images.inspect(checked_code(code), by["id"], parse(Inspect, json_body())).id})

    @app.post("/api/rooms/<code>/images/keep")
    def keep_images(code: str) -> Response:
        """Keep what came of it."""
        return as_json({"ok": True, "name": lab.images.keep(checked_code(code), me(), parse(Keep, json_body()))})

    @app.delete("/api/rooms/<code>/images/<own:name>")
    def drop_images(code: str, name: str) -> Response:
        """Take images out of the room."""
        lab.images.drop(checked_code(code), me(), name)
        return as_json({"ok": True})
