"""Real servers and a real Chromium; every person is a browser context of their own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, chromium
from tests.server import Server
from tests.waiting import until

expect.set_options(timeout=60_000)  # a busy machine needs a while to start a trainer; what is never true fails all the same
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
REST = """(room => room?.state?.session.status === 'training' &&
    Promise.race([room.send('interrupt'), new Promise(late => setTimeout(late, 3000))]))(document.querySelector('lab-room'))"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the server said."""
    report = yield
    people = getattr(item, "funcargs", {}).get("people")
    if report.failed and people:
        report.sections.append(("the server's log", people.server.log()[-4000:]))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    assert path, "no Chromium: run `make setup-test`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class People:
    """Opens pages as different people and listens to what the console says."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._browser, self.server = browser, server
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.may_complain = False

    def person(self, path: str = "/", **options: Any) -> Page:
        context = self._browser.new_context(viewport=options.pop("viewport", DESKTOP), locale=options.pop("locale", "en-GB"),
                                            **options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self._hear("error", str(error)))
        page.goto(self.server.url + path)
        expect(page.locator("lab-status .status")).not_to_have_attribute("data-kind", "connecting")
        return page

    def leave(self) -> None:
        """Close all pages; what they train rests, so that its place is for the next test's."""
        for context in self.contexts:
            for page in context.pages:
                page.evaluate(REST)
            context.close()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of a file of tests: each one's people have rooms of their own there."""
    made = Server(tmp_path_factory.mktemp("lab") / "instance")
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()[-4000:]


@pytest.fixture
def own_server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server for one test that ends processes, counts all that there is, or asks for another async mode (`indirect`)."""
    made = Server(tmp_path / "instance", getattr(request, "param", "eventlet"))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()[-4000:]


@pytest.fixture
def people(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[People]:
    """People at the server of their file, or at the test's own where it uses `own_server`."""
    made = People(browser, request.getfixturevalue("own_server") if "own_server" in request.fixturenames else server)
    yield made
    made.leave()
    assert made.may_complain or not made.complaints, made.complaints


def room_of(page: Page) -> str:
    return str(page.locator("lab-room").get_attribute("code"))


def state_of(page: Page) -> dict[str, Any]:
    """Return the page's own Snapshot."""
    state: dict[str, Any] = page.evaluate("document.querySelector('lab-room').state")
    return state


def same_state(first: Page, second: Page) -> None:
    """Both pages come to the same number, and hold the same Snapshot there."""
    one, two = until(lambda: [pair for pair in [(state_of(first), state_of(second))] if pair[0]["seq"] == pair[1]["seq"]])[0]
    assert one == two
