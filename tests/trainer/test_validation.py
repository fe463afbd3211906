"""Examples held back to validate: which they are, that nothing learns from them, what is told, kept and shown of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.errors import Refused
from ml_utils.core.questions import Gallery, Lineage, OfSplit, PassportOf, Subject
from ml_utils.core.settings import Settings
from ml_utils.core.templates import template
from ml_utils.core.work import Evaluate
from ml_utils.trainer import keeper
from ml_utils.trainer.checkpoint import blueprint_digest
from ml_utils.trainer.data import Batches, digits, left_out, validation_numbers, validation_of
from ml_utils.trainer.evaluate import evaluate
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.look.evaluation import Evaluation
from ml_utils.trainer.look.gallery import gallery
from ml_utils.trainer.look.passport import passport
from ml_utils.trainer.look.records import read, record_file
from ml_utils.trainer.look.scene import Scene
from ml_utils.trainer.model import build
from ml_utils.trainer.order import Order, Patience

from .conftest import Lab
from .fake_web import FakeWeb
from .test_code import executed
from .test_evaluation import Heard
from .test_exact import END, begun, final, reach, undisturbed

CPU = torch.device("cpu")
OFTEN = Patience(beat=0.1, redial=0.02, checkpoint=0.0)
DATA = digits(1, CPU)


def holding(share: float, without: tuple[int, ...] = (), blueprint: Blueprint | None = None) -> Blueprint:
    return Blueprint.model_validate({**(blueprint or cnn()).model_dump(mode="json"), "validation": share, "without": without})


# ── which they are ──────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("share", "without", "size"), [
    (0.1, (), 144), (0.2, (), 287), (0.5, (), 718), (0.2, tuple(range(100)), 267), (0.0003, (), 0), (0.0, (), 0)])
def test_the_seed_alone_picks_them_and_none_that_is_left_out(share: float, without: tuple[int, ...], size: int) -> None:
    blueprint = holding(share, without)
    found = validation_numbers(blueprint).tolist()
    order = [one for one in np.random.default_rng([1, 0, 3]).permutation(1437).tolist() if one not in without]
    assert found == sorted(order[:size]) and len(found) == size == len(set(found)) and not set(found) & set(without)
    assert blueprint.examples == 1437 - len(without) - size
    assert found == validation_numbers(holding(share, without, mlp())).tolist()
    if size:
        other = Blueprint.model_validate({**blueprint.model_dump(mode="json"), "seed": 2})
        assert found != validation_numbers(other).tolist()


def test_a_larger_share_holds_the_same_ones_back_and_more() -> None:
    assert set(validation_numbers(holding(0.1))) < set(validation_numbers(holding(0.2))) < set(validation_numbers(holding(0.5)))


@pytest.mark.parametrize("epoch", [0, 1, 7])
@pytest.mark.parametrize("without", [(), (0, 5, 17, 1436)])
def test_no_epoch_has_them_and_all_others_keep_their_order(epoch: int, without: tuple[int, ...]) -> None:
    numbered = replace(DATA, train=replace(DATA.train, labels=torch.arange(1437)))
    blueprint = holding(0.2, without)
    gone = {*validation_numbers(blueprint).tolist(), *without}
    everything = Batches(numbered, 1).take(epoch, 0, 1437)[1].tolist()
    found = Batches(numbered, 1, left_out(blueprint)).take(epoch, 0, 1437)[1].tolist()
    assert found == [number for number in everything if number not in gone] and len(found) == blueprint.examples
    assert everything == np.random.default_rng([1, epoch, 1]).permutation(1437).tolist()


def test_images_and_labels_are_those_of_the_training_split_normalised_with_all() -> None:
    blueprint = holding(0.2)
    split, numbers = validation_of(DATA, blueprint), torch.from_numpy(validation_numbers(blueprint))
    assert split is not None and len(split) == 287
    for first, size in ((0, 287), (0, 5), (100, 50), (280, 50)):
        images, labels = DATA.sliced(split, first, size)
        wanted = DATA.picked(DATA.train, numbers[first:first + size])
        assert torch.equal(images, wanted[0]) and torch.equal(labels, wanted[1])
    assert validation_of(DATA, holding(0.0)) is None is validation_of(DATA, holding(0.0003))
    assert split.images.data_ptr() == DATA.train.images.data_ptr()  # nothing is copied


def test_a_run_that_holds_none_back_is_the_old_one() -> None:
    assert blueprint_digest(holding(0.0)) == blueprint_digest(cnn()) and not len(left_out(cnn()))
    assert len({blueprint_digest(holding(share)) for share in (0.0, 0.1, 0.2)}) == 3


# ── training with them ──────────────────────────────────────────────────────────────────────────────────────

def validated(web: FakeWeb) -> list[tuple[int, Any]]:
    return sorted({one["position"]["epoch"]: one["data"]["validation"] for one in web.told("epoch_finished")}.items())


@pytest.fixture
def calm(lab: Lab) -> tuple[FakeWeb, tuple[str, list[Any]]]:
    web = begun(lab, blueprint=holding(0.2))
    return web, final(web)


def test_what_is_told_of_an_epoch_counts_what_is_left_and_what_is_held_back(calm: tuple[FakeWeb, Any]) -> None:
    web, _ = calm
    assert [score["examples"] for _, score in validated(web)] == [287] * END
    assert {one["data"]["train"]["examples"] for one in web.told("epoch_finished")} == {1150}
    assert {one["position"]["batches"] for one in web.told("metrics")} == {72}
    assert [one["position"]["x"] for one in web.told("epoch_finished")] == [1.0, 2.0, 3.0]


def test_it_is_another_training_than_with_all_and_the_same_each_time(lab: Lab, calm: tuple[FakeWeb, Any]) -> None:
    assert undisturbed(lab, blueprint=holding(0.2)) == calm[1] != undisturbed(lab)
    left = undisturbed(lab, blueprint=holding(0.0, tuple(validation_numbers(holding(0.2)).tolist())))
    assert left[1] == calm[1][1]  # to look at them changes nothing: as if they were left out


def test_kills_in_the_middle_of_epochs_leave_no_trace(lab: Lab, calm: tuple[FakeWeb, Any],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    web = begun(lab, OFTEN, holding(0.2))
    for x in (0.4, 1.5, 2.2):
        reach(web, x)
        lab.trainers[-1].die()
        web.work = web.known_work(go=True, until=END)
        attempt = lab.trainer(web, OFTEN).order.attempt
        web.event("trainer_recovered", attempt=attempt)
    assert final(web) == calm[1] and validated(web) == validated(calm[0])


def test_interrupts_leave_no_trace(lab: Lab, calm: tuple[FakeWeb, Any]) -> None:
    web = begun(lab, blueprint=holding(0.2))
    for count in range(1, 5):
        reach(web, count / 2)
        web.answer(web.command("interrupt"))
        web.answer(web.go(END))
    assert final(web) == calm[1] and validated(web) == validated(calm[0])


def test_each_epoch_leaves_a_record_of_them_that_fits_what_was_told(calm: tuple[FakeWeb, Any]) -> None:
    web, _ = calm
    numbers = validation_numbers(holding(0.2))
    for epoch, score in validated(web):
        record = read(record_file(web.address.parent, "abcdefgh", "r1", "b1", epoch, 0, "validation"))
        assert record and record.numbers is not None and np.array_equal(record.numbers, numbers)
        assert record.right.mean() == pytest.approx(score["accuracy"]) and len(record) == 287
        assert record.loss.mean() == pytest.approx(score["loss"], rel=1e-5)
        assert np.array_equal(record.label, DATA.train.labels.numpy()[numbers])
        assert record.digest == web.told("checkpoint_saved", epoch=epoch, batch=0)[-1]["data"]["digest"]


# ── looking at them ─────────────────────────────────────────────────────────────────────────────────────────

def scene(web: FakeWeb, share: float = 0.2) -> Scene:
    """The model at the end of the last epoch."""
    order = Order("line", "abcdefgh", 1, "t", str(web.address.parent / "checkpoints"))
    place = {"run": "r1", "branch": "b1", "epoch": END, "batch": 0, "x": float(END), "untrained": False}
    digest = web.told("checkpoint_saved", epoch=END, batch=0)[-1]["data"]["digest"]
    blueprint = holding(share)
    return Scene(build(blueprint, CPU).eval(), blueprint, place, DATA, CPU, 10, order, digest, "b1")


def test_a_gallery_of_them_names_each_by_its_number_among_the_training_examples(calm: tuple[FakeWeb, Any]) -> None:
    shown = scene(calm[0])
    numbers = validation_numbers(holding(0.2)).tolist()
    found = gallery(shown, Gallery(split="validation", count=48))
    assert found["total"] == 287
    for row in found["examples"]:
        assert row["split"] == "train" and row["number"] in numbers and row["label"] == int(DATA.train.labels[row["number"]])
        assert row["image"] == shown.shown(shown.image(OfSplit(split="train", number=row["number"])))
    only = gallery(shown, Gallery(split="validation", only=(numbers[5], numbers[7], 1)))  # such as those somebody marked
    assert sorted(row["number"] for row in only["examples"]) == [one for one in (numbers[5], numbers[7], 1) if one in numbers]


def test_a_model_that_holds_others_or_none_back_does_not_get_their_record(calm: tuple[FakeWeb, Any]) -> None:
    with pytest.raises(Refused, match="not been evaluated"):
        gallery(scene(calm[0], 0.1), Gallery(split="validation"))
    with pytest.raises(Refused, match="no examples back") as refused:
        gallery(scene(calm[0], 0.0), Gallery(split="validation"))
    assert refused.value.field == "split"


def test_the_passport_of_a_training_example_has_what_was_said_of_it_while_it_was_held_back(calm: tuple[FakeWeb, Any]) -> None:
    shown, numbers = scene(calm[0]), validation_numbers(holding(0.2)).tolist()
    branches = {"b1": Lineage(run="r1", parent=None, epoch=0)}

    def said(number: int) -> list[dict[str, Any]]:
        found = passport(shown, PassportOf(split="train", number=number, branches=branches))
        return [one for row in found["runs"] for one in row["epochs"]]

    record = read(record_file(calm[0].address.parent, "abcdefgh", "r1", "b1", 2, 0, "validation"))
    assert record
    for at in (0, 100, 286):
        rows = said(numbers[at])
        assert [row["epoch"] for row in rows] == [1, 2, 3] and rows[1]["prediction"] == record.prediction[at]
    others = sorted({0, 700, 1436} - set(numbers)) + [number + 1 for number in numbers if number + 1 not in numbers][:3]
    assert all(said(number) == [] for number in others)


def evaluation(folder: Path, share: float) -> tuple[str, dict[str, Any]]:
    subject = Subject(run="r1", branch="b1", epoch=0, batch=0, x=0.0, blueprint=holding(share, blueprint=mlp()), threads=1)
    of = {"branch": "b1", "epoch": 0, "split": "validation"}
    heard = Heard()
    order = Order("nowhere", "abcdefgh", -1, "t", str(folder / "checkpoints"))
    Evaluation(order, heard, Evaluate.model_validate({"subject": subject, "of": of})).run()  # type: ignore[arg-type]
    return heard.told[-1]


def test_a_stored_model_is_evaluated_on_them(tmp_path: Path) -> None:
    name, data = evaluation(tmp_path, 0.2)
    numbers = validation_numbers(holding(0.2))
    assert (name, data["examples"]) == ("evaluated", 287)
    record = read(record_file(tmp_path, "abcdefgh", "r1", "b1", 0, 0, "validation"))
    assert record and np.array_equal(record.numbers, numbers)  # type: ignore[arg-type]
    with torch.no_grad():
        outputs = build(mlp(), CPU).eval()(DATA.picked(DATA.train, torch.from_numpy(numbers))[0])
    assert np.array_equal(record.prediction, outputs.argmax(1).numpy())
    assert data["accuracy"] == pytest.approx(record.right.mean())


def test_a_run_that_holds_none_back_says_so(tmp_path: Path) -> None:
    name, data = evaluation(tmp_path, 0.0)
    assert name == "evaluation_failed" and "holds no examples back" in data["message"]


# ── without the lab ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("share", "without"), [(0.2, ()), (0.2, (3, 4, 700)), (0.0003, ())])
def test_the_program_holds_the_same_ones_back_and_says_how_good_it_is_on_them(
        share: float, without: tuple[int, ...], capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = holding(share, without, template("mlp", "digits", {"dropout": False}, 1))
    asked = Settings(epochs=2, dropout=0.0, batch_size=71)
    executed(blueprint, asked)["main"]()
    told = [float(one) / 100 for one in re.findall(r"validation accuracy ([\d.]+)%", capsys.readouterr().out)]
    split = validation_of(DATA, blueprint)
    learner, found = Learner(blueprint, asked, CPU), []
    batches = Batches(DATA, 1, left_out(blueprint))
    for epoch in range(2 if split else 0):
        for seen in range(0, blueprint.examples, 71):
            images, labels = batches.take(epoch, seen, 71)
            learner.step(learner.loss(learner.model(images), labels), epoch + seen / blueprint.examples)
        score = evaluate(learner, DATA, lambda: True, split=split)
        found.append(score["accuracy"] if score else None)
    assert told == pytest.approx(found, abs=0.012) and len(told) == (2 if split else 0)
