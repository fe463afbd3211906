"""Routes of the model creator: its page and tables, what the rules say of a network, code and YAML, people's libraries."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from .. import recipes
from ..core import rules
from ..core.blueprint import Blueprint, Sketch
from ..core.code import SOURCES, script
from ..core.errors import Refused, parse
from ..core.kinds.table import kinds_table
from ..core.settings import Settings
from ..core.templates import templates_table
from .decision import settings_for
from .downloads import charge, download, unknown
from .drafting import present
from .http import as_json, checked_code, json_body, known_client, packed, proven_client, zipped
from .lab import Lab
from .library import Keeping, Library
from .pages import room_pages_of
from .warm import warmth

TRAINER = Path(__file__).parents[1] / "trainer"  # read as text: what a script of a network uses of it
State = dict[str, Any]


def add_creator(app: Flask, lab: Lab) -> None:
    """Register all routes; the limit of requests to /api/ holds for them as for all others."""
    add_creator_page(app, lab)
    add_reports(app, lab)
    add_exports(app, lab)
    add_library(app, lab)


def add_creator_page(app: Flask, lab: Lab) -> None:
    """The page, and what it has to know before anybody has chosen anything."""
    show = room_pages_of(app, lab)
    limits = {"memory": lab.config.network_memory, "step_macs": rules.STEP_MACS, "step_passes": rules.STEP_PASSES,
              "parameter_bytes": rules.BYTES * rules.COPIES, "kept_bytes": rules.BYTES * rules.PASSES}
    tables = packed({"ok": True, "kinds": kinds_table(), "templates": templates_table(), "limits": limits})

    @app.get("/room/<code>/creator")
    def creator(code: str) -> Response:
        """Make a network together."""
        return show("creator.html", code, "/creator")

    @app.get("/api/creator")
    def creator_tables() -> Response:
        """All kinds of layers, all ready networks, and how large a network may be."""
        return zipped(*tables)


def add_reports(app: Flask, lab: Lab) -> None:
    """What the rules say of networks of a room."""

    @app.get("/api/rooms/<code>/report")
    def report(code: str) -> Response:
        """Shapes, sizes and costs of the present Blueprint, or of that of a Run."""
        run, state = request.args.get("run"), _state(lab, code)
        blueprint = state["blueprint"] if run is None else _run(state, run)["blueprint"]
        return zipped(*lab.offload(lambda: packed({
            "ok": True, "blueprint": blueprint, "report": rules.report(Sketch.model_validate(blueprint))})))

    @app.get("/api/rooms/<code>/warm")
    def warm(code: str) -> Response:
        """Which weights of the present network the draft could begin with."""
        state = _state(lab, code)
        return as_json({"ok": True, **lab.offload(lambda: warmth(state, Sketch.model_validate(present(state))))})


def add_exports(app: Flask, lab: Lab) -> None:
    """A network as a file, and back."""
    parts = "\n".join((TRAINER / name).read_text(encoding="utf-8") for name in SOURCES)

    @app.get("/api/rooms/<code>/network.py")
    def network_code(code: str) -> Response:
        """A script that builds and trains the same network without the lab."""
        blueprint, settings, name, warm = _asked(_state(lab, code))
        text = lab.offload(lambda: script(Blueprint.model_validate(blueprint), Settings.model_validate(settings), parts, warm))
        return download(text, f"lockstep-{code}-{name}.py", "text/x-python")

    @app.get("/api/rooms/<code>/network.yaml")
    def network_yaml(code: str) -> Response:
        """The Blueprint, as it can be read again."""
        blueprint, _, name, _ = _asked(_state(lab, code))
        return download(lab.offload(recipes.written, blueprint), f"lockstep-{code}-{name}.yaml", "application/yaml")

    @app.post("/api/blueprint")
    def read_blueprint() -> Response:
        """What a YAML text describes; nothing is changed by it."""
        proven_client(lab.identity)
        body = json_body()
        text = body["yaml"] if isinstance(body, dict) and set(body) == {"yaml"} else None
        if not isinstance(text, str):
            raise Refused("invalid", "What is sent is no YAML text.", 'Send {"yaml": "…"}.', "yaml")
        charge(lab)
        return as_json({"ok": True, **lab.offload(recipes.opened, text)})


def add_library(app: Flask, lab: Lab) -> None:
    """Networks that a person keeps for all rooms."""
    library = Library(lab.ledger, time.time, lab.images.check)

    @app.get("/api/library")
    def own_library() -> Response:
        """One's own Blueprints, with the best that such a network reached."""
        client = known_client(lab.identity)
        if client is None:
            return as_json({"ok": True, "blueprints": []})
        person, room = lab.identity.person(client), lab.identity.room(client)

        def knows(code: str) -> bool:
            return code == room or person in [one["id"] for one in lab.people.here(code)]

        return as_json({"ok": True, "blueprints": library.of(person, knows)})

    @app.post("/api/library")
    def keep_blueprint() -> Response:
        """Keep a Blueprint under a name."""
        person = lab.identity.person(proven_client(lab.identity))
        return as_json({"ok": True, "id": library.keep(person, parse(Keeping, json_body()))})

    @app.delete("/api/library/<id>")
    def drop_blueprint(id: str) -> Response:
        """Take one out."""
        library.drop(lab.identity.person(proven_client(lab.identity)), id)
        return as_json({"ok": True})


def _state(lab: Lab, code: str) -> State:
    """Return what is needed here of a Snapshot, as it is now. A Blueprint is never changed in place."""
    with lab.ledger.lock:
        state = lab.ledger.room(checked_code(code)).state
        return {**state, "runs": dict(state["runs"]), "branches": {name: dict(row) for name, row in state["branches"].items()},
                "session": dict(state["session"]), "checkpoints": list(state["checkpoints"]), "passing": list(state["passing"])}


def _run(state: State, run: str) -> dict[str, Any]:
    if run not in state["runs"]:
        raise unknown("run")
    found: dict[str, Any] = state["runs"][run]
    return found


def _asked(state: State) -> tuple[dict[str, Any], dict[str, Any], str, dict[str, Any] | None]:
    """Return Blueprint and Settings of what the query names, its name and its warm start: a Run as it began, or the draft."""
    of = request.args.get("of", "draft")
    if of != "draft":
        run = _run(state, of)
        return run["blueprint"], run["settings"], of, run.get("warm")
    blueprint = present(state)
    return blueprint, settings_for(state, blueprint, {}), of, None
