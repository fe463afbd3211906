"""A recipe from one room begins a run in another one, as it stands in the file, in a real Chromium."""

from __future__ import annotations

import json

from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import People, state_of
from tests.browser.test_room import AXE, act, change, status
from tests.waiting import until

PHONE = {"width": 390, "height": 844}


def opened(page: Page) -> Locator:
    page.locator("lab-newrun button.new-run").click()
    dialog = page.locator("lab-newrun dialog")
    expect(dialog).to_be_visible()
    return dialog


def given(dialog: Locator, text: str | bytes, name: str = "recipe.yaml") -> None:
    data = text.encode() if isinstance(text, str) else text
    dialog.locator(".recipe-file input").set_input_files(FilePayload(name=name, mimeType="text/yaml", buffer=data))


def digest(page: Page) -> str:
    return str(next(one["digest"] for one in state_of(page)["checkpoints"] if (one["epoch"], one["batch"]) == (1, 0)))


def test_a_recipe_of_one_room_ends_with_the_same_digest_in_another(people: People) -> None:
    ada, ben = people.person(), people.person()
    change(ada, "epochs", "1")
    change(ada, "learning_rate", "0.02")
    act(ada, "Start")
    status(ada, "finished")
    address = f"/api/rooms/{state_of(ada)['room']['code']}/recipe.yaml?run=r1"
    recipe = ada.evaluate("(address) => fetch(address).then((one) => one.text())", address)

    said = ben.evaluate("document.querySelector('lab-room').send('set_settings', {class_weights: {3: 2}})")
    assert said["ok"] and state_of(ben)["settings"]["class_weights"] == {"3": 2}
    dialog = opened(ben)
    given(dialog, recipe)
    expect(dialog.locator(".recipe")).to_contain_text("Learning rate: 0.05 → 0.02")
    expect(dialog.locator(".recipe")).to_contain_text("Epochs to go: 10 → 1")
    dialog.get_by_role("button", name="Make new run").click()
    expect(dialog).not_to_be_visible()
    assert state_of(ben)["settings"] == state_of(ada)["settings"]
    act(ben, "Start")
    status(ben, "finished")
    assert digest(ben) == digest(ada)


def test_what_is_no_recipe_is_said_and_changes_nothing(people: People) -> None:
    people.may_complain = True  # the browser itself reports what is refused
    ada = people.person()
    dialog = opened(ada)
    before = json.dumps(state_of(ada), sort_keys=True)
    for text, said in (("settings: {learning_rat: 1}", "learning_rat"), ("settings: {learning_rate: 99}", "10"),
                       ("settings: {}\nblueprint: {layers: [{kind: flatten}]}", "classes"),
                       (b"\x89PNG\r\n\x1a\n\0", "recipe.yaml"), ("x: " * 30_000, "60 kB")):
        given(dialog, text)
        expect(dialog.get_by_role("alert")).to_contain_text(said)
        expect(dialog.locator(".recipe")).to_have_count(0)
    given(dialog, "blueprint: {dataset: mnist, seed: 5, layers: [{kind: flatten}, {kind: linear, features: 10}]}", "small.yaml")
    expect(dialog.locator(".recipe")).to_contain_text("small.yaml: MNIST · Seed 5")
    expect(dialog.locator(".recipe")).to_contain_text("the settings stay as they are")
    dialog.get_by_role("button", name="Choose by hand instead").click()
    expect(dialog.locator(".choice").first).to_be_visible()
    assert json.dumps(state_of(ada), sort_keys=True) == before


def test_a_recipe_that_comes_after_the_dialog_was_closed_is_let_go(people: People) -> None:
    ada = people.person()
    held: list[Route] = []
    ada.route("**/api/blueprint", lambda one: held.append(one))
    dialog = opened(ada)
    given(dialog, "blueprint: {dataset: mnist}\nsettings: {}")
    until(lambda: ada.evaluate("true") and held, what="the question")
    dialog.get_by_role("button", name="Cancel").click()
    opened(ada)
    with ada.expect_response("**/api/blueprint"):
        held[0].continue_()
    make = dialog.get_by_role("button", name="Make new run")
    expect(make).to_be_enabled()
    expect(dialog.locator(".recipe")).to_have_count(0)


def test_a_file_that_cannot_be_read_is_said_and_another_may_be_chosen(people: People) -> None:
    ada = people.person()
    dialog = opened(ada)
    ada.evaluate("() => { File.prototype.text = () => Promise.reject(new DOMException('gone', 'NotReadableError')); }")
    given(dialog, "settings: {}")
    expect(dialog.get_by_role("alert")).to_contain_text("recipe.yaml: This file cannot be read.")
    expect(dialog.get_by_role("button", name="Make new run")).to_be_enabled()


def test_on_a_phone_in_german_with_a_screen_reader(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark", locale="de-DE")
    dialog = opened(ada)
    given(dialog, "blueprint: {template: cnn}\nsettings: {optimizer: adam, flip: true}", "sehr-lang-" * 12 + ".yaml")
    expect(dialog.locator(".recipe")).to_contain_text("Alle Einstellungen werden die des Rezepts")
    ada.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = ada.evaluate(
        "axe.run('lab-newrun dialog').then((found) => found.violations.map(({ id, nodes }) => [id, nodes[0].html]))")
    assert found == [], found
    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
