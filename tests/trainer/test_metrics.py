"""Every metric against scikit-learn on random predictions, and where there is little to measure."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics
from sklearn.calibration import calibration_curve

from ml_utils.core.events_inside import BINS, MOST_POINTS, Evaluated
from ml_utils.trainer.look.metrics import measured, thinned

CLASSES = 6
ABOUT = {"branch": "b1", "epoch": 1, "split": "test", "drawings": (), "digest": None, "examples": 1, "loss": None,
         "seconds": 0.1, "build": "test"}


def softmax_of(outputs: Any) -> Any:
    grown = np.exp(outputs - outputs.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)


def random(seed: int, examples: int = 400, classes: int = CLASSES, sure: float = 1.0) -> tuple[Any, Any, Any]:
    """Softmax, prediction and labels of a model that knows a little."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, examples)
    outputs = draw.normal(0, 1, (examples, classes)) + sure * np.eye(classes)[labels]
    softmax = softmax_of(2 * outputs)
    return softmax, softmax.argmax(1), labels


def checked(softmax: Any, prediction: Any, labels: Any) -> dict[str, Any]:
    """The metrics, which are plain JSON and fit into the Event."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measured(softmax, prediction, labels)
    json.dumps(found, allow_nan=False)
    Evaluated.model_validate({**ABOUT, **found})
    return found


@pytest.mark.parametrize("seed", range(8))
def test_every_metric_is_that_of_scikit_learn(seed: int) -> None:
    softmax, prediction, labels = random(seed, classes=2 + seed, sure=seed / 3)
    names = range(softmax.shape[1])
    found = checked(softmax, prediction, labels)
    assert found["accuracy"] == metrics.accuracy_score(labels, prediction)
    assert found["matrix"] == metrics.confusion_matrix(labels, prediction, labels=list(names)).tolist()
    table = metrics.precision_recall_fscore_support(labels, prediction, labels=list(names), zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), table, strict=True):
        assert [one[name] or 0 for one in found["classes"]] == values.tolist()
    for one, row in enumerate(found["classes"]):
        assert row["accuracy"] == pytest.approx(metrics.accuracy_score(labels == one, prediction == one), abs=1e-12)
        assert row["auc"] == pytest.approx(metrics.roc_auc_score(labels == one, softmax[:, one]), abs=1e-12)
        average = metrics.average_precision_score(labels == one, softmax[:, one])
        assert row["average_precision"] == pytest.approx(average, abs=1e-12)
    if len(names) > 2:
        for k, share in enumerate(found["top"], 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # where k is the number of classes
                assert share == metrics.top_k_accuracy_score(labels, softmax, k=k, labels=list(names))


@pytest.mark.parametrize("seed", range(4))
def test_calibration_is_that_of_scikit_learn(seed: int) -> None:
    softmax, prediction, labels = random(seed, examples=2000)
    found, sure = checked(softmax, prediction, labels), softmax.max(1)
    bins = [row for row in found["calibration"] if row["count"]]
    accuracy, confidence = calibration_curve(prediction == labels, sure, n_bins=BINS)
    assert np.allclose([row["accuracy"] for row in bins], accuracy)
    assert np.allclose([row["confidence"] for row in bins], confidence)
    assert len(found["calibration"]) == BINS and sum(row["count"] for row in bins) == len(labels)
    error = sum(row["count"] * abs(row["accuracy"] - row["confidence"]) for row in bins) / len(labels)
    assert found["calibration_error"] == pytest.approx(error)


@pytest.mark.parametrize(("seed", "examples", "sure"), [(1, 50, 1.0), (2, 10_000, 0.0), (3, 10_000, 3.0), (4, 3000, -1.0)])
def test_thinned_curves_keep_their_ends_and_their_area(seed: int, examples: int, sure: float) -> None:
    softmax, prediction, labels = random(seed, examples, sure=sure)
    found = checked(softmax, prediction, labels)
    for one in range(CLASSES):
        roc, area = found["roc"][one], found["classes"][one]["auc"]
        assert (roc["x"][0], roc["y"][0], roc["x"][-1], roc["y"][-1]) == (0, 0, 1, 1)
        assert len(roc["x"]) == len(roc["y"]) <= MOST_POINTS and roc["x"] == sorted(roc["x"]) and roc["y"] == sorted(roc["y"])
        assert abs(np.trapezoid(roc["y"], roc["x"]) - area) < 0.01
        curve = found["precision_recall"][one]
        assert len(curve["x"]) == len(curve["y"]) <= MOST_POINTS and curve["x"] == sorted(curve["x"])
        assert (curve["x"][0], curve["y"][0], curve["x"][-1]) == (0, 1, 1)
        precision, recall, _ = metrics.precision_recall_curve(labels == one, softmax[:, one])
        assert abs(np.trapezoid(curve["y"], curve["x"]) - metrics.auc(recall, precision)) < 0.02


@settings(max_examples=60)
@given(arrays(np.bool_, st.integers(2, 3000)), st.randoms(use_true_random=False))
def test_whatever_the_curve_its_thinned_area_is_near(right: Any, draw: Any) -> None:
    """Any staircase from (0, 0) to (1, 1)."""
    if right.all() or not right.any():
        return
    score = np.array([draw.random() for _ in right])
    false, true, _ = metrics.roc_curve(right, score)
    curve = thinned(false, true)
    assert len(curve["x"]) <= MOST_POINTS
    assert abs(np.trapezoid(curve["y"], curve["x"]) - metrics.auc(false, true)) < 0.01


def test_a_class_without_examples_has_no_curves() -> None:
    softmax, prediction, labels = random(1)
    labels[labels == 2] = 3
    prediction[prediction == 4] = 5
    found = checked(softmax, prediction, labels)
    lacking, unsaid = found["classes"][2], found["classes"][4]
    assert (lacking["support"], lacking["recall"], lacking["auc"], lacking["average_precision"]) == (0, None, None, None)
    assert lacking["precision"] == 0 and found["roc"][2] == found["precision_recall"][2] == {"x": [], "y": []}
    assert (unsaid["precision"], unsaid["recall"], unsaid["f1"]) == (None, 0, 0)
    both = checked(softmax, np.where(prediction == 2, 3, prediction), labels)["classes"][2]
    assert (both["precision"], both["recall"], both["f1"], both["accuracy"]) == (None, None, None, 1)


def test_all_right_and_all_wrong() -> None:
    labels = np.arange(60) % CLASSES
    right = checked(np.eye(CLASSES)[labels], labels, labels)
    assert right["accuracy"] == 1 and right["top"] == [1.0] * 5 and right["calibration_error"] == 0
    assert all(row["f1"] == row["auc"] == row["average_precision"] == 1 for row in right["classes"])
    said = (labels + 1) % CLASSES
    wrong = checked(np.eye(CLASSES)[said], said, labels)
    assert wrong["accuracy"] == 0 and wrong["top"][0] == 0 and wrong["calibration_error"] == 1
    assert all(row["precision"] == row["recall"] == row["f1"] == 0 for row in wrong["classes"])


def test_nothing_but_one_class() -> None:
    labels = np.zeros(20, dtype=np.int64)
    found = checked(np.eye(CLASSES)[labels], labels, labels)
    assert found["accuracy"] == 1 and found["classes"][0]["auc"] is None and found["roc"][0] == {"x": [], "y": []}


def test_one_example_is_enough() -> None:
    found = checked(np.full((1, CLASSES), 1 / CLASSES), np.array([0]), np.array([4]))
    assert found["accuracy"] == 0 and found["top"] == [0, 0, 0, 0, 1]


def test_where_all_are_equal_the_first_is_meant() -> None:
    labels = np.arange(60) % CLASSES
    found = checked(np.full((60, CLASSES), 1 / CLASSES), np.zeros(60, dtype=np.int64), labels)
    assert found["top"] == pytest.approx([k / CLASSES for k in range(1, 6)]) and found["top"][0] == found["accuracy"]
    assert all(row["auc"] == 0.5 for row in found["classes"])
    assert found["roc"][0] == {"x": [0, 1], "y": [0, 1]}


def test_outputs_that_are_no_numbers_make_numbers() -> None:
    softmax, prediction, labels = random(5)
    softmax[::3] = np.nan
    prediction[::3] = 0
    found = checked(softmax, prediction, labels)
    assert found["accuracy"] == found["top"][0] == np.mean(prediction == labels)
    checked(np.full((30, CLASSES), np.nan), np.zeros(30, dtype=np.int64), np.arange(30) % CLASSES)
