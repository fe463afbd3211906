"""The job `run_folder`: makes the run folder of a room's Branch, as one ZIP that is the same for the same contents."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ..jobs import Desk
from ..order import Order
from .folder import files_of, make

LOG, FOLDER, ZIP = "events.jsonl", "folder", "folder.zip"  # in the job's folder
PIECE = 1_000_000  # bytes
WHEN = (1980, 1, 1, 0, 0, 0)  # of every file: an archive knows no earlier one
MODE = 0o644 << 16


def run_folder(args: dict[str, Any], order: Order, desk: Desk) -> dict[str, Any]:
    """Make it of the log in the desk's folder. args: `branch`. Returns `file`, `name`, `bytes`, `files`, `notes`."""
    folder, file = desk.folder / FOLDER, desk.folder / ZIP
    made = make(desk.folder / LOG, order, folder, desk.tick, final=True, branch=args["branch"])
    name = f"lockstep-{order.room}-{made['branch']}"
    pack(folder, name, file, desk.tick)
    shutil.rmtree(folder)
    size = file.stat().st_size
    return {"file": file.name, "name": f"{name}.zip", "bytes": size, "files": made["files"], "notes": made["notes"]}


def pack(folder: Path, name: str, file: Path, tick: Callable[..., None]) -> None:
    """Write the files of a folder into a ZIP, below `name`; as they are, since most of them cannot be pressed much."""
    files = files_of(folder)
    with ZipFile(file, "w", ZIP_STORED) as zipped:
        for number, one in enumerate(files):
            info = ZipInfo(f"{name}/{one}", WHEN)
            info.external_attr = MODE
            info.file_size = (folder / one).stat().st_size
            with (folder / one).open("rb") as source, zipped.open(info, "w") as target:
                while piece := source.read(PIECE):
                    tick(doing="zip", done=number, total=len(files))
                    target.write(piece)
