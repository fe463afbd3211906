"""The kill harness: trainers are killed at random moments, some with their newest Checkpoint damaged, and nothing is different.

Every scenario is played twice in the same server: killed again and again with a change of settings at a batch that
nobody chose, and then undisturbed, with the same change at the same batch. The digests of all epochs' ends and of both
stops must be the same, the log free of gaps, and no point there twice.
"""

from __future__ import annotations

import os
import random
import signal
from typing import Any

import pytest

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.core.tree import place_of
from tests.journeys.conftest import Stage
from tests.journeys.test_travel import all_digests, digests
from tests.server import Page, Server
from tests.waiting import until

KILLS = 13  # in each of the four scenarios
Act = tuple[str, dict[str, Any]]
FROM_THE_START: dict[str, dict[str, Any]] = {
    "momentum": {"batch_size": 4, "momentum": 0.9, "nesterov": True, "learning_rate": 0.02},
    "adam": {"batch_size": 2, "optimizer": "adam", "learning_rate": 0.001, "dropout": 0.5, "scheduler": "cosine",
             "warmup": 0.5},
    "frozen": {"batch_size": 4, "scheduler": "one_cycle", "schedule_epochs": 6, "clipping": 1.0},
    "plateau": {"batch_size": 4, "optimizer": "rmsprop", "learning_rate": 0.0005, "scheduler": "plateau", "schedule_epochs": 1},
}
BETWEEN: dict[str, Act] = {  # made in the middle of an epoch
    "momentum": ("set_settings", {"batch_size": 5}),
    "adam": ("set_settings", {"dropouts": {"dropout1": 0.1}}),
    "frozen": ("freeze", {"layer": "conv1"}),
    "plateau": ("set_settings", {"optimizer": "sgd", "learning_rate": 0.01}),
}
MANY = 500  # epochs: more than a test waits for
Place = tuple[int, int]


def begin(stage: Stage, server: Server, scenario: str, epochs: int) -> Page:
    page = stage.page(server)
    blueprint = (mlp() if scenario == "adam" else cnn()).model_dump(mode="json")
    assert page.command("new_run", {"blueprint": blueprint, "settings": FROM_THE_START[scenario]})["ok"]
    if epochs:
        assert page.command("start", {"epochs": epochs})["ok"]
    return page


def change(page: Page, scenario: str) -> None:
    name, args = BETWEEN[scenario]
    assert page.command(name, args)["ok"]


def damage_the_newest(page: Page, server: Server) -> None:
    """Flip a bit in the newest Checkpoint that the log knows."""
    state = page.snapshot()
    known = sorted([*state["checkpoints"], *state["passing"]], key=lambda one: one["x"])
    if not known:
        return
    file = server.instance / "checkpoints" / checkpoint_file(page.room, "r1", known[-1])
    if file.exists():
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 16
        file.write_bytes(data)


def goes(page: Page, chance: random.Random) -> None:
    """Wait until it trains, and then for a moment that nobody chose. Lost too often in a row, it wants to be asked."""
    seen, more = len(page.events), chance.randrange(1, 9)

    def ready() -> bool:
        session = page.state["session"]
        if session["status"] == "failed" and not session["waiting"]:
            page.command("continue", {"epochs": MANY})
            page.sees(lambda state: state["session"]["waiting"] or state["session"]["status"] != "failed")
        return session["status"] == "training" and not session["waiting"] and len(page.events) > seen + more

    until(ready, 60, "training")


def kill_again_and_again(page: Page, server: Server, chance: random.Random, kills: int) -> Place:
    """Return where it was interrupted in the end."""
    for _ in range(kills):
        goes(page, chance)
        if chance.random() < 0.25:
            damage_the_newest(page, server)
        for pid in server.trainers():
            os.kill(pid, signal.SIGKILL)
        page.sees(lambda state: state["session"]["waiting"] or state["session"]["status"] != "training", 20, "that it was seen")
    goes(page, chance)
    assert page.command("interrupt")["ok"]
    return place_of(page.status("paused", 60)["session"]["position"])


def reach(page: Page, place: Place) -> None:
    """Train, undisturbed, to this batch."""
    epoch, batch = place_of(page.state["session"]["position"])
    if place[0] > epoch:
        assert page.command("continue" if (epoch, batch) > (0, 0) else "start", {"epochs": place[0] - epoch})["ok"]
        page.sees(lambda state: place_of(state["session"]["position"]) == (place[0], 0)
                  and state["session"]["reason"] == "finished", 90, f"epoch {place[0]}")
        batch = 0
    if place[1] > batch:
        assert page.command("step", {"batches": place[1] - batch})["ok"]
        page.sees(lambda state: place_of(state["session"]["position"]) == place
                  and state["session"]["reason"] == "stepped", 60, f"batch {place}")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scenario", sorted(FROM_THE_START))
def test_whatever_is_killed_the_end_is_the_same(stage: Stage, scenario: str) -> None:
    server = stage.server()
    chance = random.Random(scenario)
    page = begin(stage, server, scenario, MANY)
    first = kill_again_and_again(page, server, chance, KILLS // 2)
    change(page, scenario)
    assert page.command("continue", {"epochs": MANY})["ok"]
    second = kill_again_and_again(page, server, chance, KILLS - KILLS // 2)
    calm = begin(stage, server, scenario, 0)
    reach(calm, first)
    change(calm, scenario)
    reach(calm, second)
    ours, theirs = all_digests(page), all_digests(calm)  # ours has more stops: one for each time it was asked to go on
    assert digests(page) == digests(calm)
    assert {place: ours.get(place) for place in theirs} == theirs
    log = page.log()
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    series = page.snapshot()["series"]["b1"]
    for name, points in series.items():
        xs = [x for x, _ in points]
        assert xs == sorted(set(xs)), name
    for name in ("epoch_loss", "test_loss", "test_accuracy"):
        assert series.get(name) == calm.state["series"]["b1"].get(name), name
    assert page.gaps == 0 and page.snapshot() == page.state
