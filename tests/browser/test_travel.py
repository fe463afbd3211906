"""The tree, by mouse and by keyboard: going back, forks, twins, proofs; and a second page that sees the same."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, People, room_of, same_state, state_of
from tests.browser.test_room import AXE, act, change, status


def bead(page: Page, key: str) -> Locator:
    return page.locator(f'lab-tree [data-stop="{key}"]')


def menu(page: Page) -> Locator:
    return page.locator("lab-tree .menu")


def trained(people: People, epochs: int = 3) -> tuple[Page, Page]:
    """Two people in a room that has trained so far."""
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    change(ada, "epochs", str(epochs))
    act(ada, "Start")
    status(ada, "finished")
    status(ben, "finished")
    return ada, ben


def branch_of(page: Page) -> str:
    return str(state_of(page)["session"]["position"]["branch"])


def test_going_back_and_forking_by_mouse(people: People) -> None:
    ada, ben = trained(people)
    bead(ada, "b1:1").click()
    menu(ada).get_by_role("button", name="Go back here").click()
    status(ben, "reverted")
    expect(ben.locator("lab-tree")).to_contain_text("You are at epoch 1 of b1. Training on from here starts a new branch.")
    change(ben, "learning_rate", "0.01")
    expect(ada.locator("lab-tree")).to_contain_text("It will begin with")
    act(ada, "Train on as a new branch")
    status(ben, "finished")
    expect(bead(ben, "b2:3")).to_be_visible()
    branch = state_of(ben)["branches"]["b2"]
    assert branch["changes"] == {"learning_rate": {"from": 0.05, "to": 0.01}} and branch["parent"] == "b1"
    expect(ben.locator("lab-tree")).to_contain_text("learning rate 0.05 → 0.01")
    same_state(ada, ben)


def test_going_back_and_forking_by_keyboard_alone(people: People) -> None:
    ada, ben = trained(people)
    bead(ada, "b1:3").focus()
    for _ in range(2):
        ada.keyboard.press("ArrowLeft")
    expect(bead(ada, "b1:1")).to_be_focused()
    ada.keyboard.press("Enter")
    button = menu(ada).get_by_role("button", name="Go back here")
    for _ in range(8):
        ada.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    expect(button).to_be_focused()
    ada.keyboard.press("Enter")
    status(ben, "reverted")
    expect(menu(ada)).not_to_be_visible()
    controls = ada.locator("lab-controls button")
    controls.focus()
    ada.keyboard.press("Enter")
    status(ben, "finished")
    assert branch_of(ben) == "b2"
    same_state(ada, ben)


def test_without_a_change_the_curve_is_the_old_one_point_for_point(people: People) -> None:
    ada, ben = trained(people)
    bead(ben, "b1:2").click()
    menu(ben).get_by_role("button", name="Go back here").click()
    status(ada, "reverted")
    act(ada, "Train on as a new branch")
    status(ada, "finished")
    series = state_of(ben)["series"]
    assert series["b2"]["train_loss"] == [point for point in series["b1"]["train_loss"] if point[0] > 2]


def test_an_epoch_is_proved_named_pinned_and_compared(people: People) -> None:
    ada, ben = trained(people, 2)
    bead(ada, "b1:2").click()
    menu(ada).get_by_role("button", name="Prove it").click()
    expect(menu(ada)).to_contain_text("same, bit for bit")
    menu(ada).get_by_role("button", name="Pin", exact=True).click()
    expect(menu(ada)).to_contain_text("pinned")
    menu(ada).get_by_role("button", name="Name the branch").click()
    field = menu(ada).locator("input")
    field.fill("our <b>first</b>")
    field.press("Enter")
    expect(ben.locator("lab-tree")).to_contain_text("our <b>first</b>")
    bead(ben, "b1:2").click()
    expect(menu(ben)).to_contain_text("same, bit for bit")


def test_twins_are_trained_one_after_the_other_and_their_difference_is_drawn(people: People) -> None:
    ada, ben = trained(people, 2)
    bead(ada, "b1:1").click()
    menu(ada).get_by_role("button", name="Twin what-ifs").click()
    form = menu(ada).locator("form")
    form.locator("select").first.select_option("dropout")
    inputs = form.locator("input")
    inputs.nth(0).fill("0")
    inputs.nth(1).fill("0.5")
    inputs.nth(2).fill("1")
    form.get_by_role("button", name="Train both").click()
    expect(bead(ben, "b3:2")).to_be_visible()
    status(ben, "finished")
    branches = state_of(ben)["branches"]
    assert branches["b2"]["group"] == branches["b3"]["group"] and branches["b2"]["kind"] == "twin"
    chart = ben.locator("lab-chart[series=loss]")
    chart.locator(".tools button").nth(-2).click()
    chart.get_by_label("Difference b3 − b2").check()
    expect(chart.locator(".legend")).to_contain_text("b3 − b2")
    same_state(ada, ben)


def test_a_change_is_undone_from_its_marker(people: People) -> None:
    ada, ben = trained(people, 2)
    change(ada, "learning_rate", "0.3")
    act(ada, "Train on")
    status(ada, "finished")
    assert len(state_of(ada)["markers"]) == 1
    ada.locator("lab-tree [data-stop*=':change:']").first.click()
    menu(ada).get_by_role("button", name="Train again without this change").click()
    status(ben, "finished")
    expect(ben.locator("lab-tree")).to_contain_text("without")
    state = state_of(ben)
    assert state["branches"]["b2"]["kind"] == "undo" and state["settings"]["learning_rate"] == 0.05


def test_the_ledger_tells_who_changed_what_and_why(people: People) -> None:
    ada, ben = trained(people, 2)
    ada.locator("lab-settings input[name=reason]").fill("=too slow")
    change(ada, "learning_rate", "0.2")
    act(ada, "Train on")
    status(ada, "finished")
    ledger = ben.locator("lab-ledger")
    ledger.scroll_into_view_if_needed()
    expect(ledger).to_contain_text("=too slow")
    expect(ledger).to_contain_text(re.compile(r"0\.05 → 0\.2"))
    expect(ada.locator("lab-settings input[name=reason]")).to_have_value("")
    with ben.expect_download() as download:
        ledger.get_by_role("link", name="Ledger as CSV").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert "'=too slow" in text and ",=too slow" not in text


def test_a_layer_is_frozen_and_learns_again(people: People) -> None:
    ada, ben = trained(people, 2)
    row = ada.locator("lab-layers [data-layer=conv1]")
    row.get_by_role("button", name="Freeze conv1", exact=True).click()
    other = ben.locator("lab-layers [data-layer=conv1]")
    expect(other).to_contain_text("frozen")
    act(ben, "Train on")
    status(ben, "finished")
    other.get_by_role("button", name="Unfreeze conv1", exact=True).click()
    expect(row.get_by_role("button", name="Freeze conv1", exact=True)).to_be_visible()
    assert state_of(ada)["settings"]["frozen"] == []


def test_a_single_step_shows_its_batch_to_everybody(people: People) -> None:
    ada, ben = trained(people, 1)
    ada.locator("lab-steps").get_by_role("button", name="One batch", exact=True).click()
    status(ben, "stepped")
    expect(ben.locator("lab-steps canvas")).to_have_count(32)
    expect(ben.locator("lab-steps")).to_contain_text("32 of 64 images shown")
    assert state_of(ben)["session"]["position"]["batch"] == 1
    same_state(ada, ben)


def test_branches_are_compared_on_a_page_of_their_own(people: People) -> None:
    ada, ben = trained(people, 2)
    bead(ada, "b1:1").click()
    menu(ada).get_by_role("button", name="Go back here").click()
    status(ada, "reverted")
    change(ada, "dropout", "0.6")
    act(ada, "Train on as a new branch")
    status(ada, "finished")
    bead(ada, "b2:2").click()
    menu(ada).get_by_role("link", name="Compare with b1").click()
    expect(ada.locator("lab-compare")).to_contain_text(re.compile("Dropout"))
    expect(ada.locator("lab-compare")).to_contain_text(re.compile(r"0\.6"))
    assert f"{room_of(ben)}.b2" in ada.url
    ada.reload()
    expect(ada.locator("lab-compare")).to_contain_text(re.compile(r"0\.6"))


def test_nonsense_offers_the_way_back(people: People) -> None:
    ada, ben = trained(people, 1)
    change(ada, "learning_rate", "10")
    change(ada, "momentum", "0.99")
    act(ada, "Train on")
    status(ben, "loss_not_finite")
    ben.get_by_role("button", name="Go back to epoch 1").click()
    status(ada, "reverted")
    assert state_of(ada)["session"]["position"]["epoch"] == 1
    change(ada, "learning_rate", "0.05")
    change(ada, "momentum", "0.5")
    change(ada, "epochs", "2")
    act(ada, "Train on as a new branch")
    status(ben, "finished")
    assert state_of(ben)["branches"]["b2"]["tip"]["epoch"] >= 2


def test_a_phone_and_a_screen_reader_can_use_the_tree(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark")
    change(ada, "epochs", "2")
    act(ada, "Start")
    status(ada, "finished")
    bead(ada, "b1:1").click()
    expect(menu(ada)).to_be_visible()
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    ada.add_script_tag(content=AXE.read_text())
    found = ada.evaluate("async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)")
    assert found == []
    assert "Branch b1" in str(bead(ada, "b1:1").get_attribute("aria-label"))


def test_the_cursor_shows_the_histograms_of_its_epoch(people: People) -> None:
    ada, _ = trained(people, 3)
    row = ada.locator("lab-layers [data-layer=conv1]")
    row.locator(".layer-more").click()
    expect(row.locator(".histograms svg")).to_have_count(2)
    newest = row.locator(".histograms .bars").first.get_attribute("d")
    bead(ada, "b1:1").hover()
    expect(row.locator(".histograms")).to_contain_text("At the end of epoch 1")
    assert row.locator(".histograms .bars").first.get_attribute("d") != newest
    ada.mouse.move(5, 5)
    expect(row.locator(".histograms")).not_to_contain_text("At the end of epoch 1")
