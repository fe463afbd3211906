"""No change costs more memory than it must; what is frozen rests to the bit; all of it survives a Checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import LATER, PLANS, Settings, changed
from ml_utils.trainer import keeper
from ml_utils.trainer.checkpoint import Checkpoint
from ml_utils.trainer.measure import Progress
from ml_utils.trainer.order import Patience

from .conftest import Lab
from .test_exact import END, begun, final, reach, recover, undisturbed
from .trained import BASES, EPOCH, PLAIN, Trained, same

KEEPING: list[dict[str, Any]] = [
    {"learning_rate": 0.1}, {"momentum": 0.3}, {"momentum": 0.0}, {"nesterov": True}, {"weight_decay": 0.1}, {"beta2": 0.5},
    {"alpha": 0.5}, {"epsilon": 0.1}, {"clipping": 0.1}, {"scheduler": "cosine"}, {"warmup": 1.0}, {"schedule_epochs": 3},
    {"schedule_factor": 0.1}, {"dropout": 0.5}, {"dropouts": {"dropout1": 0.9}}, {"loss": "multi_margin"},
    {"label_smoothing": 0.1}, {"batch_size": 7}, {"epochs": 3}, {"pace": 1.0}, {"frozen": ["linear1"]},
    {"frozen": ["linear1", "linear2"]}, {"loss": "focal"}, {"focal_gamma": 1.0}, {"balanced": True},
    {"class_weights": {"3": 4.0}}, {"precision": "bfloat16"}, {"flip": True}, {"rotation": 20.0}, {"crop": 0.2},
    {"jitter": 0.3}, {"erasing": 0.5}, {"mixup": 0.4}, {"patience": 2}, {"watch": "loss"}]
Story = list[tuple[dict[str, Any], int]]  # a change, and batches after it
ALL_OF_THEM = ["conv1", "conv2", "linear1", "linear2"]


@pytest.mark.parametrize("optimizer", BASES)
def test_a_change_keeps_weights_and_memory_and_a_new_optimizer_forgets(optimizer: str) -> None:
    trained = Trained(changed(PLAIN, BASES[optimizer]))
    trained.go(3)
    before, kept = trained.tensors(), trained.learner.optimizer
    for change in KEEPING:
        trained.obey(**change)
        assert same(before, trained.tensors()) and trained.learner.optimizer is kept, change
    trained.obey(optimizer="sgd" if optimizer != "sgd" else "adam")
    assert same(before, trained.tensors(), "model.") and not trained.learner.optimizer.state


@pytest.mark.parametrize("change", [{"learning_rate": 0.1}, {"warmup": 1.0}, {"schedule_epochs": 3}, {"schedule_factor": 0.1}])
def test_a_schedule_begins_anew_where_it_is_changed(change: dict[str, Any]) -> None:
    trained = Trained(changed(PLAIN, {"scheduler": "plateau", "schedule_epochs": 1}))
    trained.go(2 * EPOCH)
    assert trained.learner.schedule_state() == {"begun": 0.0, "drops": 1, "best": 1.0, "bad": 0}
    trained.obey(momentum=0.1, clipping=1.0, pace=2.0)
    assert trained.learner.schedule.drops == 1
    trained.obey(**change)
    assert trained.learner.schedule_state() == {"begun": 2.0, "drops": 0, "best": None, "bad": 0}


def part(tensors: dict[str, Tensor], layer: str) -> dict[str, Tensor]:
    """The weights of one layer of the CNN and the optimizer's memory of them."""
    first = 2 * ALL_OF_THEM.index(layer)
    starts = (f"model.{layer}.", f"optimizer.{first}.", f"optimizer.{first + 1}.")
    return {name: tensor for name, tensor in tensors.items() if name.startswith(starts)}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("layer", ALL_OF_THEM)
def test_a_frozen_layer_and_its_memory_rest_to_the_bit_and_the_others_learn(base: str, layer: str) -> None:
    trained = Trained(changed(PLAIN, {**BASES[base], "weight_decay": 0.1, "clipping": 1.0}), cnn())
    trained.go(3)
    trained.obey(frozen=[layer])
    before = trained.tensors()
    trained.go(4)
    after = trained.tensors()
    assert same(part(before, layer), part(after, layer))
    for other in set(ALL_OF_THEM) - {layer}:
        assert not any(torch.equal(before[name], after[name]) for name in part(before, other)), other


