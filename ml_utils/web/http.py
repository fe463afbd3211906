"""What every route shares: the error shape, strict JSON, whose request it is."""

from __future__ import annotations

import gzip
import hashlib
import logging
import secrets
from typing import Any

import segno
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from ..core.errors import Refused
from . import strict_json
from .identity import CODE, COOKIE, Client, Identity

log = logging.getLogger(__name__)
COOKIE_SECONDS = 365 * 24 * 3600
LONGEST_NAME = 200  # as sent; 40 signs are kept
NOT_FOUND = Refused("not_found", "There is no such page or room.", "Room codes have 8 signs; open / for your own room.")
NO_TOKEN = Refused("no_token", "This request carries no valid token.", "Get one from GET /api/session and send it as "
                   "X-Lockstep-Token (HTTP) or auth.token (Socket.IO).")
TOO_OFTEN = Refused("too_often", "Too many requests in a short time.", "Wait a moment.")
STATUS = {"not_found": 404, "unknown_series": 404, "no_token": 403, "too_often": 429, "storage_failed": 503,
          "restarting": 503, "invalid": 400, "not_json": 400}


def add_errors(app: Flask) -> None:
    """Every error in the one shape; pages for people, JSON for programs."""

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[Any, int]:
        refused, status = told(error), status_of(error)
        if request.path.startswith("/api/") or request.accept_mimetypes.best != "text/html":
            return as_json(refused.as_answer()), status
        return render_template("error.html", status=status, message=refused.message, hint=refused.hint), status


def told(error: Exception) -> Refused:
    """Return what may be said about an error; what we did not foresee goes to the log under a number."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):
        name = error.name or "Error"
        return NOT_FOUND if error.code == 404 else Refused(
            name.lower().replace(" ", "_"), f"{name}.", "Check address, method and size of the request.")
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return Refused("internal", f"Something went wrong here (incident {incident}).", "Try again; the server's log says more.")


def status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or 500
    return STATUS.get(error.code, 409) if isinstance(error, Refused) else 500


def as_json(value: Any) -> Response:
    return Response(strict_json.dumps(value), mimetype="application/json", headers={"Cache-Control": "no-store"})


def json_body() -> Any:
    """Return the request's body; raise `Refused` where it is not strict JSON."""
    if request.mimetype != "application/json":
        raise Refused("not_json", "The body is not JSON.", "Send Content-Type: application/json.")
    try:
        return strict_json.loads(request.get_data())
    except strict_json.BadJson as error:
        raise Refused("not_json", f"The body is not strict JSON: {error}.", "Send one JSON object in UTF-8.") from None


def checked_code(code: str) -> str:
    if not CODE.fullmatch(code):
        raise NOT_FOUND
    return code


def only(sent: tuple[object, ...]) -> object:
    """Return the one payload of a message over the socket."""
    if len(sent) != 1:
        raise Refused("invalid", f"A message has one payload, not {len(sent)}.", "Send one object.")
    return sent[0]


def checked_name(body: object) -> str:
    name = body["name"] if isinstance(body, dict) and set(body) == {"name"} else None
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise Refused("invalid", "A name is a text of up to 40 signs.", 'Send {"name": "…"}.', "name")
    return name


def checked_since(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refused("invalid", "since is not a number.", "Use the number of the last Event you have.", "since")
    return int(text)


def packed(value: Any) -> tuple[bytes, str]:
    """Return a gzipped JSON body and its entity tag."""
    body = gzip.compress(strict_json.dumps(value).encode(), 4, mtime=0)
    return body, hashlib.sha256(body).hexdigest()[:20]


def zipped(body: bytes, tag: str) -> Response:
    """Return a gzipped JSON body as the browser takes it: with its entity tag, or only the news that it has it already."""
    takes = request.accept_encodings.best_match(["gzip"]) is not None
    response = Response(body if takes else gzip.decompress(body), mimetype="application/json")
    response.headers["Cache-Control"], response.headers["Vary"] = "no-cache", "Accept-Encoding"
    if takes:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(tag if takes else f"{tag}-plain")
    response.make_conditional(request)
    return response


def known_client(identity: Identity) -> Client | None:
    """Return the client of the request's cookie."""
    return identity.read(request.cookies.get(COOKIE))


def proven_client(identity: Identity) -> Client:
    """Return the client of a request that may change something: cookie and token, both ours and of one client."""
    client = known_client(identity)
    if client is None or not identity.proves(request.headers.get("X-Lockstep-Token"), client):
        raise NO_TOKEN
    return client


def with_cookie(identity: Identity, response: Response, client: Client) -> Response:
    response.set_cookie(COOKIE, identity.cookie(client), max_age=COOKIE_SECONDS, httponly=True, samesite="Lax",
                        secure=request.is_secure)
    return response


def qr_code(link: str) -> str:
    """Return a link as a QR code in SVG; dark on light in every theme, or no camera reads it."""
    return str(segno.make(link, error="m").svg_inline(scale=4, border=2, light="#fff"))
