"""The drawing of the network: what it shows of a run, that it lives, and that everybody can use it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ml_utils.core.blueprint import cnn
from tests.browser.conftest import People, room_of, state_of
from tests.browser.test_room import AXE, act, change
from tests.waiting import until

NAMES = ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten1", "dropout1", "linear1", "relu3", "linear2"]
COLOURED = ".unit:is(.p1, .p2, .p3, .p4, .p5, .n1, .n2, .n3, .n4, .n5)"
WEIGHTS = ".weight:is(.p1, .p2, .p3, .p4, .p5, .n1, .n2, .n3, .n4, .n5)"
NARROW = {"width": 390, "height": 800}
CONV = {"kind": "conv", "channels": 8}
BLOCK = {"kind": "residual", "layers": [CONV, {"kind": "batchnorm"}, {"kind": "relu"}]}
END = [{"kind": "flatten"}, {"kind": "linear", "features": 10}]


def button(page: Page, name: str) -> Locator:
    """What is focused, pressed and read out."""
    return page.locator("lab-diagram").first.get_by_role("button", name=re.compile(f"^{name},"))


def layer(page: Page, name: str) -> Locator:
    """What is drawn, the button included."""
    named = page.get_by_role("button", name=re.compile(f"^{name},"))
    return page.locator("lab-diagram").first.locator(".layer").filter(has=named)


def drawn(page: Page) -> Locator:
    network = page.locator("lab-diagram svg.network").first
    expect(network).to_be_visible()
    return network


def send(page: Page, command: str, **args: Any) -> dict[str, Any]:
    asked = "([name, args]) => document.querySelector('lab-room').send(name, args)"
    answer: dict[str, Any] = page.evaluate(asked, [command, args])
    return answer


def trained(page: Page) -> None:
    change(page, "epochs", "1")
    act(page, "Start")
    expect(page.locator("lab-status .status")).to_have_attribute("data-kind", "finished")


def test_every_layer_of_the_run_is_shown_with_shapes_and_how_much_of_it(people: People) -> None:
    ada = people.person()
    network = drawn(ada)
    labels = [one.get_attribute("aria-label") or "" for one in network.get_by_role("button").all()]
    assert [label.split(",")[0] for label in labels] == NAMES
    assert "1×8×8 → 16×8×8" in labels[0] and "160 parameters" in labels[0] and "8 of 16 shown" in labels[0]
    expect(layer(ada, "linear1")).to_contain_text("12 of 64 shown")
    expect(layer(ada, "conv1").locator(".unit")).to_have_count(8)
    expect(layer(ada, "linear2").locator(".unit")).to_have_count(10)
    shapes = sorted(network.locator(".shape").all_text_contents())
    assert shapes == sorted(["1×8×8", "16×8×8", "16×4×4", "32×4×4", "32×2×2", "128", "64"])
    expect(network.locator(".classes")).to_have_text(re.compile(r"0\s*1\s*2\s*3\s*4\s*5\s*6\s*7\s*8\s*9"))
    expect(network.locator(COLOURED)).to_have_count(0)


def test_another_network_is_drawn_when_a_new_run_begins(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    drawn(ben)
    blueprint = {"dataset": "digits", "layers": [CONV, BLOCK, *END]}
    assert send(ada, "new_run", blueprint=blueprint)["ok"]
    expect(button(ben, "residual1")).to_have_attribute("aria-expanded", "true")
    expect(layer(ben, "batchnorm1")).to_be_visible()
    layer(ben, "residual1").locator(".name").click()
    expect(button(ben, "residual1")).to_have_attribute("aria-expanded", "false")
    expect(layer(ben, "residual1")).to_contain_text("3 layers")
    expect(layer(ben, "batchnorm1")).to_have_count(0)


def test_a_frozen_layer_is_marked_on_every_page(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    expect(layer(ben, "conv2")).to_be_visible()
    expect(layer(ben, "conv2").locator(".lock")).to_have_count(0)
    ada.get_by_role("button", name="Freeze conv2").click()
    expect(layer(ben, "conv2").locator(".lock")).to_be_visible()
    expect(button(ben, "conv2")).to_have_attribute("aria-label", re.compile("frozen"))
    layer(ben, "conv2").hover()
    expect(ben.locator("lab-diagram .hint")).to_contain_text("Frozen")
    expect(layer(ben, "conv1").locator(".lock")).to_have_count(0)
    ada.get_by_role("button", name="Unfreeze conv2").click()
    expect(layer(ben, "conv2").locator(".lock")).to_have_count(0)


def test_colours_come_with_the_training_and_are_those_of_the_log(people: People) -> None:
    ada = people.person()
    late = people.person(f"/room/{room_of(ada)}")
    expect(late.locator("lab-diagram .diagram-foot")).to_contain_text("Colours come with the training")
    trained(ada)
    expect(late.locator("lab-diagram .diagram-foot .swatches")).to_be_visible()
    expect(layer(late, "conv1").locator(COLOURED).first).to_be_visible()
    expect(late.locator(f"lab-diagram {WEIGHTS}").first).to_be_attached()
    look = state_of(late)["layers"]["linear2"]
    largest = max(look["spread"], *map(abs, look["units"]))
    steps = [round(5 * abs(unit) / largest) for unit in look["units"][:10]]
    wanted = [("n" if unit < 0 else "p") + str(step) if step else "z" for unit, step in zip(look["units"], steps, strict=False)]
    shown = layer(late, "linear2").locator(".unit").evaluate_all("all => all.map(one => one.classList[1])")
    assert sum(one != other for one, other in zip(shown, wanted, strict=True)) <= 1  # JavaScript rounds halves up
    assert look["units"] and state_of(late)["layers"]["linear1"]["sample"]["of"] == [64, 128]
    layer(late, "conv1").hover()
    expect(late.locator("lab-diagram .hint .kernels svg")).to_have_count(16)
    expect(late.locator("lab-diagram .hint")).to_contain_text("160 parameters")


def test_layers_are_chosen_by_keyboard_and_linked_with_other_components(people: People) -> None:
    ada = people.person()
    drawn(ada)
    ada.evaluate("""() => { window.heard = [];
        document.querySelector('lab-room').addEventListener('lab-layer', ({detail}) => window.heard.push(detail.at)) }""")
    ada.locator("lab-diagram .zooms button").last.focus()
    ada.keyboard.press("Tab")
    expect(button(ada, "conv1")).to_be_focused()
    expect(ada.locator("lab-diagram .hint")).to_contain_text("conv1")
    for _ in range(2):
        ada.keyboard.press("ArrowRight")
    expect(button(ada, "pool1")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(button(ada, "pool1")).to_have_attribute("aria-pressed", "true")
    ada.keyboard.press("End")
    ada.keyboard.press("Space")
    expect(button(ada, "linear2")).to_have_attribute("aria-pressed", "true")
    assert ada.evaluate("window.heard") == [[2], [10]]
    assert state_of(ada)["session"]["status"] == "idle"  # the space bar did not start the training
    ada.evaluate("""() => document.querySelector('lab-room').dispatchEvent(
        new CustomEvent('lab-layer', {detail: {at: [3], from: null}}))""")
    expect(button(ada, "conv2")).to_have_attribute("aria-pressed", "true")
    expect(button(ada, "linear2")).to_have_attribute("aria-pressed", "false")
    layer(ada, "conv2").click()
    expect(button(ada, "conv2")).to_have_attribute("aria-pressed", "false")
    assert ada.evaluate("window.heard.at(-1)") is None


def test_zoom_by_button_key_and_wheel_and_back_to_the_whole(people: People) -> None:
    ada = people.person()
    network = drawn(ada)
    diagram, view = ada.locator("lab-diagram"), ada.locator("lab-diagram .diagram-view")

    def width() -> float:
        return float(network.evaluate("one => one.getBoundingClientRect().width"))

    whole = width()
    assert whole <= float(view.evaluate("one => one.clientWidth"))
    diagram.get_by_role("button", name="Larger").click()
    until(lambda: width() == pytest.approx(whole * 1.25, abs=3), what="a larger network")
    button(ada, "conv1").focus()
    ada.keyboard.press("+")
    until(lambda: width() == pytest.approx(whole * 1.25**2, abs=3), what="a still larger network")
    ada.keyboard.press("-")
    until(lambda: width() == pytest.approx(whole * 1.25, abs=3), what="a smaller network")
    view.hover()
    ada.keyboard.down("Control")
    ada.mouse.wheel(0, -400)
    ada.keyboard.up("Control")
    until(lambda: width() > whole * 2, what="a much larger network")
    assert view.evaluate("one => one.scrollWidth > one.clientWidth")
    before = view.evaluate("one => { one.scrollTo(100, 0); return one.scrollLeft }")
    box = view.bounding_box()
    assert box
    ada.mouse.move(box["x"] + 300, box["y"] + 20)
    ada.mouse.down()
    ada.mouse.move(box["x"] + 240, box["y"] + 20, steps=4)
    ada.mouse.up()
    until(lambda: view.evaluate("one => one.scrollLeft") == before + 60, what="a moved drawing")
    button(ada, "conv1").focus()
    ada.keyboard.press("0")
    until(lambda: width() == pytest.approx(whole, abs=1), what="the whole network")


def test_on_a_phone_the_network_goes_on_in_the_next_line_and_the_page_never_scrolls_sideways(people: People) -> None:
    ada = people.person(viewport=NARROW, locale="de-DE")
    drawn(ada)
    expect(layer(ada, "conv1")).to_contain_text("8 von 16 gezeigt")
    first, last = layer(ada, "conv1").bounding_box(), layer(ada, "linear2").bounding_box()
    assert first and last and last["y"] > first["y"] + first["height"]
    ada.locator("lab-diagram").get_by_role("button", name="Größer").click(click_count=3)
    view = ada.locator("lab-diagram .diagram-view")
    until(lambda: view.evaluate("one => one.scrollWidth > one.clientWidth + 50"), what="a large network")
    assert ada.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_draft_shows_where_it_fails_and_what_follows_from_it(people: People) -> None:
    ada = people.person()
    drawn(ada)
    ada.evaluate("""() => { const one = document.createElement('lab-diagram'); one.setAttribute('of', 'draft');
        document.querySelector('lab-room main').prepend(one) }""")
    expect(layer(ada, "conv2")).to_be_visible()  # without a draft it is the run
    layers = cnn().model_dump(mode="json")["layers"]
    broken = [*layers[:3], {"kind": "linear", "features": 5}, *layers[3:]]
    answer = send(ada, "edit_draft", seq=0, edits=[{"op": "load", "blueprint": {"dataset": "digits", "layers": broken}}])
    assert answer["ok"], answer
    expect(layer(ada, "linear1")).to_have_class(re.compile("wrong"))
    expect(button(ada, "linear1")).to_have_attribute("aria-label", re.compile("Linear needs a row of numbers"))
    expect(layer(ada, "conv2")).to_have_class(re.compile("muted"))
    expect(layer(ada, "conv1")).not_to_have_class(re.compile("muted|wrong"))
    layer(ada, "linear1").hover()
    expect(ada.locator("lab-diagram").first.locator(".hint .why")).to_contain_text("16×4×4")
    run = ada.locator("lab-diagram").last
    expect(run.get_by_role("button", name=re.compile("^linear1,"))).not_to_have_class(re.compile("wrong"))


def test_the_diagram_is_accessible_in_light_and_dark(people: People) -> None:
    for scheme in ("light", "dark"):
        page = people.person(color_scheme=scheme)
        assert send(page, "new_run", blueprint={"dataset": "digits", "layers": [CONV, BLOCK, *END]})["ok"]
        expect(layer(page, "residual1")).to_be_visible()
        trained(page)
        layer(page, "conv1").first.focus()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run('lab-diagram', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
        assert not found["violations"], [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
