"""What people do on the creator's page, and what they look at there."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import People, room_of, state_of
from tests.waiting import until

LENET = ("conv 6", "tanh", "avgpool", "conv 16", "tanh", "avgpool", "flatten", "linear 120", "tanh", "linear 84", "tanh",
         "linear 10")
KINDS = [layer.split()[0] for layer in LENET]
PAINTED = """async () => {
  const room = document.querySelector('lab-room'), creator = document.querySelector('lab-creator'), times = [];
  const field = creator.querySelector('[data-name=conv1] [data-field=channels]');
  for (let number = 0; number < 12; number++) {
    const { seq } = room.state.draft;
    field.value = String(32 + number);
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    times.push(await new Promise((go) => room.addEventListener('change', async function look() {
      if (room.state.draft.seq === seq) return;
      room.removeEventListener('change', look);
      const [begun, channel] = [performance.now(), new MessageChannel()]; // its message comes after this frame is painted
      await creator.updateComplete;
      channel.port1.onmessage = () => go(performance.now() - begun);
      channel.port2.postMessage(0);
    })));
    await creator.updateComplete;
  }
  return times;
}"""


def build(people: People, room: str | None = None, **options: Any) -> Page:
    """Open the creator of a room as a new person; of one's own room where none is said."""
    page = people.person(f"/room/{room}/creator" if room else "/", **options)
    if room is None:
        page.goto(f"{people.server.url}/room/{room_of(page)}/creator")
    expect(page.locator("lab-creator .verdict")).to_be_visible()
    return page


def two(people: People) -> tuple[Page, Page]:
    ada = build(people)
    return ada, build(people, room_of(ada))


def row(page: Page, name: str) -> Locator:
    return page.locator(f"lab-creator [data-name={name}]")


def value(page: Page, name: str, field: str) -> Locator:
    return row(page, name).locator(f"[data-field={field}]")


def rows(page: Page, number: int) -> None:
    expect(page.locator("lab-creator .layer")).to_have_count(number)


def verdict(page: Page, word: str) -> None:
    expect(page.locator("lab-creator .verdict")).to_have_attribute("data-verdict", word)


def press(page: Page, label: str) -> None:
    page.locator("lab-creator").get_by_role("button", name=label, exact=True).click()


def chip(page: Page, kind: str) -> Locator:
    return page.locator(f"lab-creator .chip[data-kind={kind}]")


def take(page: Page, template: str, **options: str) -> None:
    press(page, "Ready networks")
    dialog = page.locator("dialog[data-dialog=ready]")
    dialog.locator(f"input[value={template}]").check()
    for name, choice in options.items():
        dialog.locator(f"[data-field={name}]").select_option(choice)
    dialog.get_by_role("button", name="Take this network").click()
    expect(dialog).not_to_be_visible()


def sizes(page: Page) -> tuple[str, ...]:
    layers = state_of(page)["draft"]["blueprint"]["layers"]
    return tuple(f"{one['kind']} {one.get('channels', one.get('features', ''))}".strip() for one in layers)


def is_lenet(page: Page) -> None:
    until(lambda: sizes(page) == LENET, what=f"LeNet-5, not {sizes(page)}")
    verdict(page, "fits")


def fill(page: Page, size: str) -> None:
    """From the first value of a layer go on to its size, and type it."""
    for _ in range(8):
        if page.evaluate("['channels', 'features'].includes(document.activeElement.dataset.field)"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(size)
    page.keyboard.press("Escape")


def begin(page: Page) -> None:
    press(page, "Train this network")
    page.locator("dialog[data-dialog=begin]").get_by_role("button", name="Make the run and train").click()
    page.wait_for_url(re.compile(r"/room/\w+$"))
