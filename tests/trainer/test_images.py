"""Own images: what a hostile archive may not do, what belongs to which class, and that the same files give the same bytes."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import zlib
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ml_utils.core.datasets import SIDES, Images
from ml_utils.core.errors import Refused
from ml_utils.trainer import prepare
from ml_utils.trainer.images import inspect
from ml_utils.trainer.images.archive import Archive
from ml_utils.trainer.images.decode import Unreadable, decoded
from ml_utils.trainer.images.keep import divided
from ml_utils.trainer.jobs import KINDS, Desk
from ml_utils.trainer.order import Order
from ml_utils.trainer.quiet import QuietWire
from tests.server import DATA
from tests.trainer.archives import Packed, folders, packed, picture
from tests.waiting import quickest

Made = Callable[..., dict[str, Any]]
QUICK = 1.0  # seconds in which what is odd is refused


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Inspect the bytes of an archive as the job does; return its report."""
    number = iter(range(1000))

    def make(data: bytes, side: int = 16, channels: int = 3, title: str = "Pets") -> dict[str, Any]:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        (folder / "archive.zip").write_bytes(data)
        order = Order("", "terminal", 1, "", str(tmp_path / "checkpoints"))
        try:
            found = inspect.inspect_images({"side": side, "channels": channels, "title": title}, order,
                                           Desk(folder, QuietWire()))
        finally:
            assert {one.name for one in folder.iterdir()} <= {"archive.zip", "ready"}, "nothing lies about"
        return {**found, "folder": folder / "ready"}

    return make


def refused(data: bytes, made: Made, code: str = "bad_archive", word: str = "") -> Refused:
    begun = time.process_time()
    with pytest.raises(Refused) as error:
        made(data)
    assert time.process_time() - begun < QUICK
    assert error.value.code == code, error.value.message
    assert word in error.value.message and error.value.message and error.value.hint
    assert len(error.value.message) < 400
    return error.value


def array(found: dict[str, Any], name: str) -> Any:
    return np.load(found["folder"] / f"{name}.npy")


def kinds(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["kind"], one["file"]) for one in found["problems"]]


# ── hostile archives ────────────────────────────────────────────────────────────────────────────────────────

GOOD = folders()
ONE = GOOD[0]


def other(**values: Any) -> list[Packed]:
    """An ordinary archive whose first entry is another."""
    return [Packed(**{**vars(ONE), **values}), *GOOD[1:]]


def test_the_archive_that_the_others_are_made_of_is_good(made: Made) -> None:
    assert made(packed(GOOD))["images"]["classes"] == ["cat", "dog"]


@pytest.mark.parametrize(("name", "word"), [
    ("../evil.png", "leads out"), ("train/../../evil.png", "leads out"), ("/etc/passwd", "leads out"),
    ("a/../../b", "leads out"), ("C:/x.png", "leads out"), ("c:x.png", "leads out"), ("train\\cat\\0.png", "leads out"),
    ("..\\x", "leads out"), ("train//cat.png", "leads out"), ("./x.png", "leads out"), ("//server/x.png", "leads out"),
    ("train/cat/a\0.png", "signs"), ("train/cat/\x1b[31m.png", "signs"), ("train/cat/\u202egnp.exe", "signs"),
    ("train/cat/a\nb.png", "signs"), ("x" * 2_000 + ".png", "too long"), (b"train/\xff\xfe/0.png", "UTF-8"),
    ("train/cat/inner.zip", "archive inside"), ("train/cat/inner.tar.gz", "archive inside")])
def test_a_name_that_leads_anywhere_else_is_refused(made: Made, name: str | bytes, word: str) -> None:
    refused(packed(other(name=name)), made, word=word)


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060666, 0o010644, 0o140777], ids=str)
def test_what_is_no_file_is_refused(made: Made, mode: int) -> None:
    refused(packed(other(mode=mode, data=b"/etc/passwd")), made, word="link or a device")


