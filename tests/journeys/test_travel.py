"""Time travel with real processes: going back, forks, twins, undone changes and proofs, seen by two pages."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Stage
from tests.journeys.test_training import agree
from tests.server import Page, Server

State = dict[str, Any]


def trained(stage: Stage, server: Server, epochs: int = 3) -> tuple[Page, Page]:
    """Two people in a room that has trained so far."""
    ada = stage.page(server, name="Ada")
    ben = stage.page(server, ada.room, "Ben")
    assert ada.command("start", {"epochs": epochs})["ok"]
    finished(ada)
    return ada, ben


def finished(page: Page, branch: str | None = None) -> State:
    return page.sees(lambda state: state["session"]["reason"] == "finished"
                     and (branch is None or state["session"]["position"]["branch"] == branch), 60, "the end")


def digests(page: Page) -> dict[tuple[str, int], str]:
    """The digest of each epoch's end, by branch and epoch."""
    return {(branch, epoch): digest for (branch, epoch, batch), digest in all_digests(page).items() if batch == 0}


def all_digests(page: Page) -> dict[tuple[str, int, int], str]:
    """The digest of each Checkpoint, by branch, epoch and batch, as the log has them; each place has one only."""
    found: dict[tuple[str, int, int], set[str]] = {}
    for event in page.log():
        data = event["data"]
        if event["name"] == "checkpoint_saved":
            found.setdefault((data["branch"], data["epoch"], data["batch"]), set()).add(data["digest"])
    assert all(len(some) == 1 for some in found.values())
    return {place: next(iter(some)) for place, some in found.items()}


def test_back_and_on_without_a_change_gives_the_same_curve_to_the_bit(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server)
    assert ben.command("revert", {"branch": "b1", "epoch": 1})["ok"]
    state = ada.sees(lambda state: state["session"]["reason"] == "reverted")
    assert state["session"]["position"]["epoch"] == 1 and state["session"]["held"] == []
    assert ada.command("continue")["ok"]
    state = finished(ada, "b2")
    assert state["branches"]["b2"]["parent"] == "b1" and state["branches"]["b2"]["epoch"] == 1
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "epoch_loss"):
        assert state["series"]["b2"][name] == [point for point in state["series"]["b1"][name] if point[0] > 1], name
    known = digests(ada)
    assert known["b2", 2] == known["b1", 2] and known["b2", 3] == known["b1", 3]
    agree(ada, ben)


def test_back_while_training_and_on_with_another_rate(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server)
    assert ada.command("continue", {"epochs": 500})["ok"]
    ben.sees(lambda state: state["session"]["position"]["x"] > 4.2)
    assert ben.command("revert", {"branch": "b1", "epoch": 2, "reason": "it learned by heart"})["ok"]
    ada.sees(lambda state: state["session"]["reason"] == "reverted")
    assert ada.command("set_settings", {"learning_rate": 0.001, "reason": "smaller"})["ok"]
    assert ben.command("continue", {"epochs": 2})["ok"]
    state = finished(ada, "b2")
    assert state["branches"]["b2"]["changes"] == {"learning_rate": {"from": 0.05, "to": 0.001}}
    assert [marker["reason"] for marker in state["markers"] if marker["branch"] == "b2"] == ["smaller"]
    assert state["branches"]["b1"]["tip"]["x"] > 4.2
    tip = state["branches"]["b1"]["tip"]
    assert ada.command("revert", {"branch": "b1"})["ok"]  # its tip, in the middle of an epoch
    state = ben.sees(lambda state: state["session"]["reason"] == "reverted")
    assert {name: state["session"]["position"][name] for name in tip} == tip
    assert ben.command("continue", {"epochs": 1})["ok"]
    state = finished(ben, "b1")
    assert len(state["branches"]) == 2
    agree(ada, ben)


def test_twins_see_the_same_batches_and_differ_in_one_value(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server, 2)
    wish = {"branch": "b1", "epoch": 1, "setting": "learning_rate", "values": [0.05, 0.01], "epochs": 2}
    assert ben.command("twin", wish)["ok"]
    state = finished(ada, "b3")
    first, second = state["branches"]["b2"], state["branches"]["b3"]
    assert first["group"] == second["group"] and first["kind"] == "twin" and state["plan"] == []
    assert second["changes"] == {"learning_rate": {"from": 0.05, "to": 0.01}} and first["changes"] == {}
    known = digests(ada)
    assert known["b2", 2] == known["b1", 2]  # the twin without a change is what was there before
    one, other = (state["series"][branch]["train_loss"] for branch in ("b2", "b3"))
    assert [point[0] for point in one] == [point[0] for point in other]
    assert one[0] == other[0]  # the first batch is the same, the step from it differs
    assert one[1:] != other[1:]
    agree(ada, ben)


def test_a_change_is_undone_and_the_later_one_is_made_again(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server, 1)
    assert ada.command("continue", {"epochs": 300})["ok"]
    ada.sees(lambda state: state["session"]["position"]["x"] > 1.3)
    assert ada.command("set_settings", {"learning_rate": 0.2})["ok"]
    state = ada.sees(lambda state: len(state["markers"]) == 1)
    ada.sees(lambda now: now["session"]["position"]["x"] > state["markers"][0]["x"] + 0.5)
    assert ben.command("set_settings", {"dropout": 0.5})["ok"]
    state = ada.sees(lambda state: len(state["markers"]) == 2)
    ada.sees(lambda now: now["session"]["position"]["x"] > state["markers"][1]["x"] + 0.2)
    assert ben.command("undo", {"seq": state["markers"][0]["seq"]})["ok"]
    state = finished(ada, "b2")
    again = [marker for marker in state["markers"] if marker["branch"] == "b2"]
    old = state["markers"][1]
    assert [(one["x"], one["changes"], one["by"]) for one in again] == [(old["x"], old["changes"], old["by"])]
    assert again[0]["replays"] == old["seq"] and state["branches"]["b2"]["of"] == state["markers"][0]["seq"]
    assert state["settings"]["learning_rate"] == 0.05 and state["settings"]["dropout"] == 0.5
    agree(ada, ben)


