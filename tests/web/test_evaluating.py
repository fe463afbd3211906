"""Evaluations: asked for once, made by a process apart, told in the log, and taken out as JSON, CSV and a picture."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils.line import Frame
from ml_utils.web import errands, evaluating
from ml_utils.web.evaluations import add_evaluations
from tests.trainers import FakeTrainer, GarbageTrainer, SilentTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_errands import with_an_epoch
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
MATRIX = [[7 if one == other else 0 for other in range(10)] for one in range(10)]
CLASS = {"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 7, "auc": None, "average_precision": None}
BINS = [{"low": one / 15, "high": (one + 1) / 15, "count": 0, "confidence": None, "accuracy": None} for one in range(15)]
CURVE = {"x": [0.0, 1.0], "y": [0.0, 1.0]}
NUMBERS: dict[str, Any] = {
    "digest": None, "examples": 70, "loss": 0.25, "accuracy": 1.0, "top": [1.0] * 5, "classes": [CLASS] * 10,
    "matrix": MATRIX, "calibration": BINS, "calibration_error": 0.0, "roc": [CURVE] * 10,
    "precision_recall": [{"x": [], "y": []}] * 10, "seconds": 0.5, "build": "fake"}


class Evaluator(FakeTrainer):
    """A trainer; or, where it is asked to evaluate, one that does so; an examiner that draws."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame.get("evaluate"):
            self.work = {"position": {"run": "r1", "branch": "b1"}, "moved": 0}
            self.evaluate(frame["evaluate"])
        elif frame["t"] == "ask":
            self.say({"t": "answer", "id": frame["id"], "answer": {"ok": True, "png": b64encode(PNG).decode(), "place": {}}})
        else:
            super().obey(frame)

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluation_progress", {**asked["of"], "done": 20, "total": 70})
        self.event("evaluated", {**asked["of"], **NUMBERS})


class FailingEvaluator(Evaluator):
    """Says why it cannot."""

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluation_failed", {**asked["of"], "message": "This model could not be read."})


class CrashingEvaluator(Evaluator):
    """Is gone half way."""

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluation_progress", {**asked["of"], "done": 20, "total": 70})
        self.leave()


class HalfEvaluator(Evaluator):
    """Tells how far it is, and then nothing more."""

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluation_progress", {**asked["of"], "done": 20, "total": 70})


class StrayEvaluator(Evaluator):
    """Tells of another model than it was asked for."""

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluated", {**asked["of"], **NUMBERS, "epoch": 0})


class WildEvaluator(Evaluator):
    """Tells numbers that are none."""

    def evaluate(self, asked: dict[str, Any]) -> None:
        self.event("evaluated", {**asked["of"], **NUMBERS, "accuracy": float("nan")})


def with_routes(bench: Bench) -> Bench:
    if "evaluation" not in bench.app.view_functions:
        add_evaluations(bench.app, bench.lab)
    return bench


def evaluated(me: Browser, name: str = "b1-1-test", **args: Any) -> dict[str, Any]:
    """Ask for it, wait for its end and return its row."""
    answer = me.command("evaluate", args)
    assert answer["ok"], answer
    state = me.sees(lambda state: state["evaluations"][name]["state"] != "running", "the end of the evaluation")
    return dict(state["evaluations"][name])


def names(me: Browser) -> list[str]:
    return [fact["name"] for fact in me.bench.lab.store.events(me.room, 0)]


def test_an_evaluation_is_told_with_who_asked_and_the_training_does_not_notice(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(Evaluator))
    found = evaluated(me)
    assert (found["state"], found["accuracy"], found["loss"], found["examples"]) == ("done", 1.0, 0.25, 70)
    assert (found["done"], found["total"], found["run"], found["by"]["id"]) == (20, 70, "r1", me.person)
    assert me.state["session"]["status"] == "training" and len(me.bench.launcher.started) == 2
    welcome = me.bench.launcher.started[1].frames[0]
    asked, subject = welcome["evaluate"], welcome["evaluate"]["subject"]
    assert welcome["work"] is None and asked["of"] == {"branch": "b1", "epoch": 1, "split": "test", "drawings": []}
    assert (subject["digest"], subject["home"], subject["batch"]) == ("ab" * 32, "b1", 0)


