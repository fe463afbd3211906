"""The core promise: whatever happens on the way, the end is the same, to the bit."""

from __future__ import annotations

from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.settings import Settings
from ml_utils.core.work import Change
from ml_utils.trainer import keeper
from ml_utils.trainer.order import Patience

from .conftest import QUICK, Lab
from .fake_web import FakeWeb

END = 3  # epochs
SETTINGS = Settings(batch_size=16)
CHANGES: list[dict[str, Any]] = [
    {"learning_rate": 0.01}, {"batch_size": 7}, {"optimizer": "adam", "learning_rate": 0.001}, {"dropout": 0.6},
    {"optimizer": "rmsprop", "momentum": 0.0}, {"momentum": 0.5}, {"label_smoothing": 0.1}, {"loss": "multi_margin"},
    {"optimizer": "adamw", "weight_decay": 0.1}, {"optimizer": "sgd", "weight_decay": 0.0}]


def final(web: FakeWeb) -> tuple[str, list[Any]]:
    """Return the digest at the end, and the scores of all epochs on the way."""
    web.event("training_paused", reason="finished")
    scores = {event["position"]["epoch"]: (event["data"]["train"], event["data"]["test"])
              for event in web.told("epoch_finished")}
    return web.told("checkpoint_saved", epoch=END, batch=0)[-1]["data"]["digest"], sorted(scores.items())


def undisturbed(lab: Lab, changes: tuple[Change, ...] = (), blueprint: Blueprint | None = None,
                settings: Settings = SETTINGS) -> tuple[str, list[Any]]:
    web = lab.web(blueprint, settings)
    web.work = web.known_work(go=True, until=END, replay=changes)
    lab.trainer(web)
    found = final(web)
    lab.trainers[-1].die()
    return found


def begun(lab: Lab, patience: Patience = QUICK, blueprint: Blueprint | None = None) -> FakeWeb:
    web = lab.web(blueprint, SETTINGS)
    web.work = web.known_work(go=True, until=END)
    lab.trainer(web, patience)
    return web


def recover(lab: Lab, web: FakeWeb, patience: Patience = QUICK, **others: Any) -> None:
    """Start the next attempt as the log knows it."""
    web.work = web.known_work(go=True, until=END, **others)
    lab.trainer(web, patience)
    web.wait(lambda: len(web.hellos) == len(lab.trainers), "the next attempt")


def reach(web: FakeWeb, x: float) -> None:
    """Wait until the training has come this far (or to its end)."""
    web.wait(lambda: web.position.x >= min(x, END), f"x = {x}")


def changes_told(web: FakeWeb) -> tuple[Change, ...]:
    return web.known_work().replay


@pytest.mark.parametrize("blueprint", [cnn(), mlp()], ids=["cnn", "mlp"])
def test_two_undisturbed_runs_are_equal(lab: Lab, blueprint: Blueprint) -> None:
    assert undisturbed(lab, blueprint=blueprint) == undisturbed(lab, blueprint=blueprint)


def test_another_seed_is_another_run(lab: Lab) -> None:
    assert undisturbed(lab, blueprint=cnn(seed=1))[0] != undisturbed(lab, blueprint=cnn(seed=2))[0]


def test_interrupt_and_continue_change_nothing(lab: Lab) -> None:
    web = begun(lab)
    for count in range(1, 6):
        reach(web, count / 2)
        web.answer(web.command("interrupt"))
        web.answer(web.go(END))
    assert final(web) == undisturbed(lab)


def test_a_killed_trainer_is_replaced_without_a_trace(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    often = Patience(beat=0.1, redial=0.02, checkpoint=0.0)
    web = begun(lab, often)
    for count in (30, 60, 90):
        web.event("checkpoint_saved", count)
        lab.trainers[-1].die()
        recover(lab, web, often)
        web.event("trainer_recovered", attempt=len(lab.trainers))
    assert final(web) == undisturbed(lab)


def test_every_checkpoint_leads_to_the_same_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    web = lab.web(None, SETTINGS)
    web.acking = False  # so that no passing checkpoint is removed
    web.work = web.known_work(go=True, until=END)
    lab.trainer(web, Patience(beat=0.1, redial=0.02, checkpoint=0.0, farewell=0.0))
    expected = final(web)
    lab.trainers[-1].die()
    web.acking = True
    known = web.known_work().checkpoints
    assert len(known) > 200
    scores: list[Any]
    for checkpoint in known[5::45]:
        at = web.position.model_copy(update={"epoch": checkpoint.epoch, "batch": checkpoint.batch, "x": checkpoint.x})
        web.events.clear()
        recover(lab, web, checkpoints=(checkpoint,), position=at, recovering=True, started=True,
                target={"epoch": at.epoch, "batch": at.batch})
        digest, scores = final(web)
        assert digest == expected[0]
        assert scores == [score for score in expected[1] if score[0] > checkpoint.epoch]
        lab.trainers[-1].die()


def test_settings_changed_mid_run_are_replayed_at_their_batch(lab: Lab) -> None:
    web = begun(lab)
    for count, change in enumerate(CHANGES, 1):
        reach(web, count * END / (len(CHANGES) + 2))
        web.answer(web.command("set_settings", **change))
    found = final(web)
    assert len(changes_told(web)) == len(CHANGES)
    assert found == undisturbed(lab, changes_told(web))


def test_a_kill_after_settings_changed_is_made_good(lab: Lab) -> None:
    web = begun(lab)
    for count, change in enumerate(CHANGES, 1):
        reach(web, count * END / (len(CHANGES) + 2))
        web.answer(web.command("set_settings", **change))
        if count % 3 == 0:
            lab.trainers[-1].die()
            recover(lab, web)
    assert final(web) == undisturbed(lab, changes_told(web))


def test_settings_changed_while_paused_are_made_good_after_a_kill(lab: Lab) -> None:
    web = begun(lab)
    reach(web, 1.5)
    web.answer(web.command("interrupt"))
    for change in ({"optimizer": "adam"}, {"optimizer": "sgd"}, {"batch_size": 10}):
        web.answer(web.command("set_settings", **change))
    lab.trainers[-1].die()
    recover(lab, web)
    assert final(web) == undisturbed(lab, changes_told(web))


def test_leaving_and_coming_back_changes_nothing(lab: Lab) -> None:
    web = begun(lab)
    reach(web, 1.5)
    web.send({"t": "leave"})
    assert lab.trainers[-1].end() == 0
    recover(lab, web)
    assert final(web) == undisturbed(lab)


def test_a_pause_for_a_loss_that_is_not_finite_leaves_the_dice_where_they_were(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = iter(range(1000))
    monkeypatch.setattr("ml_utils.trainer.loop.isfinite", lambda _: next(batches) not in (5, 123))
    web = begun(lab)
    for count in (1, 2):
        web.event("training_paused", count, reason="loss_not_finite")
        web.answer(web.go(END))
    assert final(web) == undisturbed(lab)
