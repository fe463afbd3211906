"""The evaluator with real processes: numbers as of scikit-learn, a kill changes nothing, and nothing is disturbed."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import torch
from sklearn import metrics

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.trainer.checkpoint import load
from ml_utils.trainer.data import digits
from ml_utils.trainer.look.records import read, record_file
from ml_utils.trainer.model import build
from tests.journeys.conftest import Stage
from tests.journeys.test_travel import digests, finished
from tests.server import Page, Server
from tests.waiting import until

CPU = torch.device("cpu")


def trained(stage: Stage, server: Server, epochs: int) -> Page:
    page = stage.page(server)
    assert page.command("start", {"epochs": epochs})["ok"]
    finished(page)
    return page


def evaluated(page: Page, epoch: int, split: str = "test") -> dict[str, Any]:
    """Ask for it and return the whole result."""
    name = f"b1-{epoch}-{split}"
    assert page.command("evaluate", {"branch": "b1", "epoch": epoch, "split": split})["ok"]
    page.sees(lambda state: state["evaluations"].get(name, {}).get("state") not in (None, "running"), 60, name)
    return result(page, name)


def result(page: Page, name: str) -> dict[str, Any]:
    row = page.state["evaluations"][name]
    assert row["state"] == "done", row
    return dict(page.log()[row["seq"] - 1]["data"])


def softmax_of(page: Page, epoch: int, split: str) -> tuple[Any, Any]:
    """The softmax of a stored model and the labels, all at once and without the lab's own way to them."""
    state = page.state
    known = next(one for one in state["checkpoints"] if (one["epoch"], one["batch"]) == (epoch, 0))
    file = page.server.instance / "checkpoints" / checkpoint_file(page.room, "r1", known)
    found = load(file, known["digest"], {"room": page.room, "run": "r1", "branch": "b1"})
    blueprint = Blueprint.model_validate(state["runs"]["r1"]["blueprint"])
    model, data = build(blueprint, CPU).eval(), digits(blueprint.seed, CPU)
    model.load_state_dict({name[6:]: values for name, values in found.tensors.items() if name.startswith("model.")})
    examples = getattr(data, split)
    with torch.no_grad():
        return model(data.normal(examples.images)).double().softmax(1).numpy(), examples.labels.numpy()


def test_the_numbers_are_those_of_scikit_learn_and_of_the_epochs_end(stage: Stage, server: Server) -> None:
    page = trained(stage, server, 2)
    for epoch, split in ((1, "test"), (2, "train")):
        found = evaluated(page, epoch, split)
        softmax, labels = softmax_of(page, epoch, split)
        said = softmax.argmax(1)
        assert found["examples"] == len(labels) and found["accuracy"] == metrics.accuracy_score(labels, said)
        assert abs(found["loss"] - metrics.log_loss(labels, softmax)) < 1e-5
        assert found["matrix"] == metrics.confusion_matrix(labels, said).tolist()
        assert np.allclose([one["f1"] for one in found["classes"]], metrics.f1_score(labels, said, average=None))
        for one, row in enumerate(found["classes"]):
            assert abs(row["auc"] - metrics.roc_auc_score(labels == one, softmax[:, one])) < 1e-4
            assert abs(row["average_precision"] - metrics.average_precision_score(labels == one, softmax[:, one])) < 1e-3
    first = next(event for event in page.log() if event["name"] == "epoch_finished")
    row = page.state["evaluations"]["b1-1-test"]
    assert (row["accuracy"], row["examples"]) == (first["data"]["test"]["accuracy"], first["data"]["test"]["examples"])
    assert row["by"]["id"] == page.person


def test_every_epoch_has_its_record_and_an_evaluation_writes_the_same(stage: Stage) -> None:
    page = trained(stage, stage.server(), 2)
    for epoch in (1, 2):
        file = record_file(page.server.instance, page.room, "r1", "b1", epoch, 0, "test")
        record = read(file)
        softmax, labels = softmax_of(page, epoch, "test")
        assert record and record.digest == digests(page)["b1", epoch] and record.key == "digits-1"
        assert (record.label == labels).all() and (record.prediction == softmax.argmax(1)).all()
        assert np.allclose(record.confidence, softmax.max(1), atol=1e-5)
        assert np.allclose(record.loss, -np.log(softmax[np.arange(len(labels)), labels]), atol=1e-4)
        before = file.read_bytes()
        file.unlink()
        evaluated(page, epoch)
        again = read(file)
        assert again and file.read_bytes() == before
    begun = evaluated(page, 0)
    assert begun["digest"] is None and abs(begun["accuracy"] - 0.1) < 0.15
    record = read(record_file(page.server.instance, page.room, "r1", "b1", 0, 0, "test"))
    assert record and record.digest == ""


def test_evaluating_leaves_no_trace_in_the_training(stage: Stage) -> None:
    server = stage.server()
    page = stage.page(server)
    assert page.command("start", {"epochs": 8})["ok"]
    for epoch in range(1, 5):
        page.sees(lambda state, epoch=epoch: any(one["epoch"] == epoch for one in state["checkpoints"]))  # type: ignore[misc]
        for split in ("train", "test"):
            answer = page.command("evaluate", {"epoch": epoch, "split": split})
            assert answer["ok"] or answer["error"]["code"] == "evaluating", answer  # four wait already
    finished(page)
    page.sees(lambda state: all(row["state"] == "done" for row in state["evaluations"].values()), 90, what="all evaluations")
    assert len(page.state["evaluations"]) >= 4
    other = trained(stage, server, 8)
    assert not other.state["evaluations"] and digests(other) == digests(page) and len(digests(page)) == 8


def test_a_killed_process_begins_again_and_every_result_is_there_once(stage: Stage) -> None:
    server = stage.server()
    page = trained(stage, server, 2)
    wanted = [(epoch, split) for epoch in (1, 2) for split in ("train", "test")]
    there = set(server.trainers())
    for epoch, split in wanted:
        assert page.command("evaluate", {"branch": "b1", "epoch": epoch, "split": split})["ok"]
    os.kill(until(lambda: [pid for pid in server.trainers() if pid not in there], what="a process")[0], signal.SIGKILL)
    page.sees(lambda state: all(row["state"] != "running" for row in state["evaluations"].values()), 90, "all results")
    for epoch, split in wanted:
        result(page, f"b1-{epoch}-{split}")
    names = [event["name"] for event in page.log()]
    assert names.count("evaluated") == names.count("evaluation_requested") == 4 and "evaluation_failed" not in names


def test_a_killed_server_goes_on_with_what_was_to_be_evaluated(stage: Stage, server: Server) -> None:
    page = trained(stage, server, 2)
    for epoch in (1, 2):
        assert page.command("evaluate", {"branch": "b1", "epoch": epoch, "split": "train"})["ok"]
    server.kill()
    server.start()
    page.sees(lambda state: all(row["state"] != "running" for row in state["evaluations"].values()), 90, "all results")
    for epoch in (1, 2):
        result(page, f"b1-{epoch}-train")


def test_a_damaged_model_is_told_as_such(stage: Stage) -> None:
    page = trained(stage, stage.server(), 1)
    for file in (page.server.instance / "checkpoints").glob("*/*/*/*.pt"):
        file.write_bytes(b"nonsense")
    assert page.command("evaluate")["ok"]
    state = page.sees(lambda state: state["evaluations"]["b1-1-test"]["state"] == "failed")
    assert "could not be read" in state["evaluations"]["b1-1-test"]["message"]
