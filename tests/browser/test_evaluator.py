"""Look inside: the choice of the model, the way around the page, and the evaluator; what one does, the others see."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, People, room_of, same_state, state_of
from tests.browser.test_room import AXE, act, change, status
from tests.waiting import until

LISTEN = """() => { window.asked = []; document.querySelector('lab-room').addEventListener('lab-gallery', ({ detail }) => {
    const { from, ...rest } = detail; window.asked.push({ ...rest, by: from.localName }); }) }"""

AT_END = """() => { window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' });
    return document.querySelector('lab-sections [aria-current]').getAttribute('href') }"""  # parts grow when one comes near


def trained(people: People, epochs: int = 3) -> str:
    """A room that has trained so far; return its code."""
    ada = people.person()
    change(ada, "epochs", str(epochs))
    act(ada, "Start")
    status(ada, "finished")
    code = room_of(ada)
    ada.close()
    return code


def inside(people: People, room: str, **options: Any) -> Page:
    page = people.person(f"/room/{room}/inside", **options)
    expect(page.locator("lab-evaluator h2")).to_be_visible()
    return page


def job(page: Page, side: str = "A") -> Locator:
    return page.locator(f"lab-evaluator .job[data-side={side}]")


def evaluated(page: Page, side: str = "A") -> None:
    job(page, side).locator("[data-act=evaluate]").click()
    expect(job(page, side)).to_have_attribute("data-state", "done")
    expect(page.locator("lab-evaluator .matrix table")).to_be_visible()


def number(page: Page, name: str) -> Locator:
    return page.locator(f"lab-evaluator [data-number={name}]")


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f'lab-evaluator .matrix [data-at="{row}:{column}"]')


def asked(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.asked.at(-1)")
    return found


def no_violations(page: Page) -> None:
    page.add_script_tag(content=AXE.read_text())
    assert page.evaluate("async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)") == []


def fits(page: Page, width: int = PHONE["width"]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_one_evaluates_all_see_and_a_late_one_too(people: People) -> None:
    room = trained(people)
    ada, ben = inside(people, room), inside(people, room)
    expect(job(ada)).to_contain_text("b1 · epoch 3")
    expect(job(ada)).to_contain_text("the newest finished epoch")
    evaluated(ada)
    expect(job(ben)).to_have_attribute("data-state", "done")
    late = inside(people, room)
    row = state_of(ada)["evaluations"]["b1-3-test"]
    for page in (ada, ben, late):
        expect(number(page, "accuracy")).to_contain_text(f"{100 * row['accuracy']:.1f}%")
        expect(page.locator("lab-evaluator .measured")).to_contain_text("360 examples")
        expect(page.locator("lab-evaluator .classes tbody tr")).to_have_count(10)
        expect(page.locator("lab-evaluator .matrix td button")).to_have_count(100)
    same_state(ada, late)
    with ada.expect_download() as given:
        job(ada).get_by_role("link", name="Numbers").click()
    assert given.value.suggested_filename.endswith(".csv")


def test_cells_bars_and_classes_open_the_examples_behind_them(people: People) -> None:
    ada = inside(people, trained(people))
    evaluated(ada)
    ada.evaluate(LISTEN)
    cell(ada, 3, 3).click()
    model = {"branch": "b1", "epoch": 3}
    assert asked(ada) == {"split": "test", "model": model, "label": 3, "prediction": 3, "by": "lab-evaluator"}
    cell(ada, 3, 3).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "Home", "ArrowDown"):
        ada.keyboard.press(key)
    expect(cell(ada, 4, 0)).to_be_focused()
    ada.keyboard.press("Enter")
    assert asked(ada) == {"split": "test", "model": model, "label": 4, "prediction": 0, "by": "lab-evaluator"}
    ada.locator("lab-evaluator .calibration button.bin").last.click()
    assert asked(ada)["low"] == pytest.approx(14 / 15) and asked(ada)["high"] == 1
    ada.locator("lab-evaluator .classes tr[data-label='7'] .class-name").click()
    assert asked(ada) == {"split": "test", "model": model, "label": 7, "by": "lab-evaluator"}


def test_classes_are_sorted_and_curves_say_their_numbers(people: People) -> None:
    ada = inside(people, trained(people))
    evaluated(ada)
    heads = ada.locator("lab-evaluator .classes thead th")
    heads.filter(has_text="Recall").get_by_role("button").click()
    expect(heads.filter(has_text="Recall")).to_have_attribute("aria-sort", "ascending")
    shown = [float(one.rstrip("%")) for one in ada.locator("lab-evaluator .classes tbody td:nth-of-type(3)").all_inner_texts()]
    assert shown == sorted(shown)
    roc = ada.locator("lab-evaluator [data-chart=roc]")
    expect(roc.locator(".readout")).to_contain_text("Area (AUC)")
    roc.locator(".plot").focus()
    ada.keyboard.press("ArrowRight")
    expect(roc.locator(".readout")).to_contain_text("false alarms")
    roc.locator("select").select_option("5")
    expect(roc.get_by_role("button", name="Examples of 5")).to_be_visible()
    ada.get_by_role("button", name="% of row").click()
    whole = [text for text in ada.locator("lab-evaluator .matrix td.right").all_inner_texts() if text]
    assert whole and all(int(text) <= 100 for text in whole)


def test_two_epochs_side_by_side(people: People) -> None:
    room = trained(people)
    ada = inside(people, room)
    model = ada.locator("lab-model")
    expect(model.locator("[data-slot=model] select")).to_have_value("now")
    model.get_by_role("button", name="Compare with").click()
    expect(model.locator("[data-slot=beside] select")).to_have_value("branch:b1")
    expect(model.locator("[data-slot=beside] .which")).to_have_text("epoch 1")
    evaluated(ada, "A")
    evaluated(ada, "B")
    expect(number(ada, "accuracy").locator(".change")).to_have_text(re.compile(r"^[+−±]\d"))
    ada.get_by_role("button", name="B − A").click()
    signs = [text for text in ada.locator("lab-evaluator .matrix td button").all_inner_texts() if text]
    assert signs and all(re.fullmatch(r"[+−]\d+", text) for text in signs)
    model.locator("[data-slot=beside] input[type=range]").focus()
    ada.keyboard.press("ArrowRight")
    expect(job(ada, "B")).to_contain_text("epoch 2")
    expect(job(ada, "B")).to_have_attribute("data-state", "none")
    model.get_by_role("button", name="Stop comparing").click()
    expect(job(ada, "B")).to_have_count(0)
    ada.locator("lab-evaluator .past summary").click()
    ada.locator("[data-evaluation=b1-1-test]").click()
    expect(model.locator("[data-slot=model] .which")).to_have_text("epoch 1")
    expect(number(ada, "accuracy")).to_contain_text(f"{100 * state_of(ada)['evaluations']['b1-1-test']['accuracy']:.1f}%")
    model.locator("[data-slot=model] select").select_option("best")
    kept = dict(state_of(ada)["series"]["b1"]["test_accuracy"])
    expect(model.locator("[data-slot=model] .which")).to_have_text(f"epoch {max(kept, key=lambda epoch: kept[epoch])}")


def test_a_result_stays_in_sight_while_the_training_goes_on(people: People) -> None:
    first = people.person()
    change(first, "epochs", "3000")
    act(first, "Start")
    expect(first.locator("[data-number=test_accuracy]")).to_contain_text("%")
    ada = inside(people, room_of(first))
    evaluated(ada)
    said = job(ada).locator(".of strong").inner_text()
    newer = job(ada).locator("[data-act=evaluate]")
    expect(newer).to_contain_text(re.compile(r"Evaluate epoch \d+, too"))
    expect(job(ada).locator(".of strong")).to_have_text(said)
    act(first, "Interrupt")
    status(ada, "interrupted")
    newer.click()
    expect(job(ada).locator(".of strong")).not_to_have_text(said)
    expect(job(ada)).to_have_attribute("data-state", "done")
    expect(newer).to_have_count(0)


def test_the_way_around_works_by_keyboard_and_says_where_one_is(people: People) -> None:
    ada = inside(people, trained(people, 1))
    evaluated(ada)
    link = ada.locator("lab-sections").get_by_role("link", name="Evaluate")
    link.focus()
    ada.keyboard.press("Enter")
    expect(link).to_have_attribute("aria-current", "location")
    expect(ada.locator("lab-evaluator h2")).to_be_in_viewport()
    until(lambda: ada.evaluate(AT_END) == "#way", what="the mark at the last part")
    expect(ada.locator("lab-model .slots")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_empty_and_filled(people: People, scheme: str) -> None:
    first = people.person()
    ada = inside(people, room_of(first), color_scheme=scheme, bypass_csp=True)
    expect(ada.locator("lab-model").get_by_role("link", name="Go to Training")).to_be_visible()
    no_violations(ada)
    act(first, "Start")
    status(ada, "finished")
    ada.locator("lab-model").get_by_role("button", name="Compare with").click()
    evaluated(ada, "A")
    evaluated(ada, "B")
    no_violations(ada)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(people: People) -> None:
    room = trained(people, 2)
    ada = inside(people, room, viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark",
                 locale="de-DE")
    fits(ada)
    model = ada.locator("lab-model")
    expect(model.locator(".slots")).not_to_be_visible()
    model.locator(".folded").click()
    model.locator("[data-slot=model] select").select_option("branch:b1")
    model.get_by_role("button", name="Vergleichen mit").click()
    fits(ada)
    model.locator(".folded").click()
    evaluated(ada)
    evaluated(ada, "B")
    fits(ada)
    no_violations(ada)
    for path in ("", "/creator"):
        ada.goto(f"{people.server.url}/room/{room}{path}")
        expect(ada.locator("lab-pages [aria-current]")).to_be_in_viewport()
        fits(ada)
