"""Kill, restart, stop: nothing accepted is lost, the curve is whole, the weights are the same to the bit."""

from __future__ import annotations

import os
import signal

import pytest

from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.web.store import Store
from tests.journeys.conftest import Stage
from tests.journeys.test_training import agree, no_hole_no_double
from tests.server import Page, Server
from tests.waiting import until

EPOCHS = 12


def train_to_the_end(page: Page) -> str:
    """Return the digest of the last checkpoint."""
    page.sees(lambda state: state["session"]["reason"] == "finished", 90, "the end")
    last = page.state["checkpoints"][-1]
    assert last["epoch"] == page.state["session"]["position"]["epoch"]
    return str(last["digest"])


def begun(stage: Stage, server: Server) -> Page:
    """Return a page in a room of its own whose run has just been started."""
    page = stage.page(server)
    page.command("set_settings", {"epochs": EPOCHS, "batch_size": 4})
    page.command("start")
    return page


def undisturbed(stage: Stage, server: Server) -> str:
    return train_to_the_end(begun(stage, server))


def test_a_killed_trainer_is_recovered_and_ends_with_the_same_weights(stage: Stage, server: Server) -> None:
    wanted = undisturbed(stage, server)
    page = stage.page(server)
    other = stage.page(server, page.room)
    page.command("set_settings", {"epochs": EPOCHS, "batch_size": 4})
    page.command("start")
    for _ in range(3):
        at = page.state["session"]["position"]["x"] if page.state["session"]["position"] else 0
        page.sees(lambda state, at=at: state["session"]["status"] == "training" and state["session"]["waiting"] is None
                  and state["session"]["position"]["x"] > at + 0.4)
        for pid in until(server.trainers, what="a trainer"):
            os.kill(pid, signal.SIGKILL)
        page.sees(lambda state: (state["session"]["waiting"] or {}).get("reason") == "recovering", 10, "recovering")
    assert train_to_the_end(page) == wanted
    no_hole_no_double(page.state)
    names = [event["name"] for event in page.events]
    assert names.count("trainer_lost") == names.count("trainer_recovered") == 3
    agree(page, other)


def test_a_trainer_that_hangs_is_replaced_and_the_weights_are_the_same(stage: Stage) -> None:
    server = stage.server()
    wanted = undisturbed(stage, server)
    idle = set(server.trainers())
    page = begun(stage, server)
    page.sees(lambda state: state["session"]["position"]["x"] > 1)
    hanging = set(server.trainers()) - idle
    assert hanging
    for pid in hanging:
        os.kill(pid, signal.SIGSTOP)
    page.sees(lambda state: (state["session"]["waiting"] or {}).get("reason") == "recovering", 20, "recovering")
    assert train_to_the_end(page) == wanted
    assert not hanging & set(server.trainers())
    no_hole_no_double(page.state)


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(stage: Stage) -> None:
    server = stage.server()
    wanted = undisturbed(stage, server)
    page = begun(stage, server)
    page.sees(lambda state: len(state["checkpoints"]) >= 3)
    server.kill()
    for pid in server.processes():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not server.processes())
    store = Store(f"sqlite:///{server.instance / 'lockstep.db'}")
    newest = store.events(page.room, 0, ["checkpoint_saved"])[-1]["data"]
    store.close()
    file = server.instance / "checkpoints" / checkpoint_file(page.room, "r1", newest)
    file.write_bytes(file.read_bytes()[:-100])
    server.start()
    assert train_to_the_end(page) == wanted
    log = page.http.get(f"{server.url}/api/rooms/{page.room}/events?since=0", timeout=10).json()["events"]
    assert [event["data"]["digest"] for event in log if event["name"] == "checkpoint_damaged"] == [newest["digest"]]
    no_hole_no_double(page.state)


def test_a_killed_and_restarted_web_process_finds_its_trainers_again(stage: Stage, server: Server) -> None:
    wanted = undisturbed(stage, server)
    page = begun(stage, server)
    page.sees(lambda state: state["session"]["position"]["x"] > 1)
    pids = server.trainers()
    assert pids
    server.kill()
    server.start()
    page.sees(lambda state: state["session"]["position"]["x"] > 2, what="training after the restart")
    assert set(server.trainers()) <= set(pids), "the trainer lived on"
    assert train_to_the_end(page) == wanted
    no_hole_no_double(page.state)
    agree(page)


def test_when_everything_is_killed_the_room_goes_on_by_itself(stage: Stage, server: Server) -> None:
    wanted = undisturbed(stage, server)
    page = begun(stage, server)
    page.sees(lambda state: state["session"]["position"]["x"] > 1.3)
    server.kill()
    for pid in server.processes():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not server.processes())
    server.start()
    assert train_to_the_end(page) == wanted
    no_hole_no_double(page.state)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_and_the_next_start_goes_on(stage: Stage, server: Server, how: signal.Signals) -> None:
    page = stage.page(server)
    page.command("start", {"epochs": 2000})
    page.sees(lambda state: state["session"]["position"]["x"] > 1)
    assert server.stop(how) == 0
    until(lambda: not server.processes(), 5, "the end of every process")
    seen = page.state["seq"]
    server.start()
    page.sees(lambda state: state["seq"] > seen and state["session"]["status"] == "training"
              and state["session"]["waiting"] is None, 20, "training goes on by itself")
    assert page.command("interrupt")["ok"]
    page.status("paused")
    no_hole_no_double(page.state)


def test_stopping_an_idle_server_and_one_that_just_began(stage: Stage, server: Server) -> None:
    assert server.stop() == 0
    until(lambda: not server.processes(), 5, "the end of every process")
    server.start()
    page = stage.page(server)
    page.command("start")
    assert server.stop(signal.SIGINT) == 0
    until(lambda: not server.processes(), 5, "the end of every process")


def test_without_fork_the_same_command_is_started_plainly(stage: Stage) -> None:
    server = stage.server(program=("-m", "tests.plain_app"))
    page = begun(stage, server)
    page.sees(lambda state: state["session"]["position"]["x"] > 1)
    for pid in server.trainers():
        os.kill(pid, signal.SIGKILL)
    train_to_the_end(page)
    assert [event["name"] for event in page.events].count("trainer_recovered") == 1
    no_hole_no_double(page.state)
