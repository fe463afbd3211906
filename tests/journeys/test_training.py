"""Whole ways through the system: real server, real trainer, pages that fold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.conftest import Stage
from tests.server import Page, Server

State = dict[str, Any]


def no_hole_no_double(state: State, branch: str = "b1") -> None:
    """Every curve rises in x; tests stand at every whole epoch up to the Position."""
    for name, points in state["series"][branch].items():
        xs = [point[0] for point in points]
        assert xs == sorted(set(xs)), name
    tested = [point[0] for point in state["series"][branch]["test_accuracy"]]
    assert tested == list(range(1, state["session"]["position"]["epoch"] + 1))


def agree(*pages: Page) -> None:
    """All pages have the server's Snapshot at the same number."""
    snapshot = pages[0].snapshot()
    for page in pages:
        page.sees(lambda state: state["seq"] >= snapshot["seq"])
        assert page.state == snapshot


def test_start_change_the_rate_interrupt_continue_finish(stage: Stage, server: Server) -> None:
    ada = stage.page(server, name="Ada")
    ben = stage.page(server, ada.room, "Ben")
    assert ada.command("set_settings", {"epochs": 400})["ok"]
    assert ada.command("start")["ok"]
    ben.sees(lambda state: len(state["series"].get("b1", {}).get("train_loss", ())) > 5, what="live points")
    assert ben.command("set_settings", {"learning_rate": 0.01})["ok"]
    state = ada.sees(lambda state: any("learning_rate" in marker["changes"] for marker in state["markers"]))
    marker = state["markers"][-1]
    assert marker["by"] == {"id": ben.person, "name": "Ben"}
    assert marker["changes"] == {"learning_rate": {"from": 0.05, "to": 0.01}}
    assert marker["x"] > 0
    assert ada.command("interrupt")["ok"]
    stopped = ben.status("paused")["session"]["position"]
    assert ben.command("continue", {"epochs": 3})["ok"]
    state = ada.sees(lambda state: state["session"]["reason"] == "finished", 60, "the end")
    assert state["session"]["position"]["epoch"] == stopped["epoch"] + 3
    late = stage.page(server, ada.room)
    no_hole_no_double(late.state)
    agree(ada, ben, late)
    assert ada.gaps == ben.gaps == 0


def test_a_reconnecting_page_gets_what_it_missed(stage: Stage, server: Server) -> None:
    steady = stage.page(server)
    shaky = stage.page(server, steady.room)
    steady.command("start", {"epochs": 300})
    for _ in range(3):
        seen = shaky.state["seq"]
        steady.sees(lambda state, seen=seen: state["seq"] > seen + 5)
        shaky.break_line()
        shaky.sees(lambda state, seen=seen: state["seq"] > seen + 5, what="events after the break")
    steady.command("interrupt")
    steady.status("paused")
    agree(steady, shaky)


def test_two_people_acting_at_once_end_with_the_same_state(stage: Stage, server: Server) -> None:
    ada = stage.page(server, name="Ada")
    ben = stage.page(server, ada.room, "Ben")
    ada.command("start", {"epochs": 1000})
    ada.status("training")

    def turn(page: Page, values: list[float]) -> list[Any]:
        return [page.command("set_settings", {"dropout": value}) for value in values]

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(turn, [ada, ben], [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]]))
    assert all(answer["ok"] for mine in answers for answer in mine)
    ada.sees(lambda state: len(state["markers"]) == 8, what="all eight changes")
    first, second = ada.command("interrupt"), ben.command("interrupt")
    assert first["ok"]
    assert second["ok"] or second["error"]["code"] == "not_training"
    ada.status("paused")
    agree(ada, ben)
    steps = [marker["changes"]["dropout"] for marker in ada.state["markers"]]
    assert all(before["to"] == after["from"] for before, after in zip(steps, steps[1:], strict=False))
