"""Drawing in a real Chromium: with mouse, finger and keys; what is kept is seen by a second person."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ml_utils.core.blueprint import cnn
from tests.browser.conftest import PHONE, People, room_of, same_state, state_of
from tests.server import Server
from tests.waiting import until

SEVEN = [(0.3, 0.22), (0.7, 0.22), (0.52, 0.5), (0.42, 0.82)]
ONE = [(0.5, 0.15), (0.5, 0.85)]
ZERO = [(0.5, 0.18), (0.36, 0.26), (0.3, 0.5), (0.36, 0.74), (0.5, 0.82), (0.64, 0.74), (0.7, 0.5), (0.64, 0.26), (0.5, 0.18)]
TRAINED = "document.querySelector('lab-room').state.session.reason === 'finished'"


@pytest.fixture(scope="module")
def trained(browser: Browser, server: Server) -> Iterator[tuple[People, str]]:
    """A room whose network has learned MNIST for one epoch."""
    people = People(browser, server)
    page = people.person("/")
    send(page, "new_run", {"blueprint": cnn("mnist").model_dump(mode="json")})
    send(page, "start", {"epochs": 1})
    until(lambda: page.evaluate(TRAINED), 120, "the end of the training")
    yield people, room_of(page)
    people.leave()
    assert not people.complaints, people.complaints


def send(page: Page, name: str, args: dict[str, Any]) -> None:
    answer = page.evaluate("([name, args]) => document.querySelector('lab-room').send(name, args)", [name, args])
    assert answer["ok"], answer


def opened(trained: tuple[People, str], **options: Any) -> Page:
    people, room = trained
    page = people.person(f"/room/{room}/inside", **options)
    expect(pad(page)).to_be_visible()
    return page


def pad(page: Page) -> Any:
    return page.locator("lab-draw .pad")


def box(page: Page) -> dict[str, float]:
    pad(page).evaluate("pad => pad.scrollIntoView({ block: 'center', behavior: 'instant' })")
    found: dict[str, float] = pad(page).bounding_box()
    return found


def stroke(page: Page, points: list[tuple[float, float]]) -> None:
    at = box(page)
    places = [(at["x"] + x * at["width"], at["y"] + y * at["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def says(page: Page, digit: int) -> None:
    expect(page.locator("lab-draw .bars .said")).to_have_attribute("data-class", str(digit))


def chosen(page: Page) -> dict[str, Any]:
    """The drawing that all of the page looks at; the bars may be here before it does."""
    look = "document.querySelector('lab-explain').chosen.image"
    until(lambda: page.evaluate(look)["kind"] == "pad", what="the drawing")
    return dict(page.evaluate(look))


def test_digits_drawn_with_the_mouse_are_recognised_and_all_of_the_page_looks_at_them(trained: tuple[People, str]) -> None:
    page = opened(trained)
    for digit, points in ((7, SEVEN), (1, ONE), (0, ZERO)):
        stroke(page, points)
        says(page, digit)
        chosen(page)
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("lab-draw .bars")).to_have_count(0)
    expect(page.locator("lab-draw .draw-head .aside")).to_have_text("")


def test_the_image_that_the_network_gets_is_shown_with_its_numbers(trained: tuple[People, str]) -> None:
    page = opened(trained)
    stroke(page, ONE)
    says(page, 1)
    canvas = page.locator("lab-draw .seen canvas")
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [28, 28]
    sent = chosen(page)["pixels"]
    assert len(zlib.decompress(base64.b64decode(sent))) == 112 * 112 and len(sent) < 2_000
    at = canvas.bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    expect(page.locator("lab-draw .read")).to_contain_text("255")
    heated = canvas.evaluate("canvas => canvas.toDataURL()")
    page.locator("lab-draw .heat-tools input[type=checkbox]").uncheck()
    until(lambda: canvas.evaluate("canvas => canvas.toDataURL()") != heated, what="the image without heat")


def test_undo_invert_and_keys(trained: tuple[People, str]) -> None:
    page = opened(trained)
    stroke(page, ONE)
    stroke(page, [(0.2, 0.5), (0.8, 0.5)])
    page.get_by_role("button", name="Undo").click()
    says(page, 1)
    page.get_by_label("Invert").check()
    corner = pad(page).locator("canvas").evaluate("canvas => canvas.getContext('2d').getImageData(2, 2, 1, 1).data[0]")
    assert corner == 255
    until(lambda: page.evaluate("document.querySelector('lab-draw').chosen.image.invert") is True)
    page.get_by_label("Invert").uncheck()
    page.get_by_role("button", name="Clear").click()
    pad(page).focus()
    for key in ["Shift+ArrowUp"] * 5 + ["Space"] + ["Shift+ArrowDown"] * 10 + ["Space"]:
        pad(page).press(key)
    says(page, 1)
    pad(page).press("Backspace")
    expect(page.locator("lab-draw .bars")).to_have_count(0)


def test_a_second_person_sees_what_is_kept_and_only_its_maker_deletes_it(trained: tuple[People, str]) -> None:
    ada, ben = opened(trained), opened(trained)
    stroke(ada, SEVEN)
    says(ada, 7)
    ada.get_by_role("button", name="Keep it as 7").click()
    thumb = ben.locator("lab-draw .kept button")
    expect(thumb).to_have_count(1)
    same_state(ada, ben)
    expect(ada.locator("lab-draw .pad .begin")).to_be_visible()  # the pad is free for the next
    thumb.click()
    says(ben, 7)
    expect(ben.locator("lab-draw .drop")).to_have_count(0)
    ada.locator("lab-draw .kept button").click()
    ada.locator("lab-draw .drop").click()
    expect(thumb).to_have_count(0)
    assert not state_of(ben)["drawings"]


def test_the_chart_gets_a_third_curve(trained: tuple[People, str]) -> None:
    people, room = trained
    page = opened(trained)
    stroke(page, SEVEN)
    page.get_by_role("button", name="Keep it as 7").click()
    until(lambda: state_of(page)["drawings"], what="the drawing")
    send(page, "continue", {"epochs": 1})
    until(lambda: state_of(page)["series"]["b1"].get("drawings_accuracy"), 120, "the third curve")
    room_page = people.person(f"/room/{room}")
    for series in ("accuracy", "loss"):
        expect(room_page.locator(f"lab-chart[series={series}] .legend .curve.drawings")).to_be_visible()


def test_with_a_finger_on_a_phone(trained: tuple[People, str]) -> None:
    page = opened(trained, viewport=PHONE, has_touch=True, is_mobile=True)
    at = box(page)
    line = page.context.new_cdp_session(page)
    places = [(at["x"] + x * at["width"], at["y"] + y * at["height"]) for x, y in ((0.5, 0.15 + 0.07 * n) for n in range(11))]
    line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": places[0][0], "y": places[0][1]}]})
    for x, y in places[1:]:
        line.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    says(page, 1)
    assert abs(pad(page).bounding_box()["y"] - at["y"]) < 2, "the pad stays where it is while one draws"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator("lab-draw .pad-tools .btn, lab-draw .classes .btn").all():
        assert button.bounding_box()["height"] >= 40


def test_a_picture_is_read_and_what_is_none_is_refused_in_words(trained: tuple[People, str]) -> None:
    people, _ = trained
    page = opened(trained)
    ink = page.evaluate("""() => { const c = Object.assign(document.createElement('canvas'), { width: 300, height: 300 });
        const g = c.getContext('2d'); g.fillStyle = 'white'; g.fillRect(0, 0, 300, 300); g.lineWidth = 26; g.lineCap = 'round';
        g.beginPath(); g.moveTo(150, 60); g.lineTo(150, 240); g.stroke(); return c.toDataURL('image/png').split(',')[1]; }""")
    files = page.locator("lab-draw input[type=file]").first
    files.set_input_files({"name": "one.png", "mimeType": "image/png", "buffer": base64.b64decode(ink)})
    says(page, 1)
    people.complaints.clear()
    files.set_input_files({"name": "evil.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    expect(page.locator("lab-draw .refusal")).to_contain_text("no picture")
    people.complaints.clear()  # the browser tells of every answer that is no success
