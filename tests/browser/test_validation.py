"""Held back examples, an early stop and the best epoch on the page: what one chooses, both see."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, room_of, same_state, state_of
from tests.browser.test_room import act, change, setting, status


def make(page: Page, share: str) -> None:
    """A new run that holds back this share."""
    page.locator("lab-newrun .new-run").first.click()
    dialog = page.locator("lab-newrun dialog")
    dialog.locator("select[name=validation]").select_option(label=share)
    dialog.get_by_role("button", name="Make new run").click()
    expect(dialog).to_be_hidden()


def test_what_is_held_back_has_a_curve_and_a_number_and_tells_when_to_stop(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    make(ada, "20 %")
    ada.locator("lab-settings details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    for name, value in (("learning_rate", "0.3"), ("patience", "2"), ("epochs", "50")):
        change(ada, name, value)
    act(ada, "Start")
    status(ben, "stopped_early")
    state = state_of(ben)
    assert state["runs"][state["session"]["position"]["run"]]["blueprint"]["validation"] == 0.2
    epoch, last = state["session"]["position"]["epoch"], state["branches"]["b2" if "b2" in state["branches"] else "b1"]["last"]
    assert last["validation"]["examples"] == 287
    for page in (ada, ben):
        expect(page.locator("lab-status .status")).to_contain_text(f"after epoch {epoch}")
        expect(page.locator("lab-status .more")).to_contain_text(f"Best so far: epoch {epoch - 2}, validation accuracy")
        expect(page.locator("[data-number=validation_accuracy]")).to_have_text(f"{100 * last['validation']['accuracy']:.1f}%")
        expect(page.locator("lab-numbers [data-best]")).to_have_text(f"★ {epoch - 2}")
        expect(page.locator("lab-chart[series=accuracy] .curve.validation .value")).to_contain_text("%")
    same_state(ada, ben)
    change(ada, "pace", "20")  # else it may stop by itself before anybody has interrupted it
    change(ada, "patience", "40")
    expect(setting(ben, "patience").locator("input[type=number]")).to_have_value("40")
    act(ben, "Continue")
    status(ada, "training")
    act(ada, "Interrupt")
    status(ben, "interrupted")


def test_a_run_that_holds_none_back_shows_nothing_of_it(people: People) -> None:
    ada = people.person()
    change(ada, "epochs", "2")
    act(ada, "Start")
    status(ada, "finished")
    expect(ada.locator("[data-number=test_accuracy]")).to_contain_text("%")
    expect(ada.locator("lab-numbers [data-best]")).to_contain_text("★")
    expect(ada.locator("[data-number=validation_accuracy], lab-chart .curve.validation")).to_have_count(0)


def test_the_share_is_chosen_in_the_creator_and_the_evaluator_and_the_gallery_have_the_split(people: People) -> None:
    ada = people.person()
    code = room_of(ada)
    ben = people.person(f"/room/{code}/creator")
    cleo = people.person(f"/room/{code}/creator")
    ben.locator("lab-creator select[name=validation]").select_option(label="10 %")
    expect(cleo.locator("lab-creator select[name=validation]")).to_have_value("0.1")
    expect(cleo.locator("lab-creator .last")).to_contain_text("held back: 10 %")
    make(ada, "10 %")
    change(ada, "epochs", "1")
    act(ada, "Start")
    status(ada, "finished")
    looking = people.person(f"/room/{code}/inside")
    looking.locator("lab-evaluator [data-split=validation]").click()
    looking.locator("lab-evaluator").get_by_role("button", name="Evaluate on: Validation").click()
    expect(looking.locator("lab-evaluator")).to_contain_text("144 examples")
    looking.locator("lab-gallery select[name=split]").select_option("validation")
    expect(looking.locator("lab-gallery .found")).to_be_visible()
    expect(looking.locator("lab-gallery [data-refused]")).to_have_count(0)
