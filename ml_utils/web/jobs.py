"""Jobs: processes beside the Sessions that make one file, or check one, and end. They are in no log and survive no restart.

Whoever asked looks now and then how far it is (`look`), and takes the result. What a kind of job does is in
`trainer/jobs.py`; what it is for, in the file here that asks for it.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import Refused
from ..line import Frame
from . import strict_json
from .async_mode import Offload
from .config import Config
from .launcher import Launcher
from .line_server import Line
from .orders import hashed, order_for, proves

log = logging.getLogger(__name__)
START_SECONDS = 60.0  # from asking for the process to its first word
SILENT_SECONDS = 60.0  # without a beat
KEPT_SECONDS = 1800.0  # that a job which has ended can be looked at, and its folder stays
MOST_AT_ONCE = 2  # of the server
MOST_WAITING = 16  # of the server
MOST_OF_ONE = 3  # that one person may have waiting or under way
MOST_ENDED = 4  # of one person that are kept with their folders; the oldest go first
UNKNOWN = Refused("not_found", "There is no such job.", "It may have ended a while ago: ask for it again.", "job")
ENDED = Refused("no_answer", "The process that should do this has ended.", "Try again.")
Data = dict[str, Any]


@dataclass
class Job:
    """One thing to do. `then` makes, of what the process found, what the asker is told; it may raise `Refused`."""

    id: str
    room: str
    person: str
    kind: str
    args: Data
    folder: Path  # of its own, for what it reads and makes; gone some time after its end
    then: Callable[[Data], Data]
    state: str = "waiting"  # running, done, failed
    progress: Data = field(default_factory=dict)
    result: Data = field(default_factory=dict)
    error: Data = field(default_factory=dict)
    number: int = 0  # its attempt is the negative of it
    token: str = ""  # hashed
    line: Line | None = None
    deadline: float = float("inf")
    emptied: bool = False  # its folder is gone before it is forgotten

    @property
    def live(self) -> bool:
        return self.state in ("waiting", "running")

    def told(self) -> Data:
        """Return what the asker may see."""
        return {"id": self.id, "kind": self.kind, "state": self.state, "progress": self.progress, "result": self.result,
                "error": self.error or None}


class Jobs:
    """All jobs of this server, the oldest first."""

    def __init__(self, lock: AbstractContextManager[Any], offload: Offload, launcher: Launcher, config: Config, address: str,
                 clock: Callable[[], float], numbers: Iterator[int]) -> None:
        self._lock, self._offload, self._launcher, self._config = lock, offload, launcher, config
        self._address, self._clock, self._numbers = address, clock, numbers
        self._root = config.instance / "jobs"
        self._jobs: dict[str, Job] = {}
        shutil.rmtree(self._root, ignore_errors=True)  # those of a server that ended

    # ── for those who ask ───────────────────────────────────────────────────────────────────────────────────

    def want(self, room: str, person: str, kind: str, args: Data, then: Callable[[Data], Data] = dict,
             fill: Callable[[Path], None] = lambda folder: None) -> Job:
        """Do this when its turn comes. `fill` puts what it reads into its folder, off the hub, and must take no lock.

        Raises `Refused` where too much waits already.
        """
        with self._lock:
            self._check_number(person)
        name = secrets.token_hex(8)
        job = Job(name, room, person, kind, args, (self._root / name).resolve(), then)
        try:
            job.folder.mkdir(mode=0o700, parents=True)
            self._offload(fill, job.folder)
        except BaseException as error:
            shutil.rmtree(job.folder, ignore_errors=True)
            if not isinstance(error, OSError):
                raise
            raise Refused("storage_failed", "The server could not store what this needs.",
                          "Try again in a moment; if it stays, the server's disk may be full.") from error
        self._add(job)
        return job

    def _add(self, job: Job) -> None:
        """Let it wait; raise `Refused` where others came while its folder was filled."""
        try:
            with self._lock:
                self._check_number(job.person)
                self._jobs[job.id] = job
                for old in [one for one in self._jobs.values() if one.person == job.person and not one.live][:-MOST_ENDED]:
                    old.deadline = self._clock()
                self._next()
        except Refused:
            self._offload(_remove, job.folder)
            raise

    def _check_number(self, person: str) -> None:
        live = [job for job in self._jobs.values() if job.live]
        if len(live) >= MOST_WAITING + MOST_AT_ONCE or sum(job.person == person for job in live) >= MOST_OF_ONE:
            raise Refused("busy", "Too much of this kind is waiting already.", "Try again when it is done.")

    def look(self, room: str, name: str) -> Job:
        """Return a job of a room; raise `Refused` where there is none."""
        with self._lock:
            job = self._jobs.get(name)
        if job is None or job.room != room:
            raise UNKNOWN
        return job

    def cancel(self, room: str, person: str, name: str) -> None:
        """Give one up; only who asked for it may."""
        job = self.look(room, name)
        if job.person != person:
            raise UNKNOWN
        with self._lock:
            if job.live:
                self._fail(job, Refused("cancelled", "This was cancelled.", "Ask for it again."))

    def end(self) -> None:
        """End them all, with the server."""
        with self._lock:
            for job in [job for job in self._jobs.values() if job.state == "waiting"] + self._running():
                self._fail(job, Refused("restarting", "The server is ending.", "Ask for it again when it is back."))

    # ── processes ───────────────────────────────────────────────────────────────────────────────────────────

    def _running(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.state == "running"]

    def _next(self) -> None:
        for job in [job for job in self._jobs.values() if job.state == "waiting"][:MOST_AT_ONCE - len(self._running())]:
            job.state, job.number = "running", next(self._numbers)
            order = order_for(self._config, self._address, job.room, -job.number)
            job.token, job.deadline = hashed(order["token"]), self._clock() + START_SECONDS
            try:
                self._launcher.start(order)
            except OSError:
                log.exception("cannot start a job")
                self._fail(job, Refused("no_process", "The server cannot start a process for this.", "Try again in a moment."))

    def _end(self, job: Job, state: str) -> None:
        job.state, job.deadline = state, self._clock() + KEPT_SECONDS
        if job.line:
            job.line.send({"t": "leave"})
            job.line = None
        self._next()

    def _fail(self, job: Job, why: Refused) -> None:
        if job.state == "running":
            try:
                self._launcher.kill(job.room, -job.number, hard=True)
            except OSError:
                log.exception("cannot end a job")
        job.error = why.as_answer()["error"]
        self._end(job, "failed")

    # ── what they say ───────────────────────────────────────────────────────────────────────────────────────

    def knows(self, attempt: int) -> bool:
        return any(job.number == -attempt for job in self._running())

    def hello(self, line: Line, frame: Frame) -> None:
        job = next((job for job in self._running() if job.number == -frame["attempt"]), None)
        if not job or job.line or not proves(frame.get("token"), job.token):
            line.send({"t": "refused", "reason": "not a job of this server"})
            line.close()
            return
        line.room, job.line, job.deadline = job.room, line, self._clock() + SILENT_SECONDS
        line.send({"t": "welcome", "acked": 0, "work": None, "commands": [],
                   "job": {"kind": job.kind, "args": job.args, "folder": str(job.folder)}})

    def take(self, line: Line, frame: Frame) -> None:
        """One frame of a job's process; raises ValueError where it is not what one says."""
        job = next((job for job in self._running() if job.line is line), None)
        if not job:
            return
        job.deadline = self._clock() + SILENT_SECONDS
        if frame["t"] != "job":
            return
        told = {name: frame[name] for name in ("progress", "result", "error") if name in frame}
        strict_json.dumps(told)
        if isinstance(told.get("error"), dict):
            self._fail(job, _refused(told["error"]))
        elif isinstance(told.get("result"), dict):
            self._finish(job, told["result"])
        elif isinstance(told.get("progress"), dict):
            job.progress = told["progress"]

    def _finish(self, job: Job, found: Data) -> None:
        try:
            job.result = job.then(found)
        except Refused as refused:
            self._fail(job, refused)
            return
        self._end(job, "done")

    def gone(self, line: Line) -> None:
        for job in self._running():
            if job.line is line:
                job.line = None
                self._fail(job, ENDED)

    def exited(self, attempt: int) -> None:
        for job in self._running():
            if job.number == -attempt and not job.line:
                self._fail(job, ENDED)

    def tick(self) -> None:
        """Give up those that hang or never came; forget what has ended long ago. Of what failed only the words are kept."""
        with self._lock:
            over = [job for job in self._jobs.values() if self._clock() >= job.deadline]
            for job in [job for job in over if job.live]:
                self._fail(job, Refused("no_answer", "The process that should do this gave no sign of life.", "Try again."))
            forgotten = [self._jobs.pop(job.id) for job in over if self._clock() >= job.deadline]
            failed = [job for job in self._jobs.values() if job.state == "failed" and not job.emptied]
        for job in forgotten + failed:
            job.emptied = True
            self._offload(_remove, job.folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _refused(error: Data) -> Refused:
    """Return what a process says went wrong, in the error shape."""
    code, message, hint = (str(error.get(name, ""))[:600] for name in ("code", "message", "hint"))
    return Refused(code, message, hint, str(error["field"])[:80] if error.get("field") else None)
