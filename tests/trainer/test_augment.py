"""Training images are changed as the Settings say, by chance that depends on seed, epoch and place only."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
import torch
from torch import Tensor

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.settings import Settings, changed
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.trainer.augment import DICE, Augmenter, coloured, dice, erased, mixed, moved, share_of, shifted, turned
from ml_utils.trainer.data import Batches, Data
from ml_utils.trainer.evaluate import evaluate
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.lens import Lens
from ml_utils.trainer.losses import shared
from ml_utils.trainer.shown import pictures

from .conftest import Lab
from .scenes import ask, data_of, marks, one_core, scene_of, unchanged
from .test_exact import final, undisturbed
from .trained import CPU, DATA

ALL: dict[str, Any] = {"flip": True, "rotation": 30.0, "crop": 0.2, "jitter": 0.4, "erasing": 0.5, "mixup": 0.4}
ONES = [*({name: value} for name, value in ALL.items()), ALL]
BLACK, WHITE = torch.tensor([-2.0, -1.0, -0.5]).view(1, 3, 1, 1), torch.tensor([2.0, 1.5, 3.0]).view(1, 3, 1, 1)


def noise(*shape: int) -> Tensor:
    """Images between black and white."""
    found = torch.rand(shape, generator=torch.Generator().manual_seed(3))
    return (BLACK + found * (WHITE - BLACK)).contiguous(memory_format=torch.channels_last)


def colours() -> Data:
    return data_of("cifar10")


def augmented(data: Data, settings: dict[str, Any], seen: int = 0, size: int = 40, epoch: int = 1, seed: int = 5,
              dataset: str = "cifar10") -> tuple[Tensor, Tensor, float]:
    """Return images, changed images, and the share."""
    images, _ = Batches(data, seed).take(epoch, seen, size)
    found, share = Augmenter(data, dataset, seed)(images, Settings(**settings), epoch, seen)
    return images, found, share


# ── what is done ────────────────────────────────────────────────────────────────────────────────────────────

def test_half_of_the_images_are_mirrored_the_others_are_as_they_were() -> None:
    data = colours()
    images, found, share = augmented(data, {"flip": True}, size=100)
    mirrored = [torch.equal(one, other.flip(2)) for one, other in zip(found, images, strict=True)]
    same = [torch.equal(one, other) for one, other in zip(found, images, strict=True)]
    assert share == 1 and 30 < sum(mirrored) < 70 and [not one for one in same] == mirrored


def test_images_are_moved_by_whole_pixels_and_what_is_missing_is_black() -> None:
    images = noise(2, 3, 5, 7)
    none = torch.tensor([False, True])
    found = shifted(images, BLACK, none, torch.tensor([2, -1]), torch.tensor([-1, 3]))
    expected = BLACK.expand(2, 3, 5, 7).clone()
    expected[0, :, :4, 2:] = images[0, :, 1:, :5]
    expected[1, :, 3:, :6] = images[1].flip(2)[:, :2, 1:]
    assert torch.equal(found, expected)


@pytest.mark.parametrize("crop", [0.1, 0.5])
def test_images_are_moved_up_to_that_share_in_all_four_directions(crop: float) -> None:
    point = torch.zeros(400, 1, 20, 20)
    point[:, :, 10, 10] = 1
    found = moved(point, dice(1, 0, 0, 400), torch.zeros(1, 1, 1, 1), False, 0.0, crop)
    rows, columns = found.amax(3).argmax(2).flatten() - 10, found.amax(2).argmax(2).flatten() - 10
    there = found.flatten(1).amax(1) > 0
    most = int(20 * crop)
    for way in (rows[there], columns[there]):
        assert int(way.min()) == -most and int(way.max()) == min(most, 9)


def test_turning_by_a_right_angle_and_mirroring_is_exact() -> None:
    images, no, yes = noise(1, 3, 8, 8), torch.tensor([False]), torch.tensor([True])
    zero, quarter = torch.zeros(1, dtype=torch.float64), torch.full((1,), torch.pi / 2, dtype=torch.float64)
    assert torch.allclose(turned(images, BLACK, no, quarter, zero, zero), images.rot90(-1, (2, 3)), atol=1e-4)
    assert torch.allclose(turned(images, BLACK, yes, zero, zero, zero), images.flip(3), atol=1e-4)
    both = turned(images, BLACK, yes, quarter, zero + 2, zero - 1)
    expected = shifted(images.flip(3).rot90(-1, (2, 3)), BLACK, no, torch.tensor([2]), torch.tensor([-1]))
    assert torch.allclose(both, expected, atol=1e-4)


def test_turning_keeps_shapes_where_images_are_not_square_and_shows_black_at_the_corners() -> None:
    white = WHITE.expand(1, 3, 9, 15).contiguous()
    angle = torch.full((1,), torch.pi / 3, dtype=torch.float64)
    found = turned(white, BLACK, torch.tensor([False]), angle, angle * 0, angle * 0)
    assert torch.allclose(found[0, :, 4, 7], WHITE.flatten(), atol=1e-4)
    assert torch.allclose(found[0, :, 4, 0], BLACK.flatten(), atol=1e-4)  # 7 to the left of the middle, but only 4.5 high


def test_angles_are_up_to_the_rotation_either_way() -> None:
    bar = torch.zeros(200, 1, 33, 33)
    bar[:, :, 16, 17:] = 1
    found = moved(bar, dice(2, 0, 0, 200), torch.zeros(1, 1, 1, 1), False, 30.0, 0.0)
    rows, columns = (torch.arange(33) - 16.0).view(33, 1), (torch.arange(33) - 16.0).view(1, 33)
    angles = torch.atan2((found * rows).sum((1, 2, 3)), (found * columns).sum((1, 2, 3))).rad2deg()
    assert -31 < float(angles.min()) < -25 and 25 < float(angles.max()) < 31 and abs(float(angles.mean())) < 4


def test_colours_change_by_up_to_the_share_and_stay_between_black_and_white() -> None:
    images = noise(300, 3, 4, 4)
    chance = dice(3, 0, 0, 300)
    found = coloured(images, chance, BLACK, WHITE, 0.5)
    assert bool((found >= BLACK - 1e-5).all()) and bool((found <= WHITE + 1e-5).all())
    assert not torch.allclose(found, images)
    light, seen = ((one - BLACK) / (WHITE - BLACK) for one in (images, found))
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    for place in range(300):
        bright, contrast, vivid = (1 + (2 * chance[place, 4:7] - 1) * 0.5).tolist()
        one = light[place] * bright
        one = (one - (one * weights).sum(0).mean()) * contrast + (one * weights).sum(0).mean()
        grey = (one * weights).sum(0, keepdim=True)
        assert torch.allclose(((one - grey) * vivid + grey).clamp(0, 1), seen[place], atol=1e-4), place


def test_grey_images_have_no_saturation() -> None:
    images = noise(20, 3, 4, 4)[:, :1]
    chance = dice(3, 0, 0, 20)
    black, white = BLACK[:, :1], WHITE[:, :1]
    other = chance.clone()
    other[:, 6] = 1 - chance[:, 6]
    assert torch.equal(coloured(images, chance, black, white, 0.5), coloured(images, other, black, white, 0.5))


def test_a_rectangle_of_the_mean_is_painted_into_that_share_of_the_images() -> None:
    images = torch.full((500, 1, 28, 28), 3.0)
    found = erased(images, dice(1, 0, 0, 500), 0.4)
    sizes = (found == 0).sum((1, 2, 3))
    assert 150 < int((sizes > 0).sum()) < 250
    assert float(sizes[sizes > 0].min()) > 0.01 * 784 and float(sizes.max()) < 0.4 * 784
    for one in (found[sizes > 0] == 0)[:, 0]:
        assert int(one.any(1).sum()) * int(one.any(0).sum()) == int(one.sum())  # it is a rectangle
    assert torch.equal(erased(images, dice(1, 0, 0, 500), 0.0), images)


@pytest.mark.parametrize("strength", [5e-324, 1e-3, 0.2, 1.0, 2.0])
def test_of_a_mixed_image_most_is_itself(strength: float) -> None:
    shares = [share_of(1, 0, first, strength) for first in range(300)]
    assert all(0.5 <= share <= 1 for share in shares)
    assert (sum(share > 0.99 for share in shares) > 150) == (strength < 0.1)


def test_mixing_lays_the_image_before_over_each_and_the_loss_is_shared() -> None:
    images, share = noise(4, 3, 2, 2), 0.75
    assert torch.allclose(mixed(images, share), 0.75 * images + 0.25 * images[[3, 0, 1, 2]])
    outputs, labels, loss = torch.randn(4, 10), torch.tensor([1, 5, 5, 9]), torch.nn.CrossEntropyLoss()
    expected = 0.75 * loss(outputs, labels) + 0.25 * loss(outputs, torch.tensor([9, 1, 5, 5]))
    assert float(shared(loss, outputs, labels, share)) == pytest.approx(float(expected))
    assert torch.equal(shared(loss, outputs, labels, 1.0), loss(outputs, labels))


# ── by which chance ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("settings", ONES, ids=str)
def test_the_same_place_is_changed_in_the_same_way_and_another_one_in_another(settings: dict[str, Any]) -> None:
    data = colours()
    torch.rand(3)
    first, again = augmented(data, settings)[1], augmented(data, settings)[1]
    assert torch.equal(first, again)
    for other in (augmented(data, settings, epoch=2), augmented(data, settings, seed=6), augmented(data, settings, seen=40)):
        assert not torch.equal(first, other[1])


def test_torch_draws_nothing() -> None:
    before = torch.get_rng_state()
    augmented(colours(), ALL)
    assert torch.equal(before, torch.get_rng_state())


def test_how_an_image_is_changed_does_not_depend_on_the_batch_it_is_in() -> None:
    data, settings = colours(), {**ALL, "mixup": 0.0}
    whole = augmented(data, settings, 0, 40)[1]
    parts = torch.cat([augmented(data, settings, seen, size)[1] for seen, size in ((0, 7), (7, 20), (27, 13))])
    assert torch.allclose(whole, parts, atol=1e-5)
    assert torch.equal(dice(1, 2, 0, 40)[7:], dice(1, 2, 7, 33)) and dice(1, 2, 0, 40).shape == (40, DICE)


def test_one_kind_of_change_leaves_the_others_as_they_were() -> None:
    data = colours()
    alone, beside = augmented(data, {"flip": True})[1], augmented(data, {"flip": True, "erasing": 0.5})[1]
    rest = beside != 0
    assert torch.equal(alone[rest], beside[rest]) and not torch.equal(alone, beside)


@pytest.mark.parametrize("settings", ONES, ids=str)
@pytest.mark.parametrize(("dataset", "data"), [("cifar10", colours()), ("digits", DATA)])
def test_the_batch_stays_what_the_network_expects(settings: dict[str, Any], dataset: str, data: Data) -> None:
    images, found, _ = augmented(data, settings, dataset=dataset)
    kept = images.clone()
    assert (found.shape, found.stride(), found.dtype) == (images.shape, images.stride(), torch.float32)
    assert bool(found.isfinite().all()) and torch.equal(kept, images)
    single = Augmenter(data, dataset, 1)(images[:1], Settings(**settings), 0, 0)[0]
    assert single.shape == images[:1].shape


# ── in the training ─────────────────────────────────────────────────────────────────────────────────────────

def test_nothing_is_changed_in_an_evaluation_and_nothing_is_called_where_nothing_is_set(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(cnn(), Settings(**ALL), CPU)
    plain = Learner(cnn(), Settings(), CPU)
    assert evaluate(learner, DATA, lambda: True) == evaluate(plain, DATA, lambda: True)

    def fail(*args: Any) -> Any:
        raise AssertionError("images were changed")

    monkeypatch.setattr(Augmenter, "__call__", fail)
    undisturbed(lab)


def test_a_batch_whose_loss_is_no_number_is_taken_again_with_the_same_images(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of one batch is made NaN, once: training goes on after the pause as if it had not been."""
    settings = Settings.model_validate({**ALL, "batch_size": 16, "loss": "focal"})
    expected = undisturbed(lab, settings=settings)
    usual, batches = Learner.outputs, iter(range(100_000))

    def sick(self: Learner, images: Tensor) -> Tensor:
        found = usual(self, images)
        return found * float("nan") if next(batches) == 100 else found

    monkeypatch.setattr(Learner, "outputs", sick)
    web = lab.web(None, settings)
    web.work = web.known_work(go=True, until=3)
    lab.trainer(web)
    web.event("training_paused", reason="loss_not_finite")
    web.answer(web.go(3))
    assert final(web) == expected


