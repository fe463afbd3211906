"""Two people review examples together: galleries, marks, an example shown to all, a new run without wrong labels."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, People, room_of, same_state, state_of
from tests.browser.test_room import AXE, status
from tests.waiting import until

HOSTILE = "<img src=x onerror='window.hacked = 1'> & <b>a 4</b>"
SEND = "([name, args]) => document.querySelector('lab-room').send(name, args)"
RENAME = "name => document.querySelector('lab-room').rename(name)"
VIOLATIONS = "async () => (await axe.run('lab-gallery')).violations.map(one => one.id + ': ' + one.nodes[0].html)"
WITHIN = """() => document.documentElement.scrollWidth <= innerWidth
           && document.querySelector('dialog.review').scrollWidth <= innerWidth"""
SMALL = """() => [...document.querySelectorAll('lab-gallery :is(button:not(.info-button), select, input[name=note])')]
          .filter(one => one.offsetParent && one.getBoundingClientRect().height < 40).map(one => one.outerHTML)"""
ASKS = """detail => document.querySelector('lab-room').dispatchEvent(new CustomEvent('lab-gallery', { detail }))"""


def inside(people: People, room: str | None = None, name: str = "", **options: Any) -> Page:
    """Open the page of a room as a new person; of one's own room where none is said."""
    page = people.person(f"/room/{room}/inside" if room else "/", **options)
    if room is None:
        page.goto(f"{people.server.url}/room/{room_of(page)}/inside")
        expect(page.locator("lab-gallery [data-empty]")).to_contain_text("Nothing trained yet")
    if name:
        page.evaluate(RENAME, name)
    return page


def trained(people: People, epochs: int = 1, **options: Any) -> Page:
    """Open a room whose network has learned a little: it is still wrong about some."""
    ada = inside(people, name="Ada", **options)
    ada.locator("lab-gallery .gallery-head").scroll_into_view_if_needed()
    assert ada.evaluate(SEND, ["start", {"epochs": epochs}])["ok"]
    status(ada, "finished")
    expect(cards(ada).first).to_be_visible()
    expect(ada.locator("lab-gallery [data-model]")).to_contain_text(f"epoch {epochs}")
    return ada


def two(people: People) -> tuple[Page, Page]:
    ada = trained(people)
    ben = inside(people, room_of(ada), "Ben")
    expect(cards(ben).first).to_be_visible()
    return ada, ben


def cards(page: Page) -> Locator:
    return page.locator("lab-gallery .card-of")


def card(page: Page, example: str) -> Locator:
    return page.locator(f"lab-gallery .card-of[data-example={example}]")


def examples(page: Page) -> list[str]:
    return [str(one.get_attribute("data-example")) for one in cards(page).all()]


def detail(page: Page) -> Locator:
    return page.locator("lab-gallery .detail")


def choose(page: Page, example: str) -> None:
    card(page, example).click()
    expect(detail(page)).to_have_attribute("data-chosen", example)


def count_of(page: Page, mark: str) -> Locator:
    return page.locator(f"lab-gallery [data-count={mark}]")


def press(page: Page, act: str) -> None:
    page.locator(f"lab-gallery [data-act={act}]").click()


def test_marks_of_two_people_stand_on_both_pages_with_names_and_counts(people: People) -> None:
    ada, ben = two(people)
    first, second = examples(ada)[:2]
    choose(ada, first)
    choose(ben, first)
    detail(ada).locator("input[name=note]").fill(HOSTILE)
    detail(ada).locator("[data-mark=wrong_label]").click()
    expect(detail(ben).locator(".said-list")).to_contain_text("Ada: Label is wrong")
    expect(detail(ben).locator(".said-list q")).to_have_text(HOSTILE)
    detail(ben).locator("[data-mark=ambiguous]").click()
    expect(detail(ada).locator(".said-list li")).to_have_count(2)
    expect(detail(ada).locator(".said-list")).to_contain_text("Ben: Ambiguous")
    expect(detail(ben).locator("[data-mark=ambiguous]")).to_have_attribute("aria-pressed", "true")
    choose(ben, second)
    detail(ben).locator("[data-mark=model_fault]").click()
    expect(count_of(ada, "model_fault").locator("strong")).to_have_text("1")
    expect(card(ada, first).locator(".badge-marks > span").first).to_have_text("2")
    count_of(ada, "wrong_label").click()
    until(lambda: examples(ada) == [first], what="only what is marked as a wrong label")
    ada.locator("lab-gallery [data-chip=mark] button").click()
    until(lambda: len(examples(ada)) > 1, what="all of them")
    assert ada.evaluate("window.hacked") is None is ben.evaluate("window.hacked")
    same_state(ada, ben)


