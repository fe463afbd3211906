"""`train --join`: a server trains the recipe as a live room, the terminal shows it and keeps a run folder of it."""

from __future__ import annotations

import argparse
import re
import zipfile
from pathlib import Path
from typing import Any

from .. import logs, recipes
from ..core.blueprint import Blueprint
from ..core.errors import Refused
from ..core.settings import Settings, whole
from ..core.snapshot import Fact, State
from ..core.timeline import fold
from . import exits
from .display import Display
from .folder import TextLog
from .ledger import LOG
from .names import make_folder
from .output import Output
from .overrides import asked_for, run_name
from .people import person
from .server import Gone, Server
from .signals import Signals
from .told import Teller, farewell, outcome

CODE = re.compile(r"[23456789abcdefghjkmnpqrstvwxyz]{8}")
POLL_SECONDS = 0.25
JOB_SECONDS = 0.5
DONE = ("finished", "stopped_early")
NOT_HERE = ("device", "threads")


def join(args: argparse.Namespace, output: Output, runs: str) -> int:
    """Train in a room; return the exit code."""
    _check(args)
    blueprint, settings, base = asked_for(args)
    server = Server(args.server, args.join)
    state = _started(server, blueprint, settings)
    name = run_name(args, blueprint, base)
    folder = make_folder(Path(args.runs or runs), name, args.name is not None)
    (folder / "recipe.yaml").write_text(recipes.recipe(blueprint, settings), encoding="utf-8")
    with Signals() as signals, Display(output.console, state, args.quiet or args.json) as display:
        return _Joined(server, state, folder, signals, display, output).follow()


def _started(server: Server, blueprint: Blueprint, settings: Settings) -> State:
    """Begin the run in the room; return the Snapshot of before."""
    try:
        server.enter(person()["name"])
        state: State = server.room("")["snapshot"]
        asked = whole(settings.model_dump(mode="json"), state["settings"])
        server.command("new_run", {"blueprint": blueprint.model_dump(mode="json"), "settings": asked})
        server.command("start", {"epochs": settings.epochs})
    except Gone as gone:
        raise Refused("no_server", f"There is no lab at {server.url} ({gone}).",
                      "Start one with `python app.py`, or name another with --server.", "server") from None
    return state


def _check(args: argparse.Namespace) -> None:
    if not CODE.fullmatch(args.join):
        raise Refused("invalid", f"{args.join[:40]!r} is no code of a room.", "It has 8 signs; its page shows it.", "join")
    for name in NOT_HERE:
        if getattr(args, name) is not None:
            raise Refused("options", f"--{name} and --join exclude each other: the server decides that.",
                          f"Leave out --{name}.", name)


class _Joined:
    """One run of a room, seen from a terminal."""

    def __init__(self, server: Server, state: State, folder: Path, signals: Signals, display: Display, output: Output) -> None:
        self._server, self._state, self._folder, self._signals = server, state, folder, signals
        self._display, self._output = display, output
        self._teller = Teller(output)
        self._seen = [TextLog(folder / "logs" / "log.txt").see, display.see, self._teller.see]
        self._interrupted = False

    def follow(self) -> int:
        """Show the training until it stands still, then keep its log."""
        try:
            self._poll()
            self._teller.started(self._state, str(self._folder), "server")
            while self._training() and self._signals.count < 2:
                self._interrupt()
                self._signals.wait(POLL_SECONDS)
                self._poll()
                self._display.tick()
            return self._end()
        except Gone as gone:
            self._display.close()
            self._output.console.print(f"The server at {self._server.url} does not answer any more ({gone}). The room trains "
                                       "on as soon as the server does.", markup=False, soft_wrap=True)
            return exits.FAILED

    def _poll(self) -> None:
        """Take what has happened since."""
        events: list[Fact] = self._server.room(f"/events?since={self._state['seq']}")["events"]
        for fact in events:
            fold(self._state, fact)
            for see in self._seen:
                see(fact)

    def _training(self) -> bool:
        session = self._state["session"]
        return session["status"] == "training" or session["waiting"] is not None

    def _interrupt(self) -> None:
        if self._signals.count and not self._interrupted:
            self._interrupted = True
            try:
                self._server.command("interrupt", {})
            except Refused:  # it stands still by now
                pass

    def _end(self) -> int:
        left = self._training()
        self._display.note("Fetching the log …")
        self._keep_log()
        missing = None if left else self._fetch_folder()
        self._display.close()
        self._output.tell("ended", **outcome(self._state), folder=str(self._folder))
        if missing:
            self._output.console.print(f"The run folder is not complete: {missing}", markup=False, soft_wrap=True)
        if left:
            self._output.say(f"The room trains on: {self._server.url}/room/{self._server.code}")
        else:
            self._output.say(farewell(self._state, str(self._folder)))
        if self._state["session"]["reason"] in DONE and not left:
            return exits.FAILED if missing else exits.DONE
        return self._signals.code if self._signals.count else exits.FAILED

    def _keep_log(self) -> None:
        """Write the whole log of the room, by which it can be opened elsewhere."""
        facts: list[Fact] = []
        while page := self._server.room(f"/events?since={facts[-1]['seq'] if facts else 0}")["events"]:
            facts += page
        logs.write(self._folder / LOG, self._server.code, facts)

    def _fetch_folder(self) -> str | None:
        """Have the server make the run folder, and unpack it here; return why that did not work."""
        try:
            job = f"/jobs/{self._server.post('/folder', {})['job']}"
            while (found := self._server.room(job)["job"])["state"] in ("waiting", "running"):
                if self._signals.wait(JOB_SECONDS):
                    return "it was given up."
            if found["error"]:
                return f"{found['error']['message']} {found['error']['hint']}"
            file = self._folder / ".folder.zip"
            self._server.download(f"{job}/file", file)
            _unpack(file, self._folder)
        except Refused as refused:
            return f"{refused} {refused.hint}"
        except (zipfile.BadZipFile, OSError) as error:
            return f"{error}."
        return None


def _unpack(file: Path, folder: Path) -> None:
    """Put the files of a ZIP into a folder, without the one folder that all of them are in; then remove it."""
    with zipfile.ZipFile(file) as found:
        infos: list[Any] = [info for info in found.infolist() if not info.is_dir()]
        tops = {info.filename.partition("/")[0] for info in infos}
        for info in infos:
            if len(tops) == 1 and "/" in info.filename:
                info.filename = info.filename.partition("/")[2]
            found.extract(info, folder)  # leaves out what would lead elsewhere
    file.unlink()
