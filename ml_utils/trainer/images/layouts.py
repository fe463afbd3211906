"""Which file belongs to which class and split: by folders, or by lists of labels."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...core.datasets import LONGEST_CLASS, MOST_CLASSES
from ...core.errors import shown
from .archive import Archive, Entry, bad, printable
from .problems import Problems

SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test", "val": "validation", "valid": "validation",
          "validation": "validation"}
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
MOST_NAMED = 30_000  # bytes of all class names: a Blueprint holds them, and a message is no longer than 64 kB
LAYOUT = ("Use train/<class>/… and test/<class>/…, or <class>/… alone, or train/ and test/ with train.json and test.json "
          'at the top that say {"file": "label"}.')


@dataclass(frozen=True, slots=True)
class Item:
    """An image to be: a file, its split and the name of its class."""

    split: str
    label: str
    path: str
    entry: Entry


@dataclass
class Plan:
    """What is to be read. `layout`: folders or manifest."""

    layout: str
    items: list[Item]


def plan(archive: Archive, problems: Problems) -> Plan:
    """Return what is in an archive; raises `Refused` where no layout is seen, or there are too few or too many classes."""
    files = _unwrapped(archive.files)
    lists = {SPLITS[path[:-5].lower()]: entry for path, entry in files.items()
             if path.lower().endswith(".json") and path[:-5].lower() in SPLITS}
    roots = {path.split("/")[0] for path in files if "/" in path}
    train = any(SPLITS.get(root.lower()) == "train" for root in roots)
    if roots and not train and all(root.lower() in SPLITS for root in roots):
        raise bad("There is no folder train in this archive.", LAYOUT, "no_layout")
    if "train" in lists and train:
        found = Plan("manifest", _listed(archive, files, lists, problems))
    else:
        found = Plan("folders", _sorted_in(files, train, problems))
        _tell_empty(archive, found.items, train, problems)
    found.items = _known_in_train(_with_validation(found.items, problems), problems)
    check_classes({item.label for item in found.items})
    found.items.sort(key=lambda item: (item.split, class_order(item.label), item.path))
    return found


def class_order(label: str) -> tuple[int, str]:
    """Return the place of a class among others: numbers by size, then text by its letters."""
    return (len(label), label) if label.isascii() and label.isdigit() else (1 << 20, label)


def check_classes(labels: Iterable[str]) -> None:
    """Raise `Refused` where these cannot be the classes of a dataset."""
    labels = list(labels)
    if len(labels) < 2:
        what = f"There is only one class, {shown(labels[0])}" if labels else "There is no class with images"
        raise bad(f"{what}; two are needed.", LAYOUT, "too_few_classes")
    if len(labels) > MOST_CLASSES:
        raise bad(f"There are {len(labels):,} classes; at most {MOST_CLASSES:,} are possible.", "Take a part of them.",
                  "too_many_classes")
    longest = max(labels, key=len)
    if len(longest) > LONGEST_CLASS:
        raise bad(f"The class name {shown(longest)} has {len(longest):,} letters; at most {LONGEST_CLASS} are possible.",
                  "Use shorter names.", "class_name_too_long")
    if sum(len(label.encode()) for label in labels) > MOST_NAMED:
        raise bad(f"All class names together have more than {MOST_NAMED:,} bytes.", "Use shorter names.", "class_name_too_long")


# ── folders ─────────────────────────────────────────────────────────────────────────────────────────────────

def _unwrapped(entries: list[Entry]) -> dict[str, Entry]:
    """Return the files by their path, without a folder that is only around all of them."""
    files = {entry.name: entry for entry in entries}
    while True:
        roots = {path.split("/")[0] for path in files if "/" in path}
        root = next(iter(roots), "")
        inner = {path.split("/")[1] for path in files if path.count("/") > 1}
        lists = any(path.lower().endswith(".json") and path[:-5].lower() in SPLITS for path in files)
        wrapped = len(roots) == 1 and root.lower() not in SPLITS and not lists and inner
        if not wrapped:
            return files
        files = {path.removeprefix(f"{root}/"): entry for path, entry in files.items() if path.startswith(f"{root}/")}


def _sorted_in(files: dict[str, Entry], train: bool, problems: Problems) -> list[Item]:
    """Return the items of <split>/<class>/… where there is a folder train, else of <class>/…"""
    items = []
    for path, entry in files.items():
        parts = path.split("/")
        split = SPLITS.get(parts[0].lower()) if train else "train"
        inside = parts[1:] if train else parts
        if split and len(inside) > 1:
            label = _label(inside[0])
            if label:
                items.append(Item(split, label, path, entry))
                continue
        if split and (train and len(parts) > 1 or path.lower().endswith(PICTURES)):
            problems.add("no_label", path, "not in the folder of a class")
        elif path.lower().endswith(PICTURES):
            problems.add("ignored", path, "in no folder of a split")
    return items


def _tell_empty(archive: Archive, items: list[Item], train: bool, problems: Problems) -> None:
    """Name folders of classes in which there is nothing."""
    around = items[0].entry.name.removesuffix(items[0].path) if items else ""
    level = 2 if train else 1
    there = {tuple(item.path.split("/")[:level]) for item in items}
    for folder in archive.folders:
        parts = tuple(folder.removeprefix(around).removesuffix("/").split("/"))
        if len(parts) == level and parts[0] and parts not in there:
            problems.add("empty_class", "/".join(parts), "no files")


def _label(text: Any) -> str:
    """Return a label as it is kept; empty where it cannot be one."""
    name = unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else ""
    return name if printable(name) else ""


# ── lists of labels ─────────────────────────────────────────────────────────────────────────────────────────

def _listed(archive: Archive, files: dict[str, Entry], lists: dict[str, Entry], problems: Problems) -> list[Item]:
    items = []
    for split in sorted(set(SPLITS.values())):
        inside = {path.split("/", 1)[1]: path for path in files
                  if "/" in path and SPLITS.get(path.split("/")[0].lower()) == split}
        labels = _labels(archive, lists[split], problems) if split in lists else {}
        for name, label in labels.items():
            path = inside.pop(name, None)
            if path is None:
                problems.add("missing_file", f"{split}/{name}", f"named in {lists[split].name}")
            elif label:
                items.append(Item(split, label, path, files[path]))
        for path in inside.values():
            problems.add("no_label", path, f"not named in {split}.json" if split in lists else f"there is no {split}.json")
    return items


def _labels(archive: Archive, entry: Entry, problems: Problems) -> dict[str, str]:
    """Return the label of each file that a list names, empty where it is none."""
    try:
        pairs = json.loads(archive.read(entry).decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise bad(f"{shown(entry.name)} is no JSON.", 'It says {"file": "label", …}, in UTF-8.', "bad_manifest") from None
    if not isinstance(pairs, _Pairs):
        raise bad(f"{shown(entry.name)} is no list of labels.", 'It says {"file": "label", …}.', "bad_manifest")
    found: dict[str, str] = {}
    for raw, label in pairs.rows:
        name = unicodedata.normalize("NFC", raw)
        head, _, rest = name.partition("/")
        name = rest if rest and f"{head.lower()}.json" == entry.name.rsplit("/", 1)[-1].lower() else name
        if name in found:
            problems.add("named_twice", name, f"in {entry.name}; the first label counts")
            continue
        found[name] = _text_of(name, label, problems)
    return found


class _Pairs:
    """A JSON object with all of its names, those that are there twice included."""

    def __init__(self, rows: list[tuple[str, Any]]) -> None:
        self.rows = rows


def _text_of(name: str, label: Any, problems: Problems) -> str:
    if isinstance(label, int) and not isinstance(label, bool) and abs(label) < 10**9:
        problems.add("number_label", name, f"a number, {label}, taken as text")
        return str(label)
    text = _label(label)
    if not text:
        problems.add("bad_label", name, f"no text that can be shown: {shown(label)}" if isinstance(label, str) else "no text")
    return text


# ── splits ──────────────────────────────────────────────────────────────────────────────────────────────────

def _with_validation(items: list[Item], problems: Problems) -> list[Item]:
    """Images to validate with are trained with, for the lab holds back a share itself; without a test split they are it."""
    splits = Counter(item.split for item in items)
    if not splits["validation"]:
        return items
    becomes = "train" if splits["test"] else "test"
    words = ("join the training images: choose a share to validate with in the creator" if becomes == "train"
             else "are the test images: there were no others")
    problems.add("validation", "validation/", f"{splits['validation']:,} images {words}")
    return [Item(becomes, item.label, item.path, item.entry) if item.split == "validation" else item for item in items]


def _known_in_train(items: list[Item], problems: Problems) -> list[Item]:
    known = {item.label for item in items if item.split == "train"}
    strange = Counter(item.label for item in items if item.label not in known)
    for label, count in strange.items():
        problems.add("only_in_test", label, f"{count:,} test images of a class that has no training images, left out")
    return [item for item in items if item.label in known]


