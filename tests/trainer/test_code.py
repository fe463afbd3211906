"""A Blueprint as Python: executed, it builds the same network from the same seed, and trains it as the lab does."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as effort
from torch import nn
from torchvision import datasets
from torchvision.models import get_model

from ml_utils.core.batches import count
from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.code import SOURCES, script
from ml_utils.core.code.parts import definitions
from ml_utils.core.datasets import DATASETS, Images
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.kinds.base import Form, walk
from ml_utils.core.schedule import Schedule, epoch_ended, rate
from ml_utils.core.settings import Settings
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.trainer import model as trainer_model
from ml_utils.trainer.augment import Augmenter
from ml_utils.trainer.data import Batches, constants, digits, left_out
from ml_utils.trainer.evaluate import evaluate
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.losses import shared
from ml_utils.trainer.model import build
from tests.rules_helpers import ROOT
from tests.strategies import valid
from tests.waiting import quickest

from .trained import CPU

PARTS = "\n".join((ROOT / "ml_utils/trainer" / name).read_text(encoding="utf-8") for name in SOURCES)
SMALL: dict[str, dict[str, Any]] = {
    "deep_cnn": {"channels": 4}, "vgg": {"channels": 4, "hidden": 8}, "small_resnet": {"blocks": 1, "channels": 4},
    "torchvision": {"model": "mobilenet_v3_small", "size": 32}}
SHAPES: tuple[Any, ...] = ("digits", "mnist", "cifar10")
INNER = {"kind": "residual", "layers": [
    {"kind": "convtranspose", "channels": 5, "kernel": 3, "stride": 1, "padding": 1}, {"kind": "dropout"}]}
SEPARABLE = {"kind": "residual", "layers": [{"kind": "separable", "channels": 6}, {"kind": "spatialdropout"}, INNER]}
ODD: list[list[dict[str, Any]]] = [
    [{"kind": "residual", "layers": [SEPARABLE, {"kind": "batchnorm"}]}, {"kind": "patches", "height": 2, "width": 4},
     {"kind": "gru", "both": True, "depth": 2, "output": "all"}, {"kind": "sequencepool", "mode": "max"}],
    [{"kind": "tokens"}, {"kind": "embedding", "features": 6},
     {"kind": "residual", "layers": [{"kind": "transformer", "heads": 2}]},
     {"kind": "residual", "layers": [{"kind": "linear", "features": 5}]}, {"kind": "lstm", "features": 4}],
    [{"kind": "depthwise", "multiplier": 2}, {"kind": "leakyrelu", "slope": 0.3}, {"kind": "groupnorm"}, {"kind": "layernorm"},
     {"kind": "relu"}, {"kind": "pool", "size": 3, "stride": 1, "padding": 1}, {"kind": "flatten"}]]


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def odd(number: int, dataset: str = "digits") -> Blueprint:
    layers = [*ODD[number], {"kind": "linear", "features": 10}]
    return Blueprint.model_validate({"dataset": dataset, "seed": 5, "layers": layers})


def executed(blueprint: Blueprint, settings: Settings | None = None) -> dict[str, Any]:
    """Return the names that the script defines; nothing is loaded or trained."""
    names: dict[str, Any] = {"__name__": "network"}
    exec(compile(script(blueprint, settings or Settings(), PARTS), "network.py", "exec"), names)  # it is our own text
    return names


def digest(model: nn.Module) -> str:
    """Return a digest of all weights and statistics by name; the order of layers and of memory does not matter."""
    found = sha256()
    for name, values in sorted(model.state_dict().items()):
        found.update(f"{name} {tuple(values.shape)} {values.dtype} ".encode() + values.contiguous().numpy().tobytes())
    return found.hexdigest()


def same(blueprint: Blueprint) -> None:
    """The script builds the same network: the same weights to the bit, and the same outputs but for rounding."""
    ours, theirs = build(blueprint, CPU).eval(), executed(blueprint)["build"]().eval()
    assert [name for name, _ in theirs.named_children()] == sorted(
        (name for name, _ in ours.named_children()), key=[name for name, _ in theirs.named_children()].index)
    assert digest(ours) == digest(theirs)
    images = torch.randn(2, *DATASETS[blueprint.dataset].shape)
    with torch.inference_mode():
        assert torch.allclose(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


# ── the network ─────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("dataset", SHAPES)
@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "resnet50"])
def test_every_ready_network_is_built_the_same_from_its_code(name: str, dataset: Any) -> None:
    same(template(name, dataset, SMALL.get(name, {}), 3))


def test_resnet50_is_built_the_same_from_its_code() -> None:
    same(template("resnet50", "digits", {}, 2**32 - 1))


@pytest.mark.parametrize("number", range(len(ODD)))
def test_networks_of_all_kinds_of_layers_are_built_the_same(number: int) -> None:
    same(odd(number))


def test_all_kinds_of_layers_are_among_those() -> None:
    def kinds(layers: Any) -> set[str]:
        return {found for layer in layers for found in (layer.kind, *kinds(layer.inside))}

    seen = kinds(layer for number in range(len(ODD)) for layer in odd(number).layers)
    seen |= kinds(layer for name in TEMPLATES for layer in template(name, "digits", {}, 1).layers)
    activations = {name for name, kind in KINDS.items() if kind.about.group == "activation"}
    assert seen | activations == set(KINDS)


ENDINGS: dict[str, list[dict[str, Any]]] = {
    "image": [{"kind": "flatten"}], "sequence": [{"kind": "sequencepool"}], "row": [],
    "words": [{"kind": "embedding", "features": 4}, {"kind": "sequencepool"}]}


def working(drawn: Any) -> Blueprint:
    """Return those of these layers that fit and are not large, with an end for the digits."""
    kept: list[Any] = []
    form = Form(DATASETS["digits"].shape)
    for layer in Blueprint.model_validate(drawn).layers:
        step, = walk([layer], form)
        if step.out and layer.kind != "backbone" and step.cost.parameters < 10**6 and step.cost.macs < 10**7:
            kept, form = [*kept, layer.model_dump()], step.out
    layers = [*kept, *ENDINGS[form.type], {"kind": "linear", "features": 10}]
    return Blueprint.model_validate({"dataset": "digits", "layers": layers, "seed": drawn.get("seed", 1)})


@given(valid(Blueprint))
@effort(max_examples=60)
def test_any_blueprint_that_works_is_built_the_same(drawn: Any) -> None:
    same(working(drawn))


def test_a_network_that_cannot_work_has_no_script() -> None:
    blueprint = Blueprint.model_validate({"dataset": "digits", "layers": [{"kind": "linear", "features": 10}]})
    with pytest.raises(Refused):
        script(blueprint, Settings(), PARTS)


def test_dropout_has_the_share_of_the_settings_wherever_it_is() -> None:
    settings = Settings(dropout=0.4, dropouts={"residual1": 0.1, "dropout1": 0.6})
    for blueprint in (odd(0), odd(1), template("mlp", "digits", {"layers": 2}, 1), template("transformer", "digits", {}, 1)):
        ours, theirs = Learner(blueprint, settings, CPU).model, executed(blueprint, settings)["build"]()
        assert shares(ours) == shares(theirs) != {}


def shares(model: nn.Module) -> dict[str, float]:
    found = {name: part.p for name, part in model.named_modules() if isinstance(part, nn.Dropout | nn.Dropout2d)}
    return found | {name: part.dropout for name, part in model.named_modules() if isinstance(part, nn.MultiheadAttention)}


def test_behind_each_layer_stands_what_comes_out() -> None:
    lines = script(odd(0), Settings(), PARTS).splitlines()
    assert '        ("patches1", Patches(2, 4)),  # 8×40' in lines
    assert '                        ("separable1", Separable(' in lines
    assert " " * 24 + ")),  # 6×8×8" in lines


# ── the text ────────────────────────────────────────────────────────────────────────────────────────────────

EXTREME = Settings(learning_rate=0.012345678901234567, optimizer="adamw", momentum=0.9123456789012345, beta2=0.9991234567890123,
                   epsilon=1.2345678901234567e-08, weight_decay=0.0012345678901234567, label_smoothing=0.1234567890123456,
                   clipping=123.45678901234567, scheduler="plateau", warmup=12.345678901234567,
                   schedule_factor=0.12345678901234567, dropout=0.12345678901234567, epochs=10_000,
                   frozen=tuple(f"linear{number}" for number in range(1, 40)))
PLANS: dict[str, dict[str, Any]] = {
    "constant": {}, "step": {"schedule_epochs": 2}, "cosine": {"schedule_epochs": 3}, "one_cycle": {"schedule_epochs": 4},
    "plateau": {"schedule_epochs": 1}}


ALL_CHANGES = {"flip": True, "rotation": 15.0, "crop": 0.1, "jitter": 0.2, "erasing": 0.3, "mixup": 0.4}
SEEN: dict[str, dict[str, Any]] = {
    **{name: {name: value} for name, value in ALL_CHANGES.items()}, "all": ALL_CHANGES, "small": {"precision": "bfloat16"},
    "all_small": {**ALL_CHANGES, "precision": "bfloat16", "scheduler": "cosine"}, "balanced": {"balanced": True},
    "focal": {"loss": "focal", "focal_gamma": 1.5},
    "weighted": {"class_weights": {"1": 0.5, "77": 2.0}, "loss": "multi_margin"},
    "both": {"balanced": True, "class_weights": {"3": 2.0}, "label_smoothing": 0.1, "loss": "cross_entropy"}}


def texts() -> dict[str, str]:
    """Return scripts with everything that a script may have."""
    found = {name: script(template(name, "cifar10", {}, 1), Settings(), PARTS) for name in TEMPLATES}
    many = Blueprint.model_validate({"dataset": "digits", "layers": [
        {"kind": "flatten"}, *[{"kind": "linear", "features": 3}] * 60, {"kind": "linear", "features": 10}]})
    found["extreme"] = script(many, EXTREME, PARTS)
    found |= {f"odd{number}": script(odd(number), EXTREME, PARTS) for number in range(len(ODD))}
    for scheduler, warmup in product(PLANS, (0.0, 2.0)):
        settings = Settings(scheduler=scheduler, warmup=warmup, frozen=("conv1",), optimizer="rmsprop")  # type: ignore[arg-type]
        found[f"{scheduler}_{warmup:.0f}"] = script(template("lenet5", "kmnist", {}, 1), settings, PARTS)
    for name, options in (("torchvision", {"pretrained": True}), ("mlp", {})):
        blueprint = template(name, "digits", options, 1)
        found[f"{name}_frozen"] = script(blueprint, Settings(frozen=("backbone1", "linear1", "linear2")), PARTS)
    for name, asked in SEEN.items():
        blueprint = template("lenet5", "cifar10", {}, 1)
        found[name] = script(blueprint, Settings.model_validate(asked), PARTS)
        fewer = blueprint.model_copy(update={"without": tuple(range(0, 300, 7)), "validation": 0.1})
        found[f"{name}_of_fewer"] = script(fewer, Settings.model_validate(asked), PARTS)
    return found


def test_ruff_has_no_complaint(tmp_path: Path) -> None:
    for name, text in texts().items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_are_short_but_for_those_taken_word_for_word() -> None:
    own = set(PARTS.splitlines())
    for name, text in texts().items():
        assert [line for line in text.splitlines() if len(line) > 100 and line not in own] == [], name


def test_own_modules_are_shown_word_for_word_and_no_more_than_are_used() -> None:
    text = script(template("transformer", "digits", {}, 1), Settings(), PARTS)
    assert set(re.findall(r"^class (\w+)", text, re.MULTILINE)) == {"Patches", "Position", "SequencePool"}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            assert ast.get_source_segment(text, node) in PARTS  # type: ignore[operator]
    assert "class " not in script(template("mlp", "digits", {}, 1), Settings(), PARTS)


def test_every_own_module_of_the_trainer_can_be_shown() -> None:
    own = [name for name in trainer_model.MODULES if not name.startswith("nn.")]
    assert len(definitions(PARTS, own)[1]) == len(own)


def test_a_definition_brings_all_that_it_needs() -> None:
    source = ("import math\nimport re\nfrom a.b import c as d\nimport torch\nSIZE = 3\nOTHER = 4\n\n\n@d\ndef first(x):\n"
              "    return math.pi * SIZE\n\n\nclass Second:\n    size = first(1)\n")
    imports, found = definitions(source, {"Second"})
    assert imports == ["import math", "from a.b import c as d"]
    assert found == ["SIZE = 3", "@d\ndef first(x):\n    return math.pi * SIZE", "class Second:\n    size = first(1)"]
    with pytest.raises(LookupError):
        definitions(source, {"Third"})


def test_it_is_written_within_50_ms() -> None:
    blueprint = template("resnet50", "cifar10", {}, 1)
    assert quickest(lambda: script(blueprint, Settings(), PARTS), 5) < 0.05


# ── the training ────────────────────────────────────────────────────────────────────────────────────────────

def accuracies(told: str) -> list[float]:
    return [float(one) / 100 for one in re.findall(r"test accuracy ([\d.]+)%", told)]


def test_the_script_runs_and_says_how_good_it_is(tmp_path: Path) -> None:
    file, settings = tmp_path / "network.py", Settings(epochs=1, optimizer="adam", learning_rate=0.005)
    file.write_text(script(template("three_blocks", "digits", {}, 1), settings, PARTS), encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", str(file)], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(accuracies(done.stdout)) == 1 and 0.6 < accuracies(done.stdout)[0] <= 1


@pytest.mark.parametrize(("name", "settings"), [
    ("mlp", {"nesterov": True, "weight_decay": 0.01, "scheduler": "step", "schedule_epochs": 1}),
    ("mlp", {"optimizer": "adamw", "learning_rate": 0.003, "clipping": 0.5, "scheduler": "one_cycle", "schedule_epochs": 2}),
    ("lenet5", {"optimizer": "rmsprop", "learning_rate": 0.002, "label_smoothing": 0.1, "scheduler": "cosine", "warmup": 1.0}),
    ("small_resnet", {"optimizer": "adam", "learning_rate": 0.003, "loss": "multi_margin", "batch_size": 359,
                      "frozen": ("batchnorm1", "residual1")}),
    ("mlp", {"loss": "focal", "focal_gamma": 1.0, "balanced": True, "class_weights": {"3": 3.0, "99": 5.0}}),
    ("mlp", {"class_weights": {"1": 9.0}, "label_smoothing": 0.1, **ALL_CHANGES}),
    ("lenet5", {"precision": "bfloat16", "loss": "multi_margin", "balanced": True, "jitter": 0.5}),
])
def test_it_trains_as_the_lab_does(name: str, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = template(name, "digits", {**SMALL.get(name, {}), **({"dropout": False} if name == "mlp" else {})}, 4)
    asked = Settings(**{"epochs": 2, "dropout": 0.0, **settings})
    executed(blueprint, asked)["main"]()
    told = accuracies(capsys.readouterr().out)
    assert len(told) == 2 and told == pytest.approx(trained(blueprint, asked), abs=0.012)  # 4 of 360 images


def test_it_leaves_out_and_holds_back_the_same_and_learns_from_the_same_images(capsys: pytest.CaptureFixture[str]) -> None:
    """The loss of each epoch is that of the lab: it sees the same images, changed and weighed in the same way."""
    plain = template("logistic_regression", "digits", {}, 4)
    for settings in (Settings(epochs=2, balanced=True), Settings.model_validate({"epochs": 2, **ALL_CHANGES, "loss": "focal"})):
        for blueprint in (plain, plain.model_copy(update={"without": (3, 4, 700), "validation": 0.2})):
            executed(blueprint, settings)["main"]()
            told = [float(one) for one in re.findall(r"loss ([\d.]+)", capsys.readouterr().out)]
            expected: list[float] = []
            trained(blueprint, settings, expected)
            assert told == pytest.approx(expected, abs=2e-4) and len(told) == 2


def trained(blueprint: Blueprint, settings: Settings, losses: list[float] | None = None) -> list[float]:
    """Return the accuracies of all epochs; `losses` gets the mean losses."""
    learner, found = Learner(blueprint, settings, CPU), []
    data = digits(blueprint.seed, CPU)
    batches, augment = Batches(data, blueprint.seed, left_out(blueprint)), Augmenter(data, "digits", blueprint.seed)
    learner.know(batches.labels)
    for epoch in range(settings.epochs):
        seen, total = 0, 0.0
        while seen < blueprint.examples:
            images, labels = batches.take(epoch, seen, settings.batch_size)
            images, share = augment(images, settings, epoch, seen) if settings.augments else (images, 1.0)
            loss = shared(learner.loss, learner.outputs(images), labels, share)
            learner.step(loss, epoch + seen / blueprint.examples)
            seen, total = seen + len(labels), total + loss.item() * len(labels)
        if losses is not None:
            losses.append(total / seen)
        score = evaluate(learner, data, lambda: True)
        assert score
        found.append(score["accuracy"])
    return found


@pytest.mark.parametrize(("dataset", "kind"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST"),
                                               ("cifar10", "CIFAR10")])
def test_images_are_read_and_normalised_as_in_the_lab(dataset: Any, kind: str) -> None:
    channels, height, width = DATASETS[dataset].shape

    def fetched(folder: str, train: bool, download: bool) -> SimpleNamespace:
        size = 40 if train else 10
        sides = (size, height, width) if channels == 1 else (size, height, width, channels)
        images = np.random.default_rng(size).integers(0, 256, sides, np.uint8)
        labels = list(range(10)) * (size // 10)
        assert folder == "data" and download and kind in datasets.__all__
        return SimpleNamespace(data=images, targets=labels) if channels == 3 else SimpleNamespace(
            data=torch.from_numpy(images), targets=torch.tensor(labels))

    names = executed(template("mlp", dataset, {}, 1))
    names["datasets"] = SimpleNamespace(**{kind: fetched})
    train, train_labels, test, test_labels = names["load"]()
    assert train_labels.tolist() == list(range(10)) * 4 and test_labels.tolist() == list(range(10))
    pixels = [np.asarray(fetched("data", part, True).data).reshape(-1, height, width, channels) for part in (True, False)]
    mean, scale = constants(pixels[0])
    for ours, theirs in zip(pixels, (train, test), strict=True):
        assert np.allclose(((ours - mean) * scale).transpose(0, 3, 1, 2), theirs.numpy(), atol=1e-5)


def test_published_weights_are_taken_over_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = template("torchvision", "digits", {"model": "mobilenet_v3_small", "size": 32, "pretrained": True}, 1)
    names = executed(blueprint, Settings(frozen=("backbone1", "linear1")))
    model, theirs = names["build"](), get_model("mobilenet_v3_small").state_dict()
    names["build"] = lambda: model
    names["get_model_weights"] = lambda name: {"DEFAULT": SimpleNamespace(get_state_dict=lambda progress: theirs)}
    names["main"]()
    taken = model.backbone1.net.state_dict()
    assert all(torch.equal(theirs[name], values) for name, values in taken.items()) and len(taken) > 200
    assert len(accuracies(capsys.readouterr().out)) == 1


def test_a_network_with_nothing_to_learn_is_only_tested(capsys: pytest.CaptureFixture[str]) -> None:
    executed(template("mlp", "digits", {}, 1), Settings(frozen=("linear1", "linear2")))["main"]()
    assert len(accuracies(capsys.readouterr().out)) == 1


class Rates(torch.optim.SGD):
    """Notes the rate of each step."""

    noted: list[float]

    def step(self, closure: Any = None) -> Any:
        self.noted.append(self.param_groups[0]["lr"])
        return super().step(closure)


@pytest.mark.parametrize(("scheduler", "warmup"), [*product(PLANS, (0.0, 2.0))])
def test_the_rate_goes_the_same_way(scheduler: Any, warmup: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plateau drops whenever the loss does not fall; with a rate of nothing it never does."""
    settings = Settings(learning_rate=1e-6, scheduler=scheduler, warmup=warmup, epochs=5, batch_size=359, **PLANS[scheduler])
    monkeypatch.setattr(torch.optim, "SGD", Rates)
    monkeypatch.setattr(Rates, "noted", [], raising=False)
    executed(template("logistic_regression", "digits", {}, 1), settings)["main"]()
    plan, batches, expected = Schedule(), count(1437, 359), []
    for epoch in range(settings.epochs):
        expected += [rate(settings, plan, epoch + number * 359 / 1437) for number in range(batches)]
        epoch_ended(settings, plan, 1.0)
    assert len(Rates.noted) == len(expected) == 20
    assert Rates.noted == pytest.approx(expected, rel=0.01)


def test_the_script_of_own_images_loads_what_the_lab_has_and_no_title_becomes_code(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = Images(title='"""; 1 / 0; """\\', shape=(3, 16, 16), classes=("a", "b"), train=12, test=4)
    text = script(cnn("own_0123456789abcdef", images=images), Settings(), PARTS)
    folder = tmp_path / "data" / "own_0123456789abcdef"
    folder.mkdir(parents=True)
    for split, number in (("train", 12), ("test", 4)):
        pixels = np.random.default_rng(1).integers(0, 256, (number, 16, 16, 3), np.uint8)
        np.save(folder / f"{split}_images.npy", pixels)
        np.save(folder / f"{split}_labels.npy", np.arange(number) % 2)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "script", "exec"), names)
    train, labels, test, _ = names["load"]()
    assert train.shape == (12, 3, 16, 16) and test.shape == (4, 3, 16, 16) and labels.tolist() == [0, 1] * 6
    assert abs(float(train.mean())) < 1e-5 and "1 / 0" in names["__doc__"]
