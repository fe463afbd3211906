"""Drawings become images as the datasets were made, and being evaluated they change nothing."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml_utils.core.datasets import DATASETS
from ml_utils.core.errors import Refused
from ml_utils.core.questions import PAD, OfPad
from ml_utils.trainer.look.pad import centred
from ml_utils.trainer.look.scene import Scene
from tests.trainer.conftest import Lab
from tests.trainer.fake_web import FakeWeb
from tests.trainer.trained import CPU, DATA, PLAIN, Trained

MNIST, DIGITS = DATASETS["mnist"], DATASETS["digits"]
Array = NDArray[Any]
FEW = settings(max_examples=40)


def stroke(points: list[tuple[float, float]], width: float = 9.0, size: int = PAD) -> Array:
    """A line through these points (x, y in 0…1), with soft edges."""
    y, x = np.mgrid[:size, :size]
    found = np.zeros((size, size))
    for (a, b), (c, d) in zip(points, points[1:], strict=False):
        ax, ay, dx, dy = a * size, b * size, (c - a) * size, (d - b) * size
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        found = np.maximum(found, np.clip(width / 2 + 0.5 - np.hypot(x - ax - t * dx, y - ay - t * dy), 0, 1))
    return (found * 255).astype(np.uint8)


SEVEN = [(0.35, 0.3), (0.65, 0.3), (0.45, 0.7)]


def image(ink: Array, name: str = "mnist", invert: bool = False) -> Array:
    return centred(ink.tobytes(), invert, DATASETS[name]).numpy()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "digits"])
def test_a_drawing_has_shape_and_values_of_its_dataset(name: str) -> None:
    found, (channels, height, width) = image(stroke(SEVEN), name), DATASETS[name].shape
    assert found.dtype == np.uint8 and found.shape == (height, width, channels)
    assert found.min() == 0 and 0 < found.max() <= (16 if name == "digits" else 255)


@FEW
@given(st.integers(-25, 25), st.integers(-25, 25), st.sampled_from(["mnist", "digits", "kmnist"]))
def test_where_on_the_pad_it_is_drawn_changes_nothing(right: int, down: int, name: str) -> None:
    ink = stroke(SEVEN)
    assert np.array_equal(image(np.roll(ink, (down, right), (0, 1)), name), image(ink, name))


@FEW
@given(st.floats(0.5, 1.3))
def test_how_large_it_is_drawn_changes_hardly_anything(scale: float) -> None:
    larger = [((x - 0.5) * scale + 0.5, (y - 0.5) * scale + 0.5) for x, y in SEVEN]
    one, other = (image(stroke(points, width)).astype(float) for points, width in ((SEVEN, 9), (larger, 9 * scale)))
    moved = [np.roll(other, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    assert min(np.abs(one - each).mean() for each in moved) < 9  # of 255; its place is one of whole pixels


def test_mnist_has_20_pixels_at_most_and_its_mass_in_the_middle() -> None:
    found = image(stroke(SEVEN))[..., 0].astype(float)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert abs((found.sum(1) @ np.arange(28)) / found.sum() - 14) <= 0.5
    assert abs((found.sum(0) @ np.arange(28)) / found.sum() - 14) <= 0.5


def test_inverted_is_dark_on_bright() -> None:
    for name, white in (("mnist", 255), ("digits", 16)):
        assert np.array_equal(image(stroke(SEVEN), name, invert=True), white - image(stroke(SEVEN), name))


def test_a_dot_and_a_line_and_a_full_pad_are_drawings_too() -> None:
    dot = np.zeros((PAD, PAD), np.uint8)
    dot[5, 7] = 1
    for name in ("mnist", "digits", "kmnist", "fashion_mnist"):
        for ink in (dot, stroke([(0.1, 0.5), (0.9, 0.5)], 1), stroke([(0.5, 0.1), (0.5, 0.9)], 1), dot * 0 + 255):
            assert image(ink, name).shape[2] == 1


def test_packed_by_zlib_it_is_the_same_and_a_bomb_is_refused() -> None:
    ink = stroke(SEVEN)
    assert np.array_equal(centred(zlib.compress(ink.tobytes()), False, MNIST).numpy(), image(ink))
    assert len(zlib.compress(ink.tobytes())) < 1_000
    for sent in (zlib.compress(bytes(10**8)), zlib.compress(b"x"), b"", b"\0" * 100, b"x" * (PAD * PAD + 1)):
        with pytest.raises(Refused) as refused:
            centred(sent, False, MNIST)
        assert refused.value.code == "wrong_shape"


def test_an_empty_pad_and_a_dataset_of_photographs_are_refused_in_words() -> None:
    for sent, name, code in ((bytes(PAD * PAD), "mnist", "empty"), (stroke(SEVEN).tobytes(), "cifar10", "not_drawn")):
        with pytest.raises(Refused) as refused:
            centred(sent, False, DATASETS[name])
        assert refused.value.code == code and refused.value.hint


def drawn(numbers: int) -> Array:
    """The digits of the test split as if they were drawn: on the pad, 14 times as large."""
    images = DATA.test.images[:numbers, ..., 0].numpy().astype(float) * (255 / 16)
    return np.stack([np.kron(one, np.ones((14, 14))).astype(np.uint8) for one in images])


def test_what_is_drawn_as_in_the_dataset_is_recognised() -> None:
    """At least nine of ten of what a trained network knows, it knows of the same as drawings."""
    trained = Trained(PLAIN)
    trained.go(400)
    model = trained.learner.model.eval()
    labels = DATA.test.labels[:300]
    own = model(DATA.normal(DATA.test.images[:300])).argmax(1)
    images = np.stack([image(ink, "digits") for ink in drawn(300)])
    again = model(DATA.normal(DATA.test.images.new_tensor(images))).argmax(1)
    assert (own == labels).float().mean() > 0.9
    assert (again == labels)[own == labels].float().mean() > 0.9


def test_a_pad_of_mnist_size_comes_back_as_it_was() -> None:
    """MNIST's own kind of image, four times as large: the recipe finds the same place and the same pixels."""
    small = image(stroke(SEVEN))[..., 0]
    back = image(np.kron(small, np.ones((4, 4), np.uint8)))[..., 0]
    assert np.array_equal(back, small)


