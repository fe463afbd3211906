"""Proofs: one process at a time beside the Sessions; whatever becomes of it, the room gets an answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils.line import Frame
from ml_utils.web import errands
from tests.trainers import FakeTrainer, GarbageTrainer, SilentTrainer, StillbornTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
DIGEST = "ab" * 32


class ProvingTrainer(FakeTrainer):
    """A trainer; or, where it is asked to prove, one that finds the digest it was told."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame["work"]["proof"]:
            self.work, self.x = frame["work"], 1.0
            digest = frame["work"]["proof"]["digest"]
            self.event("epoch_proved", {"branch": "b1", "epoch": 1, "start": 0.0, "same": True, "because": None,
                                        "digest": digest, "expected": digest, "seconds": 0.1})
        else:
            super().obey(frame)


def with_an_epoch(bench: Bench, saved: bool = True) -> Browser:
    """A room in which an epoch was trained, and its Checkpoint told of."""
    me = joined(bench)
    me.command("start", {"epochs": 3})
    me.status("training")
    trainer = bench.launcher.started[0]
    trainer.row()
    if saved:
        trainer.event("checkpoint_saved", {"branch": "b1", "epoch": 1, "batch": 0, "x": 1.0, "digest": DIGEST, "kind": "epoch",
                                           "bytes": 9, "seconds": 0.1, "finite": True, "build": "fake"})
        me.sees(lambda state: state["checkpoints"])
    else:
        me.sees(lambda state: state["branches"]["b1"]["tip"]["epoch"] >= 1)
    return me


def proof(me: Browser) -> dict[str, Any]:
    assert me.command("prove", {"branch": "b1", "epoch": 1})["ok"]
    state = me.sees(lambda state: state["proofs"] and state["proofs"][0]["state"] != "running", "the end of the proof")
    return dict(state["proofs"][0])


def test_a_proof_is_told_with_who_asked_and_the_training_does_not_notice(bench_of: BenchOf) -> None:
    me = with_an_epoch(bench_of(ProvingTrainer))
    found = proof(me)
    assert found["state"] == "same" and found["by"]["id"] == me.person
    assert me.state["session"]["status"] == "training"
    work = me.bench.launcher.started[1].work
    assert work["proof"] == {"digest": DIGEST, "build": "fake"}
    assert work["checkpoints"] == [] and (work["target"], work["go"]) == ({"epoch": 1, "batch": 0}, False)


@pytest.mark.parametrize("bad", [SilentTrainer, GarbageTrainer, StillbornTrainer])
def test_a_process_that_says_nothing_or_nonsense_is_replaced_once_and_then_given_up(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch, bad: type[FakeTrainer]) -> None:
    monkeypatch.setattr(errands, "SILENT_SECONDS", 0.2)
    me = with_an_epoch(bench_of(FakeTrainer, bad))
    found = proof(me)
    assert found["state"] == "failed" and "ended" in found["because"]
    assert len(me.bench.launcher.started) == 1 + errands.TRIES
    assert me.state["session"]["status"] == "training"


def test_without_a_digest_in_the_log_nothing_can_be_proved(bench_of: BenchOf) -> None:
    found = proof(with_an_epoch(bench_of(ProvingTrainer), saved=False))
    assert found["state"] == "failed" and "digest" in found["because"]


def test_a_stranger_does_not_pass_for_a_proof(bench_of: BenchOf) -> None:
    bench = bench_of(FakeTrainer, SilentTrainer)
    me = with_an_epoch(bench)
    assert me.command("prove", {"branch": "b1", "epoch": 1})["ok"]
    until(lambda: len(bench.launcher.started) == 2, what="the process of the proof")
    order = bench.launcher.started[1].order
    stranger = ProvingTrainer({**order, "token": "guessed"})
    stranger.start()
    assert stranger.done.wait(10)
    assert [frame["t"] for frame in stranger.frames] == ["refused"]
    assert me.sees(lambda state: state["proofs"])["proofs"][0]["state"] == "running"


def test_a_restarted_server_goes_on_with_its_proofs(bench_of: BenchOf, tmp_path: Path) -> None:
    bench = bench_of(FakeTrainer, SilentTrainer)
    me = with_an_epoch(bench)
    assert me.command("interrupt")["ok"]
    me.sees(lambda state: state["session"]["status"] == "paused")
    assert me.command("prove", {"branch": "b1", "epoch": 1})["ok"]
    until(lambda: len(bench.launcher.started) == 2, what="the process of the proof")
    bench.close()
    again = joined(bench_of(ProvingTrainer), me.room)
    state = again.sees(lambda state: state["proofs"][0]["state"] == "same", "the proof")
    assert state["proofs"][0]["by"]["id"] == me.person
