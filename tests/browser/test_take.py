"""Taking a model out of a room and bringing it into another one, in a real Chromium."""

from __future__ import annotations

import pickle
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect
from safetensors import safe_open

from tests.browser.conftest import People, state_of
from tests.browser.test_room import AXE, act, change, status
from tests.waiting import until

PHONE = {"width": 390, "height": 844}


def opened(page: Page) -> Locator:
    page.locator("lab-take .take-open").click()
    dialog = page.locator("lab-take dialog")
    expect(dialog).to_be_visible()
    return dialog


def trained(page: Page) -> None:
    change(page, "epochs", "2")
    act(page, "Start")
    status(page, "finished")


def brought(dialog: Locator, name: str, data: bytes) -> None:
    dialog.locator("input[type=file]").set_input_files(FilePayload(name=name, mimeType="application/octet-stream", buffer=data))


def test_a_model_goes_from_one_room_into_another_and_nothing_else_does(people: People, tmp_path: Path) -> None:
    ada, ben = people.person(), people.person()
    trained(ada)
    dialog = opened(ada)
    dialog.locator("select[name=epoch]").select_option("1")
    dialog.get_by_role("button", name="Make the file").first.click()
    link = dialog.locator(".made a")
    with ada.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith("-b1-epoch1.safetensors")
    download.value.save_as(tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        assert '"epoch": 1' in file.metadata()["place"]

    theirs = opened(ben)
    expect(theirs.locator("select")).to_have_count(0)  # nothing is trained: nothing to take
    brought(theirs, "harmless.safetensors", pickle.dumps({"a": 1}))
    expect(theirs.get_by_role("alert")).to_contain_text("pickle")
    brought(theirs, "model.safetensors", (tmp_path / "model.safetensors").read_bytes())
    expect(theirs.get_by_role("status")).to_contain_text("All 8 tensors fit.")
    theirs.get_by_role("button", name="Begin a new run with them").click()
    expect(theirs).not_to_be_visible()
    assert state_of(ben)["runs"]["r1"]["warm"]["layers"] == ["conv1", "conv2", "linear1", "linear2"]
    trained(ben)


def test_on_a_phone_in_german_with_a_screen_reader(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark", locale="de-DE")
    ada.locator("lab-controls").get_by_role("button", name="Start").click()
    until(lambda: state_of(ada)["runs"], what="a run")
    dialog = opened(ada)
    expect(dialog.locator("select")).to_have_count(3)
    data = b"\x02\0\0\0\0\0\0\0{}"
    brought(dialog, "empty.safetensors", data)
    expect(dialog.get_by_role("alert")).to_contain_text("empty.safetensors")
    ada.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = ada.evaluate(
        "axe.run('lab-take dialog').then((found) => found.violations.map(({ id, nodes }) => [id, nodes[0].html]))")
    assert found == [], found
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
    ada.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