BOMB = bytes(20_000_000)


@pytest.mark.parametrize(("entries", "code", "word"), [
    (other(flags=0x801), "bad_archive", "encrypted"), (other(flags=0x840), "bad_archive", "encrypted"),
    (other(method=9), "bad_archive", "method 9"), (other(method=12), "bad_archive", "method 12"),
    (other(method=14), "bad_archive", "method 14"), (other(method=99), "bad_archive", "method 99"),
    (other(size=10), "bad_archive", "not as large"), (other(size=10**6), "bad_archive", "damaged"),
    (other(crc=1), "bad_archive", "damaged"), (other(packed=10**9), "bad_archive", "outside"),
    (other(method=0, size=10), "bad_archive", "cannot be"),
    (other(local={"name": b"train/cat/x.png"}), "bad_archive", "disagree"),
    (other(local={"size": 5}), "bad_archive", "disagree"),
    (other(local={"packed": 5}), "bad_archive", "disagree"), (other(local={"crc": 5}), "bad_archive", "disagree"),
    (other(local={"method": 0}), "bad_archive", "disagree"), (other(local={"flags": 0}), "bad_archive", "disagree"),
    (other(size=2**32 - 1), "bad_archive", "ZIP64"), (other(disk=1), "bad_archive", "cannot be"),
    (other(at=10**8), "bad_archive", "outside"), (other(at=2**32 - 1), "bad_archive", "ZIP64"),
    (other(at=5), "bad_archive", "disagree"), (other(size=21_000_000), "archive_too_large", "20 MB"),
    ([*GOOD, GOOD[3]], "bad_archive", "twice"), ([*GOOD, Packed("train/cat/3.png/", mode=0o40755)], "bad_archive", "twice"),
    ([*GOOD, Packed("train/cat/\u0065\u0301.png", b"x"), Packed("train/cat/\u00e9.png", b"y")], "bad_archive", "twice"),
    ([*GOOD, Packed("train/cat/", b"x", mode=0o40755)], "bad_archive", "content of its own"),
    ([*GOOD, Packed("train/x", mode=0o40755)], "bad_archive", "content of its own"),
    ([Packed(f"train/cat/{n}.png", BOMB) for n in range(26)], "archive_too_large", "500 MB"),
    ([Packed(f"train/cat/{n}", b"", method=0) for n in range(40_001)], "archive_too_large", "40,000"),
    ([], "bad_archive", "empty"), ([Packed("train/", mode=0o40755)], "bad_archive", "empty")])
def test_what_is_odd_about_an_entry_is_refused(made: Made, entries: list[Packed], code: str, word: str) -> None:
    refused(packed(entries), made, code, word)


def test_entries_that_lie_in_each_other_are_refused(made: Made) -> None:
    whole = packed([Packed("train/cat/0.png", packed(GOOD), method=0), *GOOD[1:]])
    assert made(whole)["problem_count"] == 1, "an archive that only looks like a picture is none"
    inner = whole.index(b"PK\3\4", 10)
    name = GOOD[0].raw
    nested = [Packed(name, packed(GOOD), method=0), Packed(name, GOOD[0].data, at=inner), *GOOD[1:]]
    refused(packed(nested), made, word="twice")
    quilt = [Packed("a/0", packed([Packed("a/1", b"x" * 50, method=0)])[:-22], method=0),
             Packed("a/1", b"x" * 50, method=0, at=30 + 3)]
    refused(packed(quilt), made, word="in each other")


