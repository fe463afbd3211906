"""Checkpoints within the quota: the log says first what goes, then the files go; what nobody knows of goes, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core.checkpoints import checkpoint_file
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
SIZE = 300_000  # bytes of each; three fit into the quota of a megabyte


class SavingTrainer(FakeTrainer):
    """Finishes ten epochs and tells of a Checkpoint at the end of each; then it pauses."""

    def go(self, asked: str | None, until: int) -> None:
        self.event("training_started", {"until": until, "stop": None}, asked)
        for epoch in range(1, 11):
            self.x = float(epoch)
            score = {"loss": 0.5, "accuracy": 0.5, "examples": 10}
            self.event("epoch_finished", {"train": score, "test": score, "seconds": 0.1})
            self.event("checkpoint_saved", saved(epoch))
        self.event("training_paused", {"reason": "finished"})


def saved(epoch: int) -> dict[str, Any]:
    return {"branch": "b1", "epoch": epoch, "batch": 0, "x": float(epoch), "digest": f"{epoch:064x}", "kind": "epoch",
            "bytes": SIZE, "seconds": 0.01, "finite": True, "build": "fake"}


def files(bench: Bench, me: Browser, epochs: Iterator[int] | range) -> dict[int, Path]:
    found = {epoch: bench.config.checkpoints / checkpoint_file(me.room, "r1", saved(epoch)) for epoch in epochs}
    for file in found.values():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return found


@pytest.fixture
def trained(bench_of: BenchOf) -> tuple[Bench, Browser, dict[int, Path]]:
    bench = bench_of(SavingTrainer, checkpoint_quota=1)
    me = joined(bench)
    there = files(bench, me, range(1, 11))
    stray = there[1].with_name("000003-0000007-ffffffffffffffff.pt")
    fresh = there[1].with_name("000004-0000007-ffffffffffffffff.pt")
    for file in (stray, fresh):
        file.write_bytes(b"x")
    os.utime(stray, (time.time() - 3600,) * 2)
    me.command("start", {"epochs": 10})
    me.sees(lambda state: state["session"]["reason"] == "finished" and len(state["checkpoints"]) == 3)
    return bench, me, there | {-1: stray, -2: fresh}


def test_what_goes_is_told_before_its_file_goes(trained: tuple[Bench, Browser, dict[int, Path]]) -> None:
    bench, me, there = trained
    kept = {row["epoch"] for row in me.state["checkpoints"]}
    assert 10 in kept
    until(lambda: {epoch for epoch in range(1, 11) if there[epoch].exists()} == kept, what="that the others are gone")
    told = [one for fact in bench.lab.store.events(me.room, 0, ["checkpoints_thinned"]) for one in fact["data"]["dropped"]]
    assert {one["epoch"] for one in told} == set(range(1, 11)) - kept


def test_a_pinned_epoch_stays(trained: tuple[Bench, Browser, dict[int, Path]]) -> None:
    bench, me, _ = trained
    oldest = min(row["epoch"] for row in me.state["checkpoints"])
    assert me.command("pin", {"branch": "b1", "epoch": oldest})["ok"]
    bench.lab.keep.thin(me.room)
    assert oldest in {row["epoch"] for row in me.sees(lambda state: state["pinned"])["checkpoints"]}
    assert me.command("unpin", {"branch": "b1", "epoch": oldest})["ok"]
    assert me.sees(lambda state: not state["pinned"])


def test_files_that_nobody_knows_go_when_they_are_old(trained: tuple[Bench, Browser, dict[int, Path]]) -> None:
    _, _, there = trained
    until(lambda: not there[-1].exists(), what="the end of the old one")
    assert there[-2].exists()  # the log may just not know of it yet
