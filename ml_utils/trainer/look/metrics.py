"""What a model does with a split, as numbers: by scikit-learn where it has them, each finite or null."""

from __future__ import annotations

from heapq import heappop, heappush
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import auc, confusion_matrix, precision_recall_curve, precision_recall_fscore_support, roc_curve

from ...core.events_inside import BINS, MOST_POINTS, MOST_TOP

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Rows = list[dict[str, Any]]

DECIMALS = 5  # of a point of a curve; all other numbers are whole


def measured(softmax: Floats, prediction: Whole, labels: Whole) -> dict[str, Any]:
    """Return all metrics but the loss, of softmax (n, classes), predicted classes (n) and labels (n); n is 1 at least.

    Where a softmax is no number it counts as 0 for every class, so that each value is a number.
    """
    softmax = np.nan_to_num(softmax, nan=0.0, posinf=0.0, neginf=0.0)
    matrix = confusion_matrix(labels, prediction, labels=np.arange(softmax.shape[1]))
    bins, error = calibration(softmax[np.arange(len(labels)), prediction], prediction == labels)
    scores, roc, precision_recall = classes(softmax, prediction, labels, matrix)
    return {"accuracy": float(np.mean(prediction == labels)), "top": top(softmax, prediction, labels),
            "classes": scores, "matrix": matrix.tolist(), "calibration": bins, "calibration_error": error, "roc": roc,
            "precision_recall": precision_recall}


def top(softmax: Floats, prediction: Whole, labels: Whole) -> list[float]:
    """Return the share of examples whose label is among the k most probable classes, k = 1, 2, …

    Of equal ones the first counts as more probable, as in the prediction; scikit-learn takes the last.
    """
    own = softmax[np.arange(len(labels)), labels][:, None]
    before = np.arange(softmax.shape[1]) < labels[:, None]
    rank = ((softmax > own) | ((softmax == own) & before)).sum(1)
    rank = np.where(prediction == labels, 0, np.maximum(rank, 1))  # the same where a softmax is no number
    return [float(np.mean(rank < k)) for k in range(1, min(MOST_TOP, softmax.shape[1]) + 1)]


def calibration(confidence: Floats, right: npt.NDArray[np.bool_]) -> tuple[Rows, float]:
    """Return equal bins (low, high] of confidence, and the expected calibration error: mean |accuracy − confidence|."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    sure, hits = (np.bincount(place, weights=values, minlength=BINS) for values in (confidence, right))
    rows = [{"low": float(edges[one]), "high": float(edges[one + 1]), "count": int(counts[one]),
             "confidence": _share(sure[one], counts[one]), "accuracy": _share(hits[one], counts[one])} for one in range(BINS)]
    return rows, float(np.abs(hits - sure).sum() / len(confidence))


def _share(part: float, whole: int) -> float | None:
    return min(1.0, float(part / whole)) if whole else None


def classes(softmax: Floats, prediction: Whole, labels: Whole, matrix: Whole) -> tuple[Rows, Rows, Rows]:
    """Return scores, ROC and precision–recall curve of each class against the rest."""
    names = np.arange(softmax.shape[1])
    found = precision_recall_fscore_support(labels, prediction, labels=names, zero_division=np.nan)  # type: ignore[arg-type]
    wrong = matrix.sum(0) + matrix.sum(1) - 2 * matrix.diagonal()
    scores, roc, precision_recall = [], [], []
    for one in names:
        precision, recall, f1, support = (values[one] for values in found)
        areas, curves = _curves(labels == one, softmax[:, one])
        scores.append({"accuracy": float(1 - wrong[one] / len(labels)), "precision": number(precision),
                       "recall": number(recall), "f1": number(f1), "support": int(support), **areas})
        roc.append(curves[0])
        precision_recall.append(curves[1])
    return scores, roc, precision_recall


def _curves(is_it: npt.NDArray[np.bool_], score: Floats) -> tuple[dict[str, float | None], Rows]:
    """Return the areas below both curves, and the curves; null and empty where there is nothing to tell apart."""
    if is_it.all() or not is_it.any():
        return {"auc": None, "average_precision": None}, [{"x": [], "y": []}, {"x": [], "y": []}]
    false, true, _ = roc_curve(is_it, score)
    precision, recall, _ = precision_recall_curve(is_it, score)
    steps = -np.diff(recall) * precision[:-1]  # the sum is average_precision_score, without sorting once more
    areas = {"auc": number(auc(false, true)), "average_precision": number(steps.sum())}
    return areas, [thinned(false, true), thinned(recall[::-1], precision[::-1])]


def number(value: float) -> float | None:
    """Return a fraction as plain JSON, null where it is none."""
    return min(1.0, max(0.0, float(value))) if isfinite(value) else None


def thinned(x: Floats, y: Floats) -> dict[str, list[float]]:
    """Return at most `MOST_POINTS` points of a curve, both ends among them.

    Begins with the straight line between the ends, and takes in, again and again, the point that spans the largest
    triangle with the two points beside it. What is left out changes the area below a ROC by less than 0.01.
    """
    kept, waiting = {0, len(x) - 1}, [_corner(x, y, 0, len(x) - 1)]
    while waiting and len(kept) < MOST_POINTS:
        size, first, middle, last = heappop(waiting)
        if size < 0:  # it is the negative one
            kept.add(middle)
            heappush(waiting, _corner(x, y, first, middle))
            heappush(waiting, _corner(x, y, middle, last))
    index = sorted(kept)
    return {"x": np.round(x[index], DECIMALS).tolist(), "y": np.round(y[index], DECIMALS).tolist()}


def _corner(x: Floats, y: Floats, first: int, last: int) -> tuple[float, int, int, int]:
    """Return (−size, first, middle, last) of the largest triangle on the line between two points; size 0: there is none."""
    if last - first < 2:
        return 0.0, first, first, last
    across, up = x[last] - x[first], y[last] - y[first]
    sizes = np.abs((x[first + 1:last] - x[first]) * up - (y[first + 1:last] - y[first]) * across)
    best = int(sizes.argmax())
    return -float(sizes[best]), first, first + 1 + best, last
