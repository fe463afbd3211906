"""An in-process lab (threading mode) with fake trainers, and what a browser would use to talk to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from ml_utils.core.snapshot import apply
from ml_utils.web import store
from ml_utils.web.config import Config
from ml_utils.web.lab import Lab
from ml_utils.web.limits import Limiter
from tests.trainers import FakeLauncher, FakeTrainer
from tests.waiting import until

HOST = "localhost:5000"


class Bench:
    """One server in this process, its launcher, and browsers."""

    def __init__(self, instance: Path, kinds: tuple[type[FakeTrainer], ...], launcher: Any = None, **settings: Any) -> None:
        self.config = Config(instance=instance, LOCKSTEP_ASYNC="threading", **settings)
        self.launcher: Any = launcher or FakeLauncher(*kinds)
        self.app, self.socketio, self.lab = create_app(self.config, lambda _: self.launcher)
        self.lab.start()
        self.browsers: list[Browser] = []

    def browser(self) -> Browser:
        one = Browser(self)
        self.browsers.append(one)
        return one

    def rows(self) -> dict[str, int]:
        """Return how many rows each table of the store has."""
        with self.lab.store.engine.connect() as reader:
            return {name: reader.execute(select(func.count()).select_from(table)).scalar_one()
                    for name, table in store._meta.tables.items()}

    def trace(self, *rooms: str) -> Any:
        """Return all that a refused wish must leave as it is."""
        states = [self.lab.ledger.snapshot(code) for code in rooms]
        last = [(fact["seq"], fact["name"], fact["data"]) for code, state in zip(rooms, states, strict=True)
                for fact in self.lab.store.events(code, state["seq"] - 2)]  # a failure tells what came
        return last, self.rows(), states, self.lab.people.here((*rooms, "")[0])

    def without_limits(self) -> Bench:
        """Let tests ask as often as they like."""
        self.lab.limits = {name: Limiter(1e9, 10**9) for name in self.lab.limits}
        return self

    def close(self) -> None:
        for one in self.browsers:
            one.leave()
        self.lab.stopper()
        until(lambda: self.lab.closed, what="the end of the lab")


class Browser:
    """A client with its cookie, token, socket, and the page's fold."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.http: FlaskClient = bench.app.test_client()
        session = self.get("/api/session").get_json()
        self.token, self.room, self.person = session["token"], session["room"], session["person"]
        self.socket: Any = None
        self.state: dict[str, Any] = {}
        self.asked = 0

    def get(self, path: str, **options: Any) -> Any:
        return self.http.get(path, base_url=f"http://{HOST}", **options)

    def post(self, path: str, body: Any, token: str | None = None) -> Any:
        headers = {"X-Lockstep-Token": self.token if token is None else token}
        return self.http.post(path, json=body, headers=headers, base_url=f"http://{HOST}")

    def connect(self) -> Browser:
        self.socket = self.bench.socketio.test_client(
            self.bench.app, flask_test_client=self.http, auth={"token": self.token})
        return self

    def join(self, room: str | None = None, since: int | None = None, name: str | None = None) -> dict[str, Any]:
        answer = self.ask("join", {"room": room or self.room, "since": since, "name": name})
        if answer.get("snapshot"):
            self.state = self.get(f"/api/rooms/{room or self.room}").get_json()["snapshot"]
        for event in answer.get("events", ()):
            self.fold(event)
        return answer

    def fold(self, event: dict[str, Any]) -> None:
        if event["seq"] > self.state["seq"]:
            assert event["seq"] == self.state["seq"] + 1, "a gap"
            apply(self.state, event["patch"])

    def command(self, name: str, args: dict[str, Any] | None = None, id: str | None = None) -> dict[str, Any]:
        self.asked += 1
        wish = {"id": id or f"{self.person}-{self.asked}", "name": name, "args": args or {}}
        return self.ask("command", wish)

    def ask(self, name: str, payload: Any) -> dict[str, Any]:
        """Return the answer as it would come over a line: the test client hands over the server's own objects."""
        answer: dict[str, Any] = json.loads(json.dumps(self.socket.emit(name, payload, callback=True)))
        return answer

    def listen(self) -> list[dict[str, Any]]:
        """Fold what has arrived and return it."""
        events = [message["args"][0] for message in self.socket.get_received() if message["name"] == "event"]
        for event in events:
            self.fold(event)
        return events

    def sees(self, look: Callable[[dict[str, Any]], Any], what: str = "it") -> dict[str, Any]:
        def now() -> Any:
            self.listen()
            return look(self.state)

        until(now, what=what)
        return self.state

    def status(self, wanted: str) -> dict[str, Any]:
        return self.sees(lambda state: state["session"]["status"] == wanted, f"status {wanted}")

    def leave(self) -> None:
        if self.socket and self.socket.is_connected():
            self.socket.disconnect()


@pytest.fixture
def bench_of(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Make a lab with these kinds of trainers."""
    made: list[Bench] = []

    def make(*kinds: type[FakeTrainer], **settings: Any) -> Bench:
        settings.setdefault("max_trainers", 2)
        made.append(Bench(settings.pop("instance", tmp_path / "instance"), kinds, **settings))
        return made[-1]

    yield make
    for one in made:
        if not one.lab.closed:
            one.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One lab for all tests of a file, without limits of how often; for tests that leave it as it was."""
    bench = Bench(tmp_path_factory.mktemp("shared") / "instance", (), max_trainers=2).without_limits()
    yield bench
    bench.close()


@pytest.fixture
def lab(bench_of: Callable[..., Bench]) -> Lab:
    return bench_of().lab


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """No test may leave a traceback in the log, unless it says which (`allows_traceback`)."""
    yield
    if not request.node.get_closest_marker("allows_traceback"):
        loud = [record.getMessage() for record in caplog.get_records("call")
                if record.levelno >= logging.ERROR or record.exc_info]
        assert not loud, loud