@pytest.mark.parametrize(("data", "word"), [
    (b"", "empty"), (b"x", "no ZIP"), (b"pets.zip", "no ZIP"), (b"\x89PNG" + bytes(5_000), "no ZIP"), (bytes(22), "no ZIP"),
    (b"PK\3\4" + bytes(1000), "end is missing"), (b"PK\5\6" + bytes(18), "empty"),
    (packed(GOOD, before=b"#!/bin/sh\n"), "beginning"), (picture() + packed(GOOD), "beginning"),
    (packed(GOOD, before=picture()), "before the beginning"),
    (packed(GOOD, after=b"x"), "behind the end"), (packed(GOOD, after=bytes(70_000)), "no ZIP"),
    (packed(GOOD, after=picture()), "behind the end"), (packed(GOOD, count=3), "length"), (packed(GOOD, count=30), "cut off"),
    (packed(GOOD, length=46), "before the beginning"), (packed(GOOD, start=0), "before the beginning"),
    (packed(GOOD, disk=1), "split"), (packed(GOOD, count=0xFFFF), "ZIP64"), (packed(GOOD, start=2**32 - 1), "ZIP64"),
    (packed(GOOD, length=10**8), "before the beginning")])
def test_what_is_odd_about_the_whole_is_refused(made: Made, data: bytes, word: str) -> None:
    refused(data, made, word=word)


def test_a_zip64_archive_with_tiny_content_is_refused(made: Made) -> None:
    plain = packed(GOOD)
    whole = plain[:-22] + b"PK\6\6" + bytes(52) + b"PK\6\7" + bytes(16) + plain[-22:]
    refused(whole, made, word="ZIP64")


def test_an_archive_cut_off_anywhere_is_refused_at_once(made: Made) -> None:
    whole = packed(folders(train=30, size=(20, 20)))
    assert len(whole) > 60_000
    for end in [*range(0, len(whole), 1000), *range(len(whole) - 30, len(whole))]:
        refused(whole[:end], made)


def test_an_archive_with_any_byte_changed_is_refused_or_whole(made: Made) -> None:
    """Headers, directory and end are read; what is hidden in dates and comments changes nothing."""
    whole, good = packed(folders(train=6, test=1)), made(packed(folders(train=6, test=1)))
    for at in range(0, len(whole), 41):
        try:
            found = made(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1:])
        except Refused:
            continue
        assert found["images"]["classes"] == good["images"]["classes"] or found["problem_count"], at


def test_bytes_after_the_end_of_a_packed_file_are_refused(made: Made) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(ONE.data) + packer.flush() + b"hidden"

    class Hiding(Packed):
        body = property(lambda self: body)  # type: ignore[assignment]

    refused(packed([Hiding(**vars(ONE)), *GOOD[1:]]), made, word="not as large")


def test_names_are_never_used_as_paths(made: Made, tmp_path: Path) -> None:
    made(packed([*GOOD, Packed("train/cat/; rm -rf ~.png", picture(77)), Packed("train/cat/$(id).png", picture(78))]))
    assert {one.name for one in tmp_path.rglob("*") if one.is_file()} <= {
        "archive.zip", "about.json", "constants.npy", *(f"{split}_{part}.npy" for split in ("train", "test")
                                                        for part in ("images", "labels"))}


def test_what_systems_leave_in_archives_is_not_seen(made: Made) -> None:
    left = ["__MACOSX/train/cat/._0.png", "train/cat/.DS_Store", ".git/config", "train/.hidden/0.png", "train/cat/Thumbs.db",
            "__MACOSX/x.zip", "train/dog/desktop.ini"]
    found = made(packed([*GOOD, *(Packed(name, b"x") for name in left)]))
    assert found["problem_count"] == 0 and found["images"]["classes"] == ["cat", "dog"]


def test_an_archive_written_piece_by_piece_is_read(made: Made) -> None:
    """As macOS writes them: sizes come after the data, and zeros before."""
    def later(one: Packed) -> Packed:
        return Packed(one.name, one.data, flags=0x808, local={"crc": 0, "size": 0, "packed": 0})

    assert made(packed(later(one) for one in GOOD))["name"] == made(packed(GOOD))["name"]


