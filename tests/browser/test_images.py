"""Own images in a real Chromium: a ZIP is brought, looked through, kept and learned from; the line may break on the way."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import People, room_of, same_state, state_of
from tests.browser.test_room import AXE, act, change, status
from tests.server import DATA
from tests.waiting import until

CATS, FOLDERS = Path(DATA, "cifar10-catdog-manifest.zip"), Path(DATA, "cifar10-small-imagefolder.zip")
PHONE = {"width": 390, "height": 844}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
EVIL = "<img src=x onerror=alert(1)>"
pytestmark = pytest.mark.skipif(not CATS.exists() or not FOLDERS.exists(), reason=f"no ZIPs of images in {DATA}")


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def picture(number: int, side: int = 20, mode: str = "L") -> bytes:
    target = io.BytesIO()
    channels = len(mode) if mode != "L" else 1
    Image.frombytes(mode, (side, side), random.Random(number).randbytes(side * side * channels)).save(target, "PNG")
    return target.getvalue()


def odd() -> bytes:
    """Two classes in grey with evil names, one file that is none, no test split."""
    good = {f"{kind}/{number}.png": picture(number) for kind in (EVIL.replace("/", ""), "plain") for number in range(12)}
    return packed({**good, f"plain/{EVIL}.png": b"no picture"})


def offered(page: Page) -> Locator:
    """The dialog of own images, opened from that of a new run."""
    page.locator("lab-newrun button.new-run").click()
    page.locator("lab-newrun .bring").click()
    dialog = page.locator("lab-images dialog")
    expect(dialog).to_be_visible()
    return dialog


def brought(dialog: Locator, file: Path | bytes) -> None:
    at = FilePayload(name="our images.zip", mimeType="application/zip", buffer=file) if isinstance(file, bytes) else file
    dialog.locator("input[type=file]").set_input_files(at)


def dropped(dialog: Locator, content: bytes) -> None:
    """The same with the mouse, out of another window."""
    dialog.evaluate("""(dialog, bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], 'our images.zip'));
      for (const kind of ['dragover', 'drop']) dialog.dispatchEvent(new DragEvent(kind, { dataTransfer, cancelable: true }));
    }""", list(content))


def reported(dialog: Locator) -> None:
    expect(dialog.locator(".report")).to_be_visible(timeout=60_000)


def kept(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Keep these images").click()
    expect(dialog).not_to_be_visible()


def fact(dialog: Locator, number: int) -> Locator:
    """Classes, training images, test images, problems, layout."""
    return dialog.locator(".facts dd").nth(number)


def tile(page: Page, title: str) -> Locator:
    return page.locator("lab-newrun .choice", has_text=title)


def made(page: Page, title: str) -> None:
    """A new run with what was just kept: it is chosen already."""
    expect(tile(page, title).locator("input")).to_be_checked()
    page.get_by_role("button", name="Make new run").click()
    until(lambda: state_of(page)["runs"], what="the run")


def no_violations(page: Page) -> None:
    page.add_script_tag(content=AXE.read_text())
    assert page.evaluate("async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)") == []


def test_cats_and_dogs_from_a_zip_are_learned_and_every_page_knows_their_names(people: People) -> None:
    ada = people.person()
    ben = people.person(f"/room/{room_of(ada)}")
    dialog = offered(ada)
    expect(dialog).to_contain_text("None yet")
    brought(dialog, CATS)
    reported(dialog)
    assert [fact(dialog, number).inner_text() for number in range(5)] == ["2", "1,000", "200", "0", "flat folders with lists"]
    expect(dialog.locator(".classes li")).to_have_count(2)
    expect(dialog.locator(".classes li").first).to_contain_text("cat")
    assert dialog.locator("canvas").first.evaluate("one => [one.width, one.height]") == [32, 32]
    assert not state_of(ben).get("images")
    dialog.locator("input[name=title]").fill("Cats & dogs")
    kept(dialog)
    until(lambda: state_of(ben)["images"], what="the images on the other page")
    made(ada, "Cats & dogs")
    change(ada, "epochs", "1")
    act(ada, "Start")
    status(ben, "finished")
    assert state_of(ben)["blueprint"]["images"]["classes"] == ["cat", "dog"]
    same_state(ada, ben)
    ben.goto(f"{people.server.url}/room/{room_of(ada)}/inside")
    ben.locator("lab-evaluator .job[data-side=A] [data-act=evaluate]").click()
    matrix = ben.locator("lab-evaluator .matrix table")
    expect(matrix).to_contain_text("cat")
    expect(matrix).to_contain_text("dog")
    expect(ben.locator("lab-gallery")).to_contain_text("dog")
    expect(ben.locator("lab-draw")).to_contain_text("picture")  # photographs are not drawn
    ben.goto(f"{people.server.url}/room/{room_of(ada)}")
    expect(ben.locator("lab-newrun")).to_be_visible()
    theirs = offered(ben)
    expect(theirs.locator("[data-kept=own] li")).to_contain_text("2 classes · 1,000 + 200 images · 32×32 in colour")
    expect(theirs.get_by_role("button", name="Delete Cats & dogs")).to_have_count(0)
    mine = offered(ada)
    mine.get_by_role("button", name="Delete Cats & dogs").click()
    mine.get_by_role("button", name="Delete", exact=True).click()
    expect(mine).to_contain_text("None yet")
    expect(theirs).to_contain_text("None yet")


def test_ten_classes_in_folders_come_over_a_broken_line_and_another_room_builds_for_them(people: People) -> None:
    people.may_complain = True  # the browser itself reports each broken request
    ada = people.person()
    pieces: list[int] = []  # where each began

    def cut(route: Route) -> None:
        pieces.append(int(route.request.url.split("at=")[1]))
        route.abort() if len(pieces) in (3, 4) or 7 <= len(pieces) < 10 else route.continue_()

    ada.route(re.compile(r"/api/uploads/\w+\?at="), cut)
    dialog = offered(ada)
    brought(dialog, FOLDERS)
    expect(dialog.locator(".broken")).to_contain_text("The line is broken")
    expect(dialog.locator(".sent-head")).to_contain_text("4.0 MB of 5.2 MB")
    expect(dialog.locator(".broken")).to_contain_text("The line is broken")
    assert pieces[:7] == [0, 1_000_000, 2_000_000, 2_000_000, 2_000_000, 3_000_000, 4_000_000]
    ada.reload()
    pieces[:] = [0] * 10
    dialog = offered(ada)
    brought(dialog, FOLDERS)
    reported(dialog)
    assert pieces[10:] == [4_000_000, 5_000_000]  # it goes on where it was
    assert [fact(dialog, number).inner_text() for number in (0, 1, 2)] == ["10", "4,000", "1,000"]
    expect(dialog.locator(".classes li")).to_have_count(10)
    dialog.get_by_label("All rooms of this server").check()
    kept(dialog)
    ben = people.person()
    assert room_of(ben) != room_of(ada)
    ben.goto(f"{people.server.url}/room/{room_of(ben)}/creator")
    chosen = ben.locator("lab-creator select[name=dataset]")
    expect(chosen).to_contain_text("cifar10 small imagefolder")
    chosen.select_option(label="cifar10 small imagefolder")
    until(lambda: (state_of(ben)["draft"] or {}).get("blueprint", {}).get("images"), what="the images in the draft")
    expect(ben.locator("lab-creator .comes-in")).to_contain_text("3×32×32")
    expect(ben.locator("lab-creator .last")).to_contain_text("images: cifar10 small imagefolder")
    assert tuple(state_of(ben)["draft"]["blueprint"]["images"]["classes"]) == CLASSES
    assert all("Failed to load resource" in one for one in people.complaints), people.complaints


def test_hostile_and_odd_archives_get_words_and_their_names_stay_text(people: People) -> None:
    ada = people.person()
    dialog = offered(ada)
    for hostile, said in ((packed({"train/cat/../../../evil.png": picture(1)}), "leads out of the archive"),
                          (b"GIF89a, renamed", "no ZIP"), (packed({"readme.txt": b"hello"}), "needed")):
        dropped(dialog, hostile)
        expect(dialog.locator(".refusal")).to_contain_text(said)
        expect(dialog.locator(".refusal")).to_contain_text("our images.zip")
    brought(dialog, odd())
    reported(dialog)
    assert fact(dialog, 3).inner_text() == "1"
    expect(dialog.locator(".problems")).to_contain_text(f"plain/{EVIL}.png")
    expect(dialog.locator(".problems")).to_contain_text("Files that cannot be read")
    expect(dialog).to_contain_text("There was no test/")
    expect(dialog.locator(".classes")).to_contain_text(EVIL)
    assert dialog.locator("img").count() == 0
    look = dialog.locator("select[name=side]"), dialog.locator("select[name=channels]")
    expect(look[0]).to_have_value("16")  # of 20×20 pixels, in grey
    expect(look[1]).to_have_value("1")
    look[0].select_option("64")
    until(lambda: dialog.locator("canvas").first.evaluate("one => one.width") == 64, what="larger examples")
    dialog.get_by_role("button", name="Discard").click()
    expect(dialog.locator(".drop")).to_be_visible()
    assert not state_of(ada).get("images")


def test_on_a_phone_in_german_and_dark_with_a_screen_reader(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True, color_scheme="dark", locale="de-DE")
    dialog = offered(ada)
    no_violations(ada)
    ada.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    ada.locator("lab-newrun .bring").focus()
    ada.keyboard.press("Enter")
    brought(dialog, odd())
    reported(dialog)
    no_violations(ada)
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
    dialog.get_by_role("button", name="Diese Bilder behalten").press("Enter")
    expect(dialog).not_to_be_visible()
    expect(tile(ada, "our images").locator("input")).to_be_checked()
    ada.locator("lab-newrun .bring").press("Enter")
    expect(dialog.locator("[data-kept=own]")).to_contain_text("2 Klassen")
    dialog.get_by_role("button", name="our images löschen").press("Enter")
    no_violations(ada)

def long_names(count: int = 4) -> bytes:
    """As many classes, each with a name as long as it may be and nowhere to break it."""
    names = [f"{number:04d}".ljust(60, "W") for number in range(count)]
    return packed({f"{split}/{name}/{number}.png": picture(number, 8, "RGB") for name in names
                   for split, many in (("train", 4), ("test", 2)) for number in range(many)})


def trained(page: Page) -> None:
    """One epoch; where the button is on a phone is none of the matter."""
    page.evaluate("document.querySelector('lab-room').send('start', {epochs: 1})")
    status(page, "finished")


def fits(page: Page) -> None:
    """Nothing is wider than the page, or than the dialog it is in."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate("[...document.querySelectorAll('dialog[open]')].every(one => one.scrollWidth <= one.clientWidth)")


