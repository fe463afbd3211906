"""Own images on disk: a folder named after what is in it, with the arrays that trainers read and what is known of them.

    datasets/own_<16 hex>/  train_images.npy · train_labels.npy · test_images.npy · test_labels.npy · constants.npy · about.json

The web process and the command line keep them the same way: the folder is made elsewhere and moved here in one step. It
is never written to again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .core.datasets import OWN, Images
from .core.errors import Refused

ABOUT = "about.json"
Data = dict[str, Any]
MISSING = Refused("unknown_images", "These images are not on this server.",
                  "Upload them on the page of own images: the same files get the same name.", "blueprint.dataset")
OTHER = Refused("unknown_images", "The images of this name are others on this server.",
                "Take them from the list of own images, or upload them there.", "blueprint.images")


def about(folder: Path, name: str) -> Data | None:
    """Return what is known of own images: {images (facts), bytes, …}; None where they are not here."""
    try:
        found = json.loads((folder / name / ABOUT).read_text(encoding="utf-8")) if OWN.fullmatch(name) else None
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def all_of(folder: Path) -> Iterator[tuple[str, Data]]:
    """Yield the name of all own images in a folder, and what is known of them."""
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (found := about(folder, one.name)) is not None:
            yield one.name, found


def check(folder: Path, name: str, images: Images | None) -> None:
    """Raise `Refused` where own images are not here with exactly these facts; their title may be another."""
    if images is None:
        return
    found = about(folder, name)
    if found is None:
        raise MISSING
    if Images.model_validate(found["images"]).model_copy(update={"title": images.title}) != images:
        raise OTHER


def describe(ready: Path, told: Data) -> None:
    """Write what is known of images into the folder that was made of them."""
    with (ready / ABOUT).open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())


def keep(ready: Path, folder: Path, name: str) -> None:
    """Move a folder that is whole to its place; where the same images are there already, they stay. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        ready.rename(folder / name)
    except OSError:
        if about(folder, name) is None:
            raise


def install(ready: Path, folder: Path, name: str, at: float) -> None:
    """Keep images for all rooms and recipes, until they are removed on the command line; `at`: Unix seconds."""
    told = json.loads((ready / ABOUT).read_text(encoding="utf-8"))
    describe(ready, {**told, "installed": True, "at": at})
    keep(ready, folder, name)


def set_aside(folder: Path, name: str) -> Path:
    """Take images away in one step; return the folder that is to be removed, which may take long."""
    gone = folder / f".gone-{name}"
    shutil.rmtree(gone, ignore_errors=True)
    (folder / name).rename(gone)
    return gone
