"""An evaluation as a picture: confusion matrix, ROC, precision–recall, calibration. Only the web process can ask for it."""

from __future__ import annotations

import io
import os
from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.events_inside import Curve, Evaluated
from ..order import Order
from .scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES, DOTS = (12.0, 11.4), 100  # 1200 × 1140 pixels
MOST_NAMED = 20  # classes; more are drawn without numbers and names
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#000000", "#999933")  # told apart by all eyes
STYLES = ("-", "--", ":", "-.")


def figure(order: Order, width: float, height: float) -> Figure:
    """Return an empty figure, in inches."""
    os.environ.setdefault("MPLCONFIGDIR", str(order.library / "matplotlib"))  # it writes down which fonts there are
    from matplotlib.figure import Figure  # half a second and 23 MB that no trainer needs

    return Figure(figsize=(width, height), dpi=DOTS, layout="constrained")


def plot(scene: Scene, args: dict[str, Any]) -> dict[str, Any]:
    """Return `png` in base64, below 1 MB, of `evaluation` (data of `evaluated`), with `classes` (names) and `title`."""
    found, names = Evaluated.model_validate(args["evaluation"]), [str(name) for name in args["classes"]]
    drawn = figure(scene.order, *INCHES)
    drawn.suptitle(str(args["title"]), fontsize=13)
    axes = drawn.subplots(2, 2)
    _matrix(axes[0, 0], found, names)
    _calibration(axes[0, 1], found)
    _curves(axes[1, 0], found.roc, [_named(name, one.auc) for name, one in zip(names, found.classes, strict=True)],
            "ROC: each class against the rest (area)", "false positive rate", "true positive rate")
    axes[1, 0].plot([0, 1], [0, 1], color="#aaaaaa", linewidth=0.8, zorder=0)
    _curves(axes[1, 1], found.precision_recall,
            [_named(name, one.average_precision) for name, one in zip(names, found.classes, strict=True)],
            "Precision–recall (average precision)", "recall", "precision")
    file = io.BytesIO()
    drawn.savefig(file, format="png")
    return {"png": b64encode(file.getvalue()).decode("ascii")}


def _matrix(axes: Axes, found: Evaluated, names: list[str]) -> None:
    """Colours are the share of a row, numbers are examples."""
    shares = [[count / max(1, sum(row)) for count in row] for row in found.matrix]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_title("Confusion matrix (examples)")
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    if len(names) > MOST_NAMED:
        return
    axes.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 3 else 0)
    axes.set_yticks(range(len(names)), names)
    for y, row in enumerate(found.matrix):
        for x, count in enumerate(row):
            axes.text(x, y, f"{count}", ha="center", va="center", fontsize=9, color="white" if shares[y][x] > 0.5 else "black")


def _calibration(axes: Axes, found: Evaluated) -> None:
    full = [one for one in found.calibration if one.count]
    axes.plot([0, 1], [0, 1], color="#777777", linewidth=0.8, zorder=3)
    right, width = [one.accuracy or 0 for one in full], 0.9 / max(1, len(found.calibration))
    axes.bar([(one.low + one.high) / 2 for one in full], right, width=width, color="#56b4e9", label="how often it was right")
    axes.plot([one.confidence or 0 for one in full], right, "o-", color="#d55e00", label="at its mean confidence")
    axes.set_title(f"Calibration (expected error {found.calibration_error:.3f})")
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="upper left", fontsize=9)


def _curves(axes: Axes, curves: tuple[Curve, ...], names: list[str], title: str, across: str, up: str) -> None:
    for curve, name, (color, style) in zip(curves, names, _looks(), strict=False):
        if curve.x:
            axes.plot(curve.x, curve.y, style, color=color, linewidth=1.4, label=name)
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.grid(alpha=0.3)
    if len(names) <= MOST_NAMED and any(curve.x for curve in curves):
        axes.legend(loc="lower center", fontsize=9, ncols=2)


def _named(name: str, area: float | None) -> str:
    return name if area is None else f"{name} ({area:.3f})"


def _looks() -> Iterator[tuple[str, str]]:
    """Yield a colour and a kind of line for each class, without end."""
    while True:
        yield from ((color, style) for style in STYLES for color in COLORS)
