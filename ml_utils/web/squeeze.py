"""Files of the page travel compressed: it is a hundred small modules, and a class opens it all at once."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TYPES = {"text/javascript", "text/css", "image/svg+xml"}  # not pages: they hold a token, and lengths would tell of it
FILES = ("/static/", "/vendor/")
LEAST = 600  # bytes; less is not worth it


def add_squeezing(app: Flask) -> None:
    """Compress these files where the browser takes that; each version of a file once."""
    made: dict[str, tuple[str, bytes]] = {}  # by path, no more than there are files: the version and its body

    @app.after_request
    def squeeze(response: Response) -> Response:
        if not request.path.startswith(FILES) or response.mimetype not in TYPES or response.status_code != 200:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.best_match(["gzip"]) is None or request.method != "GET":
            return response
        version = response.get_etag()[0] or ""
        if made.get(request.path, ("", b""))[0] != version:
            response.direct_passthrough = False
            made[request.path] = version, gzip.compress(response.get_data(), 6, mtime=0)
        body = made[request.path][1]
        if (response.content_length or LEAST) >= LEAST:
            response.direct_passthrough = False
            response.set_data(body)
            response.content_encoding = "gzip"
        return response
