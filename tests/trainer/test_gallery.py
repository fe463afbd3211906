"""Galleries and passports: the right examples in the right order, only of the model that is asked for, quickly."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ml_utils.core.blueprint import Blueprint, mlp
from ml_utils.core.errors import Refused
from ml_utils.core.questions import Gallery, Lineage, PassportOf
from ml_utils.trainer.data import Data, Split, digits
from ml_utils.trainer.look.gallery import gallery, recorded
from ml_utils.trainer.look.passport import passport
from ml_utils.trainer.look.records import Record, made, record_file, write
from ml_utils.trainer.look.scene import Scene
from ml_utils.trainer.model import build
from ml_utils.trainer.order import Order
from tests.waiting import quickest

CPU = torch.device("cpu")
DATA = digits(1, CPU)
DIGEST = "ab" * 32
PLACE = {"run": "r1", "branch": "b2", "epoch": 3, "batch": 0, "x": 3.0, "untrained": False}


class Room:
    """A folder of Records, and the model at the end of epoch 3 of b2; the Checkpoint is of b1."""

    def __init__(self, folder: Path, blueprint: Blueprint | None = None, data: Data = DATA) -> None:
        order = Order("line", "abcdefgh", 1, "t", str(folder / "checkpoints"))
        self.blueprint = blueprint or mlp()
        self.scene = Scene(build(self.blueprint, CPU).eval(), self.blueprint, PLACE, data, CPU, 10, order, DIGEST, "b1")

    def outputs(self, split: Split) -> torch.Tensor:
        with torch.no_grad():
            return torch.as_tensor(self.scene.model(self.scene.batch(split.images)))

    def evaluate(self, split: str = "test", key: str = "digits-1", digest: str = DIGEST) -> Record:
        of = DATA.train if split == "train" else DATA.test
        return self.keep(made(self.outputs(of), of.labels, key, digest), split)

    def keep(self, record: Record, split: str = "test", run: str = "r1", branch: str = "b1", epoch: int = 3) -> Record:
        write(record_file(self.scene.order.instance, "abcdefgh", run, branch, epoch, 0, split), record)
        return record

    def ask(self, split: str = "test", **asked: Any) -> dict[str, Any]:
        return gallery(self.scene, Gallery.model_validate({"split": split, **asked}))

    def numbers(self, split: str = "test", **asked: Any) -> list[int]:
        return [one["number"] for one in self.ask(split, **{"count": 48, **asked})["examples"]]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


# ── galleries ───────────────────────────────────────────────────────────────────────────────────────────────

def test_an_example_is_told_with_all_that_the_model_says_of_it(room: Room) -> None:
    room.evaluate()
    answer = room.ask(count=3)
    assert answer["total"] == 360 and answer["offset"] == 0 and len(answer["examples"]) == 3
    softmax = room.outputs(DATA.test).softmax(1)
    for one in answer["examples"]:
        mine, label = softmax[one["number"]], int(DATA.test.labels[one["number"]])
        first, second = mine.topk(2).indices.tolist()
        assert (one["split"], one["label"], one["prediction"], one["second"]) == ("test", label, first, second)
        assert "drawing" not in one and one["image"] == room.scene.shown(DATA.test.images[one["number"]])
        assert one["softmax"] == pytest.approx(mine.tolist(), abs=1e-4)
        assert one["confidence"] == pytest.approx(mine[first].item(), abs=1e-4)
        assert one["margin"] == pytest.approx((mine[first] - mine[second]).item(), abs=1e-4)
        assert one["loss"] == pytest.approx(-mine[label].log().item(), abs=1e-3)


@pytest.mark.parametrize(("order", "value", "sign"), [
    ("confident", "confidence", -1), ("smallest_loss", "loss", 1), ("largest_loss", "loss", -1), ("closest", "margin", 1)])
def test_orders(room: Room, order: str, value: str, sign: int) -> None:
    record = room.evaluate()
    values = getattr(record, value)
    assert room.numbers(order=order) == sorted(range(360), key=lambda number: (sign * values[number], number))[:48]


def test_filters_go_together_and_the_total_counts_what_fits(room: Room) -> None:
    record = room.evaluate("train")
    wrong = [number for number in range(1437) if record.prediction[number] != record.label[number]]
    assert room.ask("train", wrong=True)["total"] == len(wrong) > 100
    found = room.ask("train", wrong=True, count=10)["examples"]
    assert [one["number"] for one in found] == sorted(wrong, key=lambda number: (-record.confidence[number], number))[:10]
    label, prediction = record.label[wrong[0]], record.prediction[wrong[0]]
    cell = [number for number in range(1437) if (record.label[number], record.prediction[number]) == (label, prediction)]
    asked = {"label": int(label), "prediction": int(prediction)}
    assert sorted(room.numbers("train", **asked)) == cell[:48] or room.ask("train", **asked)["total"] == len(cell)
    assert sorted(room.numbers("train", only=[5, 9, 9, 77, 1_000_000])) == [5, 9, 77]
    assert room.ask("train", only=[])["total"] == 0 == room.ask("train", label=999)["total"]


def test_bins_of_confidence_share_no_example_and_leave_none_out(room: Room) -> None:
    record = room.evaluate()
    record.confidence[:4] = [0.0, 0.25, 0.5, 1.0]
    room.keep(record)
    edges = [0.0, 0.25, 0.5, 0.75, 1.0]
    totals = [room.ask(low=low, high=high)["total"] for low, high in zip(edges, edges[1:], strict=False)]
    assert sum(totals) == 360
    places = [set(room.numbers(low=low, high=high, only=[0, 1, 2, 3])) for low, high in zip(edges, edges[1:], strict=False)]
    assert places == [{0, 1}, {2}, set(), {3}]


def test_parts_of_a_gallery_follow_each_other_and_end(room: Room) -> None:
    room.evaluate()
    everything = [number for offset in range(0, 400, 48) for number in room.numbers(offset=offset)]
    assert len(everything) == 360 and sorted(everything) == list(range(360))
    beyond = room.ask(offset=360)
    assert beyond == {"total": 360, "offset": 360, "examples": []}


def test_a_loss_that_is_no_number_is_null_and_the_largest(room: Room) -> None:
    record = room.evaluate()
    record.loss[7] = np.inf
    room.keep(record)
    assert room.ask(order="largest_loss", count=1)["examples"][0]["loss"] is None
    assert room.numbers(order="largest_loss")[0] == 7


def refused(room: Room, split: str = "test", **place: Any) -> Refused:
    room.scene.place = {**PLACE, **place}
    with pytest.raises(Refused) as caught:
        room.ask(split)
    return caught.value


def test_what_was_not_evaluated_is_refused_with_a_way_out(room: Room) -> None:
    assert refused(room).code == "not_evaluated" and "Evaluate" in refused(room).hint
    room.evaluate()
    assert room.ask()["total"] == 360
    assert refused(room, "train").code == refused(room, epoch=2).code == refused(room, run="r2").code == "not_evaluated"
    assert "end of an epoch" in refused(room, batch=4, x=3.5).hint
    assert "untrained" in refused(room, untrained=True).message


@pytest.mark.parametrize("other", [{"digest": "cd" * 32}, {"digest": ""}, {"key": "digits-2"}, {"key": "mnist"}])
def test_the_record_of_another_model_or_of_other_examples_counts_as_none(room: Room, other: dict[str, str]) -> None:
    room.evaluate(**other)
    assert refused(room).code == "not_evaluated"


def test_a_damaged_record_counts_as_none(room: Room) -> None:
    room.evaluate()
    file = record_file(room.scene.order.instance, "abcdefgh", "r1", "b1", 3, 0, "test")
    file.write_bytes(file.read_bytes()[:2000])
    assert refused(room).code == "not_evaluated"


def test_the_start_of_a_run_has_a_record_without_a_digest(room: Room) -> None:
    room.scene.digest, room.scene.home, room.scene.place = None, None, {**PLACE, "epoch": 0, "x": 0.0}
    room.keep(made(room.outputs(DATA.test), DATA.test.labels, "digits-1"), branch="b2", epoch=0)
    assert len(recorded(room.scene, "test")) == 360


def test_drawings_are_read_from_the_room_and_dropped_ones_are_left_out(room: Room) -> None:
    folder = room.scene.order.instance / "drawings" / "abcdefgh"
    folder.mkdir(parents=True)
    for number, name in enumerate(("d1", "d5", "d9")):
        (folder / name).write_bytes(bytes([number * 16] * 64))
    images = torch.stack([torch.full((8, 8, 1), number) for number in range(3)]).to(torch.uint8)
    with torch.no_grad():
        outputs = room.scene.model(room.scene.batch(images))
    room.keep(made(outputs, torch.tensor([3, 3, 4]), "digits-1", DIGEST, ("d1", "d5", "d9")), "drawings")
    (folder / "d5").unlink()
    answer = room.ask("drawings", order="smallest_loss")
    assert answer["total"] == 2 and {one["drawing"]: one["label"] for one in answer["examples"]} == {"d1": 3, "d9": 4}
    last = next(one for one in answer["examples"] if one["drawing"] == "d9")
    assert set(b64decode(last["image"]["pixels"])) == {32} and last["number"] == 2  # 2 of 16, as a page shows it


def test_a_page_of_a_large_split_is_quick(tmp_path: Path) -> None:
    image = torch.zeros(1, 28, 28, 1, dtype=torch.uint8)
    split = Split(image.expand(60_000, -1, -1, -1), torch.zeros(60_000, dtype=torch.int64))
    ones = torch.ones(1, 1, 1, 1)
    room = Room(tmp_path, mlp("mnist"), Data(split, split, ones, ones))
    outputs = torch.randn(60_000, 10, generator=torch.Generator().manual_seed(1))
    room.keep(made(outputs, split.labels, "mnist", DIGEST), "train")

    def asked() -> None:
        assert len(room.ask("train", wrong=True, count=24)["examples"]) == 24

    assert quickest(asked, 4) < 0.15


# ── passports ───────────────────────────────────────────────────────────────────────────────────────────────

def said(prediction: int, size: int = 360, key: str = "digits-1") -> Record:
    """A Record in which example 12 is predicted so."""
    whole, real = np.zeros(size, np.uint16), np.zeros(size, np.float32)
    record = Record(whole.copy(), whole, real.copy(), real, real.copy(), whole, key)
    record.prediction[12:13], record.confidence[12:13], record.loss[12:13] = prediction, 0.75, 0.5
    return record


LABEL = int(DATA.test.labels[12])
WRONG = (LABEL + 1) % 10
BRANCHES = {"b1": Lineage(run="r1", parent=None, epoch=0), "b2": Lineage(run="r1", parent="b1", epoch=2),
            "b3": Lineage(run="r2", parent=None, epoch=0), "b4": Lineage(run="r1", parent="b1", epoch=1)}


def stamped(room: Room, branches: dict[str, Lineage] | None = None, **asked: Any) -> dict[str, Any]:
    question = {"split": "test", "number": 12, **asked}
    return passport(room.scene, PassportOf(branches=BRANCHES if branches is None else branches, **question))


def rows(room: Room) -> dict[str, dict[str, Any]]:
    return {row["branch"]: row for row in stamped(room)["runs"]}


def test_a_passport_tells_every_branch_with_the_way_to_it(room: Room) -> None:
    for branch, run, epoch, prediction in [
            ("b1", "r1", 0, WRONG), ("b1", "r1", 1, LABEL), ("b1", "r1", 2, WRONG), ("b1", "r1", 3, LABEL),
            ("b2", "r1", 3, WRONG), ("b2", "r1", 4, LABEL), ("b2", "r1", 5, WRONG), ("b3", "r2", 1, WRONG)]:
        room.keep(said(prediction), run=run, branch=branch, epoch=epoch)
    found = rows(room)
    assert list(found) == ["b1", "b2", "b3", "b4"]
    assert [(one["epoch"], one["right"]) for one in found["b1"]["epochs"]] == [(0, False), (1, True), (2, False), (3, True)]
    assert found["b1"]["epochs"][1] == {"epoch": 1, "prediction": LABEL, "confidence": 0.75, "loss": 0.5, "right": True}
    assert [one["epoch"] for one in found["b2"]["epochs"]] == [3, 4, 5] and found["b2"]["fork"] == 2
    assert found["b4"]["epochs"] == [] and found["b4"]["parent"] == "b1"
    summary = {branch: (row["first_right"], row["forgotten"], row["wrong"]) for branch, row in found.items()}
    assert summary == {"b1": (1, 1, False), "b2": (1, 2, True), "b3": (None, 0, True), "b4": (1, 0, False)}


def test_a_passport_has_label_and_image_even_where_nothing_was_evaluated(room: Room) -> None:
    image = room.scene.shown(DATA.test.images[12])
    assert stamped(room) == {"split": "test", "number": 12, "label": LABEL, "image": image, "every": 1, "runs": []}


def test_only_records_of_these_examples_and_of_epochs_ends_count(room: Room) -> None:
    room.keep(said(LABEL, key="digits-2"), epoch=1)
    room.keep(said(LABEL), split="train", epoch=2)
    room.keep(said(LABEL, size=5), epoch=3)
    room.keep(said(LABEL), branch="b9", epoch=4)
    write(record_file(room.scene.order.instance, "abcdefgh", "r1", "b1", 5, 8, "test"), said(LABEL))
    (record_file(room.scene.order.instance, "abcdefgh", "r1", "b1", 6, 0, "test")).write_bytes(b"PK\3\4 no")
    assert stamped(room)["runs"] == []
    assert stamped(room, {})["runs"] == []


def test_an_epoch_that_was_evaluated_from_a_branch_that_begins_at_its_end_is_the_parents(room: Room) -> None:
    room.keep(said(LABEL), branch="b4", epoch=1)
    room.keep(said(WRONG), branch="b4", epoch=2)
    found = rows(room)
    assert [one["epoch"] for one in found["b1"]["epochs"]] == [1] and [one["epoch"] for one in found["b4"]["epochs"]] == [2]
    assert (found["b1"]["forgotten"], found["b4"]["forgotten"], found["b2"]["wrong"]) == (0, 1, False)


def test_an_example_that_there_is_not_has_no_passport(room: Room) -> None:
    with pytest.raises(Refused) as caught:
        stamped(room, number=360)
    assert caught.value.code == "unknown_example"


def test_two_hundred_records_are_read_quickly(room: Room) -> None:
    record = said(LABEL, size=10_000)
    for epoch in range(200):
        room.keep(record, epoch=epoch)

    def asked() -> None:
        assert len(rows(room)["b1"]["epochs"]) == 200

    assert quickest(asked, 4) < 0.3


def test_where_there_are_too_many_records_every_nth_is_read_and_the_newest_always(
        room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_utils.trainer.look.passport.MOST_READ", 4)
    for epoch in range(10):
        room.keep(said(LABEL), epoch=epoch)
    answer = stamped(room)
    assert answer["every"] == 3 and [one["epoch"] for one in answer["runs"][0]["epochs"]] == [0, 3, 6, 9]
