"""Drawings and pictures that rooms keep: their use cases, their pixels, and what trainers get of them."""

from __future__ import annotations

import hashlib
import logging
import os
from base64 import b64encode
from math import prod
from pathlib import Path
from typing import Any

from ..core.commands_inside import DropDrawing, KeepDrawing
from ..core.datasets import Dataset, row_in, row_of
from ..core.errors import Refused
from ..core.events_inside import MOST_DRAWINGS
from ..core.questions import OfPad, OfPixels, OfRoom, Question
from ..pads import as_white, centred, decoded, unpacked, whole
from .decision import By, Case, Decision
from .ledger import Draft, Ledger, Room
from .line_server import Line
from .trainers import Trainers

log = logging.getLogger(__name__)
MOST_OF_ONE = 60  # drawings that one person keeps in a room


class Drawings:
    """keep_drawing, drop_drawing. `folder`: where the pixels lie, 255 for white, one file each."""

    def __init__(self, ledger: Ledger, trainers: Trainers, folder: Path) -> None:
        self._ledger, self._trainers, self._folder = ledger, trainers, folder
        self.cases: dict[str, Case] = {"keep_drawing": self._keep, "drop_drawing": self._drop}

    # ── use cases ───────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, room: Room, command: KeepDrawing, by: By, _: str) -> Decision:
        """The pixels are on disk before the Event is; what was left without one is swept here."""
        kept, dataset = room.state["drawings"], _dataset(room)
        _check_room(kept, by)
        if command.label >= len(dataset.classes):
            raise Refused("unknown_class", f"{dataset.title} has no class {command.label}.",
                          f"Classes are 0 to {len(dataset.classes) - 1}.", "label")
        pixels = _pixels(command.image, dataset)
        name = f"d{room.seq}"  # no other: each one kept is an Event more
        self._sweep(room)
        self._write(room.code, name, pixels)
        data = {"id": name, "dataset": dataset.name, "label": command.label, "source": command.image.kind,
                "digest": hashlib.sha256(pixels).hexdigest()}
        return Decision([Draft(room.code, "drawing_kept", data, room.session["position"], by)], lambda: self._tell(room.code))

    def _drop(self, room: Room, command: DropDrawing, by: By, _: str) -> Decision:
        row = _known(room, command.drawing)
        if not _is_of(row, by):
            raise Refused("not_yours", "Only who made a drawing may take it out.", "Ask whoever made it.", "drawing")

        def then() -> None:
            _remove(self._file(room.code, command.drawing))
            self._tell(room.code)

        return Decision([Draft(room.code, "drawing_dropped", {"id": command.drawing}, room.session["position"], by)], then)

    # ── for others ──────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, code: str, dataset: str) -> list[dict[str, Any]]:
        """Return the drawings of a room that are of a dataset: [{id, label, pixels: bytes, 255 for white}]."""
        return [{name: row[name] for name in ("id", "label", "pixels")} for row in self.all(code) if row["dataset"] == dataset]

    def all(self, code: str) -> list[dict[str, Any]]:
        """Return all drawings of a room as the log has them, with `id` and `pixels`; without those whose file is lost."""
        with self._ledger.lock:
            kept = dict(self._ledger.room(code).state["drawings"])
        read = ((name, row, self._read(code, name, row)) for name, row in kept.items())
        return [{"id": name, **row, "pixels": pixels} for name, row, pixels in read if pixels]

    def prepare(self, room: Room, question: Question) -> Question:
        """Give a question about a drawing its pixels."""
        image = getattr(question, "image", None)
        if not isinstance(image, OfRoom):
            return question
        row = _known(room, image.drawing)
        if not (pixels := self._read(room.code, image.drawing, row)):
            raise Refused("drawing_lost", "The pixels of this drawing are lost.", "Choose another one.", "image.drawing")
        return question.model_copy(update={"image": OfPixels(kind="pixels", pixels=b64encode(pixels).decode())})

    def welcome(self, line: Line) -> None:
        """Give a trainer that has just dialled in the drawings of its room."""
        if self._ledger.room(line.room).state["drawings"]:
            self._send(line)

    def _tell(self, code: str) -> None:
        if line := self._trainers.lines.get(code):
            self._send(line)

    def _send(self, line: Line) -> None:
        rows = [{name: row[name] for name in ("id", "dataset", "label", "pixels")} for row in self.all(line.room)]
        line.send({"t": "drawings", "rows": rows})

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────

    def _file(self, code: str, name: str) -> Path:
        return self._folder / code / name

    def _read(self, code: str, name: str, row: dict[str, Any]) -> bytes:
        """Return the pixels; none where the file is lost, or cut short."""
        try:
            found = self._file(code, name).read_bytes()
            dataset = row_in(self._ledger.room(code).state, row["dataset"])
        except OSError:
            return b""
        return found if len(found) == prod(dataset.shape if dataset else ()) else b""

    def _write(self, code: str, name: str, pixels: bytes) -> None:
        file = self._file(code, name)
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = file.with_suffix(".new")
            beside.write_bytes(pixels)
            with beside.open("r+b") as written:
                os.fsync(written.fileno())  # the Event that tells of it outlives a power cut
            beside.replace(file)
        except OSError as error:
            raise Refused("storage_failed", "The server could not store this drawing.",
                          "Try again in a moment; if it stays, the server's disk may be full.") from error

    def _sweep(self, room: Room) -> None:
        """Remove pixels of which the log knows nothing: their Event was never stored, or they were dropped."""
        folder = self._folder / room.code
        for file in folder.iterdir() if folder.exists() else ():
            if file.name not in room.state["drawings"]:
                _remove(file)


def _remove(file: Path) -> None:
    """Remove a file; where that fails it is tried again at the next drawing."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("cannot remove %s: %s", file, error)


def _dataset(room: Room) -> Dataset:
    return row_of(room.state["blueprint"])


def _is_of(row: dict[str, Any], by: By) -> bool:
    return bool((row["by"] or {}).get("id") == by["id"])


def _known(room: Room, name: str) -> dict[str, Any]:
    row: dict[str, Any] | None = room.state["drawings"].get(name)
    if row is None:
        raise Refused("unknown_drawing", "There is no such drawing in this room.", "It may have been taken out.", "drawing")
    return row


def _check_room(kept: dict[str, Any], by: By) -> None:
    """Refuse more than a room, or a person, may keep."""
    if len(kept) >= MOST_DRAWINGS:
        raise Refused("too_many", f"This room keeps {MOST_DRAWINGS} drawings already.", "Take some of yours out first.")
    if sum(_is_of(row, by) for row in kept.values()) >= MOST_OF_ONE:
        raise Refused("too_many", f"You keep {MOST_OF_ONE} drawings in this room already.", "Take some of them out first.")


def _pixels(image: OfPad | OfPixels, dataset: Dataset) -> bytes:
    """Return an image as the dataset has it, 255 for white."""
    sent = decoded(image.pixels)
    if isinstance(image, OfPad):
        return as_white(centred(unpacked(sent), image.invert, dataset), dataset).tobytes()
    return whole(sent, dataset)
