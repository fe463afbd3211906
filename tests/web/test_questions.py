"""Questions: who answers them, the newest counts, and whoever asked is always told something."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from ml_utils.core.errors import Refused
from ml_utils.line import Frame
from ml_utils.web import questions
from ml_utils.web.line_server import Line
from tests.trainers import FakeTrainer, StillbornTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
IMAGE = {"kind": "example", "split": "test", "number": 0}
QUESTION = {"id": "question-1", "name": "classify", "args": {"image": IMAGE}}


class AnsweringTrainer(FakeTrainer):
    """Answers what it is asked at once."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "ask":
            self.say({"t": "answer", "id": frame["id"], "answer": {"ok": True, "by": self.attempt, "args": frame["args"]}})
        else:
            super().obey(frame)


class SilentAnswerer(AnsweringTrainer):
    """Keeps every question to itself until it is told to answer."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] != "ask":
            super().obey(frame)

    def answer(self, frame: Frame, **answer: Any) -> None:
        self.say({"t": "answer", "id": frame["id"], "answer": {"ok": True, **answer}})


def asked(trainer: FakeTrainer) -> list[Frame]:
    return [frame for frame in trainer.frames if frame["t"] == "ask"]


def ask(me: Browser, name: str = "classify", **args: Any) -> Any:
    body = {"id": "question-1", "name": name, "args": {"image": IMAGE, **args}}
    return me.post(f"/api/rooms/{me.room}/ask", body).get_json()


def test_the_training_network_is_asked_of_its_trainer_and_a_stored_one_of_an_examiner(bench_of: BenchOf) -> None:
    me = joined(bench_of(AnsweringTrainer))
    me.command("start", {"epochs": 3})
    me.status("training")
    assert ask(me)["by"] == 1
    assert ask(me, model={"branch": "b1", "epoch": 0})["by"] < 0
    assert ask(me, model="untrained")["by"] < 0 and ask(me, "explain", method="occlusion")["by"] < 0


def test_where_nothing_trains_an_examiner_answers(bench_of: BenchOf) -> None:
    assert ask(joined(bench_of(AnsweringTrainer)))["by"] < 0


def test_what_is_no_question_is_refused_and_changes_nothing(bench_of: BenchOf) -> None:
    bench = bench_of(AnsweringTrainer)
    me = joined(bench)
    before = bench.trace(me.room)
    for name, args, code in (("dream", {}, "unknown_question"), ("classify", {}, "invalid"),
                             ("explain", {"image": IMAGE, "method": "magic"}, "invalid"),
                             ("classify", {"image": IMAGE, "model": {"branch": "b9", "epoch": 1}}, "unknown_branch")):
        answer = me.post(f"/api/rooms/{me.room}/ask", {"id": "question-1", "name": name, "args": args}).get_json()
        assert answer["error"]["code"] == code and answer["error"]["hint"]
    assert bench.trace(me.room) == before


def test_of_many_questions_only_the_first_and_the_newest_are_sent_on(bench_of: BenchOf) -> None:
    bench = bench_of(SilentAnswerer)
    me = joined(bench)
    found: list[Any] = []
    for number in range(5):
        body = {"id": "question-1", "name": "classify", "args": {"image": {**IMAGE, "number": number}}}
        bench.lab.questions.ask(me.room, "somebody", body, lambda answer, number=number: found.append((number, answer)))
    trainer = until(lambda: bench.launcher.started and bench.launcher.started[0], what="an examiner")
    first = until(lambda: asked(trainer), what="the first question")[0]
    assert [(number, answer["error"]["code"]) for number, answer in found] == [(one, "overtaken") for one in (1, 2, 3)]
    trainer.answer(first, n=0)
    until(lambda: len(asked(trainer)) == 2, what="the newest question")
    trainer.answer(asked(trainer)[1], n=4)
    until(lambda: len(found) == 5, what="all answers")
    assert [(number, answer["n"]) for number, answer in found[3:]] == [(0, 0), (4, 4)]


def asked_once(bench: Bench) -> tuple[SilentAnswerer, Frame, list[Any]]:
    """One question is under way: who has it, the question, and where its answer will be."""
    me, found = joined(bench), list[Any]()
    bench.lab.questions.ask(me.room, "somebody", QUESTION, found.append)
    trainer = until(lambda: bench.launcher.started and bench.launcher.started[0], what="an examiner")
    return trainer, until(lambda: asked(trainer), what="the question")[0], found


def test_who_asks_is_told_where_nobody_can_answer_any_more(bench_of: BenchOf) -> None:
    trainer, _, found = asked_once(bench_of(SilentAnswerer))
    trainer.stop()
    until(lambda: found, what="an answer")
    assert found == [questions.LOST]


def test_who_asks_is_told_at_once_where_the_process_never_came(bench_of: BenchOf) -> None:
    me = joined(bench_of(StillbornTrainer, AnsweringTrainer))
    assert ask(me) == questions.LOST
    assert ask(me)["by"] < 0, "the next one is asked of another process"


def test_an_answer_that_is_no_json_is_not_sent_on(bench_of: BenchOf) -> None:
    trainer, question, found = asked_once(bench_of(SilentAnswerer))
    trainer.answer(question, n=float("nan"))
    until(lambda: found, what="an answer")
    assert found == [questions.LOST]


def test_the_end_of_an_older_line_loses_nothing_that_was_asked_on_the_newer(bench_of: BenchOf) -> None:
    bench = bench_of(SilentAnswerer)
    me = joined(bench)
    me.command("start", {"epochs": 3})
    me.status("training")
    found: list[Any] = []
    bench.lab.questions.ask(me.room, "somebody", QUESTION, found.append)
    trainer = bench.launcher.started[0]
    frame = until(lambda: asked(trainer), what="the question")[0]
    ends = socket.socketpair()
    with ends[0], ends[1]:
        older = Line(ends[0], 0.0)
        older.room = me.room
        bench.lab.dial_in.gone(older)
    assert found == []
    trainer.answer(frame, n=1)
    assert until(lambda: found, what="the answer")[0]["n"] == 1


def test_so_many_pictures_are_worked_on_and_no_more(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_INTERNAL", 1)
    bench = bench_of(SilentAnswerer)
    me = joined(bench)
    found: list[Any] = []
    first = Thread(target=lambda: found.append(bench.lab.questions.ask_internally(me.room, "picture", {"data": b""})))
    first.start()
    trainer = until(lambda: bench.launcher.started and bench.launcher.started[0], what="an examiner")
    frame = until(lambda: asked(trainer), what="the picture")[0]
    with pytest.raises(Refused, match="pictures"):
        bench.lab.questions.ask_internally(me.room, "picture", {"data": b""})
    trainer.answer(frame, n=1)
    first.join(10)
    assert found[0]["n"] == 1


def test_who_asks_is_told_also_where_a_hanging_process_cannot_be_ended(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    bench = bench_of(SilentAnswerer)
    me = joined(bench)

    def gone(*_: object, **__: object) -> None:
        raise OSError("the trainer host does not start")

    found: list[Any] = []
    bench.lab.questions.ask(me.room, "somebody", QUESTION, found.append)
    until(lambda: bench.launcher.started and asked(bench.launcher.started[0]), what="the question")
    with monkeypatch.context() as patched:
        patched.setattr(bench.launcher, "kill", gone)
        patched.setattr(questions, "PATIENCE", -1.0)
        bench.lab.questions.tick()
    assert found == [questions.LATE]
    caplog.clear()  # of the one that was meant