def test_what_is_known_is_not_computed_again(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(Evaluator))
    evaluated(me)
    seq = me.state["seq"]
    assert me.command("evaluate", {"branch": "b1", "epoch": 1, "split": "test"})["ok"] and me.state["seq"] == seq
    evaluated(me, "b1-0-test", epoch=0)
    assert names(me).count("evaluated") == 2 and len(me.bench.launcher.started) == 3


def test_who_asks_while_it_runs_gets_the_one_that_runs(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(FakeTrainer, HalfEvaluator))
    assert me.command("evaluate")["ok"]
    me.sees(lambda state: state["evaluations"]["b1-1-test"]["done"] == 20)
    assert me.command("evaluate")["ok"]
    assert names(me).count("evaluation_requested") == 1 and len(me.bench.launcher.started) == 2


def test_what_failed_may_be_tried_again(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(FakeTrainer, FailingEvaluator, Evaluator))
    found = evaluated(me)
    assert (found["state"], found["message"]) == ("failed", "This model could not be read.")
    assert len(me.bench.launcher.started) == 2
    assert evaluated(me)["state"] == "done"


@pytest.mark.parametrize(
    "bad", [SilentTrainer, GarbageTrainer, CrashingEvaluator, HalfEvaluator, StrayEvaluator, WildEvaluator])
def test_a_process_that_misbehaves_is_replaced_once_and_then_given_up(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch, bad: type[FakeTrainer]) -> None:
    monkeypatch.setattr(errands, "SILENT_SECONDS", 0.2)
    me = with_an_epoch(bench_of(FakeTrainer, bad))
    found = evaluated(me)
    assert found["state"] == "failed" and "ended before" in found["message"] and found["by"]["id"] == me.person
    assert len(me.bench.launcher.started) == 1 + errands.TRIES
    assert me.state["session"]["status"] == "training"


def test_after_a_crash_the_second_process_has_the_result(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(FakeTrainer, CrashingEvaluator, Evaluator))
    assert evaluated(me)["state"] == "done" and names(me).count("evaluated") == 1


def test_a_restarted_server_goes_on_with_its_evaluations(bench_of: BenchOf) -> None:
    bench = bench_of(FakeTrainer, SilentTrainer)
    me = with_an_epoch(bench)
    assert me.command("interrupt")["ok"]
    me.status("paused")
    assert me.command("evaluate")["ok"]
    until(lambda: len(bench.launcher.started) == 2, what="the process of the evaluation")
    bench.close()
    again = joined(bench_of(Evaluator), me.room)
    state = again.sees(lambda state: state["evaluations"]["b1-1-test"]["state"] == "done", "the evaluation")
    assert state["evaluations"]["b1-1-test"]["by"]["id"] == me.person


def test_a_proof_and_an_evaluation_do_not_wait_for_each_other(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(FakeTrainer, SilentTrainer, Evaluator))
    assert me.command("prove", {"branch": "b1", "epoch": 1})["ok"]
    until(lambda: len(me.bench.launcher.started) == 2, what="the process of the proof")
    assert evaluated(me)["state"] == "done" and me.state["proofs"][0]["state"] == "running"


def test_the_same_model_of_another_branch_has_its_result_at_once(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(Evaluator))
    evaluated(me)
    me.command("interrupt")
    me.status("paused")
    assert me.command("fork", {"branch": "b1", "epoch": 1, "settings": {"learning_rate": 0.5}})["ok"]
    me.sees(lambda state: "b2" in state["branches"], "a branch")
    before = len([one for one in me.bench.launcher.started if one.attempt < 0])
    found = evaluated(me, "b2-1-test", branch="b2", epoch=1)
    assert (found["state"], found["branch"]) == ("done", "b2")
    assert me.bench.lab.store.events(me.room, found["seq"] - 1, limit=1)[0]["data"]["branch"] == "b2"
    assert len([one for one in me.bench.launcher.started if one.attempt < 0]) == before