# ── layouts ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_one_folder_around_it_all_and_other_names_of_splits(made: Made) -> None:
    plain = made(packed(GOOD))
    assert plain["layout"] == "folders" and not plain["made_test"]
    assert plain["counts"] == {"train": [8, 8], "test": [2, 2]} and plain["sizes"] == {"12×12": 20}
    assert made(packed(folders(around="my pets/")))["name"] == plain["name"]
    beside = [Packed("my pets/", mode=0o40755), Packed("README.txt", b"hello")]
    assert made(packed([*beside, *folders(around="my pets/")]))["name"] == plain["name"]
    named = [Packed(one.raw.replace(b"train/", b"Training/").replace(b"test/", b"TEST/"), one.data) for one in GOOD]
    assert made(packed(named))["name"] == plain["name"]
    assert made(packed(reversed(GOOD)))["name"] == plain["name"], "the order in the archive says nothing"


def test_classes_alone_get_a_test_split_by_a_fixed_seed(made: Made) -> None:
    alone = [Packed(f"{label}/{number}.png", picture(100 * place + number)) for place, label in enumerate(["cat", "dog", "owl"])
             for number in range(10 if label != "owl" else 1)]
    found, again = made(packed(alone)), made(packed(alone))
    assert found["made_test"] and found["counts"] == {"train": [8, 8, 1], "test": [2, 2, 0]}
    assert ("one_image", "owl") in kinds(found) and found["name"] == again["name"]
    for part in ("train_images", "test_images", "train_labels", "test_labels", "constants"):
        assert (found["folder"] / f"{part}.npy").read_bytes() == (again["folder"] / f"{part}.npy").read_bytes()
    both = np.concatenate([array(found, "train_images"), array(found, "test_images")])
    assert len({image.tobytes() for image in both}) == 21, "no image is in both"


def test_a_fifth_of_each_class_is_for_testing() -> None:
    train, test = divided(np.repeat([0, 1, 2, 3], [100, 2, 1, 7]))
    assert np.bincount(np.repeat([0, 1, 2, 3], [100, 2, 1, 7])[test], minlength=4).tolist() == [20, 1, 0, 1]
    assert sorted([*train, *test]) == list(range(110))


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_images_to_validate_with_are_trained_with_or_test(made: Made, name: str) -> None:
    more = [Packed(f"{name}/{label}/{number}.png", picture(5000 + number)) for label in ("cat", "dog") for number in range(3)]
    with_test = made(packed([*GOOD, *more]))
    assert with_test["counts"] == {"train": [11, 11], "test": [2, 2]} and ("validation", "validation/") in kinds(with_test)
    without = made(packed([*(one for one in GOOD if one.raw.startswith(b"train")), *more]))
    assert without["counts"] == {"train": [8, 8], "test": [3, 3]} and not without["made_test"]


def manifest(train: Any, test: Any = None, files: int = 12) -> bytes:
    entries = [Packed(f"train/{number}.png", picture(number)) for number in range(files)]
    entries += [Packed("train.json", train if isinstance(train, bytes) else json.dumps(train).encode())]
    if test is not None:
        entries += [Packed(f"test/{number}.png", picture(900 + number)) for number in range(4)]
        entries += [Packed("test.json", json.dumps(test).encode())]
    return packed(entries)


LABELS = {f"{number}.png": ("cat", "dog")[number % 2] for number in range(12)}


def test_lists_of_labels(made: Made) -> None:
    found = made(manifest(LABELS, {f"{number}.png": "cat" for number in range(4)}))
    assert found["layout"] == "manifest" and found["counts"] == {"train": [6, 6], "test": [4, 0]}
    assert not found["problems"] and not found["made_test"]
    assert made(manifest({f"train/{name}": label for name, label in LABELS.items()}))["made_test"]
    assert made(manifest(b"\xef\xbb\xbf" + json.dumps(LABELS).encode()))["counts"]["train"] == [5, 5]


