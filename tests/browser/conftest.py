"""Real servers and a real Chromium; every person is a browser context of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, chromium
from tests.server import Server
from tests.waiting import until

expect.set_options(timeout=20_000)
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}


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

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")


@pytest.fixture
def people(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[People]:
    """People at one server; a test may ask for another async mode (`indirect`)."""
    server = Server(tmp_path / "instance", getattr(request, "param", "eventlet"))
    made = People(browser, server)
    yield made
    for context in made.contexts:
        context.close()
    server.close()
    assert made.may_complain or not made.complaints, made.complaints
    assert "Traceback" not in server.log(), server.log()[-4000:]


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
