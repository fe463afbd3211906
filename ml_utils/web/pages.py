"""How a page is made: its template with nonce, import map, catalogue and cookie."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, render_template, request

from .. import __version__
from ..core.catalogue import catalogue
from . import strict_json
from .guard import CSP
from .http import checked_code, known_client, qr_code, with_cookie
from .identity import Client
from .lab import Lab
from .modules import Modules

Show = Callable[..., Response]


def pages_of(app: Flask, lab: Lab) -> Show:
    """Return ``show(template, client, **values)``: a page with its nonce, import map, catalogue and cookie."""
    import_map = Path(app.static_folder or "").joinpath("lib", "importmap.json").read_text()
    modules = Modules(Path(app.static_folder or ""))
    tables = strict_json.dumps(catalogue(lab.config.room_quota)).replace("<", "\\u003c")

    def show(template: str, client: Client, **values: Any) -> Response:
        nonce = secrets.token_urlsafe(16)
        response = make_response(render_template(
            template, csp_nonce=nonce, import_map=import_map, modules=modules, catalogue=tables, version=__version__, **values))
        csp = CSP.replace("script-src 'self'", f"script-src 'self' 'nonce-{nonce}'")
        response.headers.update({"Content-Security-Policy": csp, "Cache-Control": "no-store"})
        return with_cookie(lab.identity, response, client)

    return show


def room_pages_of(app: Flask, lab: Lab) -> Show:
    """Return ``show(template, code, part, client)``: a page of a room, for whoever asks unless a client is given.

    `part`: how its address ends.
    """
    page = pages_of(app, lab)

    def show(template: str, code: str, part: str = "", client: Client | None = None) -> Response:
        who = client or known_client(lab.identity) or lab.identity.new()
        link = f"{lab.config.shared_url(request.host_url)}room/{checked_code(code)}{part}"
        return page(template, who, room=code, token=lab.identity.connect_token(who), name=who.name,
                    person=lab.identity.person(who), link=link, qr=qr_code(link))

    return show
