"""Lockstep's web process: routes, socket messages, wiring. `python app.py` serves."""

from __future__ import annotations

if __name__ == "__main__":
    from ml_utils.web.async_mode import patch

    patch()  # makes the standard library green, so before any other import

import logging
import time
from typing import Any

from flask import Flask, Response, request, send_from_directory
from flask_socketio import SocketIO, join_room, leave_room
from werkzeug.middleware.proxy_fix import ProxyFix

from ml_utils import __version__
from ml_utils.core.commands import Join
from ml_utils.core.errors import Refused, parse
from ml_utils.web import strict_json, vendor
from ml_utils.web.async_mode import drop_idle_viewers, engine_options, guard_messages, serve
from ml_utils.web.config import Config
from ml_utils.web.creator import add_creator
from ml_utils.web.downloads import add_compare_page, add_downloads
from ml_utils.web.files import add_files
from ml_utils.web.guard import Guard, hosts_of
from ml_utils.web.http import (
    NOT_FOUND,
    TOO_OFTEN,
    add_errors,
    as_json,
    checked_code,
    checked_name,
    checked_since,
    json_body,
    known_client,
    only,
    proven_client,
    told,
    with_cookie,
    zipped,
)
from ml_utils.web.identity import clean_name
from ml_utils.web.inside import add_inside
from ml_utils.web.instance import check_port
from ml_utils.web.lab import Lab
from ml_utils.web.launcher import LauncherOf, local_launcher
from ml_utils.web.pages import room_pages_of
from ml_utils.web.squeeze import add_squeezing

log = logging.getLogger("lockstep")
LARGEST_MESSAGE = 65_536  # bytes, over the socket and as JSON body
EVENTS_A_PAGE = 1000


def create_app(config: Config, launcher_of: LauncherOf = local_launcher) -> tuple[Flask, SocketIO, Lab]:
    """Return the application, its Socket.IO server and the lab behind it; `lab.start()` sets it going."""
    vendor.add_types()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_MESSAGE)
    origins = config.allowed_origins(config.port)
    socketio = SocketIO(
        app, json=strict_json, async_handlers=False, cors_allowed_origins=list(origins), ping_interval=10, ping_timeout=5,
        transports=["websocket"], manage_session=False, **engine_options(config.async_, LARGEST_MESSAGE))
    guard_messages(socketio.server, config.async_, LARGEST_MESSAGE)

    def publish(room: str, name: str, payload: Any) -> None:
        """The one function that sends to browsers."""
        socketio.emit(name, payload, to=room)

    lab = Lab(config, socketio.start_background_task, socketio.sleep, publish, launcher_of)
    lab.care.append(lambda: drop_idle_viewers(socketio.server))
    app.extensions["lab"] = lab
    add_pages(app, lab)
    add_api(app, lab)
    add_downloads(app, lab)
    add_compare_page(app, lab)
    add_creator(app, lab)
    add_inside(app, socketio, lab)
    add_files(app, lab)
    add_errors(app)
    add_squeezing(app)
    add_socket(socketio, lab)
    app.wsgi_app = Guard(app.wsgi_app, hosts_of(origins))  # type: ignore[method-assign]
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[config.proxies] * 3)  # type: ignore[method-assign]
    return app, socketio, lab


def add_pages(app: Flask, lab: Lab) -> None:
    """The pages, and the files they are made of."""
    known, show = vendor.packages(), room_pages_of(app, lab)

    @app.get("/")
    def home() -> Response:
        """The client's own room."""
        client = known_client(lab.identity) or lab.identity.new()
        return show("room.html", lab.identity.room(client), client=client)

    @app.get("/room/<code>")
    def room(code: str) -> Response:
        """Any room, by its code."""
        return show("room.html", code)

    @app.get("/vendor/<path:path>")
    def vendor_file(path: str) -> Response:
        """Third-party files from the allow-list."""
        if not vendor.allowed(path, known):
            raise NOT_FOUND
        return send_from_directory(vendor.MODULES, path, max_age=3600)

    @app.get("/healthz")
    def health() -> dict[str, Any]:
        """Whether this process answers, and how much it does."""
        return {"ok": True, "version": __version__, "trainers": len(lab.trainers.lines)}


