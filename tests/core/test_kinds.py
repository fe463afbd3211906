"""The table of kinds; that no field takes what it should not; counts and shapes against torch are in tests/trainer."""

from __future__ import annotations

import json
from time import thread_time
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ml_utils.core.blueprint import MAX_DEPTH, MAX_LAYERS, MAX_NESTED, TOO_MANY, Blueprint
from ml_utils.core.errors import refusal
from ml_utils.core.kinds import KINDS, Layer
from ml_utils.core.kinds.base import Form, Reach, divisors, names_of
from ml_utils.core.kinds.blocks import MOST_INSIDE
from ml_utils.core.kinds.convolutions import Conv, ConvTranspose
from ml_utils.core.kinds.pooling import Pool
from ml_utils.core.kinds.table import GROUPS, kinds_table
from tests.strategies import flaws_of

TABLE = {row["kind"]: row for row in kinds_table()}
FORMS = [Form((1, 8, 8)), Form((3, 32, 32)), Form((4, 1, 1)), Form((16,)), Form((1,)), Form((7, 12)), Form((5,), words=9)]
LAYERS: TypeAdapter[Any] = TypeAdapter(Layer)
RELU = {"kind": "relu"}


def nested(depth: int) -> dict[str, Any]:
    layer: dict[str, Any] = RELU
    for _ in range(depth):
        layer = {"kind": "residual", "layers": [layer]}
    return layer


def default(name: str) -> dict[str, Any]:
    return {"kind": name, **({"layers": [RELU]} if TABLE[name]["block"] else {})}


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────

def test_every_kind_has_a_row_and_rows_stand_group_by_group() -> None:
    assert set(TABLE) == set(KINDS) and len(KINDS) >= 31
    groups = [row["group"] for row in kinds_table()]
    assert groups == sorted(groups, key=GROUPS.index) and set(groups) == set(GROUPS)
    assert json.loads(json.dumps(kinds_table(), allow_nan=False)) == kinds_table()


@pytest.mark.parametrize("name", KINDS)
def test_a_row_has_all_words_in_english_and_german(name: str) -> None:
    row = TABLE[name]
    texts = [row["title"], row["help"]]
    for field in row["fields"]:
        texts += [field["label"], field["help"], *field.get("choices", {}).values()]
    assert all(set(text) == {"en", "de"} and text["en"].strip() and text["de"].strip() for text in texts)


@pytest.mark.parametrize("name", KINDS)
def test_every_field_has_an_editor_and_its_ends_and_default_are_legal(name: str) -> None:
    kind, rows = KINDS[name], {row["name"]: row for row in TABLE[name]["fields"]}
    assert set(rows) == set(kind.model_fields) - {"kind"} - ({"layers"} if TABLE[name]["block"] else set())
    for field, row in rows.items():
        values = [row["default"], *(row[end] for end in ("minimum", "maximum") if end in row)]
        values += [None] * row["optional"] + [True, False] * (row["type"] == "bool")
        values += [type(row["default"])(one) for one in row.get("choices", {})]
        assert row["type"] in {"int", "float", "bool", "choice"} and len(values) > 1
        for value in values:
            made = kind.model_validate({**default(name), field: value})
            assert getattr(made, field) == value and type(getattr(made, field)) is type(value)


@pytest.mark.parametrize("name", KINDS)
def test_the_name_of_the_kind_begins_the_names_of_its_layers(name: str) -> None:
    layer = KINDS[name].model_validate(default(name))
    assert layer.kind == name and names_of([layer, layer]) == [f"{name}1", f"{name}2"]
    assert next(iter(layer.model_dump())) == "kind"


@pytest.mark.parametrize("name", KINDS)
def test_options_are_told_for_whatever_comes_in_and_are_legal(name: str) -> None:
    layer = KINDS[name].model_validate(default(name))
    for form in FORMS:
        for field, values in layer.options(form).items():
            assert field in KINDS[name].model_fields and values == sorted(set(values))
            for value in values:
                KINDS[name].model_validate({**default(name), field: value})


@pytest.mark.parametrize("name", KINDS)
def test_what_is_offered_fits_and_the_rest_of_the_range_does_not(name: str) -> None:
    rows = {row["name"]: row for row in TABLE[name]["fields"]}
    for form in FORMS:
        layer = KINDS[name].model_validate(default(name))
        for field, values in layer.options(form).items():
            row = rows[field]
            every = list(map(int, row["choices"])) if "choices" in row else range(row["minimum"], row["maximum"] + 1)
            fitting = [value for value in every if layer.model_copy(update={field: value}).step(form).out]
            assert fitting in (values, []), (form, field)


