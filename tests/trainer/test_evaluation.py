"""Records, the process that evaluates a stored model, what an epoch's end leaves behind, and pictures of it."""

from __future__ import annotations

import errno
import io
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from ml_utils.core.blueprint import Blueprint, mlp
from ml_utils.core.questions import Subject
from ml_utils.core.work import Drawn, Evaluate
from ml_utils.trainer.evaluate import evaluate, score
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.look import eval_epoch, records
from ml_utils.trainer.look.evaluation import Evaluation, drawn, outputs_of
from ml_utils.trainer.look.metrics import measured
from ml_utils.trainer.look.plots import plot
from ml_utils.trainer.look.records import Record, found, keep, made, read, record_file, write
from ml_utils.trainer.look.scene import Scene
from ml_utils.trainer.model import build
from ml_utils.trainer.order import Leave, Order

from .conftest import Lab
from .trained import CPU, DATA, PLAIN

PLACE = {"run": "r1", "branch": "b2", "epoch": 3, "batch": 0}


def outputs(seed: int = 1, examples: int = 50) -> tuple[Any, Any]:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn((examples, 10), generator=draw), torch.randint(0, 10, (examples,), generator=draw)


def scene(folder: Path, blueprint: Blueprint | None = None) -> Scene:
    order = Order("nowhere", "abcdefgh", 1, "t", str(folder / "checkpoints"))
    blueprint = blueprint or mlp()
    return Scene(build(blueprint, CPU).eval(), blueprint, PLACE, DATA, CPU, 100, order)


class Heard:
    """A line that keeps what is told."""

    def __init__(self, leaves: bool = False) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.beats = 0
        self.leaving = Leave("asked to") if leaves else None

    def tell(self, name: str, data: dict[str, Any], position: dict[str, Any]) -> None:
        self.told.append((name, data))

    def beat(self) -> None:
        self.beats += 1


def asked(**others: Any) -> Evaluate:
    subject = Subject(run="r1", branch="b1", epoch=0, batch=0, x=0.0, blueprint=mlp(), threads=1)
    of = {"branch": "b1", "epoch": 0, "split": "test", **others.pop("of", {})}
    return Evaluate.model_validate({"subject": subject.model_copy(update=others), "of": of})


def order_in(folder: Path) -> Order:
    return Order("nowhere", "abcdefgh", -1, "t", str(folder / "checkpoints"))


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_record_says_of_each_example_what_the_softmax_says() -> None:
    values, labels = outputs()
    record, softmax = made(values, labels, "digits-1", "ab"), values.double().softmax(1).numpy()
    order = np.argsort(-softmax, axis=1)
    assert (record.prediction == order[:, 0]).all() and (record.second == order[:, 1]).all()
    assert np.allclose(record.confidence, softmax.max(1)) and (record.right == (order[:, 0] == labels.numpy())).all()
    assert np.allclose(record.margin, softmax.max(1) - np.take_along_axis(softmax, order[:, 1:2], 1)[:, 0])
    assert np.allclose(record.loss, -np.log(softmax[np.arange(50), labels.numpy()]), rtol=1e-5)
    assert [getattr(record, name).dtype for name in records.COLUMNS] == list(records.COLUMNS.values()) and len(record) == 50


def test_outputs_that_are_no_numbers_or_certain_make_a_record_too() -> None:
    values = torch.zeros(4, 10)
    values[0], values[1, 3], values[2, 0], values[3, 1] = torch.nan, torch.inf, -torch.inf, 1e4
    record = made(values, torch.tensor([1, 3, 0, 2]))
    assert record.loss.tolist()[:3] == [np.inf] * 3 and record.loss[3] == pytest.approx(1e4)
    assert np.isfinite(record.confidence).all() and np.isfinite(record.margin).all()
    assert record.confidence[:2].tolist() == [0, 0] and (record.confidence[3], record.margin[3]) == (1, 1)
    assert (record.second != record.prediction)[[1, 2, 3]].all()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    record = made(*outputs(), "mnist", "cd" * 32, tuple(f"d{number}" for number in range(50)))
    file = record_file(tmp_path, "abcdefgh", "r1", "b1", 12, 0, "drawings")
    assert file == tmp_path / "records/abcdefgh/r1/b1/000012-0000000-drawings.npz" and read(file) is None
    write(file, record)
    again = read(file)
    assert again and (again.key, again.digest, again.ids) == ("mnist", "cd" * 32, record.ids)
    assert all((getattr(again, name) == getattr(record, name)).all() for name in records.COLUMNS)
    write(file, made(*outputs(2)))
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    other = read(file)
    assert other and other.ids == () and other.digest == ""