def test_the_longest_names_fit_everywhere_on_a_phone(people: People) -> None:
    ada = people.person(viewport=PHONE, has_touch=True, is_mobile=True)
    code = room_of(ada)
    dialog = offered(ada)
    brought(dialog, long_names())
    reported(dialog)
    dialog.locator("input[name=title]").fill("M" * 60)
    fits(ada)
    kept(dialog)
    expect(tile(ada, "MMM")).to_be_visible()
    fits(ada)
    made(ada, "MMM")
    trained(ada)
    ada.goto(f"{people.server.url}/room/{code}/creator")
    expect(ada.locator("lab-creator .comes-in")).to_contain_text("MMM")
    fits(ada)
    ada.goto(f"{people.server.url}/room/{code}/inside")
    ada.locator("lab-evaluator .job[data-side=A] [data-act=evaluate]").click()
    expect(ada.locator("lab-evaluator .matrix table")).to_contain_text("0001")
    seen = FilePayload(name="a.png", mimeType="image/png", buffer=picture(3, 8, "RGB"))
    ada.locator("lab-draw input[type=file]").first.set_input_files(seen)
    expect(ada.locator("lab-draw .bars li")).to_have_count(4)
    expect(ada.locator("lab-explain .softmax li")).to_have_count(4)
    ada.locator("lab-gallery").scroll_into_view_if_needed()
    ada.locator("lab-gallery .card, lab-gallery [data-example]").first.click()
    expect(ada.locator("lab-gallery .bars li")).to_have_count(4)
    fits(ada)
    assert ada.locator("lab-explain .softmax .bar").first.evaluate("one => one.clientWidth") > 40


