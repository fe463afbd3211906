"""The creator: a network is built by mouse and by keyboard, mended, kept, trained; everybody in the room looks on."""

from __future__ import annotations

import re
import statistics

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, People, same_state, state_of
from tests.browser.creating import (
    KINDS,
    PAINTED,
    begin,
    build,
    chip,
    fill,
    is_lenet,
    press,
    row,
    rows,
    take,
    two,
    value,
    verdict,
)
from tests.browser.test_room import AXE, status
from tests.waiting import until


def test_lenet_from_nothing_by_mouse_and_the_other_page_sees_each_step(people: People) -> None:
    ada, ben = two(people)
    press(ada, "Start from nothing")
    expect(ben.locator("lab-creator .nothing")).to_be_visible()
    for number, kind in enumerate(KINDS, 1):
        chip(ada, kind).click()
        rows(ben, number)
    expect(row(ben, "conv1").locator(".shape")).to_have_text("16×8×8")
    for name, field, size in [("conv1", "channels", 6), ("conv2", "channels", 16), ("linear1", "features", 120),
                              ("linear2", "features", 84)]:
        value(ada, name, field).fill(str(size))
    row(ada, "linear3").get_by_role("button", name="End with 10 features").click()
    is_lenet(ben)
    expect(row(ben, "conv1").locator(".outcome")).to_contain_text("6×8×8")
    chip(ada, "gelu").drag_to(row(ada, "tanh1"), target_position={"x": 200, "y": 4})
    expect(row(ben, "gelu1")).to_have_attribute("data-path", "1")
    row(ben, "gelu1").locator("[data-grip]").drag_to(row(ben, "flatten1"), target_position={"x": 12, "y": 4})
    expect(row(ada, "gelu1")).to_have_attribute("data-path", "6")
    expect(ada.locator("lab-creator .last")).to_contain_text("gelu1 moved to place 7")
    row(ada, "gelu1").get_by_role("button", name="Take out gelu1").click()
    is_lenet(ben)
    press(ben, "Undo")
    expect(row(ada, "gelu1")).to_be_visible()
    press(ada, "Redo")
    is_lenet(ben)
    same_state(ada, ben)


def test_lenet_from_nothing_by_keyboard_alone(people: People) -> None:
    ada = build(people)
    keys = ada.keyboard
    ada.get_by_role("button", name="Start from nothing").focus()
    keys.press("Enter")
    verdict(ada, "fits_empty")
    for number, kind in enumerate(KINDS, 1):
        chip(ada, kind).focus()
        keys.press("Enter")
        rows(ada, number)
    until(lambda: "chosen" in str(row(ada, "linear3").get_attribute("class")), what="the newest layer chosen")
    row(ada, "linear3").locator(".row-box").focus()
    for steps, size in (("End", "10"), ("ArrowUp ArrowUp", "84"), ("ArrowUp ArrowUp", "120"), ("Home", "6"),
                        ("ArrowDown ArrowDown ArrowDown", "16")):
        for step in [*steps.split(), "Enter"]:
            keys.press(step)
        fill(ada, size)
    is_lenet(ada)
    expect(row(ada, "conv2").locator(".row-box")).to_be_focused()
    keys.press("Alt+ArrowUp")
    expect(ada.locator("lab-creator .last")).to_contain_text("conv2 moved to place 3")
    keys.press("Alt+ArrowDown")
    is_lenet(ada)
    keys.press("Control+d")
    expect(row(ada, "conv3").locator(".row-box")).to_be_focused()
    keys.press("Delete")
    is_lenet(ada)
    keys.press("Control+z")
    expect(row(ada, "conv3")).to_be_visible()


def test_what_does_not_fit_is_explained_and_mended_by_a_button(people: People) -> None:
    ada, ben = two(people)
    press(ada, "Take out flatten1")
    verdict(ben, "fits_not")
    expect(row(ben, "linear1")).to_contain_text("Linear needs a row of numbers")
    expect(ada.get_by_role("button", name="Train this network")).to_be_disabled()
    assert "muted" in str(row(ben, "relu3").get_attribute("class"))
    row(ben, "linear1").get_by_role("button", name="Insert Flatten").click()
    verdict(ada, "fits")
    field = value(ada, "conv1", "channels")
    before = state_of(ada)["draft"]["seq"]
    field.fill("100000")
    expect(row(ada, "conv1").locator(".cell.wrong")).to_contain_text("1 to ")
    field.press("Escape")
    assert state_of(ada)["draft"]["seq"] == before
    expect(field).to_have_value("16")


def test_typing_is_one_step_and_survives_what_others_do(people: People) -> None:
    ada, ben = two(people)
    field = value(ada, "linear1", "features")
    field.focus()
    ada.keyboard.press("Control+a")
    ada.keyboard.type("12")
    expect(row(ben, "linear1").locator(".shape")).to_have_text("12")
    chip(ben, "conv").drag_to(row(ben, "conv1"), target_position={"x": 200, "y": 4})
    rows(ada, 12)
    expect(field).to_be_focused()
    ada.keyboard.type("8")
    expect(row(ben, "linear1").locator(".shape")).to_have_text("128")
    for _ in range(3):
        press(ben, "Undo")
    expect(field).to_have_value("64")
    ben.evaluate("""() => { const room = document.querySelector('lab-room'), send = room.send.bind(room);
        room.send = (name, args) => send(name, { ...args, seq: args.seq - 1 }); }""")
    before = state_of(ada)["draft"]
    chip(ben, "relu").click()
    expect(ben.locator("lab-creator .bar > .refusal")).to_contain_text(re.compile(r"\w{4}"))
    assert state_of(ben)["draft"] == before


