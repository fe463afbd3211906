"""Stopping early and the best epoch with real processes: whoever is killed on the way, both pages see the same end."""

from __future__ import annotations

import os
import signal
from itertools import pairwise
from typing import Any

from ml_utils.core.best import best_of
from ml_utils.core.blueprint import mlp
from tests.journeys.conftest import Stage
from tests.journeys.test_training import agree
from tests.journeys.test_travel import digests
from tests.server import Page, Server

HELD = {**mlp().model_dump(mode="json"), "validation": 0.2}
ROUGH = {"batch_size": 48, "learning_rate": 0.3, "patience": 3}
State = dict[str, Any]


def prepared(stage: Stage, server: Server) -> tuple[Page, Page]:
    """Two people in a room that trains until it stops early."""
    ada = stage.page(server, name="Ada")
    ben = stage.page(server, ada.room, "Ben")
    assert ada.command("new_run", {"blueprint": HELD})["ok"]
    assert ben.command("set_settings", ROUGH)["ok"]
    assert ada.command("start", {"epochs": 60})["ok"]
    return ada, ben


def stopped(page: Page, branch: str = "b1") -> State:
    return page.sees(lambda state: state["session"]["reason"] == "stopped_early"
                     and state["session"]["position"]["branch"] == branch and not state["plan"], 90, "an early stop")


def curve(state: State, branch: str) -> list[list[float]]:
    points: list[list[float]] = state["series"][branch]["validation_accuracy"]
    return points


def test_kills_on_the_way_do_not_move_the_stop_and_everybody_sees_the_best_epoch(stage: Stage) -> None:
    server = stage.server()
    ada, ben = prepared(stage, server)
    calm = stopped(ada)
    at = calm["session"]["position"]
    assert at["batch"] == 0 and 3 < at["epoch"] < 60 and calm["branches"]["b1"]["last"]["validation"]["examples"] == 287
    values = dict(curve(calm, "b1"))
    best = best_of(calm, "b1")
    assert best and best["split"] == "validation" and best["value"] == max(values.values()) and at["epoch"] == best["epoch"] + 3
    agree(ada, ben)
    other, _ = prepared(stage, server)
    for x in (1.3, at["epoch"] - 1.4):
        other.sees(lambda state, x=x: state["session"]["position"]["x"] > x and not state["session"]["waiting"], 60, f"x = {x}")
        for pid in server.trainers():
            os.kill(pid, signal.SIGKILL)
        other.sees(lambda state: state["session"]["waiting"] or state["session"]["status"] != "training", 20, "the loss")
    state = stopped(other)
    assert curve(state, "b1") == curve(calm, "b1") and best_of(state, "b1") == best
    mine, theirs = digests(ada), digests(other)
    assert theirs == mine


def test_a_plan_goes_on_where_a_fork_stops_early_and_continue_trains_on(stage: Stage) -> None:
    ada, ben = prepared(stage, stage.server())
    epoch = stopped(ben)["session"]["position"]["epoch"]
    twins = {"branch": "b1", "epoch": 2, "setting": "patience", "values": [1, 2], "epochs": 50}
    assert ada.command("twin", twins)["ok"]
    state = stopped(ben, "b3")
    for branch, patience in (("b2", 1), ("b3", 2)):
        end = state["branches"][branch]["tip"]["epoch"]
        points = [point for point in curve(state, "b1") if point[0] <= 2] + curve(state, branch)
        bests = [max(value for _, value in points[:count]) for count in range(1, len(points) + 1)]
        risen = [2] + [x for (x, _), (one, two) in zip(points[1:], pairwise(bests), strict=True) if two > one and x > 2]
        assert end - risen[-1] == patience and all(two - one <= patience for one, two in pairwise(risen))
    assert ben.command("revert", {"branch": "b1", "epoch": epoch})["ok"]
    ben.sees(lambda state: state["session"]["reason"] == "reverted")
    assert ada.command("continue")["ok"]
    state = ben.sees(lambda state: state["session"]["reason"] == "stopped_early"
                     and state["session"]["position"]["epoch"] >= epoch + 3, 60, "the second stop")
    assert [row["epoch"] for row in state["branches"]["b1"]["stops"]] == [epoch, state["session"]["position"]["epoch"]]
    agree(ada, ben)