def test_what_cannot_be_evaluated_is_refused_and_changes_nothing(bench_of: BenchOf) -> None:
    bench = bench_of(FakeTrainer)
    fresh = joined(bench)
    assert fresh.command("evaluate")["error"]["code"] == "not_begun"
    me = with_an_epoch(bench)
    before = bench.trace(me.room)
    for args, code in (({"branch": "b7"}, "unknown_branch"), ({"epoch": 900}, "not_trained"),
                       ({"split": "drawings"}, "no_drawings"), ({"split": "other"}, "invalid"), ({"epoch": -1}, "invalid"),
                       ({"branch": "../b1"}, "invalid")):
        error = me.command("evaluate", args)["error"]
        assert error["code"] == code and error["message"] and error["hint"]
    assert bench.trace(me.room) == before


def test_without_a_checkpoint_there_is_no_model(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(FakeTrainer), saved=False)
    assert me.command("evaluate", {"epoch": 1})["error"]["code"] == "not_kept"


def test_a_room_has_so_many_evaluations_and_no_more(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating, "MOST_EVALUATIONS", 2)
    monkeypatch.setattr(evaluating, "MOST_RUNNING", 1)
    me = with_an_epoch(bench_of(FakeTrainer, HalfEvaluator))
    assert me.command("evaluate", {"split": "train"})["ok"]
    assert me.command("evaluate", {"split": "test"})["error"]["code"] == "evaluating"
    evaluating.MOST_RUNNING = 9  # put back by monkeypatch
    assert me.command("evaluate", {"split": "test"})["ok"]
    assert me.command("evaluate", {"split": "test", "epoch": 0})["error"]["code"] == "too_many"
    assert me.command("evaluate", {"split": "test"})["ok"]


def test_drawings_go_along_and_others_make_another_evaluation(bench_of: BenchOf) -> None:
    bench = bench_of(Evaluator)
    me = with_an_epoch(bench)
    rows = [{"id": f"d{number}", "label": number, "pixels": bytes([number] * 64)} for number in (1, 2)]
    bench.lab.errands.drawings = lambda room, dataset: rows if (room, dataset) == (me.room, "digits") else []

    def keep(name: str, dataset: str) -> None:
        kept = bench.lab.ledger.room(me.room).state["drawings"]
        kept[name] = {"dataset": dataset, "label": 1, "source": "pad", "by": None, "at": 1.0}

    with bench.lab.ledger.lock:
        for name, dataset in (("d1", "digits"), ("m1", "mnist")):
            keep(name, dataset)
    assert evaluated(me, "b1-1-drawings", split="drawings")["drawings"] == ["d1"]
    assert bench.launcher.started[1].frames[0]["evaluate"]["drawings"] == [rows[0]]
    with bench.lab.ledger.lock:
        keep("d2", "digits")
    assert me.command("evaluate", {"split": "drawings"})["ok"]
    found = me.sees(lambda state: state["evaluations"]["b1-1-drawings"]["drawings"] == ["d1", "d2"]
                    and state["evaluations"]["b1-1-drawings"]["state"] == "done")["evaluations"]["b1-1-drawings"]
    assert found["state"] == "done" and names(me).count("evaluated") == 2


def test_drawings_that_are_gone_are_told_as_such(bench_of: BenchOf) -> None:
    bench = bench_of(Evaluator)
    me = with_an_epoch(bench)
    bench.lab.errands.drawings = lambda room, dataset: []
    with bench.lab.ledger.lock:
        kept = bench.lab.ledger.room(me.room).state["drawings"]
        kept["d1"] = {"dataset": "digits", "label": 1, "source": "pad", "by": None, "at": 1.0}
    found = evaluated(me, "b1-1-drawings", split="drawings")
    assert found["state"] == "failed" and "taken out" in found["message"]


# ── what is taken out ───────────────────────────────────────────────────────────────────────────────────────

def test_the_whole_result_comes_out_of_the_log(bench_of: BenchOf) -> None:
    me = with_an_epoch(with_routes(bench_of(Evaluator)))
    seq = evaluated(me)["seq"]
    answer = me.get(f"/api/rooms/{me.room}/evaluations/{seq}").get_json()
    assert answer["ok"] and answer["by"]["id"] == me.person and answer["at"] > 0
    assert answer["evaluation"] == {"branch": "b1", "epoch": 1, "split": "test", "drawings": [], **NUMBERS}


