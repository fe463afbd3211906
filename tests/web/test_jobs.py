"""Jobs: processes that make one file; whatever becomes of one, whoever asked gets to know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core.errors import Refused
from ml_utils.line import Frame
from ml_utils.web import jobs
from ml_utils.web.jobs import Job
from tests.trainers import FakeTrainer, GarbageTrainer, SilentTrainer, StillbornTrainer
from tests.waiting import until
from tests.web.conftest import HOST, Bench, Browser

BenchOf = Callable[..., Bench]


class Worker(FakeTrainer):
    """Does a job: writes a file, says how far it is, and what it made."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome":
            asked = frame["job"]
            (Path(asked["folder"]) / "made.txt").write_text(str(asked["args"]))
            self.say({"t": "job", "progress": {"done": 1, "total": 2}})
            self.finish()

    def finish(self) -> None:
        self.say({"t": "job", "result": {"file": "made.txt", "name": "for you.txt"}})


class Refusing(Worker):
    """Cannot do it, and says why."""

    def finish(self) -> None:
        self.say({"t": "job", "error": {"code": "too_blue", "message": "It is blue.", "hint": "Bring a red one."}})


class Waiting(Worker):
    """Is never done."""

    def finish(self) -> None:
        pass


class Dying(Worker):
    """Ends in the middle of it."""

    def finish(self) -> None:
        self.leave()


class Babbling(Worker):
    """Says what no JSON can hold."""

    def finish(self) -> None:
        self.say({"t": "job", "result": {"value": float("nan")}})


def wanted(me: Browser, **more: Any) -> Job:
    return me.bench.lab.jobs.want(me.room, me.person, "try", {"a": 1}, **more)