def test_a_batch_that_is_shown_is_shown_as_it_was_seen_with_the_loss_that_was_learned_from(lab: Lab) -> None:
    web = lab.web(None, Settings(erasing=1.0, mixup=1.0))
    web.work = web.known_work(go=True, until=1, steps=1)
    lab.trainer(web)
    web.event("training_paused", reason="stepped")
    told, measured = web.event("batch_shown")["data"], web.event("metrics")["data"]
    lab.trainers[-1].die()
    assert told["size"] == 64 and told["pixels"] != _shown_plainly(lab)
    assert told["loss"] == pytest.approx(measured["train_loss"][0], rel=1e-3)
    assert sum(one or 0 for one in told["losses"]) / told["shown"] == pytest.approx(told["loss"], rel=0.5)


def _shown_plainly(lab: Lab) -> str:
    web = lab.web()
    web.work = web.known_work(go=True, until=1, steps=1)
    lab.trainer(web)
    return str(web.event("batch_shown")["data"]["pixels"])


SMALL: dict[str, dict[str, Any]] = {
    "deep_cnn": {"channels": 4}, "vgg": {"channels": 4, "hidden": 8}, "small_resnet": {"blocks": 1, "channels": 4}}


def networks() -> dict[str, Blueprint]:
    return {name: template(name, "digits", SMALL.get(name, {}), 1) for name in TEMPLATES
            if name not in ("torchvision", "resnet50")}


