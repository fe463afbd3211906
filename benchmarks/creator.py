"""Edits of ResNet-50, all of its layers, in the browser: from the hand until what it comes to is painted.

    python -m benchmarks.creator [--rounds 15]

Each edit goes to the server, is counted there, stored, sent back, and drawn: in the list of layers and in the diagram.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks.report import say, told
from tests.browser.chromium import FLAGS, chromium
from tests.server import Page as Person
from tests.server import Server

ROOMS = {"lenet5": "22222222", "resnet50": "33333333"}
PROBE = (Path(__file__).parent / "creator.js").read_text()
EDIT = 50.0  # ms
VIEW: ViewportSize = {"width": 1280, "height": 860}
Times = list[list[float]]  # [ms in all, ms since the Event was here]


def drafted(server: Server, network: str) -> None:
    """Put a ready network into the room's draft."""
    person = Person(server, ROOMS[network])
    load = {"op": "template", "name": network, "options": {}}
    assert person.command("edit_draft", {"seq": 0, "edits": [{"op": "dataset", "dataset": "cifar10"}, load]})["ok"]
    person.close()


def opened(page: Page, server: Server, network: str) -> None:
    page.goto(f"{server.url}/room/{ROOMS[network]}/creator")
    page.locator("lab-creator .layer").first.wait_for()
    page.locator("lab-diagram svg").first.wait_for()
    page.evaluate(PROBE)


def measured(page: Page, rounds: int) -> dict[str, Times]:
    """Return the times of each way to edit, taken in turn."""
    found: dict[str, Times] = {"a number is typed": [], "a layer is added": [], "an edit is undone": []}
    for number in range(rounds):
        found["a number is typed"].append(page.evaluate(f"edits.type('conv1', 'channels', {32 + number})"))
        found["a layer is added"].append(page.evaluate("edits.add('relu')"))
        found["an edit is undone"].append(page.evaluate("edits.undo()"))
    return found


def tell(found: dict[str, Times]) -> None:
    for what, times in found.items():
        told(f"{what}, until it is painted", [one[0] for one in times], "ms", EDIT)
        told("    of it in the page", [one[1] for one in times], "ms", EDIT)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, \
            closing(Server(Path(folder) / "instance")) as server, \
            playwright.chromium.launch(executable_path=chromium(), args=FLAGS) as browser:
        for network in ROOMS:
            run(browser, server, network, asked.rounds)


def run(browser: Any, server: Server, network: str, rounds: int) -> None:
    drafted(server, network)
    page = browser.new_page(viewport=VIEW, locale="en-GB")
    opened(page, server, network)
    say(f"{network}, {page.evaluate('edits.rows()')} rows")
    tell(measured(page, rounds))
    if page.evaluate("edits.unfold()"):
        say(f"{network}, every block unfolded: {page.evaluate('edits.rows()')} rows")
        tell(measured(page, rounds))
    page.close()


if __name__ == "__main__":
    main()
