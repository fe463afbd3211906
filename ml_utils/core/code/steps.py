"""What a step learns from as Python: which images, how they are changed, and the loss."""

from __future__ import annotations

from collections.abc import Iterable

from ..blueprint import Blueprint
from ..datasets import held_back
from ..kinds.base import Call, call
from ..settings import Settings
from .lines import Word, flat, lines_of

# of the trainer, word for word
TAKEN = ("Focal", "Weighted", "balance", "dice", "moved", "coloured", "erased", "share_of", "mixed")
HELD = ("# The lab validates with these and never learns from them.",
        "held = np.random.default_rng([SEED, 0, 3]).permutation(len(train_labels))")
BLACK = "black = train_images.amin((0, 2, 3), keepdim=True)"
WHITE = "white = train_images.amax((0, 2, 3), keepdim=True)"
USUAL = ("loss = loss_of(model(train_images[batch]), train_labels[batch])",)
SMALL = ("with torch.autocast(device.type, torch.bfloat16):", "    outputs = model(images).float()")
MIXED = "loss = share * loss_of(outputs, labels) + (1 - share) * loss_of(outputs, labels.roll(1))"
PLACE = (Word("SEED"), Word("epoch"), Word("number * BATCH_SIZE"))


def borrowed(text: str) -> set[str]:
    """Return what a text uses of the trainer's own functions and classes."""
    return {name for name in TAKEN if f"{name}(" in text}


def unseen_lines(blueprint: Blueprint) -> list[str]:
    """Return lines that find the training examples that are never learned from; none: there are none."""
    if not validates(blueprint):
        return ["unseen = np.array(WITHOUT)"] if blueprint.without else []
    if not blueprint.without:
        return [*HELD, "unseen = held = held[:HELD_BACK]"]
    return [*HELD, "held = held[~np.isin(held, WITHOUT)][:HELD_BACK]", "unseen = np.append(WITHOUT, held)"]


def validates(blueprint: Blueprint) -> bool:
    """Return whether examples are held back to validate."""
    return held_back(blueprint.model_dump(include={"dataset", "images", "without", "validation"})) > 0


def colour_lines(settings: Settings) -> list[str]:
    """Return lines that find black and white as they are normalised, where images are changed with them."""
    black = settings.rotation or settings.crop or settings.flip or settings.jitter
    return [*([BLACK] if black else []), *([WHITE] if settings.jitter else [])]


def loss_lines(settings: Settings, classes: int, fewer: bool) -> list[str]:
    """Return lines that make the loss; `fewer`: some examples are never seen."""
    if not settings.balanced and not settings.class_weights:
        return lines_of(_loss(settings), 0, "loss_of = ")
    return [*_weights(settings, classes, fewer),
            *lines_of(call("Weighted", _loss(settings, reduction="none"), Word("weights")), 0, "loss_of = ")]


def _loss(settings: Settings, **how: str) -> Call:
    if settings.loss == "multi_margin":
        return call("nn.MultiMarginLoss", **how)
    if settings.loss == "focal":
        return call("Focal", settings.focal_gamma, **how)
    smoothing = {"label_smoothing": settings.label_smoothing} if settings.label_smoothing else {}
    return call("nn.CrossEntropyLoss", **smoothing, **how)


def _weights(settings: Settings, classes: int, fewer: bool) -> Iterable[str]:
    if not settings.balanced:
        yield f"weights = torch.ones({classes}, device=device)"
    elif fewer:
        yield "seen = torch.from_numpy(np.delete(np.arange(len(train_labels)), unseen)).to(device)"
        yield f"weights = balance(torch.bincount(train_labels[seen], minlength={classes}))"
    else:
        yield f"weights = balance(torch.bincount(train_labels, minlength={classes}))"
    for key, weight in settings.class_weights.items():
        if int(key) < classes:
            yield f"weights[{key}] *= {weight}"


def forward(settings: Settings) -> tuple[str, ...]:
    """Return lines that end with the loss of a batch."""
    small = settings.precision == "bfloat16"
    if not settings.augments and not small:
        return USUAL
    outputs = SMALL if small else ("outputs = model(images)",)
    return ("images, labels = train_images[batch], train_labels[batch]", *_changed(settings), *outputs,
            MIXED if settings.mixup else "loss = loss_of(outputs, labels)")


def _changed(settings: Settings) -> Iterable[str]:
    """Yield lines that change the images."""
    images, chance, black, white = map(Word, ("images", "chance", "black", "white"))
    if settings.flip or settings.rotation or settings.crop or settings.jitter or settings.erasing:
        yield f"chance = {flat(call('dice', *PLACE, Word('len(batch)')))}"
    if settings.flip or settings.rotation or settings.crop:
        moves = {"flip": settings.flip, "rotation": settings.rotation, "crop": settings.crop}
        yield f"images = {flat(call('moved', images, chance, black, **moves))}"
    if settings.jitter:
        yield f"images = {flat(call('coloured', images, chance, black, white, settings.jitter))}"
    if settings.erasing:
        yield f"images = {flat(call('erased', images, chance, settings.erasing))}"
    if settings.mixup:
        yield f"share = {flat(call('share_of', *PLACE, settings.mixup))}"
        yield "images = mixed(images, share)"