def test_a_file_that_is_cut_short_or_something_else_is_none(tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    write(file, made(*outputs()))
    whole = file.read_bytes()
    for bad in (whole[:200], whole[:-30], b"", b"nonsense", whole[:300] + bytes(50) + whole[350:]):
        file.write_bytes(bad)
        assert read(file) is None
    np.savez(file, prediction=np.zeros(3), label=np.zeros(4))
    assert read(file) is None


def test_a_record_of_another_branch_of_the_run_is_found_by_its_digest(tmp_path: Path) -> None:
    write(record_file(tmp_path, "abcdefgh", "r1", "b1", 3, 0, "test"), made(*outputs(1), digest="aa"))
    write(record_file(tmp_path, "abcdefgh", "r1", "b3", 3, 0, "test"), made(*outputs(2), digest="bb"))
    write(record_file(tmp_path, "abcdefgh", "r1", "b3", 0, 0, "test"), made(*outputs(3)))

    def look(digest: str | None, split: str = "test", **place: Any) -> Record | None:
        return found(tmp_path, "abcdefgh", {**PLACE, **place}, split, digest)

    one, other = look("aa"), look("bb", branch="b3")
    assert one and one.digest == "aa" and other and other.digest == "bb"
    assert look("cc") is look("aa", "train") is look("aa", epoch=4) is look(None) is None
    assert look(None, epoch=0) and not look(None, epoch=0, untrained=True)


def test_a_full_disk_is_logged_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                  caplog: pytest.LogCaptureFixture) -> None:
    def full(target: Any, **_: Any) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    keep(tmp_path / "records" / "one.npz", made(*outputs()))
    assert "No space left" in caplog.text and not list((tmp_path / "records").iterdir())


# ── the end of an epoch ─────────────────────────────────────────────────────────────────────────────────────

def test_each_epoch_leaves_a_record_that_fits_what_was_told(lab: Lab) -> None:
    web = lab.web(mlp(), PLAIN)
    web.work = web.known_work(go=True, until=2)
    trainer = lab.trainer(web)
    web.event("training_paused")
    for epoch in (1, 2):
        record = read(record_file(trainer.order.instance, "abcdefgh", "r1", "b1", epoch, 0, "test"))
        told, saved = web.event("epoch_finished", epoch)["data"]["test"], web.event("checkpoint_saved", epoch=epoch, batch=0)
        assert record and record.digest == saved["data"]["digest"] and record.key == "digits-1"
        assert record.right.mean() == told["accuracy"] and len(record) == told["examples"]
        assert record.loss.mean() == pytest.approx(told["loss"], rel=1e-4)
        assert (record.label == DATA.test.labels.numpy()).all()


def test_what_the_room_draws_is_scored_at_an_epochs_end_and_changes_no_bit(lab: Lab) -> None:
    digests = []
    for drawings in ([], [{"id": f"d{one}", "dataset": "digits", "label": one, "pixels": bytes([51 * one] * 64)}
                          for one in range(6)]):
        web = lab.web(mlp(), PLAIN)
        web.work = web.known_work(go=True, until=2)
        trainer = lab.trainer(web)
        trainer.wire.drawings = list(drawings)
        web.event("training_paused")
        digests.append([event["data"]["digest"] for event in web.told("checkpoint_saved")])
        last = web.told("epoch_finished")[-1]["data"]
        assert (last["drawings"]["examples"] if drawings else last.get("drawings")) == (6 if drawings else None)
        trainer.die()
    assert digests[0] == digests[1]