def test_a_ready_network_is_changed_kept_shown_as_code_and_trained_twice(people: People) -> None:
    people.may_complain = True  # the browser itself reports the refused YAML
    ada, ben = two(people)
    ada.evaluate("document.querySelector('lab-room').send('set_settings', { epochs: 1 })")
    take(ada, "three_blocks", activation="gelu")
    expect(row(ben, "gelu1")).to_be_visible()
    press(ada, "Library")
    library = ada.locator("dialog[data-dialog=library]")
    library.locator("input[name=title]").fill("our <b>first</b>")
    library.get_by_role("button", name="Save this network").click()
    expect(library.locator("[data-shelf=room]")).to_contain_text("our <b>first</b>")
    ada.keyboard.press("Escape")
    press(ben, "Code")
    code = ben.locator("dialog[data-dialog=code]")
    expect(code.locator(".program")).to_contain_text("nn.Conv2d(")
    code.locator("textarea").fill("layers: [unclosed")
    code.get_by_role("button", name="Load this blueprint").click()
    expect(code.locator(".refusal")).to_contain_text(re.compile(r"\w{4}"))
    ben.keyboard.press("Escape")
    begin(ada)
    status(ada, "finished")
    status(ben, "finished")
    press(ben, "Library")
    expect(ben.locator("[data-shelf=room]")).to_contain_text("best test")
    ben.keyboard.press("Escape")
    chip(ben, "linear").click()
    row(ben, "linear3").get_by_role("button", name="End with 10 features").click()
    verdict(ben, "fits")
    press(ben, "Train this network")
    dialog = ben.locator("dialog[data-dialog=begin]")
    expect(dialog).to_contain_text(re.compile(r"run r1 \(\d+\.\d%\) stays for comparing"))
    expect(dialog).to_contain_text("Taken over: conv1")
    dialog.locator("input[name=warm]").check()
    dialog.get_by_role("button", name="Make the run and train").click()
    until(lambda: set(state_of(ada)["runs"]) == {"r1", "r2"}, what="the second run")
    status(ada, "finished")
    assert state_of(ada)["runs"]["r2"]["warm"]["layers"][0] == "conv1"
    assert len(people.complaints) == 1 and "the server responded with a status of 4" in people.complaints[0]


def test_what_is_refused_or_changed_while_a_dialog_is_open_is_told_in_it(people: People) -> None:
    ada, ben = two(people)
    press(ada, "Ready networks")
    ready = ada.locator("dialog[data-dialog=ready]")
    ready.locator("input[value=torchvision]").check()
    ready.locator("input[type=search]").fill("inception")
    ready.locator("input[value=inception_v3]").check()
    ready.locator("select[data-field=size]").select_option("32")
    ready.get_by_role("button", name="Take this network").click()
    expect(ready.locator(".refusal")).to_contain_text("inception_v3")
    ready.locator("select[data-field=size]").select_option("96")
    ready.get_by_role("button", name="Take this network").click()
    expect(ready).to_be_hidden()
    offered = value(ada, "backbone1", "size").locator("option")
    expect(offered).to_have_text(["96×96", "128×128", "224×224"])
    take(ada, "lenet5")
    begin(ada)
    status(ada, "finished")
    ada.go_back()
    verdict(ada, "fits")
    press(ada, "Train this network")
    dialog = ada.locator("dialog[data-dialog=begin]")
    expect(dialog).to_contain_text("Taken over: conv1")
    value(ben, "conv1", "channels").fill("7")
    expect(dialog).to_contain_text("Fresh: conv1, conv2")
    expect(dialog).to_contain_text("Taken over: linear1")


def test_a_block_is_opened_filled_and_emptied(people: People) -> None:
    ada = build(people)
    take(ada, "logistic_regression")
    chip(ada, "residual").drag_to(row(ada, "flatten1"), target_position={"x": 200, "y": 3})
    expect(row(ada, "residual1")).to_have_attribute("data-path", "0")
    verdict(ada, "fits")
    press(ada, "Fold residual1")
    rows(ada, 3)
    press(ada, "Open residual1")
    row(ada, "flatten1").locator(".names").click()
    chip(ada, "relu").click()
    expect(ada.locator("lab-creator [data-name=relu1][data-depth='0']")).to_have_attribute("data-path", "2")


def test_a_phone_in_german_and_a_screen_reader(people: People) -> None:
    ada = build(people, viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark", locale="de-DE")
    press(ada, "Schicht hinzufügen")
    chip(ada, "relu").tap()
    rows(ada, 12)
    press(ada, "Schließen")
    ada.locator("lab-creator").get_by_role("button", name="flatten1 herausnehmen").click()
    expect(row(ada, "linear1")).to_contain_text("Linear braucht")
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    ada.add_script_tag(content=AXE.read_text())
    for opened in (None, "Fertige Netze", "Bibliothek", "Code"):
        if opened:
            press(ada, opened)
            expect(ada.locator("dialog[open]")).to_be_visible()
        found = ada.evaluate("async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)")
        assert found == [], opened
        ada.keyboard.press("Escape")


def test_resnet_50_is_fluid(people: People) -> None:
    ada = build(people)
    take(ada, "resnet50")
    rows(ada, 39)
    times = ada.evaluate(PAINTED)
    assert statistics.median(times) < 100, times  # ms, from the Event to the painted page