def test_what_is_no_evaluation_is_not_found(bench_of: BenchOf) -> None:
    me = with_an_epoch(with_routes(bench_of(Evaluator)))
    seq = evaluated(me)["seq"]
    other = joined(me.bench)
    for room, number in ((me.room, seq - 1), (me.room, 0), (me.room, seq + 99), (me.room, 2**60), (me.room, 10**40),
                         (other.room, seq), ("nonsense!", seq)):
        for ending in ("", ".csv", ".png"):
            answer = me.get(f"/api/rooms/{room}/evaluations/{number}{ending}")
            assert answer.status_code == 404 and answer.get_json()["error"]["code"] == "not_found"


def test_the_table_has_classes_and_matrix(bench_of: BenchOf) -> None:
    me = with_an_epoch(with_routes(bench_of(Evaluator)))
    seq = evaluated(me)["seq"]
    answer = me.get(f"/api/rooms/{me.room}/evaluations/{seq}.csv")
    assert f'lockstep-{me.room}-evaluation-b1-1-test.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
    assert rows[0][:3] == ["branch", "epoch", "split"] and rows[1][:7] == ["b1", "1", "test", "", "70", "0.25", "1.0"]
    assert rows[3] == ["class", "accuracy", "precision", "recall", "f1", "support", "auc", "average_precision"]
    assert rows[4] == ["0", "1.0", "1.0", "1.0", "1.0", "7", "", ""] and len(rows) == 4 + 10 + 2 + 10
    assert [row[1:] for row in rows[-10:]] == [[str(count) for count in row] for row in MATRIX]


def test_the_picture_is_drawn_once_by_a_process_apart(bench_of: BenchOf) -> None:
    me = with_an_epoch(with_routes(bench_of(Evaluator).without_limits()))
    seq = evaluated(me)["seq"]
    for _ in range(2):
        answer = me.get(f"/api/rooms/{me.room}/evaluations/{seq}.png")
        assert (answer.mimetype, answer.get_data()) == ("image/png", PNG)
        assert f'attachment; filename="lockstep-{me.room}-evaluation-b1-1-test.png"' == answer.headers["Content-Disposition"]
    asked = [frame for one in me.bench.launcher.started for frame in one.frames if frame["t"] == "ask"]
    assert [frame["name"] for frame in asked] == ["plot"] and asked[0]["args"]["evaluation"]["accuracy"] == 1.0
    assert "b1, epoch 1, test" in asked[0]["args"]["title"] and len(asked[0]["args"]["classes"]) == 10


def test_a_browser_cannot_ask_for_plots(bench_of: BenchOf) -> None:
    me = joined(bench_of(Evaluator))
    answer = me.post(f"/api/rooms/{me.room}/ask", {"id": "question-1", "name": "plot", "args": {"evaluation": {}}}).get_json()
    assert answer["error"]["code"] == "unknown_question"


def test_where_nobody_can_draw_the_answer_says_so(bench_of: BenchOf, tmp_path: Path) -> None:
    class Mute(Evaluator):
        """Evaluates and does not draw."""

        def obey(self, frame: Frame) -> None:
            if frame["t"] == "ask":
                self.leave()
            else:
                super().obey(frame)

    me = with_an_epoch(with_routes(bench_of(Mute)))
    answer = me.get(f"/api/rooms/{me.room}/evaluations/{evaluated(me)['seq']}.png")
    assert answer.status_code == 409 and answer.get_json()["error"]["code"] == "no_answer"


def test_only_a_run_that_holds_examples_back_is_evaluated_on_them(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(Evaluator))
    answer = me.command("evaluate", {"split": "validation"})
    assert (answer["error"]["code"], answer["error"]["field"]) == ("no_validation", "split") and "evaluated" not in names(me)
    other = joined(me.bench)
    blueprint = {**other.state["blueprint"], "validation": 0.1}
    assert other.command("new_run", {"blueprint": blueprint})["ok"]
    assert evaluated(other, "b1-0-validation", epoch=0, split="validation")["state"] == "done"