def test_drawings_do_not_hold_up_what_is_asked_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large network they take minutes: an interrupt is obeyed between them, and the epoch ends later, once."""
    inside: list[bool] = []

    def interrupted(learner: Learner, images: torch.Tensor, labels: torch.Tensor, go_on: Callable[[], bool]) -> object:
        if not inside:
            trainer.wire.notes.put({"t": "command", "id": "stop-1", "name": "interrupt", "args": {}})
        inside.append(True)
        return score(learner, images, labels, go_on)

    monkeypatch.setattr(eval_epoch, "score", interrupted)
    web = lab.web(mlp(), PLAIN)
    web.work = web.known_work(go=True, until=1)
    trainer = lab.trainer(web)
    trainer.wire.drawings = [{"id": "d1", "dataset": "digits", "label": 1, "pixels": bytes(64)}]
    web.event("training_paused", reason="interrupted")
    assert not web.told("epoch_finished")


def test_training_goes_on_the_same_where_no_record_can_be_written(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for broken in (False, True):
        if broken:
            monkeypatch.setattr(records, "write", _full)
        web = lab.web(mlp(), PLAIN)
        web.work = web.known_work(go=True, until=2)
        trainer = lab.trainer(web)
        web.event("training_paused")
        digests.append([event["data"]["digest"] for event in web.told("checkpoint_saved")])
        assert (trainer.order.instance / "records").exists() is not broken
        trainer.die()
    assert digests[0] == digests[1] and len(digests[0]) >= 2


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_watching_the_outputs_does_not_change_a_score() -> None:
    learner = Learner(mlp(), PLAIN, CPU)
    learner.lot = 100
    seen: list[torch.Tensor] = []
    one, other = evaluate(learner, DATA, lambda: True), evaluate(learner, DATA, lambda: True, seen)
    assert one == other and torch.cat(seen).shape == (360, 10)
    whole = score(learner, DATA.normal(DATA.test.images), DATA.test.labels, lambda: True)
    assert whole == one and learner.model.training


# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────

def test_a_model_is_evaluated_with_all_metrics_and_its_record(tmp_path: Path) -> None:
    line: Any = Heard()
    assert Evaluation(order_in(tmp_path), line, asked()).run() == 0
    (name, data), = line.told
    record = read(record_file(tmp_path, "abcdefgh", "r1", "b1", 0, 0, "test"))
    assert name == "evaluated" and data["examples"] == 360 and data["digest"] is None and record
    assert data["accuracy"] == record.right.mean() and data["loss"] == pytest.approx(record.loss.mean(), rel=1e-5)
    assert line.beats > 1 and sum(map(sum, data["matrix"])) == 360


def test_how_far_it_is_is_told_at_most_twice_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ml_utils.trainer.look.evaluation.monotonic", lambda: now[0])
    line: Any = Heard()
    evaluation = Evaluation(order_in(tmp_path), line, asked())
    for done in range(1, 101):
        now[0] += 0.05
        evaluation.tick(done, 100)
    told = [data["done"] for _, data in line.told]
    assert len(told) in (9, 10) and told == sorted(told) and told[-1] < 100
    assert line.told[0][1].items() >= {"branch": "b1", "epoch": 0, "split": "test", "drawings": [], "total": 100}.items()


def test_it_leaves_when_asked_to_and_tells_nothing(tmp_path: Path) -> None:
    line: Any = Heard(leaves=True)
    with pytest.raises(Leave):
        Evaluation(order_in(tmp_path), line, asked()).run()
    assert not line.told


@pytest.mark.parametrize(("error", "words"), [(MemoryError(), "memory"), (RuntimeError("secret path"), "RuntimeError")])
def test_what_goes_wrong_is_told_in_words_for_students(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("ml_utils.trainer.look.evaluation.outputs_of", broken)
    line: Any = Heard()
    assert Evaluation(order_in(tmp_path), line, asked()).run() == 1
    (name, data), = line.told
    assert name == "evaluation_failed" and words in data["message"] and "secret" not in data["message"]


def test_a_model_whose_file_is_missing_is_told_as_such(tmp_path: Path) -> None:
    line: Any = Heard()
    assert Evaluation(order_in(tmp_path), line, asked(digest="ab" * 32, home="b1", epoch=1)).run() == 1
    assert line.told[0][0] == "evaluation_failed" and "missing" in line.told[0][1]["message"]


def test_drawings_become_examples_of_the_dataset(tmp_path: Path) -> None:
    here = scene(tmp_path)
    rows = tuple(Drawn(id=f"d{value}", label=value, pixels=bytes([value * 51] * 64)) for value in range(6))
    split = drawn(here, rows)
    assert split.images.shape == (6, 8, 8, 1) and split.labels.tolist() == list(range(6))
    assert (split.images[5] == 16).all() and (split.images[0] == 0).all()
    assert outputs_of(here, split, lambda *_: None).shape == (6, 10)
    for bad in ((), (Drawn(id="d1", label=1, pixels=bytes(63)),), (Drawn(id="d1", label=10, pixels=bytes(64)),)):
        with pytest.raises(Exception, match="do not fit"):
            drawn(here, bad)


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("classes", [10, 25])
def test_an_evaluation_becomes_a_picture(tmp_path: Path, classes: int) -> None:
    values, labels = torch.randn(500, classes, generator=torch.Generator().manual_seed(3)), torch.arange(500) % (classes - 1)
    values[torch.arange(500), labels] += 2
    numbers = measured(values.double().softmax(1).numpy(), values.argmax(1).numpy(), labels.numpy())
    about = {"branch": "b1", "epoch": 1, "split": "test", "drawings": (), "digest": None, "examples": 500, "loss": 1.0,
             "seconds": 0.1, "build": "test"}
    names = [f"class {one}" for one in range(classes)]
    answer = plot(scene(tmp_path), {"evaluation": {**about, **numbers}, "classes": names, "title": "b1, epoch 1 $x"})
    file = b64decode(answer["png"])
    picture = imread(io.BytesIO(file), format="png")
    assert 1100 <= picture.shape[1] <= 1300 and len(file) < 1_000_000 and picture[..., :3].std() > 0.05
