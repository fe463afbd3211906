"""The route of run folders: the room's log goes to the job that makes one; refusals in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils import logs
from ml_utils.line import Frame
from ml_utils.web import exports
from ml_utils.web.limits import Limiter
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser

BenchOf = Callable[..., Bench]


class Packer(FakeTrainer):
    """A trainer; or, where it is a job, one that keeps what it was given and packs nothing."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame.get("job"):
            self.asked = frame["job"]
            (Path(self.asked["folder"]) / "folder.zip").write_bytes(b"PK")
            name = f"lockstep-{self.room}-{self.asked['args']['branch']}.zip"
            self.say({"t": "job", "result": {"file": "folder.zip", "name": name, "bytes": 2, "files": [], "notes": {}}})
        else:
            super().obey(frame)


def trained(bench: Bench) -> Browser:
    """Somebody in a room that has trained a little and pauses."""
    me = bench.browser().connect()
    me.join()
    me.command("start")
    me.sees(lambda state: state["series"].get("b1", {}).get("train_loss"))
    me.command("interrupt")
    me.status("paused")
    return me


def asked(me: Browser, body: Any, token: str | None = None) -> tuple[int, dict[str, Any]]:
    answer = me.post(f"/api/rooms/{me.room}/folder", body, token)
    return answer.status_code, answer.get_json()


def job_of(me: Browser, answer: dict[str, Any]) -> Any:
    job = me.bench.lab.jobs.look(me.room, answer["job"])
    until(lambda: not job.live, what="the end of the job")
    return job


@pytest.mark.parametrize("body", [{}, {"branch": None}, {"branch": "b1"}])
def test_the_job_gets_the_whole_log_and_its_file_can_be_fetched(bench_of: BenchOf, body: dict[str, Any],
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "EVENTS_A_PAGE", 3)
    bench = bench_of(Packer).without_limits()
    me = trained(bench)
    status, answer = asked(me, body)
    assert status == 200 and answer["ok"]
    job = job_of(me, answer)
    assert job.state == "done" and job.kind == "run_folder" and job.args == {"branch": "b1"}
    file = job.folder / "events.jsonl"
    facts = list(logs.read(file))
    assert logs.code_of(file) == me.room and facts == bench.lab.store.events(me.room, 0)[:len(facts)] and len(facts) > 5
    mine = me.bench.lab.ledger.snapshot(me.room)
    assert facts[-1]["seq"] == mine["seq"] and logs.folded(me.room, facts) == mine
    fetched = me.get(f"/api/rooms/{me.room}/jobs/{answer['job']}/file")
    assert fetched.data == b"PK" and f"lockstep-{me.room}-b1.zip" in fetched.headers["Content-Disposition"]


@pytest.mark.parametrize(("body", "code", "field"), [
    ({"branch": "b9"}, "not_found", "branch"), ({"branch": 1}, "invalid", "branch"), ({"branch": "../b1"}, "invalid", "branch"),
    ({"epoch": 1}, "invalid", "epoch"), ([], "invalid", None)])
def test_what_cannot_be_meant_is_refused_and_nothing_is_started(
        bench_of: BenchOf, body: Any, code: str, field: str | None) -> None:
    me = trained(bench_of(Packer).without_limits())
    status, answer = asked(me, body)
    assert status in (400, 404) and answer["error"]["code"] == code and answer["error"].get("field") == field
    assert not list((me.bench.config.instance / "jobs").glob("*"))


def test_a_room_without_a_run_is_refused_in_words(bench_of: BenchOf) -> None:
    me = bench_of(Packer).browser()
    status, answer = asked(me, {})
    assert status == 409 and answer["error"]["code"] == "no_run" and "Start the training" in answer["error"]["hint"]
    assert me.post("/api/rooms/nowhere!/folder", {}).status_code == 404


def test_only_a_page_of_ours_may_ask_and_not_too_often(bench_of: BenchOf) -> None:
    bench = bench_of(Packer)
    me = trained(bench)
    assert asked(me, {}, token="made up")[1]["error"]["code"] == "no_token"
    bench.lab.limits["http"] = Limiter(1.0, 100)
    codes = [asked(me, {})[1].get("error", {}).get("code") for _ in range(4)]
    assert codes[0] is None and "too_often" in codes