def test_a_hundred_classes_do_not_make_the_page_longer_than_ten(people: People) -> None:
    ada = people.person(bypass_csp=True)
    dialog = offered(ada)
    brought(dialog, long_names(100))
    reported(dialog)
    kept(dialog)
    made(ada, "our images")
    trained(ada)
    ada.goto(f"{people.server.url}/room/{room_of(ada)}/inside")
    seen = FilePayload(name="a.png", mimeType="image/png", buffer=picture(3, 8, "RGB"))
    ada.locator("lab-draw input[type=file]").first.set_input_files(seen)
    for rows in ("lab-draw .bars", "lab-draw .classes", "lab-explain .softmax"):
        ada.locator(rows.split()[0]).scroll_into_view_if_needed()  # what nobody sees asks nothing
        expect(ada.locator(f"{rows} > *")).to_have_count(100)
        assert ada.locator(rows).evaluate("one => one.clientHeight") <= 500
    no_violations(ada)


def test_a_file_that_is_empty_is_refused_in_the_language_of_the_page(people: People) -> None:
    ada = people.person(locale="de-DE")
    dialog = offered(ada)
    brought(dialog, b"")
    expect(dialog.locator(".refusal")).to_contain_text("hat 1 Byte bis 500 MB")
    brought(dialog, odd())
    reported(dialog)


def test_a_server_that_begins_anew_during_a_check_still_has_the_file(people: People) -> None:
    people.may_complain = True  # the browser itself reports what is not found
    ada = people.person()
    gone = '{"ok": false, "error": {"code": "not_found", "message": "There is no such job.", "hint": "Ask for it again."}}'
    ada.route("**/jobs/*", lambda route: route.fulfill(status=404, content_type="application/json", body=gone), times=1)
    dialog = offered(ada)
    brought(dialog, CATS)
    expect(dialog.locator(".refusal")).to_contain_text("There is no such job.")
    pieces: list[str] = []
    ada.on("request", lambda request: pieces.append(request.url) if request.method == "PUT" else None)
    brought(dialog, CATS)
    reported(dialog)
    assert pieces == []
