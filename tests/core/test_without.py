"""Examples left out: what a Blueprint says of them, and everything that counts an epoch's examples."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from ml_utils import recipes
from ml_utils.core.blueprint import LEAST_EXAMPLES, MOST_LEFT_OUT, Blueprint, Sketch, cnn, mlp
from ml_utils.core.datasets import DATASETS, examples_of
from ml_utils.core.editing import edited
from ml_utils.core.edits import EDITS
from ml_utils.core.errors import refusal
from ml_utils.core.patches import batches_per_epoch, inside, start_of
from ml_utils.core.recipe import network_digest, short
from ml_utils.core.settings import Settings

OLD = ('{"task":"image_classification","dataset":"digits",'
       '"layers":[{"kind":"flatten"},{"kind":"linear","features":10,"bias":true}],"seed":1}')
SETTINGS = Settings(batch_size=64).model_dump(mode="json")


def plain(*without: Any, **others: Any) -> dict[str, Any]:
    return {**mlp().model_dump(mode="json"), "without": list(without), **others}


def made(*without: Any, **others: Any) -> Blueprint:
    return Blueprint.model_validate(plain(*without, **others))


def test_a_blueprint_that_leaves_nothing_out_is_written_as_before_there_was_such_a_field() -> None:
    layers = [{"kind": "flatten"}, {"kind": "linear", "features": 10}]
    blueprint = Blueprint.model_validate({"dataset": "digits", "layers": layers})
    assert blueprint.model_dump_json() == OLD == Blueprint.model_validate_json(OLD).model_dump_json()
    assert Blueprint.model_validate({**json.loads(OLD), "without": []}) == blueprint and blueprint.without == ()
    assert "without" not in blueprint.model_dump() | blueprint.model_dump(mode="json") | short(blueprint.model_dump())


def test_numbers_stand_in_rising_order_each_once_and_are_written_down() -> None:
    blueprint = made(7, 3, 7)
    assert blueprint.without == (3, 7) and blueprint.model_dump(mode="json")["without"] == [3, 7]
    assert Blueprint.model_validate_json(blueprint.model_dump_json()) == blueprint != made()


@pytest.mark.parametrize(("without", "dataset", "says"), [
    ([1437], "digits", "0 to 1436"), ([60_000], "mnist", "0 to 59999"),
    (list(range(1437 - LEAST_EXAMPLES + 1)), "digits", "10"),
    (list(range(MOST_LEFT_OUT + 1)), "mnist", "at most 2000"), ([-1], "digits", "greater"), (["1"], "digits", "integer"),
    ([True], "digits", "integer"), ([1.5], "digits", "integer"), (None, "digits", "tuple"), ("12", "digits", "tuple"),
    ([2**53 + 1], "mnist", "less")])
def test_what_is_no_list_of_examples_is_refused_in_words(without: Any, dataset: str, says: str) -> None:
    for kind in (Blueprint, Sketch):
        with pytest.raises(ValidationError) as caught:
            kind.model_validate({**plain(), "dataset": dataset, "without": without})
        refused = refusal(caught.value)
        assert says in refused.message and str(refused.field).startswith("without")


def test_as_many_as_may_go_can_be_left_out() -> None:
    assert made(*range(1437 - LEAST_EXAMPLES)).examples == LEAST_EXAMPLES
    assert made(*range(58_000, 60_000), dataset="mnist").examples == 58_000


def test_every_count_of_an_epoch_respects_them() -> None:
    fewer = plain(*range(29))  # 1408 = 22 × 64 are left
    assert examples_of(fewer) == 1408 and examples_of(plain()) == examples_of({"dataset": "digits"}) == DATASETS["digits"].train
    assert batches_per_epoch(fewer, 64) == 22 and batches_per_epoch(plain(), 64) == 23
    assert start_of("r1", "b1", fewer, SETTINGS, 2)["batches"] == 22
    tip = {"epoch": 1, "batch": 11, "x": 1.5}
    assert inside("r1", "b1", fewer, SETTINGS, tip)["batches"] == 22
    assert inside("r1", "b1", fewer, {**SETTINGS, "batch_size": 352}, tip)["batches"] == 13


def test_they_are_part_of_the_recipe_but_not_of_the_network() -> None:
    one, other = (blueprint.model_dump(mode="json") for blueprint in (made(3, 7), made()))
    assert short(one)["without"] == [3, 7] and network_digest(one) == network_digest(other)
    assert recipes.opened(recipes.written(one))["blueprint"] == one and "without: [3, 7]" in recipes.written(one)
    assert "without" not in recipes.written(other)


def after(edit: dict[str, Any], work: Blueprint) -> tuple[int, ...]:
    kind = next(one for one in EDITS if one.model_fields["op"].annotation.__args__[0] == edit["op"])  # type: ignore[union-attr]
    return edited(Sketch.model_validate(work.model_dump(mode="json")), [kind.model_validate(edit)]).without


def test_edits_keep_them_as_long_as_the_numbers_mean_the_same_examples() -> None:
    digits, mnist = made(3, 7), Blueprint.model_validate({**cnn("mnist").model_dump(mode="json"), "without": [3, 7]})
    assert after({"op": "add", "at": [0], "layer": {"kind": "relu"}}, digits) == (3, 7)
    assert after({"op": "seed", "seed": 1}, digits) == (3, 7) == after({"op": "seed", "seed": 2}, mnist)
    assert after({"op": "seed", "seed": 2}, digits) == ()  # digits are split by the seed
    assert after({"op": "dataset", "dataset": "kmnist"}, mnist) == () == after({"op": "dataset", "dataset": "digits"}, mnist)
    assert after({"op": "template", "name": "mlp"}, digits) == (3, 7)
    assert after({"op": "load", "blueprint": made(5).model_dump(mode="json")}, digits) == (5,)