def test_a_list_is_reviewed_by_the_keys_alone(people: People) -> None:
    ada, ben = two(people)
    first, second = examples(ada)[:2]
    total = ada.locator("lab-gallery .amount").inner_text().split(" of ")[1]
    keys = ada.keyboard
    card(ada, first).focus()
    keys.press("ArrowRight")
    expect(card(ada, second)).to_be_focused()
    keys.press("Enter")
    expect(detail(ada)).to_have_attribute("data-chosen", second)
    ada.locator("lab-gallery [data-act=review]").focus()
    keys.press("Enter")
    review = ada.locator("lab-gallery dialog.review")
    body, progress = review.locator(".review-body"), review.locator("[data-progress]")
    expect(body).to_have_attribute("data-example", second)
    keys.press("ArrowLeft")
    expect(body).to_have_attribute("data-example", first)
    expect(progress).to_have_text(f"0 of {total} reviewed by you")
    keys.press("2")
    expect(progress).to_have_text(f"1 of {total} reviewed by you")
    choose(ben, first)
    expect(detail(ben).locator(".said-list")).to_contain_text("Ada: Ambiguous")
    keys.press("n")
    expect(review.locator("input[name=note]")).to_be_focused()
    keys.type("3 or 1?")
    keys.press("Enter")
    expect(detail(ben).locator(".said-list q")).to_have_text("3 or 1?")
    keys.press("Escape")
    expect(review).to_be_visible()
    keys.press("0")
    expect(detail(ben).locator(".said-list")).to_have_count(0)
    expect(progress).to_have_text(f"0 of {total} reviewed by you")
    keys.press("Escape")
    expect(review).not_to_be_visible()
    keys.press("1")
    assert state_of(ada)["marks"] == {"digits-1": {}}


def test_what_is_shown_to_the_room_is_offered_to_all_and_followed_by_whoever_wants_to(people: People) -> None:
    ada, ben = two(people)
    first, second = examples(ada)[:2]
    choose(ada, first)
    press(ada, "show")
    bar = ben.locator("lab-spotlight .spotlight")
    expect(bar).to_have_attribute("data-light", "new")
    expect(bar).to_contain_text(re.compile(rf"Ada shows test image {first.removeprefix('test-')} \(true: \d\)\."))
    expect(ada.locator("lab-spotlight .spotlight")).to_have_attribute("data-light", "mine")
    expect(detail(ben)).not_to_have_attribute("data-chosen", first)
    bar.get_by_role("button", name="Look at it").click()
    expect(detail(ben)).to_have_attribute("data-chosen", first)
    expect(bar).to_have_attribute("data-light", "known")
    bar.get_by_label("Follow").check()
    choose(ada, second)
    press(ada, "show")
    expect(detail(ben)).to_have_attribute("data-chosen", second)
    late = inside(people, room_of(ada))
    expect(late.locator("lab-spotlight .spotlight")).to_have_attribute("data-light", "known")
    expect(late.locator("lab-spotlight")).to_contain_text("by Ada")
    late.goto(f"{people.server.url}/room/{room_of(ada)}")
    late.locator("lab-spotlight a").click()
    late.wait_for_url(re.compile(r"/inside"))
    expect(detail(late)).to_have_attribute("data-chosen", second)
    late.locator("lab-spotlight").get_by_role("button", name="Close").click()
    expect(late.locator("lab-spotlight .spotlight")).to_have_count(0)


