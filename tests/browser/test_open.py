"""A log becomes a room in a real Chromium: the same curves, and what is no log is refused in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import FilePayload, expect

from ml_utils import logs
from tests.browser.conftest import People, state_of
from tests.browser.test_room import AXE
from tests.core import fixture


def test_a_log_becomes_a_room_and_something_else_is_refused(people: People, tmp_path: Path) -> None:
    people.may_complain = True  # the console tells of every refusal
    page = people.person()
    wanted = page.locator("lab-open input[type=file]")
    wanted.set_input_files(FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"hello"))
    expect(page.locator("lab-open [role=alert]")).to_contain_text("no log of the lab")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('lab-open').then((found) => found.violations.map(({ id, nodes }) => [id, nodes[0].html]))")
    assert found == []
    facts = fixture.events()
    logs.write(tmp_path / "events.jsonl", fixture.CODE, facts)
    before = page.url
    wanted.set_input_files(tmp_path / "events.jsonl")
    page.wait_for_url(re.compile(r"/room/[2-9a-z]{8}$"))
    assert page.url != before
    expect(page.locator("lab-status .status")).to_have_attribute("data-kind", re.compile("paused|failed"))
    theirs = json.loads(json.dumps(logs.folded(fixture.CODE, facts)))
    assert state_of(page)["series"] == theirs["series"] and set(state_of(page)["branches"]) == set(theirs["branches"])