@pytest.mark.parametrize("base", BASES)
def test_freezing_for_no_batch_at_all_leaves_no_trace(base: str) -> None:
    trained, undisturbed = Trained(changed(PLAIN, BASES[base]), cnn()), Trained(changed(PLAIN, BASES[base]), cnn())
    for frozen in (["conv1"], ALL_OF_THEM, ["linear2"]):
        trained.obey(frozen=frozen)
        trained.obey(frozen=[])
        trained.go(2)
        undisturbed.go(2)
    assert same(trained.tensors(), undisturbed.tensors())


@pytest.mark.parametrize("base", BASES)
def test_an_unfrozen_layer_goes_on_from_its_memory(base: str) -> None:
    """Alone in the network, it cannot tell that it was frozen."""
    trained, undisturbed = (Trained(changed(PLAIN, {**BASES[base], "frozen": ALL_OF_THEM[:3]}), cnn()) for _ in range(2))
    for one in (trained, undisturbed):
        one.go(3)
    trained.obey(frozen=ALL_OF_THEM)
    trained.go(5)
    trained.batch -= 5
    trained.obey(frozen=ALL_OF_THEM[:3])
    for one in (trained, undisturbed):
        one.go(3)
    assert same(trained.tensors(), undisturbed.tensors(), "model.", "optimizer.")


@pytest.mark.parametrize("base", BASES)
def test_with_every_layer_frozen_a_step_does_nothing(base: str) -> None:
    trained = Trained(changed(PLAIN, {**BASES[base], "frozen": ALL_OF_THEM, "clipping": 1.0, "scheduler": "cosine"}), cnn())
    before = trained.tensors()
    trained.go(2)
    assert same(before, trained.tensors())


@pytest.mark.parametrize("base", BASES)
def test_a_layer_that_never_learned_begins_beside_others(base: str) -> None:
    """Fused SGD takes memory of all parameters or of none: it would fail here."""
    trained = Trained(changed(PLAIN, {**BASES[base], "frozen": ["conv1", "linear2"]}), cnn())
    trained.go(2)
    trained.obey(frozen=[])
    copy = trained.copied()
    for one in (trained, copy):
        one.go(2)
    assert same(trained.tensors(), copy.tensors())


@pytest.mark.parametrize("optimizer", BASES)
def test_a_new_optimizer_while_some_are_frozen_keeps_the_order(optimizer: str) -> None:
    trained = Trained(changed(PLAIN, {"optimizer": "adamw" if optimizer != "adamw" else "sgd", "frozen": ["conv1"]}), cnn())
    trained.go(2)
    trained.obey(**{"optimizer": optimizer, **BASES[optimizer]})
    trained.go(2)
    assert not {"optimizer.0.", "optimizer.1."} & {name[:12] for name in trained.tensors()}
    copy = trained.copied()
    for one in (trained, copy):
        one.obey(frozen=["linear1"])
        one.go(2)
    assert same(trained.tensors(), copy.tensors())


def test_momentum_that_comes_later_comes_to_frozen_layers_when_they_learn_again() -> None:
    trained = Trained(changed(PLAIN, {**BASES["rmsprop"], "momentum": 0.0}), cnn())
    trained.go(2)
    trained.obey(frozen=["conv1"])
    before = part(trained.tensors(), "conv1")
    trained.obey(momentum=0.9)
    trained.go(2)
    assert same(before, part(trained.tensors(), "conv1"))
    trained.obey(frozen=[])
    trained.go(2)
    assert len(part(trained.tensors(), "conv1")) > len(before)


def test_a_layer_that_is_not_there_may_be_frozen() -> None:
    trained = Trained(changed(PLAIN, {"frozen": ["conv9", "relu1"]}))
    trained.go(1)
    assert all(parameter.grad is not None for parameter in trained.learner.model.parameters())


ALL_CHANGES = {"flip": True, "rotation": 15.0, "crop": 0.1, "jitter": 0.2, "erasing": 0.3, "mixup": 0.4}
CHANGES = st.sampled_from([
    *KEEPING, *BASES.values(), {"optimizer": "sgd"}, {"optimizer": "rmsprop", "momentum": 0.0}, {"momentum": 0.9},
    {"frozen": ["conv1"]}, {"frozen": ["conv1", "linear2"]}, {"frozen": []}, {"frozen": ALL_OF_THEM},
    {"scheduler": "one_cycle"}, {"scheduler": "step", "schedule_epochs": 1}, {"scheduler": "plateau", "schedule_epochs": 1},
    {"dropouts": {"dropout1": None}}, {"loss": "focal", "balanced": True}, {"class_weights": {"3": None}}, {"balanced": False},
    {"precision": "float32"}, {"loss": "cross_entropy"}, ALL_CHANGES, {name: PLAIN.model_dump()[name] for name in ALL_CHANGES}])
