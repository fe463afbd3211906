"""What a question is answered from: a network that nothing else uses, at one place, and the dataset."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...core.blueprint import Blueprint
from ...core.datasets import Dataset
from ...core.errors import Refused
from ...core.questions import OfPad, OfPixels, OfSplit
from ...pads import decoded, whole
from ..data import Data, Split, validation_of
from ..order import Order
from ..shown import BRIGHTEST
from .pad import centred


@dataclass
class Scene:
    """A network in eval mode, where its weights are from (`place`: run, branch, epoch, batch, x), and the dataset."""

    model: nn.Sequential
    blueprint: Blueprint
    place: dict[str, Any]
    data: Data
    device: torch.device
    lot: int  # examples that go through the network at once
    order: Order  # room and folders
    digest: str | None = None  # of the Checkpoint; none: live, or the start of a Run
    home: str | None = None  # the Branch that the Checkpoint is of

    @property
    def dataset(self) -> Dataset:
        return self.blueprint.row

    @property
    def brightest(self) -> int:
        """The value of white in the dataset's images."""
        return BRIGHTEST.get(self.dataset.name, 255)

    def split(self, name: str) -> Split:
        """Return the examples of a split; raises `Refused` where nothing is held back to validate."""
        found = validation_of(self.data, self.blueprint) if name == "validation" else getattr(self.data, name)
        if found is None:
            raise Refused("no_validation", "This run holds no examples back to validate.",
                          "Choose the test split, or begin a run that holds some back.", "split")
        assert isinstance(found, Split)
        return found

    def image(self, asked: Any) -> Tensor:
        """Return the image that a question is about: uint8 (height, width, channels) in the dataset's own values."""
        if isinstance(asked, OfSplit):
            split = self.split(asked.split)
            if asked.number >= len(split):
                raise Refused("unknown_example", f"There is no {asked.split} example {asked.number}.",
                              f"Examples are 0 to {len(split) - 1}.", "image.number")
            return split.images[asked.number]
        if isinstance(asked, OfPad):
            return centred(decoded(asked.pixels), asked.invert, self.dataset)
        assert isinstance(asked, OfPixels)
        channels, height, width = self.dataset.shape
        found = whole(decoded(asked.pixels), self.dataset)
        values = torch.frombuffer(bytearray(found), dtype=torch.uint8).reshape(height, width, channels)
        return (values.float() * (self.brightest / 255)).round_().to(torch.uint8).to(self.device)

    def batch(self, images: Tensor) -> Tensor:
        """Return images uint8 (n, h, w, c) as the network gets them: float32 (n, c, h, w), normalised."""
        return self.data.normal(images)

    def shown(self, image: Tensor) -> dict[str, Any]:
        """Return an image uint8 (h, w, c) as a page shows it, and how a byte became a number for the network."""
        bright = (image.float() * (255 / self.brightest)).round().to(torch.uint8).cpu()
        height, width, channels = image.shape
        return {"width": width, "height": height, "channels": channels, "pixels": encoded(bright),
                "mean": [float(value) * 255 / self.brightest for value in self.data.mean.flatten()],
                "scale": [float(value) * self.brightest / 255 for value in self.data.scale.flatten()]}


def encoded(values: Tensor) -> str:
    """Return the bytes of a tensor in base64, row by row: of float32 little-endian."""
    return b64encode(values.contiguous().cpu().numpy().tobytes()).decode("ascii")
