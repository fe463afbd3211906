"""A stored model is asked for in a format: which one is meant is said by the log, what it is by the job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core.formats import ENDINGS
from ml_utils.core.questions import Subject
from ml_utils.line import Frame
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser

BenchOf = Callable[..., Bench]


class Exporter(FakeTrainer):
    """Trains as others do, and says of an export what it was asked for."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame.get("job"):
            asked = frame["job"]["args"]
            (Path(frame["job"]["folder"]) / "made").write_text("made")
            self.say({"t": "job", "result": {"file": "made", "name": asked["name"] + ENDINGS[asked["format"]], "asked": asked}})
        else:
            super().obey(frame)


    def go(self, asked: str | None, until: int) -> None:
        self.event("training_started", {"until": until}, asked)
        for epoch in range(1, until + 1):
            self.row()
            self.row()
            self.event("checkpoint_saved", {
                "branch": "b1", "epoch": epoch, "batch": 0, "x": self.x, "digest": str(epoch) * 64, "kind": "epoch", "bytes": 9,
                "seconds": 0.1, "finite": True, "build": "none"})
        self.event("training_paused", {"reason": "finished"})


@pytest.fixture
def me(bench_of: BenchOf) -> Browser:
    one = bench_of(Exporter).without_limits().browser().connect()
    one.join()
    return one


def export(me: Browser, branch: Any = "b1", epoch: Any = "last", format: Any = "onnx", **more: Any) -> dict[str, Any]:
    answer = me.post(f"/api/rooms/{me.room}/export", {"branch": branch, "epoch": epoch, "format": format, **more})
    found: dict[str, Any] = answer.get_json()
    return found


def made(me: Browser, **about: Any) -> dict[str, Any]:
    asked = export(me, **about)
    assert asked["ok"], asked
    job = me.bench.lab.jobs.look(me.room, asked["job"])
    until(lambda: not job.live, what="the file")
    assert job.state == "done", job.error
    return job.result


def trained(me: Browser) -> None:
    assert me.command("start", {"epochs": 2})["ok"]
    me.sees(lambda state: state["session"]["reason"] == "finished", "the end")


def test_the_job_gets_all_that_is_known_of_the_model_that_is_meant(me: Browser) -> None:
    trained(me)
    rows = {(one["epoch"], one["batch"]): one for one in me.state["checkpoints"]}
    for epoch, place in (("last", max(rows)), (1, (1, 0))):
        result = made(me, epoch=epoch)
        subject = Subject.model_validate(result["asked"]["subject"])
        assert (subject.epoch, subject.batch) == place and subject.digest == rows[place]["digest"]
        assert (subject.run, subject.branch, subject.home) == ("r1", "b1", "b1")
    assert result["name"] == f"lockstep-{me.room}-b1-epoch1.onnx"
    assert made(me, epoch="best", format="pt")["name"].endswith(".pt")


def test_a_file_can_be_fetched(me: Browser) -> None:
    trained(me)
    job = export(me)["job"]
    until(lambda: not me.bench.lab.jobs.look(me.room, job).live, what="the file")
    answer = me.get(f"/api/rooms/{me.room}/jobs/{job}/file")
    assert answer.data == b"made" and f"lockstep-{me.room}-b1-epoch2.onnx" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("about", [
    {"branch": "b9"}, {"epoch": 99}, {"epoch": 0}, {"epoch": -1}, {"epoch": "newest"}, {"epoch": "b2:1"}, {"epoch": 1.5},
    {"epoch": None}, {"format": "pickle"}, {"format": ["pt"]}, {"branch": "../b1"}, {"more": 1}, {"epoch": True}])
def test_what_is_not_there_is_refused_and_no_process_is_started(me: Browser, about: dict[str, Any]) -> None:
    trained(me)
    started = len(me.bench.launcher.started)
    refused = export(me, **about)
    assert not refused["ok"] and refused["error"]["message"] and refused["error"]["hint"]
    assert len(me.bench.launcher.started) == started


def test_before_anything_is_trained_there_is_nothing_to_take_and_strangers_change_nothing(me: Browser) -> None:
    assert export(me)["error"]["code"] == "not_trained"
    trained(me)
    answer = me.post(f"/api/rooms/{me.room}/export", {"branch": "b1", "epoch": "last", "format": "pt"}, token="")
    assert answer.status_code == 403
