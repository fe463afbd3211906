"""Own images that rooms keep: inspected by a process apart, stored once by content, listed, counted, and dropped.

The Events `images_kept` and `images_dropped` say which room keeps what; the store's table is made of them, in the same
transaction. Files are removed when no room keeps them and no Run was made with them; a file that is used is never changed.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from .. import own_images
from ..core.blueprint import Blueprint, cnn, mlp
from ..core.catalogue import with_shapes
from ..core.datasets import OWN, Images
from ..core.errors import Refused, shown
from ..core.fields import Title
from ..core.settings import Strict
from .decision import By
from .jobs import Job, Jobs
from .ledger import Draft, Ledger
from .uploads import Uploads

log = logging.getLogger(__name__)
KIND = "inspect_images"  # of a job
ARCHIVE, READY = "archive.zip", "ready"  # in the job's folder, see trainer/images/inspect.py
MOST_OF_ROOM = 20  # datasets
Named = Annotated[Title, Field(min_length=1)]
NOT_OURS = Refused("not_found", "This room keeps no such images.", "They may have been taken out already.", "name")
Row = dict[str, Any]


class Inspect(Strict):
    """An upload, and what is to be made of its images."""

    upload: Annotated[str, Field(max_length=64)]
    side: Annotated[int, Field(ge=1, le=1024)]
    channels: Annotated[int, Field(ge=1, le=4)]
    title: Named


class Keep(Strict):
    """The job that inspected them, the name that people see, and whether all rooms may use them."""

    job: Annotated[str, Field(max_length=64)]
    title: Named
    shared: bool = False


class OwnImages:
    """All of them. `folder`: where they lie; `quota`: bytes of all rooms; `offload` runs what takes long off the hub."""

    def __init__(self, ledger: Ledger, jobs: Jobs, uploads: Uploads, folder: Path, quota: int,
                 offload: Callable[..., Any]) -> None:
        self._ledger, self._jobs, self._uploads = ledger, jobs, uploads
        self._folder, self._quota, self._offload = folder, quota, offload

    def check(self, blueprint: Blueprint) -> None:
        """Raise `Refused` where a Blueprint's images are not on this server with exactly these facts."""
        own_images.check(self._folder, blueprint.dataset, blueprint.images)

    # ── bringing them ───────────────────────────────────────────────────────────────────────────────────────

    def inspect(self, room: str, person: str, asked: Inspect) -> Job:
        """Let a process look at an upload and make a dataset of it, which is not kept yet."""
        file = self._uploads.file(person, asked.upload)
        args = asked.model_dump(include={"side", "channels", "title"})
        return self._jobs.want(room, person, KIND, args, _checked, lambda folder: _link(file, folder / ARCHIVE))

    def keep(self, room: str, by: By, asked: Keep) -> str:
        """Store what a job has made, once, and tell the room; return its name. Raises `Refused` where it is too much."""
        job = self._jobs.look(room, asked.job)
        if job.kind != KIND or job.person != by["id"] or job.state != "done":
            raise Refused("not_inspected", "These images have not been inspected, or by somebody else.",
                          "Wait until that is done.", "job")
        name, size = job.result["name"], job.result["bytes"]
        facts = Images.model_validate({**job.result["images"], "title": asked.title}).model_dump(mode="json")
        self.sweep()
        there = self._offload(lambda: {one: found["bytes"] for one, found in own_images.all_of(self._folder)})
        with self._ledger.lock:
            kept = self._ledger.room(room).state["images"]
            if name in kept and (kept[name]["images"], kept[name]["shared"]) == (facts, asked.shared):
                return str(name)  # asked again, as the answer was lost
            if name in kept and not _is_of(kept[name], by):
                raise Refused("already_kept", "This room keeps these images already.", "Choose them from the list.", "job")
            self._check_room({one: row for one, row in kept.items() if one != name}, {**there, name: size}, size)
            self._place(job.folder / READY, name)
            data = {"dataset": name, "images": facts, "bytes": size, "shared": asked.shared}
            self._ledger.commit([Draft(room, "images_kept", data, self._ledger.room(room).session["position"], by)])
        return str(name)

    def _check_room(self, others: Row, there: dict[str, int], size: int) -> None:
        if len(others) >= MOST_OF_ROOM:
            raise Refused("too_many", f"This room keeps {MOST_OF_ROOM} datasets already.", "Take one out first.")
        rooms = sum(row["bytes"] for row in others.values()) + size
        if rooms > self._quota // 2 or sum(there.values()) > self._quota:
            whose = "This room" if rooms > self._quota // 2 else "This server"
            raise Refused("images_full", f"{whose} has no room for {size / 1e6:.1f} MB of images more.",
                          "Choose a smaller size, or take others out first.")

    def _place(self, ready: Path, name: str) -> None:
        try:
            own_images.keep(ready, self._folder, name)
        except OSError as error:
            raise Refused("storage_failed", "The server could not keep these images.",
                          "Inspect them again; if it stays, the server's disk may be full.") from error

    # ── those that are here ─────────────────────────────────────────────────────────────────────────────────

    def listed(self, room: str) -> Row:
        """Return ``{own, shared, quota}``: what the room keeps, what others share, how much room there is."""
        with self._ledger.lock:
            own = {name: dict(row) for name, row in self._ledger.room(room).state["images"].items()}
        return self._offload(self._told, room, own)  # type: ignore[no-any-return]

    def _told(self, room: str, own: Row) -> Row:
        there = dict(own_images.all_of(self._folder))
        others = {row["name"]: row for row in self._ledger.store.images() if row["shared"] and row["room"] != room}
        for name, found in there.items():
            if found.get("installed"):  # by whoever runs the server
                others[name] = {"images": found["images"], "bytes": found["bytes"], "by": None, "at": found["at"]}
        shared = {name: {**row, "shared": True} for name, row in others.items() if name not in own}
        used = sum(row["bytes"] for row in own.values())
        return {"own": [_listed(name, row) for name, row in own.items() if name in there],
                "shared": [_listed(name, row) for name, row in shared.items() if name in there],
                "quota": {"used": used, "limit": self._quota // 2,
                          "server": {"used": sum(found["bytes"] for found in there.values()), "limit": self._quota}}}

    def drop(self, room: str, by: By, name: str) -> None:
        """Take images out of a room; only who kept them may. Runs that were made with them go on."""
        with self._ledger.lock:
            state = self._ledger.room(room).state
            row = state["images"].get(name)
            if row is None:
                raise NOT_OURS
            if not _is_of(row, by):
                raise Refused("not_yours", "Only who brought these images may take them out.", "Ask whoever did.", "name")
            self._ledger.commit([Draft(room, "images_dropped", {"dataset": name}, state["session"]["position"], by)])
        self.sweep()

    def sweep(self) -> None:
        """Remove files that no room keeps and no Run was made with; those of the command line stay."""
        for name in self._offload(self._unused):
            gone = self._set_aside(name)
            if gone:
                self._offload(lambda folder: shutil.rmtree(folder, ignore_errors=True), gone)

    def _unused(self) -> list[str]:
        listed = {row["name"] for row in self._ledger.store.images()}
        return [name for name, found in own_images.all_of(self._folder)
                if name not in listed and not found.get("installed") and not self._ledger.store.trained_with(name)]

    def _set_aside(self, name: str) -> Path | None:
        """Under the lock: no Run can begin with them, and no room keep them, between the look and the end of it."""
        store = self._ledger.store
        with self._ledger.lock:
            if any(row["name"] == name for row in store.images()) or store.trained_with(name):
                return None
            try:
                return own_images.set_aside(self._folder, name)
            except OSError as error:
                log.warning("cannot remove %s: %s", name, error)
                return None


def _is_of(row: Row, by: By) -> bool:
    return bool((row["by"] or {}).get("id") == by["id"])


def _listed(name: str, row: Row) -> Row:
    """Return images as a page shows them, with the ready networks fitted to them."""
    facts = Images.model_validate(row["images"])
    networks = {preset.__name__: with_shapes(preset(name, images=facts)) for preset in (cnn, mlp)}
    return {"name": name, **{part: row[part] for part in ("images", "bytes", "shared", "by", "at")}, "networks": networks}


def _checked(found: Row) -> Row:
    """Return what a process says of images; raises `Refused` where it is not what one says."""
    try:
        Images.model_validate(found["images"])
        if OWN.fullmatch(found["name"]) and type(found["bytes"]) is int:
            return found
    except (KeyError, TypeError, ValueError):
        pass
    raise Refused("no_answer", f"The process said something odd of these images: {shown(found)}.", "Try again.")


def _link(file: Path, target: Path) -> None:
    """The upload stays, for another size; both go by themselves."""
    try:
        os.link(file, target)
    except FileNotFoundError:
        raise Refused("not_found", "This upload is gone.", "Send the file again.", "upload") from None
    except OSError:  # no such links here
        shutil.copyfile(file, target)