def test_wrong_labels_are_listed_and_the_rest_is_taken(made: Made) -> None:
    more: dict[str, Any] = {**LABELS, "gone.png": "cat", "10.png": None, "11.png": ["cat"], "../../etc/passwd": "cat"}
    text = json.dumps({**more, "9.png": 7})[:-1] + ', "0.png": "dog", "8.png": "\\u0000bad"}'
    found = made(manifest(text.encode(), {"0.png": "cat", "1.png": "owl", "2.png": "cat"}))
    seen = kinds(found)
    assert ("missing_file", "train/gone.png") in seen and ("missing_file", "train/../../etc/passwd") in seen
    assert {("bad_label", "10.png"), ("bad_label", "11.png"), ("number_label", "9.png"), ("named_twice", "0.png"),
            ("only_in_test", "owl"), ("no_label", "test/3.png"), ("one_image", "7")} <= set(seen)
    assert found["images"]["classes"] == ["7", "cat", "dog"] and found["problem_count"] == len(seen)


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff\xfe{\0}\0", b'{"a": 1', b"[" * 100_000, b"<html>", b'"x"'])
def test_a_list_that_is_none_is_refused(made: Made, text: bytes) -> None:
    refused(manifest(text), made, "bad_manifest")


@pytest.mark.parametrize("label", ["=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "😀👩‍👩‍👧", "__proto__", "ﬁ", "-1"])
def test_labels_are_text_and_nothing_else(made: Made, label: str) -> None:
    found = made(manifest({name: label if one == "dog" else one for name, one in LABELS.items()}))
    assert sorted(found["images"]["classes"]) == sorted(["cat", label])
    if "/" not in label:
        again = made(packed(folders(("cat", label))))
        assert sorted(again["images"]["classes"]) == sorted(["cat", label])


def test_labels_are_one_however_they_are_written(made: Made) -> None:
    both = {f"{number}.png": ("e\u0301", "\u00e9", "dog")[number % 3] for number in range(24)}
    assert made(manifest(both, files=24))["images"]["classes"] == ["dog", "\u00e9"]


def test_class_numbers_are_in_the_order_of_numbers(made: Made) -> None:
    assert made(packed(folders(("10", "9", "2", "x"))))["images"]["classes"] == ["2", "9", "10", "x"]


@pytest.mark.parametrize(("entries", "code"), [
    (folders(("cat",), 20), "too_few_classes"), ([Packed("0.png", picture())], "too_few_classes"),
    ([Packed("notes.txt", b"x")], "too_few_classes"), (folders(train=2), "too_few_images"),
    (folders(("cat", "x" * 61)), "class_name_too_long"), (folders(("cat", "x" * 900)), "class_name_too_long"),
    ([Packed(f"train/{n}/0.png", b"x") for n in range(1_001)], "too_many_classes"),
    ([Packed(f"{n}/0.png", b"x") for n in range(5_000)], "too_many_classes"),
    ([Packed(f"train/{n:03}{'ü' * 40}/0.png", b"x") for n in range(900)], "class_name_too_long"),
    ([Packed(f"test/{label}/0.png", picture()) for label in "ab"], "no_layout"),
    ([Packed(f"train/{label}/{n}.png", b"no picture") for label in "ab" for n in range(9)], "too_few_classes")])
def test_what_can_be_no_dataset_is_refused_with_the_reason(made: Made, entries: list[Packed], code: str) -> None:
    refused(packed(entries), made, code)


def test_problems_are_listed_and_nothing_crashes(made: Made) -> None:
    odd = [Packed("train/owl/", mode=0o40755), Packed("train/loose.png", picture(1)), Packed("test/fox/0.png", picture(2)),
           Packed("train/cat/half.png", picture(3)[:-40]), Packed("train/cat/notes.txt", b"x"), Packed("top.png", picture(4)),
           Packed("train/rare/0.png", picture(5)), Packed("train/cat/empty.png", b""), Packed("train/cat/in/9.png", picture(6)),
           Packed("train/broken/0.png", b"x"), Packed("test/broken/0.png", picture(7))]
    found = made(packed([*GOOD, *odd]))
    assert set(kinds(found)) == {
        ("empty_class", "train/owl"), ("no_label", "train/loose.png"), ("only_in_test", "fox"),
        ("unreadable", "train/cat/half.png"), ("unreadable", "train/cat/notes.txt"), ("ignored", "top.png"),
        ("one_image", "rare"), ("unreadable", "train/cat/empty.png"), ("unreadable", "train/broken/0.png"),
        ("only_in_test", "broken")}
    assert found["images"]["classes"] == ["cat", "dog", "rare"] and found["counts"] == {"train": [9, 8, 1], "test": [2, 2, 0]}


def test_not_all_problems_are_told_but_all_are_counted(made: Made) -> None:
    found = made(packed([*GOOD, *(Packed(f"train/cat/{'y' * 300}{n}.png", b"x") for n in range(500))]))
    assert len(found["problems"]) == 200 and found["problem_count"] == 500
    assert all(len(one["file"]) <= 201 for one in found["problems"])


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────

def flat(colour: Any, mode: str = "RGB", kind: str = "PNG", size: tuple[int, int] = (20, 20), **options: Any) -> bytes:
    target = BytesIO()
    Image.new(mode, size, colour).save(target, kind, **options)
    return target.getvalue()


def pixel(data: bytes, channels: int = 3) -> list[int]:
    found = decoded(data, 8, channels).pixels
    assert len(found) == 64 * channels
    return list(found[:channels])


@pytest.mark.parametrize(("data", "wanted"), [
    (flat((10, 200, 30)), [10, 200, 30]), (flat((10, 200, 30), kind="BMP"), [10, 200, 30]),
    (flat((10, 200, 30), kind="WEBP", lossless=True), [10, 200, 30]), (flat(77, "L"), [77] * 3), (flat(1, "1"), [255] * 3),
    (flat(65535, "I;16"), [255] * 3), (flat(257 * 100, "I;16"), [100] * 3), (flat((0, 0, 0, 0), "RGBA"), [255] * 3),
    (flat((9, 9, 9, 255), "RGBA"), [9] * 3), (flat((0, 128), "LA"), [127] * 3), (flat((0, 0, 0), size=(1, 1)), [0] * 3),
    (flat((5, 6, 7), size=(400, 1)), [5, 6, 7]), (flat(3, "P"), list(Image.new("P", (1, 1), 3).convert("RGB").tobytes()))])
def test_every_kind_of_picture_becomes_the_same_kind_of_image(data: bytes, wanted: list[int]) -> None:
    assert all(abs(one - other) <= 1 for one, other in zip(pixel(data), wanted, strict=True)), pixel(data)
    assert len(decoded(data, 8, 1).pixels) == 64


def test_cmyk_and_grey_jpegs() -> None:
    assert all(value > 245 for value in pixel(flat((0, 0, 0, 0), "CMYK", "JPEG")))
    assert abs(pixel(flat(90, "L", "JPEG"), 1)[0] - 90) <= 1
    coloured = pixel(flat((250, 10, 10), "RGB", "JPEG"), 1)[0]
    assert abs(coloured - 81) <= 2, "the luma of red"


def test_a_photo_is_turned_as_it_says() -> None:
    image = Image.new("RGB", (40, 40), "white")
    image.paste("black", (0, 0, 40, 10))  # dark on top
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    target = BytesIO()
    image.save(target, "JPEG", exif=exif, quality=95)
    found = np.frombuffer(decoded(target.getvalue(), 8, 1).pixels, np.uint8).reshape(8, 8)
    assert found[:, -1].max() < 60 and found[:, 0].min() > 200, "dark on the right"


def test_of_what_moves_the_first_picture_counts() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        target = BytesIO()
        frames[0].save(target, kind, save_all=True, append_images=frames[1:], **options)
        assert pixel(target.getvalue()) == [255, 0, 0]


def test_a_wide_picture_keeps_its_middle() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("lime", (100, 0, 200, 100))
    target = BytesIO()
    image.save(target, "PNG")
    assert set(decoded(target.getvalue(), 16, 3).pixels[1::3]) <= set(range(230, 256)), "the filter sees a little beyond"


def header_of_png(width: int, height: int) -> bytes:
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\r" + head + zlib.crc32(head).to_bytes(4, "big") + b"\0\0\0\0IDAT" + bytes(4)


def bomb(side: int) -> bytes:
    target = BytesIO()
    Image.new("L", (side, side)).save(target, "PNG", compress_level=1)
    return target.getvalue()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("data", [
    header_of_png(50_000, 50_000), header_of_png(13_000, 13_000), header_of_png(9_000, 9_000), header_of_png(1, 2**31 - 1),
    header_of_png(4_001, 4_000), bomb(5_000),
    b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0" + bytes(8)], ids=range(7))
def test_a_picture_of_too_many_pixels_is_never_decoded(data: bytes) -> None:
    def refused() -> None:
        with pytest.raises(Unreadable) as error:
            decoded(data, 32, 3)
        assert error.value.kind == "too_large"

    assert quickest(refused) < 0.2


@pytest.mark.parametrize("data", [
    b"", b"x", b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF",
    b"%PDF-1.7", flat((1, 2, 3), kind="GIF"), flat((1, 2, 3), kind="ICO"), flat((1, 2, 3), kind="TIFF"),
    flat((1, 2, 3), kind="TGA"),
    flat((1, 2, 3), kind="PPM"), b"GIF89a/*" + bytes(100) + b"*/=1;alert(1)", picture(1, kind="JPEG")[:-60], picture(1)[:-30],
    picture(1, kind="WEBP")[:40], picture(1, kind="BMP")[:-5], packed(GOOD), b"\x89PNG\r\n\x1a\n"], ids=range(18))
def test_what_is_no_whole_picture_of_the_four_kinds_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        decoded(data, 16, 3)
    assert error.value.kind == "unreadable" and error.value.detail


def test_a_bomb_of_text_or_profile_in_a_picture_is_unreadable_and_quick() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    plain = picture(1)
    for kind, head in ((b"zTXt", b"Raw profile type exif\0\0"), (b"iCCP", b"icc\0\0"), (b"iTXt", b"x\0\1\0\0\0")):
        bombed = plain[:33] + chunk(kind, head + zlib.compress(bytes(60_000_000), 9)) + plain[33:]

        def refused(bombed: bytes = bombed) -> None:
            with contextlib.suppress(Unreadable):
                decoded(bombed, 16, 3)

        assert quickest(refused) < 0.5


# ── the job ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_the_job_is_known_by_its_name() -> None:
    assert KINDS[inspect.inspect_images.__name__] == "images.inspect:inspect_images"


def test_what_it_makes_is_what_trainers_read(made: Made, tmp_path: Path) -> None:
    found = made(packed(GOOD))
    facts = Images.model_validate(found["images"])
    assert (facts.shape, facts.train, facts.test, facts.title) == ((3, 16, 16), 16, 4, "Pets")
    place = tmp_path / "datasets" / found["name"]
    place.parent.mkdir()
    found["folder"].rename(place)
    order = Order("", "terminal", 1, "", str(tmp_path / "checkpoints"))
    data = prepare.load(found["name"], 1, order, torch.device("cpu"), lambda *_: None)
    images, labels = data.picked(data.train, torch.arange(16))
    assert images.shape == (16, 3, 16, 16) and labels.tolist() == [0] * 8 + [1] * 8
    assert images.mean().abs() < 0.01 and abs(float(images.std()) - 1) < 0.02
    with pytest.raises(Exception, match="not on this server") as error:
        prepare.load("own_" + "0" * 16, 1, order, torch.device("cpu"), lambda *_: None)
    assert error.value.code == "dataset_missing"  # type: ignore[attr-defined]


def test_images_that_are_all_the_same_never_bring_nan_into_a_training(made: Made) -> None:
    same = [Packed(f"train/{label}/{n}.png", flat((7, 7, 7))) for label in "ab" for n in range(6)]
    found = made(packed(same))
    assert np.isfinite(array(found, "constants")).all()


def test_the_name_is_of_the_content_and_of_nothing_else(made: Made) -> None:
    plain = made(packed(GOOD))
    assert plain["name"] == made(packed(GOOD), title="Others")["name"]
    others = [made(packed(GOOD), side=8), made(packed(GOOD), channels=1), made(packed(folders(("cat", "fox")))),
              made(packed(folders(train=9))), made(packed(other(data=picture(4242))))]
    assert len({plain["name"], *(one["name"] for one in others)}) == 6


@pytest.mark.parametrize(("channels", "side"), [(channels, side) for channels, sides in SIDES.items() for side in sides])
def test_every_size_that_may_be_chosen_is_made(made: Made, channels: int, side: int) -> None:
    found = made(packed(folders(train=5, test=1)), side, channels)
    assert array(found, "train_images").shape == (10, side, side, channels)
    sample = found["samples"][0][0]
    assert b64decode(sample["pixels"]) == array(found, "train_images")[0].tobytes() and sample["width"] == side


def test_samples_of_many_classes_stay_small(made: Made) -> None:
    found = made(packed(folders([f"c{n}" for n in range(70)], train=7, test=0)), 96, 1)
    assert len(json.dumps(found["samples"])) < 700_000 and 40 <= len(found["samples"]) <= 60
    assert all(found["samples"])


def test_it_says_how_far_it_is_and_leaves_when_asked(tmp_path: Path) -> None:
    (tmp_path / "archive.zip").write_bytes(packed(folders(train=200, test=20)))
    told: list[dict[str, Any]] = []

    class Listening(Desk):
        def tick(self, **progress: Any) -> None:
            told.append(progress)

    inspect.inspect_images({"side": 16, "channels": 3, "title": "x"}, None, Listening(tmp_path, QuietWire()))  # type: ignore[arg-type]
    done = [one["done"] for one in told if one]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 440 and {one["total"] for one in told if one} == {440}


def test_a_full_disk_is_told_and_leaves_nothing(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inspect, "write", full)
    refused(packed(GOOD), made, "storage_failed", "no room")


def test_reading_that_takes_too_long_is_given_up(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "MOST_SECONDS", -1.0)
    refused(packed(GOOD), made, "archive_too_large", "longer")


def test_no_thread_is_left_where_it_is_refused(made: Made) -> None:
    before = threading.active_count()
    refused(packed(other(crc=1)), made)
    assert threading.active_count() == before


def test_an_archive_is_closed_where_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed(other(flags=0x801)))
    with pytest.raises(Refused):
        Archive(tmp_path / "x.zip")
    (tmp_path / "x.zip").unlink()


# ── the archives that come with the lab's data ──────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("name", "layout", "classes", "train", "test"), [
    ("cifar10-catdog-manifest", "manifest", 2, 1000, 200), ("cifar10-small-imagefolder", "folders", 10, 4000, 1000)])
def test_real_archives(made: Made, name: str, layout: str, classes: int, train: int, test: int) -> None:
    file = Path(DATA) / f"{name}.zip"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    found = made(file.read_bytes(), 32, 3)
    facts = found["images"]
    assert (found["layout"], len(facts["classes"]), facts["train"], facts["test"]) == (layout, classes, train, test)
    assert found["problems"] == [] and found["made_test"] is False and found["sizes"] == {"32×32": train + test}
    assert len(set(found["counts"]["train"])) == 1