def looked(me: Browser, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = me.get(f"/api/rooms/{me.room}/jobs/{job.id}").get_json()
    return found["job"] if found["ok"] else found["error"]


def ended(me: Browser, job: Job) -> dict[str, Any]:
    until(lambda: not job.live, what="the end of the job")
    return looked(me, job)


def test_what_a_job_made_can_be_fetched_by_who_knows_the_room(bench_of: BenchOf) -> None:
    me = bench_of(Worker).browser()
    job = wanted(me, fill=lambda folder: (folder / "in").write_bytes(b"x") and None)
    found = ended(me, job)
    assert (found["state"], found["progress"], found["error"]) == ("done", {"done": 1, "total": 2}, None)
    assert (job.folder / "in").read_bytes() == b"x"
    answer = me.get(f"/api/rooms/{me.room}/jobs/{job.id}/file")
    assert answer.data == b"{'a': 1}" and "for you.txt" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    other = me.bench.browser()
    assert other.get(f"/api/rooms/{other.room}/jobs/{job.id}").status_code == 404


def test_its_result_is_what_the_asker_makes_of_it_or_refuses(bench_of: BenchOf) -> None:
    def never(found: dict[str, Any]) -> dict[str, Any]:
        raise Refused("unwanted", f"{found['file']} is not wanted.", "Take another.")

    me = bench_of(Worker).browser()
    assert ended(me, wanted(me, then=lambda found: {"size": len(found["file"])}))["result"] == {"size": 8}
    found = ended(me, wanted(me, then=never))
    assert (found["state"], found["error"]["code"]) == ("failed", "unwanted")
    assert me.get(f"/api/rooms/{me.room}/jobs/{found['id']}/file").status_code == 404


@pytest.mark.parametrize(("kind", "code"), [
    (Refusing, "too_blue"), (Dying, "no_answer"), (SilentTrainer, "no_answer"), (GarbageTrainer, "no_answer"),
    (Babbling, "no_answer"), (StillbornTrainer, "no_answer")])
def test_however_it_fails_the_asker_is_told_and_the_next_one_begins(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch, kind: type[FakeTrainer], code: str) -> None:
    monkeypatch.setattr(jobs, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 1)
    me = bench_of(kind, Worker).browser()
    bad, good = wanted(me), wanted(me)
    found = ended(me, bad)
    assert (found["state"], found["error"]["code"]) == ("failed", code) and found["error"]["hint"]
    assert ended(me, good)["state"] == "done"


def test_nobody_may_have_too_many_and_all_wait_their_turn(bench_of: BenchOf) -> None:
    me = bench_of(Waiting).browser()
    mine = [wanted(me) for _ in range(jobs.MOST_OF_ONE)]
    assert [job.state for job in mine] == ["running", "running", "waiting"]
    with pytest.raises(Refused, match="waiting already"):
        wanted(me)
    assert wanted(me.bench.browser()).state == "waiting"


def test_only_who_asked_gives_it_up_and_its_process_ends(bench_of: BenchOf) -> None:
    me = bench_of(Waiting).browser()
    job, other = wanted(me), me.bench.browser()

    def given_up(by: Browser) -> int:
        return int(by.http.delete(f"/api/rooms/{me.room}/jobs/{job.id}", base_url=f"http://{HOST}",
                                  headers={"X-Lockstep-Token": by.token}).status_code)

    assert given_up(other) == 404 and job.live
    assert given_up(me) == 200
    found = ended(me, job)
    assert found["error"]["code"] == "cancelled" and (me.room, -job.number) in me.bench.launcher.killed


def test_its_folder_goes_some_time_after_its_end(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "KEPT_SECONDS", 0.2)
    me = bench_of(Worker).browser()
    job = wanted(me)
    until(lambda: not job.folder.exists(), what="a swept folder")
    assert looked(me, job)["code"] == "not_found"


def test_a_folder_that_cannot_be_filled_is_told_and_leaves_nothing(bench_of: BenchOf) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    me = bench_of(Worker).browser()
    with pytest.raises(Refused) as caught:
        wanted(me, fill=full)
    assert caught.value.code == "storage_failed" and not list((me.bench.config.instance / "jobs").glob("*"))


def test_of_what_failed_the_folder_goes_at_once_and_the_words_stay(bench_of: BenchOf) -> None:
    me = bench_of(Refusing).browser()
    job = wanted(me, fill=lambda folder: (folder / "in").write_bytes(b"x") and None)
    assert ended(me, job)["state"] == "failed"
    until(lambda: not job.folder.exists(), what="a swept folder")
    assert looked(me, job)["error"]["code"] == "too_blue"


def test_one_person_cannot_fill_the_disk_with_what_was_made(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_ENDED", 2)
    me = bench_of(Worker).browser()
    other = me.bench.browser()
    theirs = wanted(other)
    ended(other, theirs)
    made = []
    for _ in range(4):
        made.append(wanted(me))
        ended(me, made[-1])
    until(lambda: not made[0].folder.exists(), what="a swept folder")
    assert looked(me, made[0])["code"] == "not_found"
    assert [looked(me, job)["state"] for job in made[2:]] == ["done", "done"] and looked(other, theirs)["state"] == "done"


def test_a_large_folder_is_removed_without_holding_up_the_rooms(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    me = bench_of(Worker).browser()
    lab, free = me.bench.lab, list[bool]()

    def try_lock() -> None:
        free.append(taken := lab.ledger.lock.acquire(timeout=5))
        if taken:
            lab.ledger.lock.release()

    def looking(function: Any, *args: Any) -> Any:
        other = threading.Thread(target=try_lock)
        other.start()
        other.join()
        return function(*args)

    job = wanted(me)
    ended(me, job)
    monkeypatch.setattr(lab.jobs, "_offload", looking)
    job.deadline = 0.0
    until(lambda: not job.folder.exists(), what="a swept folder")
    assert free == [True]


def test_whoever_asks_for_many_at_once_gets_no_more_than_others(bench_of: BenchOf) -> None:
    me = bench_of(Waiting).browser()
    meanwhile: list[Job] = []

    def fill(_: Path) -> None:
        meanwhile.extend(wanted(me) for _ in range(jobs.MOST_OF_ONE))

    with pytest.raises(Refused, match="waiting already"):
        wanted(me, fill=fill)
    assert {one.name for one in (me.bench.config.instance / "jobs").iterdir()} == {job.id for job in meanwhile}