def add_api(app: Flask, lab: Lab) -> None:
    """HTTP beside the socket: the same answers, the same error shape."""

    @app.before_request
    def limit() -> None:
        client = known_client(lab.identity)  # a whole class may share one address
        who = lab.identity.person(client) if client else request.remote_addr or ""
        if request.path.startswith("/api/") and not lab.limits["http"].allows(who, time.monotonic()):
            raise TOO_OFTEN

    @app.get("/api/session")
    def session() -> Response:
        """A fresh connect token for the client of the cookie."""
        client = known_client(lab.identity) or lab.identity.new()
        answer = {"ok": True, "token": lab.identity.connect_token(client), "room": lab.identity.room(client),
                  "name": client.name, "person": lab.identity.person(client)}
        return with_cookie(lab.identity, as_json(answer), client)

    @app.post("/api/session")
    def rename() -> Response:
        """Give oneself a name."""
        client = lab.identity.named(proven_client(lab.identity), checked_name(json_body()))
        for room in lab.people.rename(lab.identity.person(client), client.name):
            lab.announce(room)
        return with_cookie(lab.identity, as_json({"ok": True, "name": client.name}), client)

    @app.get("/api/rooms/<code>")
    def snapshot(code: str) -> Response:
        """The room's Snapshot."""
        return zipped(*lab.snapshots.of(checked_code(code)))

    @app.get("/api/rooms/<code>/events")
    def events(code: str) -> Response:
        """The log after `since`, at most 1,000 Events."""
        code, since = checked_code(code), checked_since(request.args.get("since", "0"))
        return as_json({"ok": True, "events": lab.store.events(code, since, limit=EVENTS_A_PAGE)})

    @app.get("/api/rooms/<code>/points")
    def points(code: str) -> Response:
        """A finer window of one curve."""
        return as_json({"ok": True, "points": lab.snapshots.points(checked_code(code), request.args.to_dict())})

    @app.post("/api/rooms/<code>/commands")
    def command(code: str) -> Response:
        """A Command, as over the socket."""
        client = proven_client(lab.identity)
        by = {"id": lab.identity.person(client), "name": client.name}
        return as_json(obey(lab, checked_code(code), by, json_body()))


def add_socket(socketio: SocketIO, lab: Lab) -> None:
    """What browsers say over the socket."""

    @socketio.on("connect")
    def connect(auth: object = None) -> bool:
        client = known_client(lab.identity)
        token = auth.get("token") if isinstance(auth, dict) else None
        return bool(client and lab.identity.proves(token, client)
                    and lab.people.arrive(sid(), lab.identity.person(client), client.name))

    @socketio.on("disconnect")
    def disconnect(*_: object) -> None:
        gone = lab.people.leave(sid())
        if gone and gone.room:
            lab.announce(gone.room)

    @socketio.on("join")
    def join(*sent: object) -> dict[str, Any]:
        """Join a room first, look at its log after: nothing can fall between."""
        me = lab.people.of(sid())
        if not lab.limits["join"].allows(me.person, time.monotonic()):
            raise TOO_OFTEN
        wish = parse(Join, only(sent))
        left = me.room or wish.room
        with lab.ledger.lock:
            leave_room(left)
            join_room(wish.room)
            me.room, me.name = wish.room, clean_name(wish.name or me.name)
            room = lab.ledger.room(wish.room)
            missed = room.since(wish.since)
            answer = {"ok": True, "seq": room.seq}
        for code in {left, wish.room}:
            lab.announce(code)
        return {**answer, "snapshot": True} if missed is None else {**answer, "events": missed}

    @socketio.on("command")
    def command(*sent: object) -> dict[str, Any]:
        me = lab.people.of(sid())
        if me.room is None:
            raise Refused("no_room", "You have not joined a room.", "Send join first.")
        return obey(lab, me.room, me.by, only(sent))

    @socketio.on("*")
    def unknown(name: object, *_: object) -> dict[str, Any]:
        raise Refused("unknown_message", "There is no such message.", "Messages are join and command.")

    @socketio.on_error_default
    def failed(error: Exception) -> dict[str, Any] | bool:
        answer = told(error).as_answer()
        return request.event["message"] != "connect" and answer  # type: ignore[attr-defined]  # False refuses a connection


def obey(lab: Lab, room: str, by: dict[str, Any], payload: object) -> dict[str, Any]:
    if not lab.limits["command"].allows(by["id"], time.monotonic()):
        raise TOO_OFTEN
    return lab.rooms.command(room, by, payload)


def sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def main(launcher_of: LauncherOf = local_launcher) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config = Config.read()
    check_port(config.host, config.port)
    vendor.ensure()
    app, socketio, lab = create_app(config, launcher_of)
    lab.start(ends_process=True)
    log.info("Lockstep is at %s", " and ".join(config.allowed_origins(config.port)))
    serve(socketio, app, config.async_, config.host, config.port)


if __name__ == "__main__":
    main()
