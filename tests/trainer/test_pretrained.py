"""Pretrained weights: found, downloaded, missing, damaged, of another model, of another size."""

from __future__ import annotations

import hashlib
import io
import re
import urllib.error
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from ml_utils.core.kinds.zoo import ZOO
from ml_utils.trainer import pretrained
from ml_utils.trainer.model import build
from ml_utils.trainer.order import Failure, Order
from ml_utils.trainer.pretrained import FOLDER, file_name, load_pretrained, megabytes
from ml_utils.trainer.zoo import Backbone

from .test_data import Archive
from .test_zoo import CPU, blueprint

SMALL = "squeezenet1_1"
Weights = dict[str, Tensor]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def urlopen(*_: object, **__: object) -> None:
        raise urllib.error.URLError("offline")

    monkeypatch.setattr("urllib.request.urlopen", urlopen)


def order(folder: Path, data: Path | None = None) -> Order:
    return Order("nowhere", "abcdefgh", 1, "t", str(folder / "checkpoints"), str(data) if data else None)


def published(model: str, seed: int = 99) -> Weights:
    """Return weights as torchvision would publish them, with a last layer for 1,000 classes."""
    torch.manual_seed(seed)
    found: Weights = get_model(model).state_dict()
    return found


def put(weights: Any, folder: Path, model: str = SMALL) -> Path:
    file = folder / FOLDER / file_name(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(weights, file)
    return file


def network(model: str = SMALL, **fields: Any) -> nn.Sequential:
    return build(blueprint(model, pretrained=True, **fields), CPU)


def load(model: nn.Module, folder: Path, data: Path | None = None) -> list[int]:
    told: list[int] = []
    load_pretrained(model, order(folder, data), told.append)
    return told


def has(model: nn.Sequential, weights: Weights) -> bool:
    own = model.get_submodule("backbone1.net").state_dict()
    return len(own) > 10 and all(torch.equal(values, weights[name]) for name, values in own.items())


def failure(folder: Path, data: Path | None = None) -> Failure:
    with pytest.raises(Failure) as found:
        load(network(), folder, data)
    return found.value


@pytest.mark.parametrize("model", [SMALL, "mobilenet_v3_small", "mnasnet0_5"])
@pytest.mark.parametrize("place", ["datasets", "data"])
def test_weights_are_found_in_the_folders_of_the_installation(model: str, place: str, tmp_path: Path) -> None:
    weights, net = published(model), network(model)
    put(weights, tmp_path / place, model)
    head = net.get_parameter("linear1.weight").clone()
    assert not has(net, weights)
    strides = [values.stride() for values in net.state_dict().values()]
    assert load(net, tmp_path, tmp_path / "datasets") == [] and has(net, weights)
    assert torch.equal(net.get_parameter("linear1.weight"), head)
    assert [values.stride() for values in net.state_dict().values()] == strides


def test_no_file_is_looked_for_where_nobody_asked(tmp_path: Path) -> None:
    net = build(blueprint(SMALL), CPU)
    assert load(net, tmp_path) == [] and megabytes(net) == 0 and list(tmp_path.iterdir()) == []


def test_where_there_are_none_it_is_said_what_to_do(tmp_path: Path) -> None:
    found = failure(tmp_path, tmp_path / "datasets")
    assert found.code == "weights_missing" and SMALL in found.message
    assert str(tmp_path / "datasets" / FOLDER) in found.hint and "squeezenet1_1-b8a52dc0.pth" in found.hint
    assert "switch Pretrained off" in found.hint


def small(**more: Tensor) -> Weights:
    return {**published(SMALL), **more}


WRONG: dict[str, Callable[[], Any]] = {
    "no names": lambda: [1, 2],
    "no weights": lambda: {"a": 1},
    "numbers for names": lambda: {1: torch.zeros(1)},
    "nothing": dict,
    "a checkpoint of somebody": lambda: {"model": small(), "optimizer": {"lr": 0.1}},
    "other names": lambda: {name[::-1]: values for name, values in small().items()},
    "a sister": lambda: published("squeezenet1_0"),
    "another family": lambda: published("resnet18"),
    "a part": lambda: {name: values for name, values in small().items() if "12" not in name},
    "too much": lambda: small(**{"features.99.weight": torch.zeros(1)}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_of_something_else_is_not_used(wrong: str, tmp_path: Path) -> None:
    file = put(WRONG[wrong](), tmp_path / "data")
    found = failure(tmp_path)
    assert found.code == "weights_damaged" and file.name in found.message and str(file) in found.hint
    assert "switch Pretrained off" in found.hint


@pytest.mark.parametrize("keep", [0, 1, 100, 100_000, 4_000_000])
def test_a_file_that_was_cut_off_is_not_used(keep: int, tmp_path: Path) -> None:
    file = put(published(SMALL), tmp_path / "data")
    file.write_bytes(file.read_bytes()[:keep])
    assert failure(tmp_path).code == "weights_damaged"


def test_a_file_that_would_run_something_is_not_used(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    put({"weight": Trap()}, tmp_path / "data")
    assert failure(tmp_path).code == "weights_damaged" and not (tmp_path / "sprung").exists()


# ── downloads ───────────────────────────────────────────────────────────────────────────────────────────────

def serve(weights: Weights, monkeypatch: pytest.MonkeyPatch, damaged: bool = False) -> str:
    """Serve these as the published ones of the small model; return the name of the file."""
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    data = buffer.getvalue()
    name = f"{SMALL}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    row = SimpleNamespace(url=f"https://example.org/models/{name}", meta={"_file_size": 4.729})

    def urlopen(address: str, timeout: float) -> Any:
        assert address == row.url
        return Archive(data[:-1] + b"?" if damaged else data)

    monkeypatch.setattr(pretrained, "_published", lambda model: row)
    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return name


def test_weights_are_downloaded_once_with_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights, net = published(SMALL), network()
    name = serve(weights, monkeypatch)
    told = load(net, tmp_path)
    assert has(net, weights) and told == sorted(told) and len(told) > 50 and megabytes(net) == 5
    assert [file.name for file in (tmp_path / "data" / FOLDER).iterdir()] == [name]
    assert (tmp_path / "data" / FOLDER / name).stat().st_size == told[-1]
    again = network()
    assert load(again, tmp_path) == [] and has(again, weights)


def test_a_damaged_download_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(published(SMALL), monkeypatch, damaged=True)
    assert failure(tmp_path).code == "weights_missing"
    assert list((tmp_path / "data" / FOLDER).iterdir()) == []


def test_two_backbones_tell_of_their_bytes_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    name = serve(published(SMALL), monkeypatch)
    monkeypatch.setattr(pretrained, "places", lambda order: [])  # nothing is ever found
    load_pretrained(nn.ModuleList([network(), network()]), order(tmp_path), told.append)
    assert told == sorted(told) and told[-1] == 2 * (tmp_path / "data" / FOLDER / name).stat().st_size


def test_every_model_has_published_weights_whose_name_tells_their_digest() -> None:
    for model in ZOO:
        assert re.fullmatch(r".+-[0-9a-f]{8,}\.pth", file_name(model)), model
        assert pretrained._published(model).url.startswith("https://")


# ── what published files look like ──────────────────────────────────────────────────────────────────────────

def test_a_vision_transformer_sees_other_sizes_than_it_was_trained_with() -> None:
    weights, backbone = published("vit_b_32"), Backbone("vit_b_32", 96, pretrained=True)
    places = weights["encoder.pos_embedding"].clone()
    backbone.take(weights)
    own = backbone.net.encoder.pos_embedding
    assert places.shape == (1, 50, 768) and own.shape == (1, 10, 768) and own.requires_grad
    assert torch.equal(own[0, 0], places[0, 0])  # that of the class stands for no place
    assert torch.allclose(own[0, [1, 3, 7, 9]], places[0, [1, 7, 43, 49]], atol=1e-5)  # corners stay corners
    assert torch.equal(backbone.net.conv_proj.weight, weights["conv_proj.weight"])


def test_old_names_of_a_densenet_are_understood() -> None:
    weights, backbone = published("densenet121"), Backbone("densenet121", 32, pretrained=True)
    old = {re.sub(r"(denselayer\d+\.)(norm|conv)([12])", r"\1\2.\3", name): values for name, values in weights.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    backbone.take(old)
    assert all(torch.equal(values, weights[name]) for name, values in backbone.net.state_dict().items())


@pytest.mark.parametrize(("model", "size"), [("googlenet", 32), ("inception_v3", 96)])
def test_helping_heads_are_left_out_and_numbers_are_brought_to_the_range_of_the_weights(model: str, size: int) -> None:
    weights = get_model(model, aux_logits=True, init_weights=False).state_dict()
    backbone = Backbone(model, size, pretrained=True).eval()
    backbone.take(weights)
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        whole = get_model(model, aux_logits=True, init_weights=False, transform_input=True).eval()
        whole.load_state_dict(weights)
        assert torch.equal(whole(images), whole.fc(backbone(images)))


@pytest.mark.nightly
@pytest.mark.parametrize("model", [model for model, row in ZOO.items() if max(row.parameters) < 2e8])
def test_every_model_takes_weights_of_its_own(model: str) -> None:
    torch.manual_seed(5)
    given = {"aux_logits": True, "init_weights": False} if model in ("googlenet", "inception_v3") else {}
    weights = get_model(model, **given).state_dict()
    backbone = Backbone(model, 224, pretrained=True)
    backbone.take(weights)
    assert all(torch.equal(values, weights[name]) for name, values in backbone.net.state_dict().items())
