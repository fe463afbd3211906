"""Plots as PNG: the curves of a line with its changes of Settings, and confusion matrices."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...core.series import SERIES_LIMIT, thin
from ..look.plots import figure
from ..order import Order
from .textlog import changed, plain
from .told import Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERED = 20  # classes; more are drawn without numbers and names
MOST_CELLS = 100  # classes; of more the mistakes are drawn as dots, too, for a cell is hardly seen
MOST_DOTS = 2000  # the most frequent mistakes
MOST_WORDS = 12  # changes that are named; more are only lines
LONGEST = 60  # letters of a change
STEEP = 100.0  # a loss so many times its median wants another scale
NAMED = 24  # letters of a class name
TRAIN, TEST, VALIDATION, CHANGE = "#0072b2", "#d55e00", "#009e73", "#777777"  # told apart by all eyes
Whole = npt.NDArray[np.int64]


def png(drawn: Figure) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that the font does not have is drawn as a box
        drawn.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def curves(line: Line, order: Order, title: str) -> bytes:
    """Return loss and accuracy over the epochs; vertical lines are where Settings changed."""
    drawn = figure(order, 11.0, 9.0)
    drawn.suptitle(plain(title), parse_math=False)
    both: Any = drawn.subplots(2, 1, sharex=True)
    _side(both[0], line, "loss")
    _side(both[1], line, "accuracy")
    both[0].set_title("Loss (train: raw, train mode; others: end of an epoch, eval mode)", fontsize=10)
    both[1].set_title("Accuracy", fontsize=10)
    both[1].set_xlabel("epochs")
    _changes(both[0], line, named=len(line.changes) <= MOST_WORDS)
    _changes(both[1], line, named=False)
    return png(drawn)


def _side(axes: Axes, line: Line, what: str) -> None:
    batches = line.batches
    values = batches.losses if what == "loss" else batches.accuracies
    points = thin(np.column_stack((batches.xs, values)).tolist(), SERIES_LIMIT)
    axes.plot([x for x, _ in points], [y for _, y in points], color=TRAIN, alpha=0.35, linewidth=0.8, label="train, each batch")
    for side, color in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
        found = [(epoch, scores[side][what]) for epoch, scores, *_ in line.epochs if scores[side].get(what) is not None]
        if found:
            label = "train, mean of an epoch" if side == "train" else side
            axes.plot([x for x, _ in found], [y for _, y in found], "o-", color=color, markersize=3, linewidth=1.4, label=label)
    if what == "loss" and len(values) and values.max() > STEEP * max(float(np.median(values)), 1e-6):
        axes.set_yscale("log")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=9)


def _changes(axes: Axes, line: Line, named: bool) -> None:
    for marker in line.changes:
        axes.axvline(marker["x"], color=CHANGE, linewidth=0.9, linestyle="--")
        if named:
            axes.text(marker["x"], 0.98, plain(changed(marker["changes"]))[:LONGEST], transform=axes.get_xaxis_transform(),
                      rotation=90, fontsize=7, va="top", ha="right", color=CHANGE, parse_math=False)


def confusion(matrix: Whole, classes: tuple[str, ...], order: Order, title: str) -> bytes:
    """Return a confusion matrix (label: row, prediction: column). Colours are shares of a row, numbers are examples.

    Of many classes each still has a pixel of its own, for the picture grows with them, and mistakes are dots, too.
    """
    count = len(classes)
    side = min(22.0, max(7.5, 0.45 * count if count <= MOST_NUMBERED else 0.016 * count))
    drawn = figure(order, side + 1.0, side)
    axes = drawn.subplots()
    shares = matrix / np.maximum(1, matrix.sum(1, keepdims=True))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    drawn.colorbar(image, ax=axes, label="share of the label's examples", shrink=0.8)
    axes.set_title(plain(title), fontsize=10, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    if count <= MOST_NUMBERED:
        _numbers(axes, matrix, shares, [plain(name)[:NAMED] for name in classes])
    elif count > MOST_CELLS:
        _mistakes(axes, matrix, shares)
    return png(drawn)


def _numbers(axes: Axes, matrix: Whole, shares: npt.NDArray[np.float64], names: list[str]) -> None:
    slanted: Any = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(range(len(names)), names, parse_math=False, **slanted)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    for y, row in enumerate(matrix.tolist()):
        for x, count in enumerate(row):
            axes.text(x, y, f"{count}", ha="center", va="center", fontsize=8, color="white" if shares[y, x] > 0.5 else "black")


def _mistakes(axes: Axes, matrix: Whole, shares: npt.NDArray[np.float64]) -> None:
    """Draw a dot for each of the most frequent mistakes, larger for a larger share of the label's examples."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    most = np.argsort(-wrong, axis=None, kind="stable")[:min(MOST_DOTS, int((wrong > 0).sum()))]
    y, x = np.divmod(most, len(matrix))
    axes.scatter(x, y, s=4 + 60 * shares[y, x], color=TEST, alpha=0.6, linewidths=0, label="mistakes")
