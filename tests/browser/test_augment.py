"""Augmented images are shown in the room, also for a setting that is only being tried."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, People, state_of
from tests.browser.test_room import AXE
from tests.waiting import until

PICTURES = """() => [...document.querySelectorAll("lab-augment canvas")].map(one => one.painted ?? "")"""


def pictures(page: Page) -> list[str]:
    """All images of the preview, before and after in turns."""
    found: list[str] = page.evaluate(PICTURES)
    return found


def opened(page: Page) -> None:
    page.locator("lab-settings [data-group=augmentation] summary").click()
    page.get_by_role("button", name="Show augmented images").click()
    expect(page.locator("lab-augment li")).to_have_count(8)


def changes(page: Page) -> int:
    found = pictures(page)
    return sum(one != other for one, other in zip(found[::2], found[1::2], strict=True))


def test_what_is_tried_is_seen_before_it_is_sent_and_what_is_set_stays(people: People) -> None:
    ada = people.person()
    expect(ada.locator("lab-augment canvas")).to_have_count(0)
    opened(ada)
    assert changes(ada) == 0
    plain = pictures(ada)[::2]
    box = ada.locator("[data-setting=rotation] input[type=number]")
    box.fill("90")  # not sent: nobody has left the field
    until(lambda: changes(ada) >= 6, what="turned images")
    assert pictures(ada)[::2] == plain and state_of(ada)["settings"]["rotation"] == 0
    box.press("Escape")
    until(lambda: changes(ada) == 0, what="the images as they are")
    ada.locator("[data-setting=flip] input").check()
    until(lambda: state_of(ada)["settings"]["flip"], what="the setting")
    until(lambda: 1 <= changes(ada) <= 7, what="some that are mirrored")
    ada.get_by_role("button", name="Other images").click()
    until(lambda: pictures(ada)[::2] != plain and len(pictures(ada)) == 16, what="other images")
    ada.get_by_role("button", name="Hide augmented images").click()
    expect(ada.locator("lab-augment canvas")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everybody_can_use_it(people: People, scheme: str) -> None:
    ada = people.person(viewport=PHONE, color_scheme=scheme, has_touch=True)
    opened(ada)
    ada.locator("lab-augment li").last.scroll_into_view_if_needed()
    assert ada.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ada.evaluate(AXE.read_text(encoding="utf-8"))
    found = ada.evaluate("axe.run('lab-settings', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
    assert not found["violations"], [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
