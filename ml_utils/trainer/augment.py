"""Training images, changed a little each time they are seen; all functions here compute a whole batch at once.

What becomes of an image depends on the seed, the epoch and its place in the epoch only: nothing has to be kept, a batch that
is taken again is the same, and another batch size or another kind of change leaves the rest as it was. Images are float32
(n, channels, height, width), normalised; `chance` are the random numbers (n, DICE) of these examples. All but the class are
shown word for word in the code of a network (`core/code`).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from ..core.augmentation import Augmentation
from .data import Data
from .shown import BRIGHTEST

DICE = 12  # random numbers of each example: mirror, angle, right, down, three of colour, five of the rectangle
AUGMENTED = 11  # streams of random numbers drawn from one seed
MIXED = 12
LEAST_MIXUP = 1e-3  # below, no random number can be told from 0 or 1
ERASED = 0.02, 0.33  # shares of an image that a rectangle takes
LONGEST = 3.0  # of its sides, one is up to so many times the other
GREY = 0.299, 0.587, 0.114  # how bright red, green and blue are for the eye


def dice(seed: int, epoch: int, first: int, examples: int) -> Tensor:
    """Return the random numbers 0 … 1, float64 (examples, DICE), of the examples from the `first` of an epoch on."""
    numbers = np.random.PCG64([seed, epoch, AUGMENTED]).advance(first * DICE)
    return torch.from_numpy(np.random.Generator(numbers).random((examples, DICE)))


def moved(images: Tensor, chance: Tensor, black: Tensor, flip: bool, rotation: float, crop: float) -> Tensor:
    """Mirror half of the images, turn them by up to `rotation` degrees, move them by up to the share `crop` of their sides."""
    height, width = images.shape[2:]
    mirror = chance[:, 0] < (0.5 if flip else 0.0)
    right, down = ((2 * chance[:, 2:4] - 1) * crop * torch.tensor([width, height])).round().unbind(1)
    if rotation:
        return turned(images, black, mirror, (2 * chance[:, 1] - 1) * math.radians(rotation), right, down)
    return shifted(images, black, mirror, right.long(), down.long())


def shifted(images: Tensor, black: Tensor, mirror: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return images mirrored, then moved by whole pixels; `mirror`, `right` and `down` are (n)."""
    size, channels, height, width = images.shape
    framed = black.view(channels).repeat(size, height + 1, width + 1, 1)  # what is missing comes from its last row or column
    framed[:, :height, :width] = images.permute(0, 2, 3, 1)
    rows, columns = torch.arange(height) - down[:, None], torch.arange(width) - right[:, None]
    rows = torch.where((rows < 0) | (rows >= height), height, rows)
    lost = (columns < 0) | (columns >= width)
    columns = torch.where(lost, width, torch.where(mirror[:, None], width - 1 - columns, columns))
    rows = (torch.arange(size)[:, None] * (height + 1) + rows) * (width + 1)
    places = rows.to(images.device)[:, :, None] + columns.to(images.device)[:, None]
    seen = framed.view(-1, channels).index_select(0, places.flatten())
    return seen.view(size, height, width, channels).permute(0, 3, 1, 2)