def test_an_epoch_is_proved_beside_the_training(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server, 2)
    assert ada.command("continue", {"epochs": 300})["ok"]
    assert ben.command("prove", {"branch": "b1", "epoch": 2})["ok"]
    ada.sees(lambda state: [one["state"] for one in state["proofs"]] == ["running"])
    state = ada.sees(lambda state: state["proofs"][0]["state"] != "running", 60)
    assert state["proofs"][0]["state"] == "same", state["proofs"]
    assert state["proofs"][0]["by"]["name"] == "Ben"
    assert state["session"]["status"] == "training"
    assert ben.command("prove", {"branch": "b1", "epoch": 900})["error"]["code"] == "not_trained"


def test_single_steps_show_their_batch(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server, 1)
    assert ada.command("step", {"batches": 3})["ok"]
    state = ben.sees(lambda state: state["session"]["reason"] == "stepped")
    assert state["session"]["position"]["batch"] == 3
    shown = state["session"]["shown"]
    assert shown["position"] == state["session"]["position"] and shown["size"] == 64 and len(shown["labels"]) == shown["shown"]
    assert ada.command("continue", {"epochs": 1})["ok"]
    finished(ben)
    assert digests(ben) == digests(ada)


def test_a_frozen_layer_stands_still_and_learns_again(stage: Stage, server: Server) -> None:
    ada, ben = trained(stage, server, 1)
    assert ada.command("freeze", {"layer": "conv*", "reason": "only the head"})["ok"]
    state = ben.sees(lambda state: state["settings"]["frozen"] == ["conv1", "conv2"])
    assert state["markers"][-1]["reason"] == "only the head"
    assert ada.command("freeze", {"layer": "pool1"})["error"]["code"] == "unknown_layer"
    assert ben.command("continue", {"epochs": 200})["ok"]
    state = ada.sees(lambda state: state["session"]["position"]["x"] > 1.5 and state["layers"].get("conv1"))
    still = ada.sees(lambda state: state["layers"]["conv1"].get("gradient_norm", 0) is None)["layers"]["conv1"]["weight_norm"]
    assert ada.command("unfreeze", {"layer": "conv1"})["ok"]
    state = ben.sees(lambda state: state["settings"]["frozen"] == ["conv2"])
    ben.sees(lambda state: state["layers"]["conv1"]["gradient_norm"] is not None
             and state["layers"]["conv1"]["weight_norm"] != still)


def test_a_change_between_two_epochs_is_undone_to_the_bit(stage: Stage, server: Server) -> None:
    calm, _ = trained(stage, server, 4)
    ada, ben = trained(stage, server, 2)
    assert ada.command("set_settings", {"optimizer": "adam", "learning_rate": 0.01})["ok"]
    assert ada.command("set_settings", {"epochs": 7})["ok"]
    assert ada.command("continue", {"epochs": 2})["ok"]
    ada.sees(lambda state: state["session"]["reason"] == "finished" and state["session"]["position"]["epoch"] == 4, 60)
    assert ben.command("undo", {"seq": ada.state["markers"][0]["seq"]})["ok"]
    finished(ada, "b2")
    undone, wanted = digests(ada), digests(calm)
    assert [undone["b2", epoch] for epoch in (3, 4)] == [wanted["b1", epoch] for epoch in (3, 4)]
    assert undone["b1", 3] != wanted["b1", 3]
    assert ada.state["settings"]["optimizer"] == "sgd" and ada.state["settings"]["epochs"] == 7
    agree(ada, ben)


def test_what_was_thinned_is_reached_again_to_the_bit(stage: Stage) -> None:
    server = stage.server(checkpoint_quota=1)
    ada, ben = trained(stage, server, 24)
    state = ada.sees(lambda state: len(state["checkpoints"]) < 12, 20, "thinning")
    kept = {one["epoch"] for one in state["checkpoints"]}
    assert 24 in kept and sum(one["bytes"] for one in state["checkpoints"]) <= 1_000_000
    files = list((server.instance / "checkpoints" / ada.room).rglob("*.pt"))
    assert len(files) <= len(kept) + 3  # those in between that are for recovery only
    gone = next(epoch for epoch in range(5, 24) if epoch not in kept)
    assert ben.command("pin", {"branch": "b1", "epoch": gone})["error"]["code"] == "not_kept"
    assert ben.command("set_settings", {"optimizer": "adam", "learning_rate": 0.001})["ok"]
    assert ben.command("revert", {"branch": "b1", "epoch": gone, "keep_settings": True})["ok"]
    ada.sees(lambda state: any(one["epoch"] == gone for one in state["checkpoints"]), 60, "the checkpoint made again")
    assert ben.command("pin", {"branch": "b1", "epoch": gone})["ok"]
    assert ben.command("prove", {"branch": "b1", "epoch": gone})["ok"]
    state = ada.sees(lambda state: state["proofs"] and state["proofs"][0]["state"] != "running", 60)
    assert state["proofs"][0]["state"] == "same", state["proofs"]
    assert ada.command("revert", {"branch": "b1", "epoch": gone})["ok"]
    assert ada.command("continue", {"epochs": 2})["ok"]
    finished(ada, "b2")
    known = digests(ada)
    assert all(known["b2", epoch] == known["b1", epoch] for epoch in (gone + 1, gone + 2))
    agree(ada, ben)
