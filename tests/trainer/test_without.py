"""Training without some examples: none of them is ever drawn, and every promise of exactness holds as with all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.settings import Settings
from ml_utils.core.templates import template
from ml_utils.trainer import keeper
from ml_utils.trainer.checkpoint import blueprint_digest
from ml_utils.trainer.data import Batches, digits
from ml_utils.trainer.order import Patience

from .conftest import Lab
from .test_code import accuracies, executed
from .test_code import trained as trained_accuracies
from .test_exact import END, SETTINGS, begun, final, reach, recover, undisturbed

CPU = torch.device("cpu")
LEFT_OUT = (0, 5, 17, 400, 1436)


def without(*numbers: int, blueprint: Blueprint | None = None) -> Blueprint:
    return Blueprint.model_validate({**(blueprint or cnn()).model_dump(mode="json"), "without": list(numbers)})


def drawn(seed: int, epoch: int, left_out: tuple[int, ...], sizes: list[int]) -> list[int]:
    """The numbers of the examples of an epoch, in the order in which they come."""
    data = digits(seed, CPU)
    numbered = replace(data, train=replace(data.train, labels=torch.arange(len(data.train))))
    batches, seen, found = Batches(numbered, seed, left_out), 0, []
    for size in sizes:
        found += batches.take(epoch, seen, size)[1].tolist()
        seen = len(found)
    return found


@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_an_epoch_has_all_others_once_and_none_of_these_in_the_order_they_have_with_all(epoch: int) -> None:
    everything = drawn(1, epoch, (), [1437])
    found = drawn(1, epoch, LEFT_OUT, [1432])
    assert found == [number for number in everything if number not in LEFT_OUT] and len(found) == 1437 - len(LEFT_OUT)
    assert drawn(1, epoch, LEFT_OUT, [100, 7, 1000, 1000]) == found
    assert found != drawn(2, epoch, LEFT_OUT, [1432]) and found != drawn(1, epoch + 1, LEFT_OUT, [1432])


def test_constants_of_normalisation_are_those_of_all() -> None:
    data, most = digits(1, CPU), tuple(range(1400))
    images, labels = Batches(data, 1, most).take(0, 0, 37)
    everything = data.picked(data.train, torch.tensor(drawn(1, 0, most, [37])))
    assert torch.equal(images, everything[0]) and torch.equal(labels, everything[1])


def test_a_blueprint_without_some_has_another_digest_and_that_of_all_is_the_old_one() -> None:
    assert blueprint_digest(without()) == blueprint_digest(cnn())
    assert len({blueprint_digest(one) for one in (cnn(), without(3), without(4), without(3, 4))}) == 4
    assert blueprint_digest(without(4, 3)) == blueprint_digest(without(3, 4))


def counted(web: Any) -> list[tuple[int, int, float]]:
    return [(event["data"]["train"]["examples"], event["position"]["batch"], event["position"]["x"])
            for event in web.told("epoch_finished")]


def test_what_is_told_of_an_epoch_counts_what_is_left(lab: Lab) -> None:
    web = begun(lab, blueprint=without(*range(13)))  # 1424 = 89 × 16
    final(web)
    assert counted(web) == [(1424, 0, float(epoch)) for epoch in range(1, END + 1)]
    assert {event["position"]["batches"] for event in web.events if event["name"] == "metrics"} == {89}
    xs = [x for event in web.told("metrics") for x in event["data"]["x"]]
    assert len(xs) == 89 * END and xs[0] == pytest.approx(16 / 1424, abs=1e-6) and xs[-1] == END


def test_it_is_another_training_the_same_each_time(lab: Lab) -> None:
    first = undisturbed(lab, blueprint=without(*LEFT_OUT))
    assert first == undisturbed(lab, blueprint=without(*LEFT_OUT[::-1]))
    assert first[0] not in (undisturbed(lab)[0], undisturbed(lab, blueprint=without(*LEFT_OUT[1:]))[0])


def test_interrupts_leave_no_trace(lab: Lab) -> None:
    web = begun(lab, blueprint=without(*LEFT_OUT))
    for count in range(1, 4):
        reach(web, count / 2)
        web.answer(web.command("interrupt"))
        web.answer(web.go(END))
    assert final(web) == undisturbed(lab, blueprint=without(*LEFT_OUT))


def test_a_killed_trainer_is_replaced_without_a_trace(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    often = Patience(beat=0.1, redial=0.02, checkpoint=0.0)
    web = begun(lab, often, without(*LEFT_OUT))
    for count in (30, 60):
        web.event("checkpoint_saved", count)
        lab.trainers[-1].die()
        recover(lab, web, often)
        web.event("trainer_recovered", attempt=len(lab.trainers))
    assert final(web) == undisturbed(lab, blueprint=without(*LEFT_OUT))


@pytest.mark.parametrize("size", [359, 286])  # 286: 1431 = 5 × 286 + 1, the last batch has one more
def test_the_program_leaves_them_out_as_the_lab_does(size: int, capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = without(*range(100, 106), blueprint=template("mlp", "digits", {"dropout": False}, 4))
    asked = Settings(epochs=2, dropout=0.0, learning_rate=0.05, batch_size=size, scheduler="plateau")
    names = executed(blueprint, asked)
    assert names["WITHOUT"] == list(range(100, 106))
    names["main"]()
    told = accuracies(capsys.readouterr().out)
    assert len(told) == 2 and told == pytest.approx(trained_accuracies(blueprint, asked), abs=0.012)
    assert "WITHOUT" not in executed(template("mlp", "digits", {}, 4), SETTINGS)


def test_the_order_of_the_program_is_that_of_the_lab() -> None:
    order = np.random.default_rng([4, 1, 1]).permutation(1437)
    assert order[~np.isin(order, LEFT_OUT)].tolist() == drawn(4, 1, LEFT_OUT, [1432])
