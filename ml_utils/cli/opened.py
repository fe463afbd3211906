"""A stored model of a run folder, opened to be asked something."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import Refused
from .ledger import ROOM
from .place import DEVICES, place_of, usual_device

if TYPE_CHECKING:
    from ..trainer.look.scene import Scene
    from ..trainer.out.stored import Stored


@dataclass
class Opened:
    """A model, and where it can be looked at, with its dataset."""

    stored: Stored
    scene: Scene

    @property
    def told(self) -> dict[str, Any]:
        """Which model this is, for programs."""
        return {"branch": self.stored.place["branch"], "epoch": self.stored.place["epoch"], "batch": self.stored.place["batch"],
                "digest": self.stored.place["digest"], "dataset": self.scene.dataset.name}

    @property
    def words(self) -> str:
        """Which model this is, for people."""
        place, row = self.stored.place, self.scene.dataset
        batch = f", batch {place['batch']}" if place["batch"] else ""
        return f"{row.title}, {place['branch']}, epoch {place['epoch']}{batch} (digest {place['digest'][:12]})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, which epoch, which device."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run folder, such as runs/digits-cnn")
    parser.add_argument("--epoch", default="best", metavar="WHICH",
                        help="best (by settings.watch), last, the number of an epoch, or b2:5 for one of another branch; "
                             "default: best")
    parser.add_argument("--device", choices=DEVICES, default=usual_device(), help="where to compute; default: %(default)s")


def opened(args: argparse.Namespace) -> Opened:
    """Return the model that is asked for; raises `Refused` where there is none."""
    place = place_of(args.folder, args.device)
    if not place.log.is_file():
        raise Refused("no_run", f"{args.folder} is no run folder: there is no {place.log.name} in it.",
                      "Name a folder that `train` made, such as runs/digits-cnn.", "folder")
    import torch

    from ..trainer.device import device_of
    from ..trainer.order import Failure, Order
    from ..trainer.out.stored import stored
    from ..trainer.prepare import load

    order = Order("", ROOM, 0, "", str(place.checkpoints), str(place.data), args.device, shared=str(place.shared))
    found = stored(place.log, order, args.epoch)
    torch.set_num_threads(found.threads)
    try:
        data = load(found.blueprint.dataset, found.blueprint.seed, order, device_of(args.device), lambda done: None)
    except Failure as failure:
        raise Refused(failure.code, failure.message, failure.hint) from failure
    return Opened(found, found.scene(order, data))


def pixels_of(scene: Scene, file: Path, invert: bool) -> Any:
    """Return a picture as the image of a question; raises `Refused` where it cannot be read."""
    from base64 import b64encode

    from ..core.questions import OfPixels
    from ..trainer.look.picture import shaped

    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused("no_file", f"{file} cannot be read: {error.strerror}.", "Name a PNG, JPEG, WebP or BMP file.") from error
    try:
        pixels = shaped(data, scene.dataset, invert)
    except Refused as refused:
        raise Refused(refused.code, f"{file}: {refused.message}", refused.hint) from None
    return OfPixels(kind="pixels", pixels=b64encode(pixels).decode("ascii"))


def classes_of(scene: Scene, softmax: list[float | None], most: int) -> list[dict[str, Any]]:
    """Return the most probable classes, as plain JSON."""
    order = sorted(range(len(softmax)), key=lambda number: -(softmax[number] or 0.0))
    return [{"class": scene.dataset.classes[number], "number": number, "probability": softmax[number]}
            for number in order[:most]]