STORIES = st.lists(st.tuples(CHANGES, st.integers(0, 3)), min_size=1, max_size=6)


@given(STORIES, st.data())
@settings(max_examples=60)
def test_a_checkpoint_taken_anywhere_leads_to_the_same_end(story: Story, data: st.DataObject) -> None:
    """Checkpoint before or after a change, at the same place: the change is then made again, and nothing tells."""
    trained, copies = Trained(PLAIN, cnn()), []
    when = data.draw(st.integers(0, len(story) - 1))
    for number, (change, batches) in enumerate(story):
        if number == when:
            copies = [trained.copied()]
        trained.obey(**change)
        if number == when:
            copies.append(trained.copied())
        for copy in copies:
            copy.obey(**change)
            copy.go(batches)
        trained.go(batches)
    for copy in copies:
        assert same(copy.tensors(), trained.tensors())
        assert copy.learner.schedule_state() == trained.learner.schedule_state()
        assert copy.learner.settings == trained.learner.settings


# ── settings that came later ────────────────────────────────────────────────────────────────────────────────

LATER_ONES: list[dict[str, Any]] = [
    {"loss": "focal", "focal_gamma": 1.5}, {"balanced": True}, {"class_weights": {"3": 4.0}}, {"precision": "bfloat16"},
    *({name: value} for name, value in ALL_CHANGES.items()), {**ALL_CHANGES, "balanced": True, "precision": "bfloat16"}]


@pytest.mark.parametrize("later", LATER_ONES, ids=str)
def test_a_checkpoint_inside_an_epoch_leads_to_the_same_end_with_each_of_them(later: dict[str, Any]) -> None:
    trained, plain = Trained(PLAIN, cnn()), Trained(PLAIN, cnn())
    for one in (trained, plain):
        one.go(3)
    trained.obey(**later)
    trained.go(2)
    copy = trained.copied()
    for one in (trained, copy):
        one.go(EPOCH)
    plain.go(EPOCH + 2)
    assert same(copy.tensors(), trained.tensors())
    assert not same(plain.tensors(), trained.tensors(), "model.")


def test_what_is_usual_again_leaves_no_trace() -> None:
    trained, plain = Trained(PLAIN, cnn()), Trained(PLAIN, cnn())
    for later in LATER_ONES:
        trained.obey(**later)
        trained.obey(**{name: {"3": None} if name == "class_weights" else PLAIN.model_dump()[name] for name in later})
        for one in (trained, plain):
            one.go(1)
    assert same(trained.tensors(), plain.tensors())


@pytest.mark.parametrize("later", LATER_ONES[-1:] + LATER_ONES[1:2], ids=str)
def test_a_session_that_is_interrupted_changed_and_killed_ends_the_same(
        later: dict[str, Any], lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    often = Patience(beat=0.1, redial=0.02, checkpoint=0.0)
    web = begun(lab, often)
    reach(web, 0.3)
    web.answer(web.command("interrupt"))
    web.answer(web.command("set_settings", **later))
    web.answer(web.go(END))
    reach(web, 1.2)
    web.answer(web.command("set_settings", batch_size=7))
    for x in (1.5, 2.5):
        reach(web, x)
        lab.trainers[-1].die()
        recover(lab, web, often)
    digest, scores = final(web)
    assert (digest, scores) == undisturbed(lab, web.known_work().replay)


def test_usual_values_leave_the_digest_as_it_was_before_there_were_such_settings() -> None:
    trained = Trained(PLAIN, cnn())
    trained.go(5)
    plain = PLAIN.model_dump(mode="json")
    before = {name: value for name, value in plain.items() if name not in LATER | PLANS}  # all that there was
    found = Checkpoint(trained.tensors(), Progress(5, 0, 5, 320), PLAIN, trained.learner.schedule_state(), "blueprint", 1)
    meta = json.loads(found.meta())
    assert meta["settings"] == before and found.digest() == replace(found, settings=Settings.model_validate(before)).digest()
    for later in LATER_ONES:
        assert replace(found, settings=changed(PLAIN, later)).digest() != found.digest(), later
