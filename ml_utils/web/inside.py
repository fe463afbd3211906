"""Looking inside: its page, and questions about the network over the socket and over HTTP."""

from __future__ import annotations

import queue
import time
from typing import Any

from flask import Flask, Response, request
from flask_socketio import SocketIO

from ..core.errors import Refused
from .evaluations import add_evaluations
from .http import TOO_OFTEN, as_json, checked_code, json_body, only, proven_client
from .lab import Lab
from .marks import add_marks
from .pages import room_pages_of
from .pictures import add_pictures
from .questions import LATE, PATIENCE


def add_inside(app: Flask, socketio: SocketIO, lab: Lab) -> None:
    """Register all routes and messages."""
    add_inside_page(app, lab)
    add_questions(app, socketio, lab)
    add_evaluations(app, lab)
    add_pictures(app, lab)
    add_marks(app, lab)


def add_inside_page(app: Flask, lab: Lab) -> None:
    """The page."""
    show = room_pages_of(app, lab)

    @app.get("/room/<code>/inside")
    def inside(code: str) -> Response:
        """Look inside the room's network together."""
        return show("inside.html", code, "/inside")


def add_questions(app: Flask, socketio: SocketIO, lab: Lab) -> None:
    """`ask` is answered twice: at once with whether it was taken, and later by `answer`."""

    @socketio.on("ask")
    def ask(*sent: object) -> dict[str, Any]:
        sid = str(request.sid)  # type: ignore[attr-defined]
        me, payload = lab.people.of(sid), only(sent)
        if me.room is None:
            raise Refused("no_room", "You have not joined a room.", "Send join first.")
        _charge(lab, me.person)
        name = payload.get("id") if isinstance(payload, dict) else None
        lab.questions.ask(me.room, sid, payload, lambda answer: lab.tell(sid, "answer", {"id": name, "answer": answer}))
        return {"ok": True}

    @app.post("/api/rooms/<code>/ask")
    def ask_over_http(code: str) -> Response:
        """A question, as over the socket; the answer comes when it is there."""
        person = lab.identity.person(proven_client(lab.identity))
        _charge(lab, person)
        answers: queue.Queue[dict[str, Any]] = queue.Queue()
        lab.questions.ask(checked_code(code), person, json_body(), answers.put)
        try:
            return as_json(answers.get(timeout=PATIENCE + 5))
        except queue.Empty:
            return as_json(LATE)


def _charge(lab: Lab, person: str) -> None:
    if not lab.limits["ask"].allows(person, time.monotonic()):
        raise TOO_OFTEN
