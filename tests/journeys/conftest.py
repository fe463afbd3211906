"""Servers in their own processes, in both tested async modes; nothing may be left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server import Page, Server

MODES = ("eventlet", "threading")


class Stage:
    """Makes servers and pages, and clears them away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.servers: list[Server] = []
        self.pages: list[Page] = []

    def server(self, mode: str = "eventlet", **settings: Any) -> Server:
        self.servers.append(Server(self._folder / f"instance{len(self.servers)}", mode, **settings))
        return self.servers[-1]

    def page(self, server: Server, room: str | None = None, name: str = "") -> Page:
        self.pages.append(Page(server, room, name))
        return self.pages[-1]

    def clear(self) -> None:
        for page in self.pages:
            page.close()
        for server in self.servers:
            server.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.clear()
    for server in made.servers:
        assert "Traceback" not in server.log(), server.log()[-4000:]


@pytest.fixture(params=MODES)
def server(request: pytest.FixtureRequest, stage: Stage) -> Server:
    return stage.server(request.param)
