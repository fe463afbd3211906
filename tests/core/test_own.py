"""Own images in a Blueprint, and examples that are held back."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ml_utils.core.blueprint import PRESETS, Blueprint, Sketch, cnn, input_of
from ml_utils.core.datasets import SIDES, Images, examples_of, held_back, row_in, row_of
from ml_utils.core.editing import edited
from ml_utils.core.edits import Edit
from ml_utils.core.errors import Refused
from ml_utils.core.rules import forms
from ml_utils.core.snapshot import empty_state
from ml_utils.core.templates import TEMPLATES, template

ASKED: TypeAdapter[Any] = TypeAdapter(Edit)
NAME = "own_0123456789abcdef"
FACTS: dict[str, Any] = {"title": "Cats", "shape": [3, 32, 32], "classes": ["cat", "dog"], "train": 100, "test": 20}


def own_cnn(**facts: Any) -> Blueprint:
    return cnn(NAME, images=Images.model_validate({**FACTS, **facts}))


def test_a_blueprint_knows_its_own_images_and_survives_json() -> None:
    made = own_cnn()
    assert made.row.title == "Cats" and made.row.classes == ("cat", "dog") and input_of(made).text() == "3×32×32"
    assert Blueprint.model_validate_json(made.model_dump_json()) == made
    assert row_of(made.model_dump(mode="json")) == made.row and made.examples == 100
    assert "images" not in cnn().model_dump(mode="json")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("channels", "side"), [(channels, side) for channels, sides in SIDES.items() for side in sides])
def test_the_first_networks_fit_images_of_every_size(preset: str, channels: int, side: int) -> None:
    forms(PRESETS[preset](NAME, images=Images.model_validate({**FACTS, "shape": [channels, side, side]})))


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 16), (3, 48), (3, 64), (1, 96), (1, 128)])
def test_every_ready_network_fits_images_of_every_size(name: str, channels: int, side: int) -> None:
    images = Images.model_validate({**FACTS, "shape": [channels, side, side]})
    forms(template(name, NAME, {}, 1, images))


@pytest.mark.parametrize("wrong", [
    {"dataset": NAME}, {"images": FACTS}, {"dataset": "digits", "images": FACTS},
    {"dataset": NAME, "images": {**FACTS, "shape": [3, 32, 31]}}, {"dataset": NAME, "images": {**FACTS, "shape": [2, 32, 32]}},
    {"dataset": NAME, "images": {**FACTS, "shape": [3, 2_000, 2_000]}},
    {"dataset": NAME, "images": {**FACTS, "classes": ["a"]}},
    {"dataset": NAME, "images": {**FACTS, "classes": ["a", "a"]}}, {"dataset": NAME, "images": {**FACTS, "train": 5}},
    {"dataset": NAME, "images": {**FACTS, "classes": ["a", "b" * 61]}}, {"dataset": NAME, "images": {**FACTS, "secret": 1}},
    {"dataset": "own_x", "images": FACTS}])
def test_what_does_not_describe_the_dataset_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Blueprint.model_validate({**cnn().model_dump(mode="json"), **wrong})


def test_a_room_knows_the_images_of_its_runs() -> None:
    state = empty_state("abcdefgh")
    state["runs"]["r1"] = {"blueprint": own_cnn().model_dump(mode="json")}
    assert row_in(state, NAME) == own_cnn().row and row_in(state, "own_ffffffffffffffff") is None
    assert row_in(state, "mnist") is not None


def test_edits_change_to_own_images_and_back() -> None:
    def after(before: Sketch, *edits: dict[str, Any]) -> Sketch:
        return edited(before, [ASKED.validate_python(edit) for edit in edits])

    digits = Sketch.model_validate(cnn().model_dump(mode="json"))
    mine = after(digits, {"op": "dataset", "dataset": NAME, "images": FACTS}, {"op": "template", "name": "lenet5"})
    assert mine.row.title == "Cats" and mine.layers[-1].features == 2  # type: ignore[union-attr]
    assert after(mine, {"op": "dataset", "dataset": "digits"}).images is None
    with pytest.raises(Refused):
        after(digits, {"op": "dataset", "dataset": NAME})


@pytest.mark.parametrize(("share", "without", "held", "left"), [
    (0, [], 0, 1437), (0.5, [], 718, 719), (0.1, [], 144, 1293), (0.1, list(range(37)), 140, 1260)])
def test_a_share_is_held_back_of_those_that_are_not_left_out(share: float, without: list[int], held: int, left: int) -> None:
    plain = {**cnn().model_dump(mode="json"), "validation": share, "without": without}
    assert (held_back(plain), examples_of(plain), Blueprint.model_validate(plain).examples) == (held, left, left)


def test_what_is_not_held_back_is_not_written_down() -> None:
    plain = cnn().model_dump(mode="json")
    assert "validation" not in plain
    hold_back = ASKED.validate_python({"op": "validation", "validation": 0.2})
    assert edited(Sketch.model_validate(plain), [hold_back]).examples == 1150
    with pytest.raises(ValidationError):
        Blueprint.model_validate({**plain, "validation": 0.6})