# ── what no field takes ─────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", KINDS)
def test_every_flaw_of_every_field_is_refused(name: str) -> None:
    found = list(flaws_of(KINDS[name], default(name)))
    assert len(found) > 30
    for value, _ in found:
        with pytest.raises(ValidationError):
            LAYERS.validate_python(value)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("value", [0, -1, 10**9, 2**62, 10**400, True, 2.0, "2", float("nan"), float("inf"), [2], {}],
                         ids=lambda value: type(value).__name__)
def test_a_size_is_a_whole_number_within_its_bounds(name: str, value: Any) -> None:
    for row in TABLE[name]["fields"]:
        whole = row["type"] == "int" or isinstance(row["default"], int) and row["type"] == "choice"
        if row["type"] == "choice" and whole:
            with pytest.raises(ValidationError):
                KINDS[name].model_validate({row["name"]: float(row["default"])})
        if whole and not (type(value) is int and row.get("minimum", 1) <= value <= row.get("maximum", 0)):
            with pytest.raises(ValidationError):
                KINDS[name].model_validate({**default(name), row["name"]: value})


# ── how many, how deep ──────────────────────────────────────────────────────────────────────────────────────

ITSELF: dict[str, Any] = {"kind": "residual", "layers": [RELU]}
ITSELF["layers"].append(ITSELF)
WIDE = {"kind": "residual", "layers": [RELU] * MOST_INSIDE}


@pytest.mark.parametrize("layers", [
    [RELU] * (MAX_LAYERS + 1), [RELU] * 5_000, [nested(MAX_DEPTH)], [nested(2_000)], [nested(100_000)], [ITSELF],
    [WIDE] * (MAX_NESTED // MOST_INSIDE), [{"kind": "residual", "layers": [WIDE] * MOST_INSIDE}] * MAX_LAYERS,
    [{"kind": "residual", "layers": [RELU] * 10**6}],
], ids=range(9))
def test_too_many_layers_and_too_deep_blocks_are_refused_in_words_and_at_once(layers: list[Any]) -> None:
    start = thread_time()
    with pytest.raises(ValidationError) as caught:
        Blueprint.model_validate({"dataset": "digits", "layers": layers})
    assert thread_time() - start < 0.05
    error = refusal(caught.value)
    assert TOO_MANY in error.message and error.field == "layers"
    assert all(str(limit) in TOO_MANY for limit in (MAX_LAYERS, MAX_NESTED, MAX_DEPTH - 1))


def test_a_block_has_room_for_so_many_and_needs_one() -> None:
    for number in (0, MOST_INSIDE + 1):
        with pytest.raises(ValidationError):
            Blueprint.model_validate({"dataset": "digits", "layers": [{"kind": "residual", "layers": [RELU] * number}]})


def test_the_most_that_is_allowed_is_allowed() -> None:
    deepest = nested(MAX_DEPTH - 1)
    layers = [deepest] + [WIDE] * 7 + [RELU] * (MAX_NESTED - MAX_DEPTH - 7 * (MOST_INSIDE + 1))
    assert len(layers) <= MAX_LAYERS
    assert len(Blueprint.model_validate({"dataset": "digits", "layers": layers}).layers) == len(layers)


# ── what a kind tells ───────────────────────────────────────────────────────────────────────────────────────

def test_reach_grows_with_each_window_and_faster_behind_strides() -> None:
    reach = Reach()
    for layer, size in [(Conv(kernel=3), 3), (Pool(), 4), (Conv(kernel=3), 8), (ConvTranspose(), 8), (Conv(kernel=3), 10)]:
        reach = layer.reach(reach, Form((1, 28, 28)))
        assert reach.size == (size, size), layer


@pytest.mark.parametrize("limit", [1, 5, 512])
def test_divisors_are_those_up_to_the_limit(limit: int) -> None:
    for number in [*range(1, 400), 2**11 * 9, 99_991, 2**31 - 1, 2**31]:
        assert divisors(number, limit) == [one for one in range(1, min(number, limit) + 1) if number % one == 0]
