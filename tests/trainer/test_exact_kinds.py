"""The core promise for every kind of layer: running statistics, recurrent cells, attention, blocks of layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.settings import Settings
from ml_utils.trainer.checkpoint import load
from ml_utils.trainer.data import Batches, digits

from .conftest import Lab
from .fake_web import FakeWeb
from .test_exact import END, begun, final, reach, recover, undisturbed
from .trained import CPU, Trained, same

END_ROW = {"kind": "linear", "features": 10}
NETWORKS: dict[str, list[dict[str, Any]]] = {
    "normalised": [
        {"kind": "conv", "channels": 6, "bias": False}, {"kind": "batchnorm"}, {"kind": "relu"},
        {"kind": "residual", "layers": [
            {"kind": "conv", "channels": 8, "stride": 2}, {"kind": "batchnorm"}, {"kind": "spatialdropout"}]},
        {"kind": "groupnorm", "groups": 2}, {"kind": "adaptiveavgpool", "size": 2}, {"kind": "flatten"}, {"kind": "dropout"},
        END_ROW],
    "attentive": [
        {"kind": "patches", "height": 2, "width": 2}, {"kind": "linear", "features": 12}, {"kind": "position"},
        {"kind": "transformer", "heads": 3, "feedforward": 16}, {"kind": "sequencepool"}, END_ROW],
    "recurrent": [
        {"kind": "patches", "height": 1, "width": 8}, {"kind": "lstm", "features": 8, "both": True, "output": "all"},
        {"kind": "layernorm"}, {"kind": "gru", "features": 8}, END_ROW],
    "worded": [{"kind": "tokens", "levels": 4}, {"kind": "embedding", "features": 4}, {"kind": "flatten"}, END_ROW],
}
STATISTICS = ("model.batchnorm1.running", "model.batchnorm1.num")


def network(name: str) -> Blueprint:
    return Blueprint.model_validate({"dataset": "digits", "layers": NETWORKS[name]})


@pytest.mark.parametrize("name", list(NETWORKS))
def test_interrupts_and_a_kill_change_nothing(lab: Lab, name: str) -> None:
    web = begun(lab, blueprint=network(name))
    reach(web, 0.6)
    web.answer(web.command("interrupt"))
    web.answer(web.go(END))
    reach(web, 1.4)
    lab.trainers[-1].die()
    recover(lab, web)
    assert final(web) == undisturbed(lab, blueprint=network(name))


def test_layers_that_rest_for_a_while_are_replayed_with_their_statistics(lab: Lab) -> None:
    blueprint = network("normalised")
    web = begun(lab, blueprint=blueprint)
    for x, name in ((0.4, "freeze"), (1.6, "unfreeze")):
        reach(web, x)
        web.answer(web.command(name, layers=["batchnorm1", "residual1"]))
    found = final(web)
    assert found == undisturbed(lab, web.known_work().replay, blueprint)
    assert found[0] != undisturbed(lab, blueprint=blueprint)[0]


def test_a_pause_for_a_loss_that_is_not_finite_leaves_the_statistics_where_they_were(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = iter(range(1000))
    monkeypatch.setattr("ml_utils.trainer.loop.isfinite", lambda _: next(batches) not in (5, 123))
    web = begun(lab, blueprint=network("normalised"))
    for count in (1, 2):
        web.event("training_paused", count, reason="loss_not_finite")
        web.answer(web.go(END))
    assert final(web) == undisturbed(lab, blueprint=network("normalised"))


# ── statistics ──────────────────────────────────────────────────────────────────────────────────────────────

def test_a_frozen_norm_keeps_weights_and_statistics_also_after_an_evaluation() -> None:
    trained = Trained(blueprint=network("normalised"))
    trained.go(3)
    trained.obey(frozen=["batchnorm1"])
    before = trained.tensors()
    trained.learner.model.eval()
    trained.learner.train()
    trained.go(3)
    after = trained.tensors()
    assert same(before, after, *STATISTICS[:1]) and same(before, after, "model.batchnorm1.")
    assert not same(before, after, "model.conv1.") and not same(before, after, "model.residual1.body.batchnorm1.")
    trained.obey(frozen=[])
    trained.go(1)
    assert not same(after, trained.tensors(), "model.batchnorm1.")


def test_settings_obeyed_in_the_middle_of_an_evaluation_leave_it_one() -> None:
    learner = Trained(blueprint=network("normalised")).learner
    learner.model.eval()
    learner.obey(Settings(frozen=("conv1",)))
    assert not any(module.training for module in learner.model.modules())


def test_a_forward_pass_can_be_taken_back_to_the_bit() -> None:
    trained = Trained(blueprint=network("normalised"))
    trained.go(1)
    before, state = trained.tensors(), trained.learner.before()
    trained.learner.model(torch.full((8, 1, 8, 8), torch.nan))
    assert not same(before, trained.learner.tensors(), "model.batchnorm1.")
    trained.learner.take_back(state)
    assert same(before, trained.learner.tensors())


def test_dropout_reaches_blocks_and_attention() -> None:
    for name, kinds in (("normalised", 2), ("attentive", 4)):
        learner = Trained(Settings(dropout=0.4), network(name)).learner
        shares = [part.p for part in learner.model.modules() if isinstance(part, torch.nn.Dropout | torch.nn.Dropout2d)]
        shares += [part.dropout for part in learner.model.modules() if isinstance(part, torch.nn.MultiheadAttention)]
        assert shares == [0.4] * kinds
    learner.obey(Settings(dropout=0.4, dropouts={"transformer1": 0.1}))
    assert {part.p for part in learner.model.modules() if isinstance(part, torch.nn.Dropout)} == {0.1}


def test_no_batch_has_one_example_only() -> None:
    data = digits(1, CPU)  # 1437 examples
    batches, sizes, seen = Batches(data, 1), [], 0
    while seen < 1437:
        sizes.append(len(batches.take(0, seen, 4)[1]))
        seen += sizes[-1]
    assert sizes == [4] * 358 + [5]


def test_a_backbone_keeps_its_own_dropout_and_rests_as_a_whole_when_frozen() -> None:
    layers = [{"kind": "backbone", "model": "mobilenet_v3_small", "size": 32}, {"kind": "dropout"}, END_ROW]
    learner = Trained(Settings(dropout=0.4), Blueprint.model_validate({"dataset": "digits", "layers": layers})).learner
    inner = [part for part in learner.model.backbone1.modules() if isinstance(part, torch.nn.Dropout)]
    assert inner and all(part.p == 0.2 and part.training for part in inner) and learner.model.dropout1.p == 0.4
    learner.obey(Settings(frozen=("backbone1",)))
    assert not any(part.training for part in learner.model.backbone1.modules()) and learner.model.dropout1.training
    learner.model.eval()
    learner.train()
    assert not any(part.training for part in learner.model.backbone1.modules())
    learner.obey(Settings())
    assert all(part.training for part in learner.model.backbone1.modules())


# ── warm start ──────────────────────────────────────────────────────────────────────────────────────────────

def warmed(lab: Lab, web: FakeWeb, blueprint: Blueprint, layers: tuple[str, ...], **others: Any) -> FakeWeb:
    """A second Run in the room of `web`, begun with the weights of the first."""
    saved = web.told("checkpoint_saved", epoch=END)[-1]["data"]
    warm = {"run": "r1", **{name: saved[name] for name in ("branch", "epoch", "batch", "digest")}, "layers": layers, **others}
    second = FakeWeb(web.address.with_name("second"), blueprint)
    lab.webs.append(second)
    place = {"run": "r2", "branch": "b2", "epoch": 0, "batch": 0, "batches": 23, "x": 0.0}
    second.work = second.known_work(warm=warm, position=place, go=True, until=1)
    lab.trainer(second)
    return second


def test_a_warm_start_takes_over_what_it_says_and_nothing_else(lab: Lab) -> None:
    web = begun(lab, blueprint=network("normalised"))
    final(web)
    lab.trainers[-1].die()
    layers = [*NETWORKS["normalised"][:-1], {"kind": "linear", "features": 16}, END_ROW]
    wider = Blueprint.model_validate({"dataset": "digits", "layers": layers})
    second = warmed(lab, web, wider, ("conv1", "batchnorm1", "residual1", "groupnorm1"))
    second.event("training_paused", reason="finished")
    told = [one["data"] for one in second.told("epoch_finished")]
    assert told[0]["train"]["accuracy"] > 0.5, "it began with what was learned"


def test_a_warm_start_whose_weights_are_gone_fails_in_words(lab: Lab) -> None:
    web = begun(lab, blueprint=network("normalised"))
    final(web)
    lab.trainers[-1].die()
    second = warmed(lab, web, network("normalised"), ("conv1",), digest="0" * 64)
    failed = second.event("session_failed")["data"]
    assert failed["code"] == "weights_missing" and "fresh weights" in failed["hint"]


def test_the_weights_taken_over_are_those_of_the_checkpoint(lab: Lab) -> None:
    web = begun(lab, blueprint=network("normalised"))
    final(web)
    saved = web.told("checkpoint_saved", epoch=END)[-1]["data"]
    file = next((web.address.parent / "checkpoints").glob(f"*/*/*/*{saved['digest'][:16]}.pt"))
    tensors = load(file, saved["digest"], {"room": "abcdefgh", "run": "r1", "branch": "b1"}).tensors
    learner = Trained(blueprint=network("normalised")).learner
    fresh = {name: tensor.clone() for name, tensor in learner.tensors().items()}
    learner.take_over(tensors, ("conv1", "batchnorm1"))
    now = learner.tensors()
    assert same(now, tensors, "model.conv1.") and same(now, tensors, "model.batchnorm1.")
    assert same(now, fresh, "model.linear1.") and same(now, fresh, "model.residual1.")
