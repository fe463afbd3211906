"""Two people in one room: what one does, the other sees. A third comes late and sees the same."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, People, room_of, same_state, state_of
from tests.server import ROOT
from tests.waiting import until

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def act(page: Page, label: str) -> None:
    page.locator("lab-controls").get_by_role("button", name=label).click()


def status(page: Page, kind: str) -> None:
    expect(page.locator("lab-status .status")).to_have_attribute("data-kind", kind)


def setting(page: Page, name: str) -> Locator:
    return page.locator(f"[data-setting={name}]")


def change(page: Page, name: str, value: str) -> None:
    field = setting(page, name).locator("input[type=number]")
    field.fill(value)
    field.press("Enter")


@pytest.mark.parametrize("own_server", ["eventlet", "threading"], indirect=True)
@pytest.mark.usefixtures("own_server")
def test_what_one_does_the_other_sees_and_a_late_third_sees_the_same(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    change(ada, "epochs", "3000")
    expect(setting(ben, "epochs").locator("input[type=number]")).to_have_value("3000")
    act(ada, "Start")
    status(ben, "training")
    expect(ben.locator("[data-number=test_accuracy]")).to_contain_text("%")
    change(ben, "learning_rate", "0.01")
    expect(setting(ada, "learning_rate").locator("input[type=number]")).to_have_value("0.01")
    expect(setting(ada, "learning_rate").locator(".note")).to_contain_text("0.05")
    act(ada, "Interrupt")
    status(ben, "interrupted")
    late = people.person(f"/room/{room_of(ada)}")
    status(late, "interrupted")
    same_state(ada, ben)
    same_state(ada, late)
    number = "[data-number=test_accuracy]"
    expect(late.locator(number)).to_have_text(ada.locator(number).inner_text())
    act(late, "Continue")
    status(ada, "training")
    act(ben, "Interrupt")
    status(late, "interrupted")


def test_people_see_who_is_here_by_name(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    field = ben.locator("lab-presence input")
    ben.locator("lab-presence button").first.click()
    field.fill("Ben <b>the</b> 2nd")
    field.press("Enter")
    expect(ada.locator("lab-presence")).to_contain_text("Ben <b>the</b> 2nd")
    ben.close()
    expect(ada.locator("lab-presence")).not_to_contain_text("Ben")


def test_a_new_run_with_another_network_keeps_the_old_one(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    ada.locator("lab-newrun").get_by_role("button", name="New run").click()
    dialog = ada.locator("lab-newrun dialog")
    dialog.locator("input[value=mlp]").check()
    dialog.get_by_role("button", name="Make new run").click()
    expect(dialog).not_to_be_visible()
    act(ben, "Start")
    status(ada, "finished")
    kinds = [layer["kind"] for layer in state_of(ben)["blueprint"]["layers"]]
    assert kinds == ["flatten", "linear", "relu", "dropout", "linear"]


def test_a_refused_value_is_explained_at_its_field_and_changes_nothing(people: People) -> None:
    ada = people.person()
    change(ada, "learning_rate", "99")
    expect(setting(ada, "learning_rate").locator(".note")).to_contain_text("10")
    assert state_of(ada)["settings"]["learning_rate"] == 0.05


def test_space_starts_and_stops(people: People) -> None:
    ada = people.person()
    change(ada, "epochs", "5000")
    ada.locator("body").click(position={"x": 5, "y": 300})
    ada.keyboard.press("Space")
    status(ada, "training")
    ada.keyboard.press("Space")
    status(ada, "interrupted")


@pytest.mark.usefixtures("own_server")
def test_a_killed_trainer_shows_as_recovering_and_trains_on(people: People) -> None:
    ada = people.person()
    change(ada, "epochs", "5000")
    act(ada, "Start")
    status(ada, "training")
    expect(ada.locator("[data-number=test_accuracy]")).to_contain_text("%")
    ada.evaluate("""() => { window.kinds = []; document.querySelector('lab-room').addEventListener('change', () =>
        window.kinds.push(document.querySelector('lab-room').state.session.waiting?.reason)) }""")
    for pid in people.server.trainers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: "recovering" in ada.evaluate("window.kinds"), what="recovering on the page")
    status(ada, "training")
    act(ada, "Interrupt")
    status(ada, "interrupted")
    losses = state_of(ada)["series"]["b1"]["train_loss"]
    assert all(one[0] < two[0] for one, two in zip(losses, losses[1:], strict=False))


@pytest.mark.usefixtures("own_server")
def test_a_restarted_server_is_found_again(people: People) -> None:
    people.may_complain = True  # the browser itself reports refused connections
    ada = people.person()
    act(ada, "Start")
    status(ada, "finished")
    people.server.kill()
    status(ada, "reconnecting")
    people.server.start()
    status(ada, "finished")
    ada.locator("lab-controls button").click()
    status(ada, "training")


def test_a_phone_shows_everything_without_sideways_scrolling(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True)
    act(ada, "Start")
    status(ada, "finished")
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_german_and_dark_are_one_click_away_and_stay(people: People) -> None:
    ada = people.person(locale="de-DE", color_scheme="dark")
    expect(ada.locator("lab-settings")).to_contain_text("Lernrate")
    assert ada.locator("html").get_attribute("data-bs-theme") == "dark"
    ada.locator("lab-look").get_by_role("button", name="Switch to English").click()
    expect(ada.locator("lab-settings")).to_contain_text("Learning rate")
    ada.reload()
    expect(ada.locator("lab-settings")).to_contain_text("Learning rate")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_violations(people: People, scheme: str) -> None:
    ada = people.person(color_scheme=scheme, bypass_csp=True)
    act(ada, "Start")
    status(ada, "finished")
    ada.add_script_tag(content=AXE.read_text())
    found = ada.evaluate("async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)")
    assert found == []