def test_a_passport_grows_and_the_list_in_use_waits_until_it_is_asked_for(people: People) -> None:
    ada = trained(people, epochs=2)
    example = examples(ada)[0]
    choose(ada, example)
    passport = detail(ada).locator(".passport")
    expect(passport.locator("[data-branch=b1]")).to_contain_text("right")
    expect(passport.locator("svg rect")).to_have_count(2)
    expect(detail(ada).locator(".bars li")).to_have_count(10)
    assert ada.evaluate(SEND, ["continue", {"epochs": 1}])["ok"]
    newer = ada.locator("lab-gallery [data-act=newer]")
    expect(newer).to_have_text("Show epoch 3")
    expect(passport.locator("svg rect")).to_have_count(3)
    expect(ada.locator("lab-gallery [data-model]")).to_contain_text("epoch 2")
    newer.click()
    expect(ada.locator("lab-gallery [data-model]")).to_contain_text("epoch 3")
    expect(newer).to_have_count(0)


def test_other_components_open_galleries_and_a_split_is_evaluated_from_here(people: People) -> None:
    ada, ben = two(people)
    ada.evaluate(ASKS, {"split": "test", "label": 4, "prediction": 4, "wrong": False})
    expect(ada.locator("lab-gallery .chips li[data-chip]")).to_have_count(2)
    expect(ada.locator("lab-gallery select[name=label]")).to_have_value("4")
    until(lambda: cards(ada).count() and all("true 4" in one for one in cards(ada).all_inner_texts()), what="only fours")
    ada.locator("lab-gallery [data-chip=label] button").click()
    expect(ada.locator("lab-gallery .chips li[data-chip]")).to_have_count(1)
    ada.locator("lab-gallery select[name=split]").select_option("train")
    press(ada, "evaluate")
    expect(cards(ada).first).to_be_visible()
    assert all(one.startswith("train-") for one in examples(ada))
    ben.evaluate(ASKS, {"split": "train"})
    expect(cards(ben)).to_have_count(24)
    press(ben, "more")
    expect(cards(ben)).to_have_count(48)


def test_a_new_run_leaves_out_what_is_marked_as_labelled_wrongly(people: People) -> None:
    ada, ben = two(people)
    without = ben.locator("lab-gallery [data-act=without]")
    expect(without).to_be_disabled()
    for number in (3, 11):
        mark = {"split": "train", "number": number, "mark": "wrong_label", "note": ""}
        assert ada.evaluate(SEND, ["mark_example", mark])["ok"]
    without.click()
    dialog = ben.locator("lab-gallery dialog.without")
    expect(dialog).to_contain_text("without these 2 training examples")
    expect(dialog).to_contain_text("training image 11, marked by Ada")
    dialog.locator("[data-act=go]").click()
    until(lambda: state_of(ada)["blueprint"].get("without") == [3, 11], what="the new run without them")
    expect(dialog).to_contain_text("The new run is ready")
    assert list(state_of(ada)["runs"]) == ["r1", "r2"]


def test_the_review_on_a_phone_by_touch(people: People) -> None:
    ada = trained(people, viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True)
    first, second = examples(ada)[:2]
    card(ada, second).tap()
    expect(detail(ada)).to_have_attribute("data-chosen", second)
    ada.locator("lab-gallery [data-act=review]").tap()
    review = ada.locator("lab-gallery dialog.review")
    review.locator("[data-step='-1']").tap()
    expect(review.locator(".review-body")).to_have_attribute("data-example", first)
    review.locator("[data-mark=model_fault]").tap()
    expect(review.locator(".said-list")).to_contain_text("Model's fault")
    assert ada.evaluate(WITHIN)
    assert ada.evaluate(SMALL) == []
    ada.add_script_tag(content=AXE.read_text())
    assert ada.evaluate(VIOLATIONS) == []
    ada.keyboard.press("Escape")
    assert ada.evaluate(VIOLATIONS) == []