@pytest.mark.parametrize("name", networks())
def test_every_network_learns_with_16_bits_and_keeps_weights_of_32(name: str) -> None:
    with one_core():
        learner = Learner(networks()[name], changed(Settings(), {"precision": "bfloat16", "optimizer": "adam",
                                                               "learning_rate": 0.002}), CPU)
        images, labels = DATA.sliced(DATA.train, 0, 64)
        exact = learner.model.eval()(images).detach()
        close = learner.outputs(images)
        assert close.dtype == torch.float32 and not torch.equal(exact, close)
        assert torch.allclose(exact, close, atol=0.1 * float(exact.abs().max()))
        learner.model.train()
        losses = []
        for _ in range(8):
            loss = learner.loss(learner.outputs(images), labels)
            learner.step(loss, 0.0)
            losses.append(loss.item())
        assert losses[-1] < losses[0]
        assert {one.dtype for one in learner.model.parameters()} == {torch.float32}


def test_the_lens_measures_with_32_bits_what_was_computed_with_16() -> None:
    looks = []
    for precision in ("float32", "bfloat16"):
        learner = Learner(cnn(), Settings.model_validate({"precision": precision, "dropout": 0.0}), CPU)
        images, labels = DATA.sliced(DATA.train, 0, 64)
        lens = Lens(learner.model, cnn())
        lens.open()
        learner.step(learner.loss(learner.outputs(images), labels), 0.0)
        looks.append(lens.read().layers)
    for name, layer in looks[0].items():
        for what in ("mean", "spread", "gradient"):
            exact, close = getattr(layer, what), getattr(looks[1][name], what)
            assert (close is None) == (exact is None), (name, what)
            assert exact is None or close == pytest.approx(exact, rel=0.02, abs=0.01), (name, what)


