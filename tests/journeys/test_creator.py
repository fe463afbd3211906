"""From the draft of a network to its training, with real processes: warm starts, pretrained weights, limits."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models import get_model

from tests.journeys.conftest import Stage
from tests.journeys.test_training import agree
from tests.journeys.test_travel import digests, finished
from tests.server import Page, Server
from tests.trainer.test_pretrained import FOLDER, file_name
from tests.waiting import until

HEAD = {"kind": "linear", "features": 10}
BLOCK = {"kind": "residual", "layers": [{"kind": "conv", "channels": 8, "stride": 2}, {"kind": "batchnorm"}]}
LAYERS = [{"kind": "conv", "channels": 6}, {"kind": "batchnorm"}, {"kind": "relu"}, BLOCK, {"kind": "flatten"},
          {"kind": "linear", "features": 16}, HEAD]
BACKBONE = {"kind": "backbone", "model": "squeezenet1_1", "size": 32, "pretrained": True}


def edit(page: Page, *edits: dict[str, Any]) -> dict[str, Any]:
    """Change the draft, and see it as it is after this: the first edit of all is two Events."""
    draft = page.state["draft"]
    answer = page.command("edit_draft", {"seq": draft["seq"] if draft else 0, "edits": list(edits)})
    assert answer["ok"], answer
    return page.sees(lambda state: state["seq"] >= answer["seq"])["draft"]  # type: ignore[no-any-return]


def load(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"op": "load", "blueprint": {"dataset": "digits", "layers": list(layers)}}


def train(page: Page, epochs: int, **more: Any) -> dict[str, Any]:
    """Make a run of the draft and train it to its end."""
    branch = f"b{len(page.state['branches']) + 1}"
    assert page.command("new_run", {"blueprint": page.state["draft"]["blueprint"], **more})["ok"]
    assert page.command("start", {"epochs": epochs})["ok"]
    return finished(page, branch)


@pytest.fixture
def warm(stage: Stage) -> tuple[Page, Server]:
    """A room whose second run began with weights of the first."""
    server = stage.server()
    ada = stage.page(server, name="Ada")
    edit(ada, load(*LAYERS))
    train(ada, 3)
    edit(ada, {"op": "change", "at": [5], "fields": {"features": 20}})
    return ada, server


def test_a_warm_run_begins_with_what_was_learned_and_says_so(warm: tuple[Page, Server], stage: Stage) -> None:
    ada, server = warm
    ben = stage.page(server, ada.room, "Ben")
    state = train(ada, 1, warm=True)
    known = state["runs"]["r2"]["warm"]
    assert (known["run"], known["epoch"], known["layers"]) == ("r1", 3, ["conv1", "batchnorm1", "residual1"])
    fresh = train(ada, 1)  # the same network without them
    first = {branch: fresh["series"][branch]["test_accuracy"][0][1] for branch in ("b1", "b2", "b3")}
    assert digests(ada)["b2", 1] != digests(ada)["b3", 1] and first["b2"] > first["b3"]
    agree(ada, ben)


def test_a_warm_run_is_trained_again_to_the_bit_after_going_back_and_after_a_kill(warm: tuple[Page, Server]) -> None:
    ada, server = warm
    train(ada, 2, warm=True)
    assert ada.command("revert", {"branch": "b2", "epoch": 0})["ok"]
    ada.sees(lambda state: state["session"]["reason"] == "reverted")
    assert ada.command("continue", {"epochs": 2})["ok"]
    ada.sees(lambda state: state["session"]["position"]["branch"] == "b3")
    for pid in until(server.trainers, what="a trainer"):
        os.kill(pid, signal.SIGKILL)
    finished(ada, "b3")
    known = digests(ada)
    assert known["b3", 1] == known["b2", 1] and known["b3", 2] == known["b2", 2]
    assert ada.command("prove", {"branch": "b2", "epoch": 1})["ok"]
    proofs = ada.sees(lambda state: state["proofs"] and state["proofs"][0]["state"] != "running", 60)["proofs"]
    assert proofs[0]["state"] == "same"


def test_a_warm_run_whose_weights_were_lost_fails_in_words(warm: tuple[Page, Server]) -> None:
    ada, server = warm
    assert ada.command("new_run", {"blueprint": ada.state["draft"]["blueprint"], "warm": True})["ok"]
    source = ada.sees(lambda state: "r2" in state["runs"])["runs"]["r2"]["warm"]
    for file in (server.instance / "checkpoints" / ada.room / "r1").glob(f"*/*{source['digest'][:16]}.pt"):
        file.unlink()
    for pid in server.trainers():  # this one may have read them already
        os.kill(pid, signal.SIGKILL)
    until(lambda: not server.trainers(), what="the end of the trainer")
    assert ada.command("start")["ok"]
    error = ada.status("failed")["session"]["error"]
    assert error["code"] == "weights_missing" and "r1" in error["message"] and "fresh" in error["hint"]


def test_pretrained_weights_are_asked_for_in_words_and_used_when_they_are_there(stage: Stage, tmp_path: Path) -> None:
    server = stage.server(data=tmp_path / "data")
    ada = stage.page(server)
    edit(ada, load(BACKBONE, HEAD))
    assert ada.command("new_run", {"blueprint": ada.state["draft"]["blueprint"], "settings": {"frozen": ["backbone1"]}})["ok"]
    assert ada.command("start", {"epochs": 1})["ok"]
    error = ada.status("failed")["session"]["error"]
    assert error["code"] == "weights_missing" and "squeezenet1_1" in error["message"]
    assert "switch Pretrained off" in error["hint"]
    file = tmp_path / "data" / FOLDER / file_name("squeezenet1_1")
    assert file.name in error["hint"]
    file.parent.mkdir(parents=True)
    torch.manual_seed(3)
    torch.save(get_model("squeezenet1_1").state_dict(), file)
    assert ada.command("start", {"epochs": 1})["ok"]
    finished(ada)


def test_two_build_one_network_and_each_takes_back_what_the_other_did(stage: Stage, server: Server) -> None:
    ada = stage.page(server, name="Ada")
    ben = stage.page(server, ada.room, "Ben")
    loaded = edit(ada, load(*LAYERS))
    ben.sees(lambda state: state["draft"] == loaded)
    edit(ben, {"op": "remove", "at": [4]})
    error = ada.sees(lambda state: state["draft"]["report"]["error"])["draft"]["report"]["error"]
    assert error["layer"] == "linear1" and "16" not in error["why"]["en"].partition("gets")[0]
    old = ada.state["draft"]["seq"] - 1
    refused = ada.command("edit_draft", {"seq": old, "edits": [{"op": "remove", "at": [0]}]})["error"]
    assert refused["code"] == "stale" and "Ben" in refused["message"]
    edit(ada, *error["fixes"][0]["edits"])
    mended = ada.state["draft"]
    ben.sees(lambda state: state["draft"] == mended and not state["draft"]["report"]["error"])
    assert ben.command("undo_edit")["ok"] and ben.command("undo_edit")["ok"]
    ben.sees(lambda state: len(state["draft"]["blueprint"]["layers"]) == len(LAYERS))
    agree(ada, ben)


def test_a_network_at_its_limits_is_refused_and_one_below_them_trains(stage: Stage) -> None:
    ada = stage.page(stage.server(trainer_memory=2000))
    edit(ada, load({"kind": "conv", "channels": 2048}, {"kind": "adaptiveavgpool"}, {"kind": "flatten"}, HEAD))
    blueprint = ada.state["draft"]["blueprint"]
    refused = ada.command("new_run", {"blueprint": blueprint, "settings": {"batch_size": 1024}})
    assert refused["error"]["code"] == "too_large"
    assert ada.command("new_run", {"blueprint": blueprint, "settings": {"batch_size": 512}})["ok"]
    assert ada.command("start", {"epochs": 1})["ok"]
    finished(ada)