def turned(images: Tensor, black: Tensor, mirror: Tensor, angle: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return images mirrored, then turned (radians), then moved, in one go: from where each pixel comes, between four."""
    height, width = images.shape[2:]
    cos, sin, side = angle.cos()[:, None], angle.sin()[:, None], (1.0 - 2.0 * mirror)[:, None]
    columns = torch.arange(width) - (width - 1) / 2 - right[:, None]  # from the middle, in pixels
    rows = torch.arange(height) - (height - 1) / 2 - down[:, None]
    across = _sums(side * cos * columns * 2 / width, side * sin * rows * 2 / width, images.device)
    along = _sums(-sin * columns * 2 / height, cos * rows * 2 / height, images.device)
    seen = nn.functional.grid_sample(images.contiguous() - black, torch.stack([across, along], 3), align_corners=False)
    return seen.add_(black)


def _sums(columns: Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """Return the sums (n, height, width) of what belongs to columns (n, width) and rows (n, height)."""
    return columns.to(device, torch.float32)[:, None] + rows.to(device, torch.float32)[:, :, None]


def coloured(images: Tensor, chance: Tensor, black: Tensor, white: Tensor, jitter: float) -> Tensor:
    """Multiply brightness, contrast and, where there are 3 channels, saturation by 1 - `jitter` … 1 + `jitter`."""
    factors = (1 + (2 * chance[:, 4:7] - 1) * jitter).to(images.device, torch.float32)
    bright, contrast, vivid = factors[:, :, None, None, None].unbind(1)
    light = (images.contiguous() - black).mul_(bright / (white - black))  # 0: black, 1: white
    light.lerp_(brightness(light).mean((1, 2, 3), keepdim=True), 1 - contrast)
    if images.shape[1] == 3:
        light.lerp_(brightness(light), 1 - vivid)
    return light.clamp_(0, 1).mul_(white - black).add_(black)


def brightness(light: Tensor) -> Tensor:
    """Return how bright each pixel is (n, 1, height, width)."""
    if light.shape[1] != 3:
        return light.mean(1, keepdim=True)
    red, green, blue = (part * share for part, share in zip(light.unbind(1), GREY, strict=True))
    return (red + green + blue)[:, None]


def erased(images: Tensor, chance: Tensor, share: float) -> Tensor:
    """Paint a rectangle over with the mean colour, which is 0, in this share of the images."""
    height, width = images.shape[2:]
    least, most = ERASED
    area = (least + (most - least) * chance[:, 8]) * height * width
    longer = LONGEST ** (2 * chance[:, 9] - 1)
    tall = (area * longer).sqrt().round().clamp(1, height) * (chance[:, 7] < share)
    wide = (area / longer).sqrt().round().clamp(1, width)
    top, left = ((height - tall + 1) * chance[:, 10]).floor(), ((width - wide + 1) * chance[:, 11]).floor()
    rows, columns = torch.arange(height) - top[:, None], torch.arange(width) - left[:, None]
    rows, columns = (((at >= 0) & (at < long[:, None])).to(images.device, torch.float32)
                     for at, long in ((rows, tall), (columns, wide)))
    return images * (1 - rows[:, None, :, None] * columns[:, None, None])


def share_of(seed: int, epoch: int, first: int, mixup: float) -> float:
    """Return how much of each image is itself, ½ … 1, in the batch that begins with the `first` example of an epoch."""
    strength = max(mixup, LEAST_MIXUP)
    found = float(np.random.default_rng([seed, epoch, MIXED, first]).beta(strength, strength))
    return max(found, 1 - found)


def mixed(images: Tensor, share: float) -> Tensor:
    """Lay over each image the one before it in the batch; their labels are those of `labels.roll(1)`."""
    return torch.lerp(images, images.roll(1, 0), 1 - share)


class Augmenter:
    """Changes the images of a Run as its Settings say; never used where nothing is learned."""

    def __init__(self, data: Data, dataset: str, seed: int) -> None:
        self._seed = seed
        self._black = -data.mean * data.scale  # (1, channels, 1, 1): what the bytes 0 and white have become
        self._white = (BRIGHTEST.get(dataset, 255) - data.mean) * data.scale

    def __call__(self, images: Tensor, settings: Augmentation, epoch: int, seen: int) -> tuple[Tensor, float]:
        """Return the batch after the `seen` first examples of an epoch, and how much of each image is itself (1: not mixed)."""
        chance = dice(self._seed, epoch, seen, len(images))
        if settings.flip or settings.rotation or settings.crop:
            images = moved(images, chance, self._black, settings.flip, settings.rotation, settings.crop)
        if settings.jitter:
            images = coloured(images, chance, self._black, self._white, settings.jitter)
        if settings.erasing:
            images = erased(images, chance, settings.erasing)
        share = share_of(self._seed, epoch, seen, settings.mixup) if settings.mixup else 1.0
        images = mixed(images, share) if settings.mixup else images
        size, channels, height, width = images.shape
        flat = images.permute(0, 2, 3, 1).flatten()  # channels last as they came, also where torch takes one channel for either
        return flat.view(size, height, width, channels).permute(0, 3, 1, 2), share