def test_a_scene_shows_the_very_image_that_the_network_gets() -> None:
    trained = Trained(PLAIN)
    scene = Scene(trained.learner.model, trained.blueprint, {}, DATA, CPU, 2, None)  # type: ignore[arg-type]
    asked = OfPad(kind="pad", pixels=base64.b64encode(zlib.compress(stroke(SEVEN).tobytes())).decode())
    tensor = scene.image(asked)
    shown = scene.shown(tensor)
    bytes_ = np.frombuffer(base64.b64decode(shown["pixels"]), np.uint8).reshape(8, 8, 1)
    got = scene.batch(tensor[None])[0].permute(1, 2, 0).numpy()
    # 16 values come as 0 … 255 and back; 255/16 is no whole number
    assert np.abs((bytes_ - shown["mean"][0]) * shown["scale"][0] - got).max() < 0.5 * shown["scale"][0]


# ── our drawings, at the end of each epoch ──────────────────────────────────────────────────────────────────

def kept(number: int, dataset: str = "digits") -> list[dict[str, Any]]:
    rows = DATA.test.images[:number, ..., 0].numpy()
    return [{"id": f"d{n}", "dataset": dataset, "label": int(DATA.test.labels[n]),
             "pixels": np.rint(one * (255 / 16)).astype(np.uint8).tobytes()} for n, one in enumerate(rows)]


def trained_with(lab: Lab, rows: list[dict[str, Any]]) -> FakeWeb:
    web = lab.web()
    trainer = lab.trainer(web)
    web.wait(lambda: web.hellos, "the trainer")
    web.send({"t": "drawings", "rows": rows})
    web.wait(lambda: trainer.wire.drawings == rows, "the drawings")
    web.go(3)
    web.event("training_paused", reason="finished")
    trainer.die()
    return web


def test_drawings_are_scored_each_epoch_and_change_no_bit_of_anything_else(lab: Lab) -> None:
    alone, along = trained_with(lab, []), trained_with(lab, kept(40))
    scores = [event["data"]["drawings"] for event in along.told("epoch_finished")]
    assert len(scores) == 3 and all(one["examples"] == 40 and 0 <= one["accuracy"] <= 1 for one in scores)
    assert scores[-1]["accuracy"] > 0.5 and scores[-1]["loss"] > 0
    assert not any(event["data"].get("drawings") for event in alone.told("epoch_finished"))
    digests = [[event["data"]["digest"] for event in web.told("checkpoint_saved", kind="epoch")] for web in (alone, along)]
    assert digests[0] == digests[1] and len(digests[0]) == 3
    tests = [[event["data"]["test"] for event in web.told("epoch_finished")] for web in (alone, along)]
    assert tests[0] == tests[1]


def test_the_score_is_that_of_the_same_images_in_the_test_split(lab: Lab) -> None:
    web = trained_with(lab, kept(len(DATA.test)))
    for event in web.told("epoch_finished"):
        assert event["data"]["drawings"]["accuracy"] == pytest.approx(event["data"]["test"]["accuracy"])
        assert event["data"]["drawings"]["loss"] == pytest.approx(event["data"]["test"]["loss"], rel=1e-4)


def test_drawings_of_another_dataset_and_of_a_wrong_size_do_not_count(lab: Lab) -> None:
    odd = [{**kept(1)[0], "pixels": b"123"}, {**kept(1)[0], "label": 10}]
    web = trained_with(lab, [*kept(2, "mnist"), *odd, *kept(5)])
    assert web.told("epoch_finished")[0]["data"]["drawings"]["examples"] == 5