def test_a_device_without_16_bits_goes_on_with_32() -> None:
    learner = Learner(cnn(), Settings(precision="bfloat16"), CPU)
    images, _ = DATA.sliced(DATA.train, 0, 8)
    learner.device = torch.device("mps")
    learner.obey(learner.settings)
    assert torch.equal(learner.model.eval()(images), learner.outputs(images))


# ── looked at ───────────────────────────────────────────────────────────────────────────────────────────────

def seen_of(row: dict[str, Any], which: str) -> Tensor:
    image = row[which]
    sides = image["height"], image["width"], image["channels"]
    return torch.frombuffer(bytearray(b64decode(image["pixels"])), dtype=torch.uint8).reshape(sides)


@pytest.mark.parametrize("dataset", ["digits", "cifar10"])
def test_the_preview_shows_what_the_training_will_see(dataset: Any) -> None:
    blueprint = cnn(dataset).model_copy(update={"without": (3, 4, 5)})
    scene = scene_of(blueprint)
    for settings in ({}, {"flip": True, "rotation": 20.0, "jitter": 0.5}, ALL):
        found = ask(scene, "augmented", settings=settings, epoch=2, count=8, batch_size=16)
        images, labels = Batches(scene.data, blueprint.seed, blueprint.without).take(2, 0, 16)
        changed_ones, share = Augmenter(scene.data, dataset, blueprint.seed)(images, Settings.model_validate(settings), 2, 0)
        first = 1 if settings == ALL else 0
        assert (found["epoch"], found["seen"], len(found["examples"])) == (2, 0, 8)
        assert found["share"] == pytest.approx(share, abs=1e-4)
        for at, row in enumerate(found["examples"], first):
            assert row["label"] == int(labels[at])
            assert row["with"] == (int(labels[at - 1]) if first else None)
            for which, plain in (("image", images), ("seen", changed_ones)):
                expected = pictures(plain, scene.data, dataset)[at]
                assert int((seen_of(row, which).int() - expected.int()).abs().max()) <= (16 if dataset == "digits" else 1)


def test_the_preview_is_of_the_next_batch_where_no_epoch_is_asked_for() -> None:
    scene = scene_of(cnn())
    for x, epoch, seen in ((0.0, 0, 0), (1.0, 1, 0), (1 + 640 / 1437, 1, 640), (2 - 1e-9, 2, 0)):
        scene.place = {"run": "r1", "branch": "b1", "epoch": int(x), "batch": 0, "x": round(x, 6) if x < 1.9 else 1.9999999}
        found = ask(scene, "augmented", settings={"flip": True}, count=3, batch_size=64)
        assert (found["epoch"], found["seen"]) == (epoch, seen)


def test_the_preview_disturbs_nothing() -> None:
    scene = scene_of(cnn())
    before = marks(scene)
    assert ask(scene, "augmented", settings=ALL, count=16, batch_size=1024)["ok"]
    assert unchanged(before, marks(scene))


def test_a_small_batch_shows_what_it_has() -> None:
    for settings, shown in (({"mixup": 1.0}, 1), ({"flip": True}, 16), ({}, 16)):
        found = ask(scene_of(cnn()), "augmented", settings=settings, count=16, batch_size=2)
        assert len(found["examples"]) == shown
